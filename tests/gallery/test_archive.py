"""Pieces as a ZIP: what is in it, how large it will be, and what it costs to send."""

import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from gallery import archive
from gallery.cover import draw_cover
from generator.models import Beginning, Composition, Kind, Rendition, RenditionStatus, Status
from tests.conftest import MIDI, MP3_FRAME, NOTES

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(answer):
    return zipfile.ZipFile(io.BytesIO(b"".join(answer)))


def zip_of(*pieces):
    sources, _ = archive.pack(member for piece in pieces for member in archive.members(piece))
    return read(archive.send(sources, "pieces.zip"))


def store(name, content=b"x"):
    return default_storage.save(name, ContentFile(content))


@pytest.fixture
def beginning(alice):
    folder = "beginnings/one"
    return Beginning.objects.create(
        owner=alice,
        title="Given",
        duration=2,
        note_count=3,
        midi=store(f"{folder}/a.mid", MIDI),
        notes=store(f"{folder}/a.json", json.dumps(NOTES).encode()),
    )


def test_a_piece_has_a_folder_with_sound_midi_notes_and_settings(ready_piece):
    piece = ready_piece(title='Night: "Moth"/2', created_at=MOMENT)
    packed = zip_of(piece)
    folder = f"2026-03-01 Night Moth 2 {str(piece.pk)[:8]}"
    assert sorted(packed.namelist()) == [
        f"{folder}/Night Moth 2.mid",
        f"{folder}/Night Moth 2.mp3",
        f"{folder}/cover/cover.svg",
        f"{folder}/notes.json",
        f"{folder}/settings.json",
    ]
    assert packed.testzip() is None
    assert packed.read(f"{folder}/Night Moth 2.mp3") == MP3_FRAME * 77
    assert packed.read(f"{folder}/Night Moth 2.mid") == MIDI
    assert json.loads(packed.read(f"{folder}/notes.json")) == NOTES
    assert packed.read(f"{folder}/cover/cover.svg").rstrip() == draw_cover(NOTES["notes"]).encode()


def test_score_and_wav_lie_beside_it_once_they_are_made(ready_piece):
    piece = ready_piece(title="Moth")
    made = {"status": RenditionStatus.READY, "composition": piece}
    Rendition.objects.create(
        kind=Kind.SCORE, file=store("a.musicxml", b"<xml>"), picture=store("a.svg"), **made
    )
    Rendition.objects.create(kind=Kind.WAV, file=store("a.wav", b"RIFF"), **made)
    packed = zip_of(piece)
    folder = archive.folder_name(piece)
    assert packed.read(f"{folder}/Moth.musicxml") == b"<xml>"
    assert packed.read(f"{folder}/Moth.wav") == b"RIFF"
    assert f"{folder}/Moth.svg" in packed.namelist()


@pytest.mark.parametrize("status", [Status.QUEUED, Status.COMPOSING, Status.FAILED])
def test_of_a_piece_that_was_not_made_there_are_the_settings(piece, status):
    made = piece(status=status)
    Rendition.objects.create(composition=made, kind=Kind.WAV)
    assert zip_of(made).namelist() == [f"{archive.folder_name(made)}/settings.json"]


def test_the_settings_make_the_piece_again(ready_piece, trained_model):
    piece = ready_piece(title="Moth", style="chopin", seed=11, temperature=0.9, energy=2)
    settings = json.loads(zip_of(piece).read(f"{archive.folder_name(piece)}/settings.json"))
    expected = {
        "title": "Moth", "model": "concert", "model_sha256": trained_model.sha256,
        "style": "chopin", "seed": 11, "temperature": 0.9, "seconds": 60, "energy": 2,
        "loudness": 0, "beginning": None,
    }  # fmt: skip
    assert settings == expected


def test_the_beginning_is_there_as_midi_and_in_the_settings_up_to_the_takeover(
    ready_piece, beginning
):
    piece = ready_piece(beginning=beginning, takeover=0.9)
    packed, folder = zip_of(piece), archive.folder_name(piece)
    assert packed.read(f"{folder}/beginning/beginning.mid") == MIDI
    settings = json.loads(packed.read(f"{folder}/settings.json"))
    assert settings["beginning"] == {"seconds": 0.9, "notes": NOTES["notes"][:2]}


def test_no_title_takes_the_place_of_another_file(ready_piece, beginning):
    for title in ("Beginning", "notes", "settings", "cover"):
        names = zip_of(ready_piece(title=title, beginning=beginning, takeover=0.9)).namelist()
        assert len({name.lower() for name in names}) == 6


def test_a_file_that_is_gone_is_left_out_and_named(ready_piece, beginning):
    piece = ready_piece(title="Moth", beginning=beginning, takeover=1.0)
    folder = archive.folder_name(piece)
    for name in (piece.mp3.name, beginning.midi.name, beginning.notes.name):
        default_storage.delete(name)
    packed, missing = archive.pack(archive.members(piece))
    assert missing == [f"{folder}/Moth.mp3", f"{folder}/beginning/beginning.mid"]
    packed = read(archive.send(packed, "a.zip"))
    assert f"{folder}/settings.json" in packed.namelist()
    assert f"{folder}/Moth.mp3" not in packed.namelist()
    assert packed.read(f"{folder}/Moth.mp3.gone.txt") == archive.SORRY


