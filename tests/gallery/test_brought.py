"""The music that somebody has brought: seen, downloaded and forgotten."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.models import Beginning, Composition
from tests.conftest import MIDI

URL = "/beginnings/"


@pytest.fixture
def music(alice):
    """A maker of beginnings with files, uploaded by alice unless said otherwise."""

    def make(title="Tune", **fields):
        made = Beginning(**{"owner": alice, "duration": 20, "note_count": 1} | fields, title=title)
        made.midi.save(f"{made.folder}/music.mid", ContentFile(MIDI), save=False)
        made.notes.save(f"{made.folder}/notes.json", ContentFile(b'{"notes": []}'), save=False)
        made.save()
        return made

    return make


def shown(page):
    return [music.title for music in page.context["page"].object_list]


def said(page):
    return [str(message) for message in page.context["messages"]]


def test_all_that_one_has_uploaded_is_listed_the_latest_first(as_alice, bob, music, ready_piece):
    for number in range(13):
        music(f"No. {number}")
    music("Taken from a piece", source=ready_piece())
    music("His", owner=bob)

    assert shown(as_alice.get(URL)) == [f"No. {number}" for number in range(12, 0, -1)]
    assert shown(as_alice.get(f"{URL}?page=2")) == ["No. 0"]
    assert len(shown(as_alice.get(f"{URL}?page=x"))) == 12


def test_it_tells_what_goes_on_from_it_and_what_will_be_forgotten(as_alice, music, ready_piece):
    held, free = music("Held"), music("Free")
    for _ in range(2):
        ready_piece(beginning=held, takeover=3)

    page = as_alice.get(URL).text

    assert "2 pieces go on from it" in page
    assert "unless a piece goes on from it" in page
    assert f'action="/beginnings/{free.pk}/forget/" method="post"' in page
    assert f"/beginnings/{held.pk}/forget/" not in page
    assert f'href="/compose/?beginning={held.pk}"' in page


def test_the_page_is_found_from_where_music_is_brought(as_alice, music):
    assert 'href="/beginnings/"' not in as_alice.get("/compose/continue/").text
    music()
    assert 'href="/beginnings/"' in as_alice.get("/compose/continue/").text


def test_the_file_comes_back_as_it_was_given(as_alice, music):
    made = music("Moon/light")

    answer = as_alice.get(f"/beginnings/{made.pk}/music.mid?download")

    assert b"".join(answer.streaming_content) == MIDI
    assert answer["Content-Type"] == "audio/midi"
    assert answer["Content-Disposition"] == 'attachment; filename="Moon light.mid"'
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_file_that_is_gone_is_told(as_alice, music):
    made = music()
    made.midi.storage.delete(made.midi.name)

    page = as_alice.get(f"/beginnings/{made.pk}/music.mid", follow=True)

    assert page.redirect_chain == [(URL, 302)]
    assert said(page) == ["The file of “Tune” is gone."]


def test_forgotten_music_goes_with_its_files(as_alice, music, django_capture_on_commit_callbacks):
    made, kept = music(), music("Kept")

    with django_capture_on_commit_callbacks(execute=True):
        page = as_alice.post(f"/beginnings/{made.pk}/forget/", follow=True)

    assert page.redirect_chain == [(URL, 302)]
    assert said(page) == ["“Tune” is forgotten."]
    assert list(Beginning.objects.all()) == [kept]
    assert not made.midi.storage.exists(made.midi.name)
    assert not made.notes.storage.exists(made.notes.name)
    assert kept.midi.storage.exists(kept.midi.name)


@pytest.mark.parametrize("deleted_at", [None, timezone.now()], ids=["kept", "in the bin"])
def test_what_a_piece_goes_on_from_stays(as_alice, music, ready_piece, deleted_at):
    made = music()
    piece = ready_piece(beginning=made, takeover=3, deleted_at=deleted_at)

    page = as_alice.post(f"/beginnings/{made.pk}/forget/", follow=True)

    assert said(page) == [
        "A piece goes on from “Tune”, so it is kept for as long as that piece is."
    ]
    assert Composition.objects.get(pk=piece.pk).beginning == made


def test_once_no_piece_holds_it_it_can_go(
    as_alice, music, ready_piece, django_capture_on_commit_callbacks
):
    made = music()
    ready_piece(beginning=made, takeover=3).delete_with_files()

    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post(f"/beginnings/{made.pk}/forget/")

    assert not Beginning.objects.exists()


def test_others_music_does_not_exist(as_bob, music):
    made = music()

    assert shown(as_bob.get(URL)) == []
    assert as_bob.get(f"/beginnings/{made.pk}/music.mid").status_code == 404
    assert as_bob.post(f"/beginnings/{made.pk}/forget/").status_code == 404
    assert Beginning.objects.exists()


def test_an_empty_page_says_how_to_fill_it(as_alice):
    assert "You have brought no music yet" in as_alice.get(URL).text


def test_it_is_ones_own_affair(client, as_alice, music):
    made = music()
    for url in (URL, f"/beginnings/{made.pk}/music.mid"):
        assert client.get(url).url == f"/accounts/login/?next={url}"
    assert "no-store" in as_alice.get(URL)["Cache-Control"]
    assert as_alice.get(f"/beginnings/{made.pk}/forget/").status_code == 405


def test_much_costs_no_more_queries_than_little(as_alice, music, ready_piece):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            as_alice.get(URL)
        return len(queries)

    ready_piece(beginning=music(), takeover=3)
    little = cost()
    for _ in range(9):
        ready_piece(beginning=music(), takeover=3)
    assert cost() == little
