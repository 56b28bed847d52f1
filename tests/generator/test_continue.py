import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from generator import beginnings
from generator.models import MOST_UNUSED, Beginning, Composition, Status
from generator.views import compose
from tests.conftest import MIDI, NOTES

pytestmark = pytest.mark.usefixtures("trained_model")


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(compose, "enqueue", pieces.append)
    return pieces


def go_on(client, piece):
    return client.post(f"/compositions/{piece.pk}/continue/")


def ask(client, beginning, **data):
    wish = {"duration": "30", "beginning": str(beginning.pk), "takeover": "8"}
    return client.post("/compose/", wish | data)


# From a piece to the form.


def test_a_finished_piece_becomes_a_beginning(as_alice, alice, ready_piece):
    made = ready_piece(title="Lantern", style="bach", energy=1, temperature=1.2)
    answer = go_on(as_alice, made)
    music = Beginning.objects.get()
    assert (music.owner, music.source, music.title) == (alice, made, "Lantern")
    assert (music.duration, music.note_count) == (2.0, 3)
    assert json.load(music.notes) == NOTES
    assert music.midi.read() == MIDI
    assert {music.midi.name, music.notes.name}.isdisjoint({made.midi.name, made.notes.name})
    link = urlsplit(answer.url)
    assert link.path == "/compose/"
    assert parse_qs(link.query) == {
        "beginning": [str(music.pk)], "style": ["bach"], "energy": ["1"], "loudness": ["0"],
        "temperature": ["1.2"], "model": ["Concert"],
    }  # fmt: skip


def test_the_music_outlives_its_piece(as_alice, ready_piece, django_capture_on_commit_callbacks):
    made = ready_piece()
    go_on(as_alice, made)
    with django_capture_on_commit_callbacks(execute=True):
        made.delete_with_files()
    music = Beginning.objects.get()
    assert music.source is None
    assert beginnings.read_notes(music) == NOTES["notes"]


def test_a_second_click_takes_the_same_beginning(as_alice, ready_piece):
    made = ready_piece()
    assert go_on(as_alice, made).url == go_on(as_alice, made).url
    assert Beginning.objects.count() == 1


@pytest.mark.parametrize("status", [s for s in Status if s != Status.READY])
def test_only_a_finished_piece_can_be_continued(as_alice, piece, status):
    answer = as_alice.post(f"/compositions/{piece(status=status).pk}/continue/", follow=True)
    assert "Only a finished piece can be continued." in answer.text
    assert not Beginning.objects.exists()


def test_a_piece_without_its_files_is_explained(as_alice, ready_piece):
    made = ready_piece()
    made.notes.storage.delete(made.notes.name)
    answer = as_alice.post(f"/compositions/{made.pk}/continue/", follow=True)
    assert "The files of this piece are gone." in answer.text


def test_too_many_unused_beginnings_are_explained(as_alice, ready_piece, beginning):
    for _ in range(MOST_UNUSED):
        beginning()
    answer = as_alice.post(f"/compositions/{ready_piece().pk}/continue/", follow=True)
    assert "20 beginnings of yours wait" in answer.text
    assert Beginning.objects.count() == MOST_UNUSED


def test_a_stranger_gets_404(as_bob, ready_piece):
    assert go_on(as_bob, ready_piece(visibility="public")).status_code == 404


def test_a_visitor_is_sent_to_the_login(client, ready_piece):
    assert go_on(client, ready_piece()).url.startswith("/accounts/login/")


def test_it_rejects_get(as_alice, ready_piece):
    assert as_alice.get(f"/compositions/{ready_piece().pk}/continue/").status_code == 405


# The form with a beginning.


def test_the_form_shows_where_one_can_take_over(as_alice, beginning):
    music = beginning(seconds=20)
    answer = as_alice.get(f"/compose/?beginning={music.pk}")
    assert "Continue “A scale”" in answer.text
    assert f'src="/beginnings/{music.pk}/roll.svg"' in answer.text
    assert '<input type="range" name="takeover" id="id_takeover" value="20.0"' in answer.text
    assert "Seconds to be composed after it" in answer.text


