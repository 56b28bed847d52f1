import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.notes import Note, Piece
from ml.score import TooFreeError, engrave
from tests.ml.test_beats import played


@pytest.fixture(scope="module")
def written():
    return engrave(played(0.01, 0.03)[0], title="Marche <funèbre>")


def measures(written):
    """{staff's part id: [(number, quarters of every voice)]} of a MusicXML score."""
    root = ElementTree.fromstring(written.musicxml.encode())  # noqa: S314  our own
    for part in root.iter("part"):
        divisions = 1
        for measure in part.iter("measure"):
            divisions = int(measure.findtext("attributes/divisions", divisions))
            sums = {}
            for note in measure.iter("note"):
                if note.find("chord") is None and note.find("grace") is None:
                    voice = (note.findtext("staff"), note.findtext("voice"))
                    quarters = Fraction(int(note.findtext("duration")), divisions)
                    sums[voice] = sums.get(voice, 0) + quarters
            yield measure.get("number"), sums


def test_every_bar_is_full(written):
    top, bottom = (int(number) for number in written.metre.split("/"))
    whole = Fraction(4 * top, bottom)
    bars = list(measures(written))

    assert len(bars) > 10
    for _, voices in bars[1:-1]:
        assert set(voices.values()) == {whole}


def test_it_has_two_staves_and_the_low_notes_stand_in_the_lower_one(written):
    root = ElementTree.fromstring(written.musicxml.encode())  # noqa: S314  our own
    assert root.findtext("part/measure/attributes/staves") == "2"
    octaves = {"1": [], "2": []}
    for note in root.iter("note"):
        if note.find("pitch") is not None:
            octaves[note.findtext("staff")].append(int(note.findtext("pitch/octave")))
    assert min(octaves["1"]) >= 4  # from middle C on
    assert max(octaves["2"]) <= 4
    assert min(octaves["2"]) == 2


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 16_000), st.integers(1, 9_000), st.integers(21, 108), st.integers(1, 127)
        ),
        max_size=60,
        unique_by=lambda note: (note[0], note[2]),
    )
)
def test_any_notes_have_a_score_with_full_bars_or_are_too_free(rows):
    notes = [Note(on / 1000, length / 1000, pitch, touch) for on, length, pitch, touch in rows]
    piece = Piece(tuple(sorted(notes, key=lambda note: (note.onset, note.pitch))))
    try:
        written = engrave(piece, title="Any")
    except TooFreeError:
        return
    top, bottom = (int(number) for number in written.metre.split("/"))
    for _, voices in list(measures(written))[1:-1]:
        assert set(voices.values()) == {Fraction(4 * top, bottom)}
    assert all(page.rstrip().endswith("</svg>") for page in written.pages)


def test_it_knows_the_tempo(written):
    beats = 60 / 0.55
    assert min(abs(written.beats_a_minute / (beats * by) - 1) for by in (0.5, 1, 2)) < 0.05


def test_the_title_stands_in_the_file_as_it_is(written):
    root = ElementTree.fromstring(written.musicxml.encode())  # noqa: S314  our own
    words = {element.text for element in root.iter() if element.text}

    assert "Marche <funèbre>" in words


def test_a_few_notes_are_too_short():
    piece = Piece(tuple(Note(i * 0.5, 0.4, 60 + i, 64) for i in range(4)))

    with pytest.raises(TooFreeError, match="too short for a score"):
        engrave(piece, title="Scrap")
