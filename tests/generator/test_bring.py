"""MIDI files of strangers, through the form and the child that reads them."""

import errno
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from generator import beginnings
from generator.children import Child
from generator.models import MOST_UNUSED, Beginning
from ml import midi
from ml.notes import Note, Piece
from tests.conftest import MIDI
from tests.generator import fakes

URL = "/compose/continue/"


@pytest.fixture
def tune(tmp_path):
    """The bytes of a MIDI file with so many notes, two a second."""

    def write(notes=20):
        path = tmp_path / "tune.mid"
        scale = tuple(Note(step / 2, 0.5, 60 + step % 12, 70) for step in range(notes))
        midi.write(Piece(scale), path)
        return path.read_bytes()

    return write


@pytest.fixture
def media(settings):
    """The names of all files in the media folder."""
    root = Path(settings.MEDIA_ROOT)
    return lambda: sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def bring(client, data, name="tune.mid"):
    return client.post(URL, {"file": SimpleUploadedFile(name, data, "audio/midi")})


def error_of(answer):
    (words,) = answer.context["form"].errors["file"]
    return words


def test_a_file_becomes_a_beginning(as_alice, alice, tune, media):
    data = tune()
    answer = bring(as_alice, data, "slow_water (draft).MID")
    music = Beginning.objects.get()
    assert answer.url == f"/compose/?beginning={music.pk}"
    assert (music.owner, music.source, music.title) == (alice, None, "slow water (draft)")
    assert (music.duration, music.note_count) == (10.0, 20)
    assert music.midi.read() == data
    notes = json.load(music.notes)
    assert notes["duration"] == 10.0
    assert notes["notes"][:2] == [[0, 500, 60, 70], [500, 500, 61, 70]]
    assert media() == [f"beginnings/{music.pk}/music.mid", f"beginnings/{music.pk}/notes.json"]


@pytest.mark.usefixtures("trained_model")
def test_the_form_then_shows_it(as_alice, tune):
    assert "Continue “tune”" in as_alice.get(bring(as_alice, tune()).url).text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "This file is empty.", id="empty"),
        pytest.param(b"Dear Sir or Madam", "MIDI", id="text"),
        pytest.param(MIDI[:30], "", id="cut-off"),
        pytest.param(MIDI.replace(b"\x01\xe0", b"\0\0"), "", id="division-0"),
        pytest.param(MIDI.replace(b"\x90\x3c\x40", b"\x90\x3c\0"), "no note", id="no-notes"),
        pytest.param(b"MThd" + b"\xff" * 100, "", id="huge-lengths"),
        pytest.param(
            bytes.fromhex(
                "4d546864000000060000000100014d54726b0000000effffff7f903c40ffffff7f803c00"
            ),
            "",
            id="maximal-deltas",
        ),
        pytest.param(bytes(1_000_001), "This file has more than 1 MB.", id="too-large"),
    ],
)
def test_a_bad_file_is_a_sentence_at_the_field(as_alice, media, data, words):
    answer = bring(as_alice, data)
    assert answer.status_code == 200
    assert words in error_of(answer)
    assert error_of(answer).endswith(".")
    assert not Beginning.objects.exists()
    assert media() == []


@pytest.mark.parametrize("data", [{}, {"file": "no file at all"}])
def test_without_a_file_it_says_so(as_alice, data):
    assert error_of(as_alice.post(URL, data)) == "Choose a MIDI file."


def test_music_of_less_than_a_second_is_explained(as_alice, tune):
    assert error_of(bring(as_alice, tune(notes=1))) == "This music ends within its first second."


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("moonlight_sonata.midi", "moonlight sonata"),
        ("<b>bold.mid", "Uploaded music"),
        ("a\u202eb.mid", "Uploaded music"),
        (".mid", "Uploaded music"),
        ("x" * 300 + ".mid", "x" * 120),
    ],
)
def test_the_title_comes_from_the_files_name(name, title):
    assert beginnings.title_of(name) == title


def test_unused_beginnings_are_limited(as_alice, alice, beginning, tune, media):
    for _ in range(MOST_UNUSED):
        beginning()
    before = media()
    assert error_of(bring(as_alice, tune())).startswith("20 beginnings of yours wait")
    assert Beginning.objects.count() == MOST_UNUSED
    assert media() == before


def test_used_ones_do_not_count(as_alice, piece, beginning, tune):
    for _ in range(MOST_UNUSED):
        piece(beginning=beginning(), takeover=2)
    bring(as_alice, tune())
    assert Beginning.objects.count() == MOST_UNUSED + 1


def test_what_was_brought_lately_can_be_taken_again(as_alice, as_bob, beginning):
    music = beginning(title="Slow <water>")
    assert f'href="/compose/?beginning={music.pk}"' in as_alice.get(URL).text
    assert "Slow &lt;water&gt;" in as_alice.get(URL).text
    assert str(music.pk) not in as_bob.get(URL).text


def test_a_visitor_is_sent_to_the_login(client, tune, db):
    assert client.get(URL).url == f"/accounts/login/?next={URL}"
    assert bring(client, tune()).url.startswith("/accounts/login/")


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_it_rejects_other_methods(as_alice, method):
    assert getattr(as_alice, method)(URL).status_code == 405


def full_disk(*arguments, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["check", "_keep"])
def test_a_full_disk_is_explained(as_alice, tune, monkeypatch, step):
    monkeypatch.setattr(beginnings, step, full_disk)
    words = "The disk of the server is full. Bring the file again later."
    assert error_of(bring(as_alice, tune())) == words
    assert not Beginning.objects.exists()


def test_a_full_disk_keeps_a_piece_from_being_continued(as_alice, ready_piece, monkeypatch):
    monkeypatch.setattr(beginnings, "_keep", full_disk)
    answer = as_alice.post(f"/compositions/{ready_piece().pk}/continue/", follow=True)
    assert "The disk of the server is full. Nothing is lost: try again later." in answer.text


# The child.


def child(module, monkeypatch, tmp_path, script):
    """Let another module stand in for the child's."""
    (tmp_path / f"{module}.py").write_text(script)
    monkeypatch.setattr("generator.children.ROOT", tmp_path)
    stand_in = Child(module, beginnings.UploadError, beginnings.CHILD.too_long, "No result.")
    monkeypatch.setattr(beginnings, "CHILD", stand_in)


def test_a_child_that_hangs_is_ended(as_alice, tune, monkeypatch, tmp_path):
    script = f"""
import os, time
open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
time.sleep(60)
"""
    child("hang", monkeypatch, tmp_path, script)
    monkeypatch.setattr(beginnings, "LONGEST_CHECK", 1)
    assert error_of(bring(as_alice, tune())) == "This file takes too long to be read."
    assert not fakes.is_alive(int((tmp_path / "pid").read_text()))


def test_a_child_that_crashes_is_no_crash_of_ours(as_alice, tune, monkeypatch, tmp_path):
    child("crash", monkeypatch, tmp_path, "import os; os.abort()")
    assert error_of(bring(as_alice, tune())) == "No result."


def test_only_so_many_are_read_at_once(as_alice, tune, monkeypatch):
    monkeypatch.setattr(beginnings, "LONGEST_QUEUE", 0.01)
    with beginnings._places, beginnings._places:
        assert "Many people bring music just now" in error_of(bring(as_alice, tune()))
    assert bring(as_alice, tune()).status_code == 302
