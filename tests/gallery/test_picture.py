"""The cover as PNG."""

import io
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from gallery import png, preview
from gallery.cover import draw_placeholder
from generator.models import Visibility
from generator.reconcile import SETTLED, sweep_media


@pytest.fixture
def drawn(monkeypatch):
    """How often a picture was drawn, by a drawer that is quick."""
    calls = []

    def run(command, **options):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, stdout=b"\x89PNG, nearly")

    monkeypatch.setattr(preview.subprocess, "run", run)
    return calls


def test_it_is_a_square_picture_without_transparency(as_alice, ready_piece):
    made = ready_piece()

    response = as_alice.get(f"/compositions/{made.pk}/cover.png")

    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(b"".join(response)))
    assert (picture.format, picture.size, picture.mode) == ("PNG", (1400, 1400), "RGB")
    sky = re.search(
        r'stop-color="(#\w{6})"', as_alice.get(f"/compositions/{made.pk}/cover.svg").text
    )
    assert picture.getpixel((1, 0)) == pytest.approx(ImageColor.getrgb(sky[1]), abs=2)


def test_it_is_drawn_once(as_alice, client, ready_piece, drawn):
    made = ready_piece(visibility=Visibility.PUBLIC)

    for browser in (as_alice, client, client):
        assert browser.get(f"/compositions/{made.pk}/cover.png").status_code == 200

    assert len(drawn) == 1


def test_a_copy_is_confirmed_and_never_kept_unasked(client, ready_piece, drawn):
    made = ready_piece(visibility=Visibility.PUBLIC)
    url = f"/compositions/{made.pk}/cover.png"

    first = client.get(url)
    second = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert second.status_code == 304
    assert first["Cache-Control"] == second["Cache-Control"] == "private, no-cache"


def test_it_has_a_name_to_be_saved_by(client, ready_piece, drawn):
    made = ready_piece(visibility=Visibility.PUBLIC, title="Night / Day")

    answer = client.get(f"/compositions/{made.pk}/cover.png?download")

    assert answer["Content-Disposition"] == 'attachment; filename="Night Day.png"'


def test_the_sweep_keeps_it_as_long_as_the_notes(as_alice, ready_piece, drawn):
    made = ready_piece()
    as_alice.get(f"/compositions/{made.pk}/cover.png")
    folder = Path(made.notes.path).parent
    stray = folder / "somebody-cover-1.png"
    stray.touch()
    long_ago = time.time() - SETTLED.total_seconds() - 60
    for file in folder.iterdir():
        os.utime(file, (long_ago, long_ago))

    assert sweep_media() == 1
    assert not stray.exists()
    as_alice.get(f"/compositions/{made.pk}/cover.png")
    assert len(drawn) == 1

    made.notes.name = f"{made.folder}/another.json"  # those of a later attempt
    made.save(update_fields=["notes"])
    assert sweep_media() == 2  # the picture, and the notes it was drawn from


def test_it_goes_with_the_piece(as_alice, ready_piece, drawn, django_capture_on_commit_callbacks):
    made = ready_piece()
    as_alice.get(f"/compositions/{made.pk}/cover.png")
    folder = Path(made.notes.path).parent
    assert len(list(folder.iterdir())) == 4

    with django_capture_on_commit_callbacks(execute=True):
        made.delete_with_files()

    assert not folder.exists()


def test_too_many_at_once_are_asked_to_come_back(as_alice, ready_piece, drawn, monkeypatch):
    made = ready_piece()
    url = f"/compositions/{made.pk}/cover.png"

    monkeypatch.setattr(preview, "LONGEST_WAIT", 0.05)
    with preview.place_for("one"), preview.place_for("other"):
        answer = as_alice.get(url)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Cache-Control"] == "no-store"
    assert drawn == []
    assert as_alice.get(url).status_code == 200


def test_one_who_waits_a_moment_gets_the_picture(as_alice, ready_piece, drawn):
    made = ready_piece()
    with ThreadPoolExecutor(2) as others:
        for name in ("one", "other"):
            others.submit(hold, name, 0.2)
        until(lambda: len(preview._drawn) == 2)

        assert as_alice.get(f"/compositions/{made.pk}/cover.png").status_code == 200

    assert len(drawn) == 1


def test_only_so_many_wait(monkeypatch):
    with ThreadPoolExecutor(6) as others:
        held = [others.submit(hold, name, 0.3) for name in "abcdef"]
        until(lambda: len(preview._waiting) == preview.MOST_WAITING)

        with pytest.raises(preview.BusyError), preview.place_for("g"):
            pass

    assert [one.exception() for one in held] == [None] * 6
    assert (preview._drawn, preview._waiting) == (set(), [])


def test_who_wants_the_same_picture_waits_for_it(drawn, ready_piece):
    made = ready_piece()

    def slowly(*arguments):
        time.sleep(0.2)
        return original(*arguments)

    original, preview.read_notes = preview.read_notes, slowly
    try:
        with ThreadPoolExecutor(2) as askers:
            names = {one.name for one in askers.map(preview.cover_png, [made, made])}
    finally:
        preview.read_notes = original

    assert len(names) == len(drawn) == 1


def hold(name, seconds):
    with preview.place_for(name):
        time.sleep(seconds)


def until(is_true):
    deadline = time.monotonic() + 5
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("side", [480, 160])
def test_smaller_ones_are_offered(as_alice, ready_piece, side):
    made = ready_piece()

    response = as_alice.get(f"/compositions/{made.pk}/cover.png?side={side}")

    assert Image.open(io.BytesIO(b"".join(response))).size == (side, side)


@pytest.mark.parametrize("side", ["", "1", "481", "480\0", "99999", "²"])
def test_other_sizes_are_the_largest(as_alice, ready_piece, drawn, side):
    url = f"/compositions/{ready_piece().pk}/cover.png"

    assert as_alice.get(url, {"side": side}).status_code == 200
    assert as_alice.get(url).status_code == 200

    (command,) = drawn
    assert command[-1] == "1400"


@pytest.mark.parametrize(
    "problem",
    [subprocess.TimeoutExpired("png", 20), subprocess.CalledProcessError(1, "png"), OSError(28)],
    ids=["slow", "broken", "full disk"],
)
def test_a_drawer_that_fails_leaves_nothing_behind(as_alice, ready_piece, monkeypatch, problem):
    def run(*arguments, **options):
        raise problem

    made = ready_piece()
    before = sorted(Path(made.notes.path).parent.iterdir())
    monkeypatch.setattr(preview.subprocess, "run", run)

    for _ in range(3):  # more often than there are places
        assert as_alice.get(f"/compositions/{made.pk}/cover.png").status_code == 503

    assert sorted(Path(made.notes.path).parent.iterdir()) == before


def test_notes_that_are_gone_are_not_found(as_alice, ready_piece, drawn):
    made = ready_piece()
    made.notes.storage.delete(made.notes.name)

    assert as_alice.get(f"/compositions/{made.pk}/cover.png").status_code == 404


def test_three_channels_show_what_four_did():
    side = 64
    four = png.resvg_py.svg_to_bytes(svg_string=draw_placeholder(7), width=side, height=side)

    three = Image.open(io.BytesIO(png.without_alpha(four)))

    assert three.mode == "RGB"
    assert three.tobytes() == Image.open(io.BytesIO(four)).convert("RGB").tobytes()


def test_another_kind_of_png_is_refused():
    with pytest.raises(ValueError, match="no PNG of four channels"):
        png.without_alpha(png.draw(draw_placeholder(7), 64))
