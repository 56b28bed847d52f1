"""Scores from the real child process: music21 writes them, verovio draws them."""

import random
import time
import xml.etree.ElementTree as ElementTree

import pytest

from generator import engrave
from generator.children import CancelledError
from generator.engraving import TooFreeError
from generator.engraving import engrave as run
from tests.ml.test_beats import played

C_MAJOR = [0, 2, 4, 5, 7, 9, 11]


def steady_piece():
    """Sixteen bars at 120 crotchets a minute: quavers over held chords."""
    notes = []
    for bar in range(16):
        start, degree = 2000 * bar, (0, 3, 4, 0)[bar % 4]
        for place in (0, 1000):
            notes += [
                [start + place, 950, 48 + C_MAJOR[(degree + third) % 7], 60] for third in (0, 2, 4)
            ]
        notes += [
            [start + 250 * step, 240, 72 + C_MAJOR[(degree + step) % 7], 90 if step == 0 else 70]
            for step in range(8)
        ]
    return sorted(notes)


def no_piece():
    """Keys struck at random times."""
    dice, now, notes = random.Random(7), 0, []
    for _ in range(300):
        now += int(dice.expovariate(1 / 170)) + 1
        notes.append([now, 300, dice.randint(36, 96), dice.randint(20, 110)])
    return notes


def score_of(notes, folder, **options):
    return run(notes, folder, title="Étude & more", deadline=time.monotonic() + 300, **options)


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    return score_of(steady_piece(), tmp_path_factory.mktemp("steady"))


def test_the_score_has_every_key_that_is_struck(steady):
    from music21 import converter

    score = converter.parse(steady.musicxml, forceSource=True)
    written = [
        pitch.midi
        for sound in score.flatten().notes
        if sound.tie is None or sound.tie.type == "start"
        for pitch in sound.pitches
    ]

    assert sorted(written) == sorted(pitch for _, _, pitch, _ in steady_piece())


def test_it_tells_tempo_key_and_metre(steady):
    assert min(abs(steady.figures["tempo"] - beats) for beats in (60, 120)) <= 2
    assert steady.figures["key"].startswith(("C major", "A minor", "G major", "F major"))
    assert steady.figures["metre"] in ("2/4", "4/4", "2/2")
    assert not steady.figures["is_guess"]


def test_it_tells_when_the_beat_is_a_guess(tmp_path):
    uneven, _ = played(0.05, 0.1)
    notes = [
        [round(note.onset * 1000), round(note.duration * 1000), note.pitch, note.velocity]
        for note in uneven.notes
    ]

    assert score_of(notes, tmp_path).figures["is_guess"]


def test_the_picture_is_plain_and_has_a_size(steady):
    svg = steady.svg.read_text()
    root = ElementTree.fromstring(svg)  # noqa: S314  our own

    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names.isdisjoint({"style", "script", "foreignObject", "image"})
    assert " style=" not in svg
    assert "url(" not in svg
    assert not any("\ue000" <= sign <= "\uf8ff" for sign in svg)  # signs of a font nobody has
    assert steady.figures["width"] > 500
    assert steady.figures["height"] > 500


def test_music_without_a_beat_has_no_score(tmp_path):
    with pytest.raises(TooFreeError, match="too free for a clean score"):
        score_of(no_piece(), tmp_path)


def test_it_can_be_cancelled(tmp_path):
    with pytest.raises(CancelledError):
        score_of(steady_piece(), tmp_path, cancelled=lambda: True)


def test_pages_are_laid_one_below_the_other():
    page = '<?xml version="1.0"?>\n<svg width="100px" height="{}px" id="a"><g/></svg>'

    svg, width, height = engrave.stacked((page.format(300), page.format(200)))

    assert (width, height) == (100, 500)
    root = ElementTree.fromstring(svg)  # noqa: S314  our own
    assert [child.get("y") for child in root] == ["0", "300"]
