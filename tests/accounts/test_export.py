"""Everything in one ZIP. `everything` downloads it, `account` reads its account.json."""

import io
import json
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.archive import folder_name
from gallery.models import Favourite, Play, Tagging
from generator.models import Beginning, Status
from tests.conftest import MIDI, MP3_FRAME, PASSWORD, browser_of

PAGE = "/accounts/export/"


def everything(client):
    answer = client.post(PAGE)
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer["Content-Length"])
    packed = zipfile.ZipFile(io.BytesIO(content))
    assert packed.testzip() is None
    return packed


def account(client):
    return json.loads(everything(client).read("account.json"))


def give(owner, title="Given", **fields):
    beginning = Beginning(owner=owner, title=title, duration=2, note_count=1, **fields)
    beginning.midi.save(f"{beginning.folder}/a.mid", ContentFile(MIDI), save=False)
    beginning.notes.save(f"{beginning.folder}/a.json", ContentFile(b'{"notes": []}'), save=False)
    beginning.save()
    return beginning


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"
    headers = {"Referer": f"http://testserver{PAGE}"}
    assert client.post(PAGE, headers=headers).url == f"/accounts/login/?next={PAGE}"


def test_the_page_tells_what_is_in_it_and_how_large_it_is(as_alice, ready_piece):
    ready_piece(deleted_at=timezone.now())
    ready_piece()
    page = as_alice.get(PAGE)
    assert "your 2 pieces" in page.text
    assert page.context["bytes"] > 2 * 77 * len(MP3_FRAME)
    assert 'method="post" hx-boost="false"' in page.text
    assert page.context["bytes"] == int(as_alice.post(PAGE)["Content-Length"])


def test_it_comes_as_a_download_under_the_persons_name(as_alice):
    answer = as_alice.post(PAGE)
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="nocturne-alice.zip"'
    assert "no-store" in answer["Cache-Control"]


def test_somebody_without_pieces_gets_the_account(as_alice):
    packed = everything(as_alice)
    assert packed.namelist() == ["account.json"]
    assert "your pieces, once there are some" in as_alice.get(PAGE).text


def test_every_piece_is_in_it_the_bin_and_failed_ones_too(as_alice, piece, ready_piece):
    kept = ready_piece(title="Moth")
    thrown = ready_piece(title="Thrown", deleted_at=timezone.now())
    failed = piece(title="Failed", status=Status.FAILED, error="The disk of the server is full.")
    names = everything(as_alice).namelist()
    for folder, title in ((f"pieces/{folder_name(kept)}", "Moth"),
                          (f"bin/{folder_name(thrown)}", "Thrown")):  # fmt: skip
        for name in (
            f"{title}.mp3",
            f"{title}.mid",
            "notes.json",
            "settings.json",
            "cover/cover.svg",
        ):
            assert f"{folder}/{name}" in names
    assert [name for name in names if str(failed.pk)[:8] in name] == [
        f"pieces/{folder_name(failed)}/settings.json"
    ]


