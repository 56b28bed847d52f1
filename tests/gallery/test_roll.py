import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gallery.roll import HEIGHT, LEAST_ROWS, SHADES, WIDTH, draw_roll, pitch_range
from generator.models import Status, Visibility

SCALE = [[500 * step, 450, pitch, 60] for step, pitch in enumerate((60, 62, 64, 65, 67, 69, 71))]

any_note = some.tuples(
    some.integers(0, 600_000),
    some.integers(1, 20_000),
    some.integers(21, 108),
    some.integers(1, 127),
)


def bars(picture):
    """(x, y, length) of every note, from the paths that are stroked with a width and no dashes."""
    root = ElementTree.fromstring(picture)  # noqa: S314  we drew it ourselves
    paths = [path for path in root if path.get("stroke-opacity")]
    found = (re.findall(r"M(\d+) (\d+)h([\d.]+)", path.get("d")) for path in paths)
    return [tuple(map(float, bar)) for path in found for bar in path]


def test_every_note_is_a_bar_at_its_time():
    drawn = bars(draw_roll(SCALE, 3.5))

    assert [x for x, _, _ in drawn] == [round(WIDTH * note[0] / 3500) for note in SCALE]
    assert drawn[0][2] == pytest.approx(WIDTH * 450 / 3500 - 0.5, abs=0.1)


def test_higher_notes_lie_higher():
    heights = [y for _, y, _ in bars(draw_roll(SCALE, 3.5))]

    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(SCALE)


def test_louder_notes_are_brighter():
    picture = draw_roll([[0, 100, 60, 1], [200, 100, 62, 127]], 1)

    opacities = re.findall(r'stroke-opacity="([\d.]+)"', picture)
    assert [float(one) for one in opacities] == [0.35, 1]


def test_a_path_for_each_shade_keeps_a_long_piece_small():
    notes = [[75 * step, 400, 30 + step % 70, 1 + step % 127] for step in range(8_000)]

    picture = draw_roll(notes, 600)

    assert picture.count("stroke-opacity") == SHADES
    assert len(picture) < 14 * len(notes)


def test_a_beginning_lies_in_the_shade_up_to_the_takeover():
    assert "dasharray" not in draw_roll(SCALE, 4)
    assert f'd="M{WIDTH / 4:.1f} 0v{HEIGHT}"' in draw_roll(SCALE, 4, takeover=1.0)


def test_there_are_never_too_few_rows():
    low, high = pitch_range([[0, 100, 60, 60]])

    assert high - low + 1 == LEAST_ROWS
    assert low < 60 < high


def test_it_needs_no_styles_and_no_scripts():
    assert not re.search(r"style|script|href|on\w+=", draw_roll(SCALE, 3.5, takeover=1))


@given(some.lists(any_note, max_size=20))
def test_any_notes_make_a_picture(notes):
    for _, y, length in bars(draw_roll([list(note) for note in notes], 600)):
        assert 0 <= y <= HEIGHT
        assert length > 0


def test_the_view_draws_the_pieces_own_notes(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    response = client.get(f"/compositions/{made.pk}/roll.svg")

    assert response["Content-Type"] == "image/svg+xml"
    assert len(bars(response.content)) == 3


def test_the_view_draws_the_draft_of_an_unfinished_piece(as_alice, piece):
    made = piece(status=Status.COMPOSING, draft=[[0, 500, 60, 64], [500, 500, 64, 72]])

    assert len(bars(as_alice.get(f"/compositions/{made.pk}/roll.svg").content)) == 2


def test_an_unchanged_roll_is_not_sent_again_and_a_grown_one_is(as_alice, piece):
    made = piece(status=Status.COMPOSING, draft=[[0, 500, 60, 64]])
    url = f"/compositions/{made.pk}/roll.svg"
    etag = as_alice.get(url)["ETag"]

    assert as_alice.get(url, headers={"If-None-Match": etag}).status_code == 304

    made.draft = [*made.draft, [500, 500, 64, 72]]
    made.save(update_fields=["draft"])
    assert as_alice.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_a_stranger_gets_404(as_bob, ready_piece):
    assert as_bob.get(f"/compositions/{ready_piece().pk}/roll.svg").status_code == 404


def test_it_rejects_post(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    assert client.post(f"/compositions/{made.pk}/roll.svg").status_code == 405


def test_a_lost_notes_file_is_not_found(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)
    made.notes.storage.delete(made.notes.name)

    assert client.get(f"/compositions/{made.pk}/roll.svg").status_code == 404


def test_the_notes_of_an_unfinished_piece_are_those_that_stand(as_alice, piece):
    made = piece(status=Status.COMPOSING, draft=[[0, 500, 60, 64]], requested_duration=30)

    told = json.loads(as_alice.get(f"/compositions/{made.pk}/notes.json").content)

    assert told == {"duration": 30, "notes": [[0, 500, 60, 64]], "takeover": None}