@pytest.mark.parametrize(
    ("duration", "is_of_piece", "takeover"),
    [
        (20.0, False, 20.0),
        (20.0, True, 12.0),  # before the farewell
        (5.0, True, 1.0),
        (12.39, False, 12.3),  # in tenths, and within the music
        (500.0, False, 300.0),  # as much as the composer hears
        (500.0, True, 300.0),
    ],
)
def test_the_line_stands_where_one_would_go_on(
    beginning, ready_piece, duration, is_of_piece, takeover
):
    music = beginning(duration=duration, source=ready_piece() if is_of_piece else None)
    assert beginnings.suggested_takeover(music) == takeover


@pytest.mark.parametrize("pk", ["00000000-0000-0000-0000-000000000000", "nonsense"])
def test_a_beginning_that_is_not_there_is_explained(as_alice, pk):
    answer = as_alice.get(f"/compose/?beginning={pk}")
    assert answer.status_code == 200
    assert "The music to go on from is not there any more." in answer.text
    assert answer.context["beginning"] is None


def test_a_stranger_cannot_see_a_beginning(as_bob, beginning):
    music = beginning(title="Secret")
    answer = as_bob.get(f"/compose/?beginning={music.pk}")
    assert "The music to go on from is not there any more." in answer.text
    assert "Secret" not in answer.text
    assert as_bob.get(f"/beginnings/{music.pk}/roll.svg").status_code == 404


def test_the_roll_is_for_its_owner_alone(as_alice, client, beginning):
    url = f"/beginnings/{beginning().pk}/roll.svg"
    answer = as_alice.get(url)
    assert answer["Content-Type"] == "image/svg+xml"
    assert "private" in answer["Cache-Control"]
    assert client.get(url).url.startswith("/accounts/login/")


def test_a_roll_without_its_file_is_empty(as_alice, beginning):
    music = beginning()
    music.notes.storage.delete(music.notes.name)
    assert as_alice.get(f"/beginnings/{music.pk}/roll.svg").status_code == 200


# The wish.


def test_a_piece_goes_on_from_it(as_alice, beginning, enqueued):
    music = beginning()
    ask(as_alice, music)
    made = Composition.objects.get()
    assert (made.beginning, made.takeover, made.requested_duration) == (music, 8.0, 30)
    assert made.expected_seconds == 38
    assert enqueued == [made]


def test_takes_share_it(as_alice, beginning):
    ask(as_alice, beginning(), takes="2")
    assert [made.takeover for made in Composition.objects.all()] == [8.0, 8.0]


def test_the_longest_piece_fits(as_alice, beginning):
    ask(as_alice, beginning(seconds=400), duration="600", takeover="300")
    assert Composition.objects.get().expected_seconds == 900


@pytest.mark.parametrize(
    "takeover", ["", "0", "0.9", "-3", "300.1", "20.1", "nan", "inf", "soon", "1e400"]
)
def test_a_moment_outside_the_music_is_explained(as_alice, beginning, enqueued, takeover):
    answer = ask(as_alice, beginning(seconds=20), takeover=takeover)
    assert list(answer.context["form"].errors) == ["takeover"]
    assert "Say where the composer takes over" in answer.text
    assert answer.context["beginning"]
    assert not enqueued


def test_a_moment_before_the_first_note_is_explained(as_alice, beginning, enqueued):
    music = beginning(notes=[[9000, 500, 60, 70], [12000, 8000, 64, 70]])
    assert "no note before this second" in ask(as_alice, music, takeover="9").text
    assert not enqueued
    ask(as_alice, music, takeover="9.01")
    assert len(enqueued) == 1


def test_more_notes_than_the_composer_hears_are_explained(as_alice, beginning, enqueued):
    music = beginning(notes=[[n, 50, 21 + n % 88, 70] for n in range(0, 18_003, 3)])
    answer = ask(as_alice, music, takeover="19")
    assert "6,001 notes before this second" in answer.text
    assert not enqueued


def test_without_a_beginning_the_moment_means_nothing(as_alice):
    as_alice.post("/compose/", {"duration": "30", "takeover": "8"})
    made = Composition.objects.get()
    assert (made.beginning, made.takeover) == (None, None)


@pytest.mark.parametrize("pk", ["00000000-0000-0000-0000-000000000000", "nonsense", "\0"])
def test_a_beginning_that_has_gone_meanwhile_is_explained(as_alice, enqueued, pk):
    answer = as_alice.post("/compose/", {"duration": "30", "beginning": pk, "takeover": "8"})
    assert "The music to go on from is not there any more." in answer.text
    assert not enqueued


