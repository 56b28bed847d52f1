import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gallery.cover import (
    MOST_BARS,
    colour,
    draw_cover,
    draw_placeholder,
    fullest_window,
    key_hue,
    top_voice,
)
from generator.models import Status, Visibility

SCALE = [[500 * step, 450, pitch, 60] for step, pitch in enumerate((60, 62, 64, 65, 67, 69, 71))]

any_note = some.tuples(
    some.integers(0, 600_000),
    some.integers(1, 20_000),
    some.integers(21, 108),
    some.integers(1, 127),
)


def parse(picture):
    return ElementTree.fromstring(picture)  # noqa: S314  we drew it ourselves


def bars(picture):
    return parse(picture).findall("{*}rect[@rx]")


def test_same_notes_same_cover():
    assert draw_cover(SCALE) == draw_cover(list(reversed(SCALE)))


def test_other_notes_another_cover():
    assert draw_cover(SCALE) != draw_cover([[*note[:2], note[2] + 1, note[3]] for note in SCALE])


def test_every_note_of_a_short_piece_is_a_bar():
    assert len(bars(draw_cover(SCALE))) == len(SCALE)


def test_a_long_piece_stays_a_small_picture():
    notes = [[40 * step, 400, 30 + step % 70, 80] for step in range(15_000)]

    picture = draw_cover(notes)

    assert len(bars(picture)) == MOST_BARS
    assert len(picture) < 20_000


def test_it_needs_no_styles_and_no_scripts():
    picture = draw_cover(SCALE)

    assert not re.search(r"style|script|href|on\w+=", picture)


@given(some.lists(any_note, min_size=1, max_size=60))
def test_any_notes_make_a_picture(notes):
    root = parse(draw_cover([list(note) for note in notes]))

    assert root.get("viewBox") == "0 0 480 480"
    for bar in root.findall("{*}rect[@rx]"):
        assert float(bar.get("width")) > 0
        assert 0 <= float(bar.get("y")) <= 480


def test_no_notes_make_a_placeholder():
    assert draw_cover([]) == draw_placeholder(0)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_any_seed_makes_a_placeholder(seed):
    assert parse(draw_placeholder(seed)).get("viewBox")


def test_the_window_holds_the_most_notes_and_starts_at_zero():
    sparse = [[5_000 * step, 100, 60, 60] for step in range(10)]
    dense = [[100_000 + 100 * step, 100, 70, 60] for step in range(50)]

    window = fullest_window(sparse + dense)

    assert len(window) == 50
    assert window[0] == [0, 100, 70, 60]


def test_the_top_voice_is_what_nothing_sounds_above():
    notes = [[0, 1000, 72, 60], [0, 1000, 60, 60], [500, 400, 64, 60], [1500, 400, 62, 60]]

    assert top_voice(notes) == {0, 3}


def test_related_keys_have_near_hues():
    def scale(shift):
        return [[*note[:2], note[2] + shift, note[3]] for note in SCALE]

    distance = abs(key_hue(scale(7)) - key_hue(scale(2)))
    far = abs(key_hue(scale(7)) - key_hue(scale(1)))

    assert distance < far


@pytest.mark.parametrize(
    ("lightness", "chroma", "hue", "expected"),
    [
        (0, 0, 0, "#000000"),
        (1, 0, 0, "#ffffff"),
        (0.628, 0.2577, 29.23, "#ff0000"),  # sRGB red, as CSS Color 4 gives it
        (0.4520, 0.3132, 264.05, "#0000ff"),
    ],
)
def test_oklch_is_the_one_of_css(lightness, chroma, hue, expected):
    made = colour(lightness, chroma, hue)

    for got, wanted in zip(bytes.fromhex(made[1:]), bytes.fromhex(expected[1:]), strict=True):
        assert abs(got - wanted) <= 2


def test_the_view_draws_the_pieces_own_notes(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    response = client.get(f"/compositions/{made.pk}/cover.svg")

    assert response["Content-Type"] == "image/svg+xml"
    assert len(bars(response.content)) == 3


def test_the_view_shows_a_placeholder_until_there_are_notes(as_alice, piece):
    made = piece(status=Status.COMPOSING)

    assert bars(as_alice.get(f"/compositions/{made.pk}/cover.svg").content) == []


def test_an_unchanged_cover_is_not_sent_again(client, ready_piece):
    url = f"/compositions/{ready_piece(visibility=Visibility.PUBLIC).pk}/cover.svg"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert again["ETag"] == first["ETag"]


def test_a_lost_notes_file_is_not_found(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)
    made.notes.storage.delete(made.notes.name)

    assert client.get(f"/compositions/{made.pk}/cover.svg").status_code == 404