def test_a_file_that_goes_while_the_zip_is_sent_leaves_a_text_of_its_size(ready_piece):
    first, second = ready_piece(title="Moth"), ready_piece(title="Étude")
    packed, missing = archive.pack([*archive.members(first), *archive.members(second)])
    answer = archive.send(packed, "a.zip")
    for name in (second.mp3.name, second.midi.name, second.notes.name):
        default_storage.delete(name)
    sent = b"".join(answer)
    assert missing == []
    assert len(sent) == int(answer["Content-Length"])
    got = zipfile.ZipFile(io.BytesIO(sent))
    assert got.testzip() is None
    folder = archive.folder_name(second)
    assert {name for name in got.namelist() if name.startswith(folder)} == {
        f"{folder}/settings.json", f"{folder}/Étude.mp3.gone.txt", f"{folder}/Étude.mid.gone.txt",
        f"{folder}/notes.json.gone.txt", f"{folder}/cover/cover.svg.gone.txt",
    }  # fmt: skip
    assert got.read(f"{folder}/Étude.mp3.gone.txt").strip() == archive.SORRY.strip()
    assert got.read(f"{archive.folder_name(first)}/Moth.mp3") == MP3_FRAME * 77


@pytest.mark.parametrize("size", [0, 1, 17, 18, 19, 60, 200_000])
def test_whatever_its_size_a_file_that_goes_breaks_nothing(size):
    gone = Composition(title="Gone", mp3=store("gone.mp3", b"x" * size))
    words = ("words.json", partial(bytes, b"{}"))
    packed, _ = archive.pack([("gone.mp3", gone.mp3), words])
    answer = archive.send(packed, "a.zip")
    default_storage.delete(gone.mp3.name)
    sent = b"".join(answer)
    assert len(sent) == int(answer["Content-Length"])
    assert zipfile.ZipFile(io.BytesIO(sent)).read("words.json") == b"{}"


def test_settings_whose_beginning_goes_meanwhile_are_there_without_it(ready_piece, beginning):
    piece = ready_piece(beginning=beginning, takeover=0.9)
    packed, _ = archive.pack(archive.members(piece))
    answer = archive.send(packed, "a.zip")
    default_storage.delete(beginning.notes.name)
    settings = read(answer).read(f"{archive.folder_name(piece)}/settings.json")
    assert json.loads(settings)["beginning"] is None


def test_the_fullest_cover_fits_where_it_shall_stand():
    notes = [[at * 40, 100_000, 21 + at * 37 % 88, 1 + at * 7 % 127] for at in range(8000)]
    assert len(draw_cover(notes).encode()) < archive.COVER_BYTES


def test_the_answer_says_how_large_it_is(ready_piece):
    packed, _ = archive.pack(archive.members(ready_piece(title="Étude")))
    answer = archive.send(packed, "Étude.zip")
    assert int(answer["Content-Length"]) == len(packed) == len(b"".join(answer))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%C3%89tude.zip"
    assert answer["Cache-Control"] == "private, no-store"


def test_pieces_of_the_same_name_do_not_overwrite_each_other(ready_piece):
    names = zip_of(ready_piece(created_at=MOMENT), ready_piece(created_at=MOMENT)).namelist()
    assert len(set(map(str.lower, names))) == 10


@pytest.mark.parametrize(
    "title", ["🌙" * 120, "夜" * 120, "../../etc/passwd", "..", "/", "a" * 120]
)
def test_every_name_can_be_unpacked(ready_piece, tmp_path, title):
    packed = zip_of(ready_piece(title=title))
    packed.extractall(tmp_path / "unpacked")
    found = [path for path in (tmp_path / "unpacked").rglob("*") if path.is_file()]
    assert len(found) == 5
    depths = sorted(len(path.relative_to(tmp_path / "unpacked").parts) for path in found)
    assert depths == [2, 2, 2, 2, 3]  # the cover has a folder of its own


def test_a_large_archive_takes_no_memory(tmp_path):
    """200 MB through a stream: at no time more than a few blocks are held."""
    big = default_storage.save("big.wav", ContentFile(b""))
    with (tmp_path / "media" / big).open("wb") as file:
        file.truncate(50_000_000)
    row = Composition(title="Big", mp3=big)
    sources = [(f"{number}.wav", row.mp3) for number in range(4)]
    words = [(f"{number}.json", partial(bytes, 1000)) for number in range(4)]
    packed, _ = archive.pack(sources + words)
    tracemalloc.start()
    sent = sum(map(len, archive.send(packed, "big.zip")))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent == len(packed) > 200_000_000
    assert most < 2_000_000


def test_nothing_is_opened_before_its_turn(ready_piece, monkeypatch):
    opened, really_open = [], FileSystemStorage.open

    def watch(storage, name, *args):
        opened.append(name)
        return really_open(storage, name, *args)

    piece = ready_piece()
    monkeypatch.setattr(FileSystemStorage, "open", watch)
    packed, _ = archive.pack(archive.members(piece))
    answer = archive.send(packed, "a.zip")
    assert opened == []
    blocks = iter(answer)
    while not opened:
        next(blocks)
    assert opened == [piece.mp3.name]
    answer.close()