def test_a_beginning_without_its_file_is_explained(as_alice, beginning, enqueued):
    music = beginning()
    music.notes.storage.delete(music.notes.name)
    assert "The music to go on from is not there any more." in ask(as_alice, music).text
    assert not enqueued


def test_the_beginning_of_somebody_else_is_refused(as_bob, beginning, enqueued):
    answer = ask(as_bob, beginning())
    assert "The music to go on from is not there any more." in answer.text
    assert not enqueued


# What the piece's page says of it.


def test_the_page_says_where_the_machine_takes_over_and_from_what(as_alice, ready_piece, beginning):
    source = ready_piece(title="Lantern")
    made = ready_piece(beginning=beginning(source=source), takeover=65.5)
    page = as_alice.get(f"/compositions/{made.pk}/").text
    assert (
        f'<a id="piece-source" href="/compositions/{source.pk}/">Lantern</a>: up to 1:05 as it was'
        in page
    )


@pytest.mark.parametrize(
    "said",
    [
        {"visibility": "private"},
        {"visibility": "unlisted"},
        {"visibility": "public", "hidden_at": timezone.now()},
        {"visibility": "public", "deleted_at": timezone.now()},
    ],
    ids=["private", "unlisted", "hidden", "binned"],
)
def test_a_stranger_is_led_to_no_source_that_is_not_in_the_gallery(
    as_bob, client, ready_piece, beginning, said
):
    source = ready_piece(title="Lantern", **said)
    made = ready_piece(
        beginning=beginning(source=source), takeover=8, visibility="public", title="Other"
    )
    for browser in (as_bob, client):
        page = browser.get(f"/compositions/{made.pk}/").text
        assert "Lantern" not in page
        assert str(source.pk) not in page
        assert "Music that alice brought: up to 0:08 as it was" in page


def test_the_owner_is_led_to_an_unlisted_source(as_alice, ready_piece, beginning):
    source = ready_piece(title="Lantern", visibility="unlisted")
    made = ready_piece(beginning=beginning(source=source), takeover=8, visibility="public")
    page = as_alice.get(f"/compositions/{made.pk}/").text
    assert f'href="/compositions/{source.pk}/">Lantern</a>' in page


def test_no_settings_are_offered_that_are_gone(as_alice, ready_piece, beginning):
    made = ready_piece(beginning=beginning(), takeover=8)
    link = f'href="/compositions/{made.pk}/settings.json?download"'
    assert link in as_alice.get(f"/compositions/{made.pk}/").text
    Beginning.objects.all().delete()
    assert link not in as_alice.get(f"/compositions/{made.pk}/").text
    assert as_alice.get(f"/compositions/{made.pk}/settings.json").status_code == 404


def test_a_stranger_is_led_to_a_public_source(as_bob, ready_piece, beginning):
    source = ready_piece(title="Lantern", visibility="public")
    made = ready_piece(beginning=beginning(source=source), takeover=8, visibility="public")
    assert (
        f'<a id="piece-source" href="/compositions/{source.pk}/">Lantern'
        in as_bob.get(f"/compositions/{made.pk}/").text
    )


def test_the_name_of_an_uploaded_file_is_its_owners_affair(
    as_alice, as_bob, ready_piece, beginning
):
    made = ready_piece(beginning=beginning(title="x-file"), takeover=8, visibility="public")
    assert "x-file" in as_alice.get(f"/compositions/{made.pk}/").text
    assert "x-file" not in as_bob.get(f"/compositions/{made.pk}/").text


# Music of more notes than the composer hears.


@pytest.mark.parametrize("is_of_piece", [False, True])
def test_of_dense_music_a_part_is_offered_that_fits(
    as_alice, beginning, ready_piece, monkeypatch, is_of_piece
):
    monkeypatch.setattr(beginnings, "MOST_NOTES", 21)  # two a second
    source = ready_piece() if is_of_piece else None
    music = beginning(seconds=20, source=source)

    form = as_alice.get(f"/compose/?beginning={music.pk}").context["form"]
    assert form["takeover"].value() == 10.5
    assert ask(as_alice, music, takeover="10.5").status_code == 302


def test_who_goes_further_is_told_what_would_fit(as_alice, beginning, monkeypatch):
    monkeypatch.setattr(beginnings, "MOST_NOTES", 21)
    (words,) = ask(as_alice, beginning(), takeover="11").context["form"].errors["takeover"]
    assert words.endswith("Choose an earlier one: up to second 10.5 they fit.")