def test_the_account_tells_of_each_piece(as_alice, bob, ready_piece):
    piece = ready_piece(title="Moth", description="At night.", visibility="unlisted")
    Tagging.objects.create(composition=piece, name="rain")
    Tagging.objects.create(composition=piece, name="slow")
    Favourite.objects.create(user=bob, composition=piece)
    for number in range(3):
        Play.objects.create(composition=piece, listener=f"{number}", day=timezone.localdate())
    (told,) = account(as_alice)["pieces"]
    expected = {
        "folder": f"pieces/{folder_name(piece)}", "title": "Moth", "description": "At night.",
        "tags": ["rain", "slow"], "visibility": "unlisted", "status": "ready", "favourites": 1,
        "plays": 3, "address": f"/compositions/{piece.pk}/", "in_bin_since": None, "notes": 3,
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected


def test_what_lies_in_the_bin_says_since_when(as_alice, ready_piece):
    ready_piece(deleted_at=timezone.now())
    (told,) = account(as_alice)["pieces"]
    assert told["in_bin_since"].startswith(f"{timezone.localdate()}T")
    assert told["folder"].startswith("bin/")


def test_the_account_tells_of_the_person(as_alice, alice):
    alice.about, alice.mail_when_ready = "I play at night.", True
    alice.save(update_fields=["about", "mail_when_ready"])
    told = account(as_alice)
    assert told["username"] == "alice"
    assert told["email"] == "alice@example.org"
    assert told["unconfirmed_email"] == ""
    assert told["about"] == "I play at night."
    assert told["mail_when_ready"] is True
    assert told["here_since"].startswith(f"{timezone.localdate()}T")


def test_logins_are_told_without_their_keys(as_alice, alice):
    other = browser_of(alice)
    other.get(PAGE)
    packed = everything(as_alice).read("account.json").decode()
    assert len(json.loads(packed)["logins"]) == 2
    for client in (as_alice, other):
        assert client.session.session_key not in packed
    assert alice.password not in packed
    assert PASSWORD not in packed


def test_beginnings_are_in_it(as_alice, alice, ready_piece):
    beginning = give(alice, "Tune of mine")
    piece = ready_piece(beginning=beginning, takeover=1.0)
    packed = everything(as_alice)
    assert packed.read(f"beginnings/{folder_name(beginning)}/beginning.mid") == MIDI
    assert packed.read(f"pieces/{folder_name(piece)}/beginning/beginning.mid") == MIDI
    (told,) = json.loads(packed.read("account.json"))["beginnings"]
    assert told["title"] == "Tune of mine"
    assert "the 1 beginning that" in as_alice.get(PAGE).text


def test_favourites_are_told_with_their_addresses(as_alice, alice, bob, ready_piece):
    piece = ready_piece(owner=bob, title="Lantern", visibility="public")
    Favourite.objects.create(user=alice, composition=piece)
    (told,) = account(as_alice)["favourites"]
    assert told["address"] == f"/compositions/{piece.pk}/"
    assert (told["title"], told["by"]) == ("Lantern", "bob")


@pytest.mark.parametrize(
    "hidden", [{"visibility": "private"}, {"visibility": "public", "deleted_at": timezone.now()}]
)
def test_a_favourite_that_is_hidden_now_keeps_its_title(as_alice, alice, bob, ready_piece, hidden):
    piece = ready_piece(owner=bob, title="Lantern", **hidden)
    Favourite.objects.create(user=alice, composition=piece)
    packed = everything(as_alice).read("account.json").decode()
    assert str(piece.pk) in packed
    assert "Lantern" not in packed
    assert "bob" not in packed


def test_plays_are_told_with_their_days(as_alice, as_bob, bob, ready_piece):
    piece = ready_piece(owner=bob, title="Lantern", visibility="public")
    secret = ready_piece(owner=bob, title="Attic", visibility="public")
    for made in (piece, secret):
        assert as_alice.post(f"/compositions/{made.pk}/played/").status_code < 300
    as_bob.post(f"/compositions/{ready_piece(visibility='public').pk}/played/")
    secret.visibility = "private"
    secret.save(update_fields=["visibility"])
    told = {play["address"]: play for play in account(as_alice)["listened_to"]}
    today = timezone.localdate().isoformat()
    at, hidden = f"/compositions/{piece.pk}/", f"/compositions/{secret.pk}/"
    assert told == {
        at: {"address": at, "day": today, "title": "Lantern", "by": "bob"},
        hidden: {"address": hidden, "day": today},
    }


def test_nothing_of_others_is_in_it(as_alice, bob, ready_piece):
    for visibility in ("private", "unlisted", "public"):
        ready_piece(owner=bob, title="Lantern", visibility=visibility)
    give(bob)
    packed = everything(as_alice)
    assert packed.namelist() == ["account.json"]
    words = packed.read("account.json").decode()
    assert "bob" not in words
    assert "Lantern" not in words


def test_a_file_that_is_gone_is_left_out_and_listed(as_alice, ready_piece):
    piece = ready_piece(title="Moth")
    default_storage.delete(piece.mp3.name)
    packed = everything(as_alice)
    lost = f"pieces/{folder_name(piece)}/Moth.mp3"
    assert lost not in packed.namelist()
    assert json.loads(packed.read("account.json"))["missing_files"] == [lost]
    assert as_alice.get(PAGE).status_code == 200


def test_it_asks_the_database_as_often_for_ten_pieces_as_for_one(as_alice, alice, ready_piece):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            everything(as_alice)
        return len(asked)

    ready_piece(beginning=give(alice), takeover=1.0)
    few = queries()
    for _ in range(9):
        ready_piece(beginning=give(alice), takeover=1.0)
    assert queries() == few
