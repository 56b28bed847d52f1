"""The end of an account. Redis is real where it matters."""

import sys
import uuid
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from gallery.models import Favourite, Play, Tagging
from generator import jobs, queueing, renditions
from generator.models import Beginning, Composition, Kind, Rendition, RenditionStatus, Status
from musicsite.accounts.deletion import delete_person
from musicsite.accounts.models import Session
from tests.conftest import MIDI, PASSWORD, browser_of
from tests.generator import fakes

PAGE = "/accounts/delete/"


@pytest.fixture
def redis(private_redis):
    """A queue in a Redis of this test alone."""
    queueing.queue.cache_clear()
    yield private_redis
    queueing.queue.cache_clear()


def files_below(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def give(owner):
    beginning = Beginning(owner=owner, title="Given by alice", duration=2, note_count=1)
    beginning.midi.save(f"{beginning.folder}/a.mid", ContentFile(MIDI), save=False)
    beginning.notes.save(f"{beginning.folder}/a.json", ContentFile(b'{"notes": []}'), save=False)
    beginning.save()
    return beginning


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get(PAGE).status_code == 302


def test_asking_deletes_nothing(as_alice, alice):
    page = as_alice.get(PAGE)
    assert page.status_code == 200
    assert 'href="/accounts/export/"' in page.text
    assert get_user_model().objects.filter(pk=alice.pk).exists()


def test_it_wants_the_password_again(as_alice, alice, ready_piece):
    ready_piece()
    page = as_alice.post(PAGE, {"password": "wrong"})
    assert "password" in page.context["form"].errors
    assert Composition.objects.count() == 1
    assert as_alice.get("/accounts/").status_code == 200


def test_wrong_passwords_count_as_at_the_login(as_alice, alice):
    for _ in range(20):
        page = as_alice.post(PAGE, {"password": "wrong"})
    assert page.status_code == 429
    assert as_alice.post(PAGE, {"password": PASSWORD}).status_code == 429
    assert AccessAttempt.objects.get().username == "alice"


def test_it_deletes_the_person_the_pieces_their_files_and_the_logins(
    as_alice, alice, bob, piece, ready_piece, settings, django_capture_on_commit_callbacks
):
    elsewhere = browser_of(alice)
    ready_piece(visibility="public")
    ready_piece(deleted_at=timezone.now())
    piece(status="composing")
    piece()
    give(alice)
    kept = ready_piece(owner=bob)
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_alice.post(PAGE, {"password": PASSWORD})
    assert answer.url == "/"
    assert not get_user_model().objects.filter(pk=alice.pk).exists()
    assert list(Composition.objects.all()) == [kept]
    names = {kept.mp3.name, kept.midi.name, kept.notes.name}
    root = Path(settings.MEDIA_ROOT)
    assert {str(path.relative_to(root)) for path in files_below(root)} == names
    assert as_alice.get("/accounts/").status_code == 302
    assert elsewhere.get("/accounts/").status_code == 302
    assert not Session.objects.exists()


def test_a_deletion_that_fails_leaves_all_as_it_was(alice, ready_piece, monkeypatch):
    def fail(person):
        raise OSError("The disk is full.")

    monkeypatch.setattr("musicsite.accounts.views.delete_person", fail)
    piece, browser = ready_piece(), browser_of(alice)
    browser.raise_request_exception = False
    assert browser.post(PAGE, {"password": PASSWORD}).status_code == 500
    assert browser.get(PAGE).status_code == 200  # still logged in
    assert Composition.objects.get() == piece


# Nothing is left that names the person.


def furnish(alice, bob, carol, piece, ready_piece):
    """Traces in every table that can hold one."""
    shared = ready_piece(title="Piece of alice", visibility="public")
    theirs = ready_piece(owner=bob, visibility="public")
    ready_piece(title="alice again", deleted_at=timezone.now(), beginning=give(alice), takeover=1)
    piece(title="alice waits")
    for status in (Status.COMPOSING, Status.FAILED):
        piece(title=f"alice {status}", status=status, token=uuid.uuid4())
    Favourite.objects.create(user=alice, composition=theirs)
    Favourite.objects.create(user=bob, composition=shared)
    Tagging.objects.create(composition=shared, name="alice")
    Rendition.objects.create(composition=shared, kind=Kind.SCORE, status=RenditionStatus.QUEUED)
    Rendition.objects.create(composition=theirs, kind=Kind.WAV, asked_by=alice)
    as_alice, as_bob = browser_of(alice), browser_of(bob)
    as_alice.post(f"/compositions/{theirs.pk}/played/")
    as_bob.post(f"/compositions/{shared.pk}/played/")
    as_alice.post("/accounts/password_reset/", {"email": alice.email})
    Client().post("/accounts/login/", {"username": "Alice", "password": "wrong"})
    as_alice.post("/accounts/email/", {"email": "alice@new.example.org", "password": "wrong"})
    for thing in (alice, shared):  # staff changed something
        kind = ContentType.objects.get_for_model(thing)
        words = {"content_type": kind, "object_id": str(thing.pk), "object_repr": str(thing)}
        LogEntry.objects.create(user=carol, action_flag=CHANGE, **words)
    return theirs


def traces_of(words):
    """The rows, of all tables, in which one of the words stands."""
    tables = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    rows = (row for model in tables for row in model._default_manager.values())
    return [row for row in rows if any(word in str(row).lower() for word in words)]


def links_to(person):
    """The names of the relations by which some row belongs to the person."""
    return sorted(
        f"{relation.related_model.__name__}.{relation.field.name}"
        for relation in get_user_model()._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete
        if relation.related_model._default_manager.filter(**{relation.field.name: person}).exists()
    )


def test_nothing_is_left_that_names_the_person(
    alice, bob, carol, piece, ready_piece, settings, redis, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        theirs = furnish(alice, bob, carol, piece, ready_piece)
    words = ["alice", *(str(made.pk) for made in alice.compositions.all())]
    words += [str(beginning.pk) for beginning in alice.beginnings.all()]
    assert links_to(alice) == [
        "Beginning.owner", "Composition.owner", "Favourite.user", "Rendition.asked_by",
        "Session.user",
    ]  # fmt: skip
    assert len(traces_of(words)) > 12
    assert LogEntry.objects.filter(user=carol, object_repr__contains="alice").count() == 2
    assert AccessAttempt.objects.filter(username="alice").exists()
    assert Play.objects.filter(composition=theirs).count() == 1

    with django_capture_on_commit_callbacks(execute=True):
        browser_of(alice).post(PAGE, {"password": PASSWORD})

    assert traces_of(words) == []
    assert links_to(alice.pk) == []
    assert not Play.objects.exists()
    assert LogEntry.objects.filter(user=carol).count() == 2  # that staff did something stays
    left = {str(path.relative_to(settings.MEDIA_ROOT)) for path in files_below(settings.MEDIA_ROOT)}
    assert left == {theirs.mp3.name, theirs.midi.name, theirs.notes.name}


# Jobs.


def test_waiting_jobs_leave_the_queue_and_others_stay(
    alice, bob, piece, ready_piece, redis, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        waiting = [piece(), piece()]
        others = piece(owner=bob)
        for made in (*waiting, others):
            jobs.enqueue(made)
    assert len(queueing.queue().get_job_ids()) == 3
    with django_capture_on_commit_callbacks(execute=True):
        delete_person(alice)
    assert queueing.queue().get_job_ids() == [others.job_id]
    kept = " ".join(key.decode() for key in redis.keys("*"))
    assert str(others.pk) in kept
    assert not any(str(made.pk) in kept for made in waiting)


def test_a_waiting_rendition_goes_and_the_next_one_takes_its_place(
    alice, bob, ready_piece, redis, django_capture_on_commit_callbacks
):
    """Renditions wait in the database, one of them at a time on the queue."""
    with django_capture_on_commit_callbacks(execute=True):
        hers = renditions.ask(ready_piece(), Kind.SCORE, alice)
        his = renditions.ask(ready_piece(owner=bob), Kind.SCORE, bob)
    assert queueing.queue().get_job_ids() == [hers.job_id]
    with django_capture_on_commit_callbacks(execute=True):
        delete_person(alice)
    assert queueing.queue().get_job_ids() == [his.job_id]


def test_what_is_being_made_stops_and_leaves_no_file(
    alice, piece, settings, monkeypatch, django_capture_on_commit_callbacks
):
    """The account goes while its piece is composed: at the next look that is noticed."""
    made, heard = piece(), []

    class Interrupted(fakes.FakeComposer):
        def compose(self, request, on_progress=None):
            def report(*progress):
                heard.append(progress)
                if len(heard) == 3:
                    with django_capture_on_commit_callbacks(execute=True):
                        delete_person(alice)
                on_progress(*progress)

            return super().compose(request, report)

    monkeypatch.setitem(sys.modules, "ml.composer", fakes.fake_module(Interrupted))
    monkeypatch.setattr(jobs, "LOOK_EVERY", 0)
    jobs.compose(str(made.pk), made.attempt)
    assert len(heard) == 3
    assert files_below(settings.MEDIA_ROOT) == []
    assert not Composition.objects.exists()


def test_without_redis_the_account_goes_all_the_same(
    as_alice, alice, piece, settings, tmp_path, django_capture_on_commit_callbacks
):
    url = f"unix://{tmp_path}/nobody.sock?socket_timeout=1"
    settings.RQ_QUEUES = {"compositions": settings.RQ_QUEUES["compositions"] | {"URL": url}}
    queueing.queue.cache_clear()
    piece()
    with django_capture_on_commit_callbacks(execute=True):
        assert as_alice.post(PAGE, {"password": PASSWORD}).status_code == 302
    queueing.queue.cache_clear()
    assert not get_user_model().objects.exists()
    assert not Composition.objects.exists()
