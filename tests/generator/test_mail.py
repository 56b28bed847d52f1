"""Letters about pieces, through the real job."""

import smtplib
import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from generator import jobs, reconcile
from generator.audio import AudioError
from generator.mail import mail_when_ready
from generator.models import MOST_DEATHS, SILENT_AFTER, Composition, Status


@pytest.fixture(autouse=True)
def _quick(fake_composer, fake_render, settings):
    settings.SITE_URL = "https://nocturne.example"


@pytest.fixture
def wishing(alice):
    alice.mail_when_ready = True
    alice.save(update_fields=["mail_when_ready"])
    return alice


def made(piece, **fields):
    one = piece(requested_duration=10, **fields)
    jobs.compose(str(one.pk), 1)
    return Composition.objects.get(pk=one.pk)


def render_raising(monkeypatch, problem):
    def render(*arguments, **options):
        raise problem

    monkeypatch.setattr(jobs.audio, "render", render)


def test_who_wishes_it_hears_of_a_ready_piece(piece, wishing):
    ready = made(piece, title="Dusk & <dawn>")

    (letter,) = mail.outbox
    assert letter.to == ["alice@example.org"]
    assert letter.subject == "“Dusk & <dawn>” is ready"
    assert f"https://nocturne.example/compositions/{ready.pk}/" in letter.body
    assert "“Dusk & <dawn>” is ready" in letter.body
    assert "https://nocturne.example/accounts/" in letter.body


def test_nobody_hears_unasked(piece):
    assert made(piece).is_ready
    assert mail.outbox == []


@pytest.mark.parametrize("fields", [{"is_active": False}, {"email": ""}])
def test_nobody_hears_without_account_or_address(piece, wishing, fields):
    for name, value in fields.items():
        setattr(wishing, name, value)
    wishing.save(update_fields=list(fields))

    assert made(piece).is_ready
    assert mail.outbox == []


def test_a_failure_is_told_with_its_reason(piece, wishing, monkeypatch):
    render_raising(monkeypatch, AudioError("The soundfont is missing."))

    failed = made(piece, title="Dusk")

    (letter,) = mail.outbox
    assert failed.status == Status.FAILED
    assert letter.subject == "“Dusk” did not work out"
    assert "could not be made. The soundfont is missing. You can try again here:" in letter.body
    assert f"https://nocturne.example/compositions/{failed.pk}/" in letter.body


def test_a_crash_is_told_as_well(piece, wishing, monkeypatch):
    render_raising(monkeypatch, RuntimeError("a bug"))

    with pytest.raises(RuntimeError):
        made(piece)

    (letter,) = mail.outbox
    assert "Something went wrong while making this piece." in letter.body


def test_each_ending_is_told_once(piece, wishing, monkeypatch):
    render_raising(monkeypatch, AudioError("The disk is slow."))
    one = made(piece)
    jobs.compose(str(one.pk), 1)  # the queue may hand a job out twice
    assert len(mail.outbox) == 1

    monkeypatch.undo()
    one.retry()
    monkeypatch.setattr(jobs, "make", lambda composition, *rest: composition.fail("Again."))
    jobs.compose(str(one.pk), one.attempt)
    jobs.compose(str(one.pk), one.attempt)
    assert len(mail.outbox) == 2


def test_a_cancelled_piece_is_not_told(piece, wishing, monkeypatch):
    def cancel(composition, *rest):
        composition.cancel()
        raise jobs.CancelledError

    monkeypatch.setattr(jobs, "make", cancel)

    assert made(piece).status == Status.CANCELLED
    assert mail.outbox == []


def test_an_attempt_that_was_overtaken_tells_nothing(piece, wishing, monkeypatch):
    def overtaken(composition, *rest):
        Composition.objects.filter(pk=composition.pk).update(token=None)
        raise AudioError("Too late.")

    monkeypatch.setattr(jobs, "make", overtaken)

    made(piece)
    assert mail.outbox == []


def test_a_piece_thrown_away_meanwhile_is_not_told(piece, wishing, monkeypatch):
    def thrown_away(composition, *rest):
        Composition.objects.filter(pk=composition.pk).update(deleted_at=composition.created_at)

    monkeypatch.setattr(jobs, "make", thrown_away)

    made(piece)
    assert mail.outbox == []


def test_too_many_deaths_are_told(piece, wishing):
    one = piece(status=Status.COMPOSING, deaths=MOST_DEATHS - 1)
    one.heartbeat_at = one.created_at - 2 * SILENT_AFTER
    one.save(update_fields=["heartbeat_at"])

    for _ in range(2):
        reconcile.put_back_silent()

    (letter,) = mail.outbox
    assert f"The worker stopped {MOST_DEATHS} times" in letter.body


def test_takes_are_told_together_once_all_have_ended(piece, wishing, monkeypatch):
    key = uuid.uuid4()
    takes = [piece(requested_duration=10, request_key=key, take=n, title="Dusk") for n in (1, 2, 3)]
    jobs.compose(str(takes[0].pk), 1)
    with monkeypatch.context() as patched:
        render_raising(patched, AudioError("The disk is slow."))
        jobs.compose(str(takes[1].pk), 1)
    assert mail.outbox == []

    jobs.compose(str(takes[2].pk), 1)

    (letter,) = mail.outbox
    assert letter.subject == "“Dusk”: 2 of 3 takes are ready"
    assert (
        "2 of the 3 takes that you asked for are ready, the others could not be made."
        in letter.body
    )
    assert f"https://nocturne.example/takes/{key}/" in letter.body


def test_of_two_takes_that_end_at_once_the_later_tells(piece, wishing):
    ended = {"status": Status.READY, "request_key": uuid.uuid4()}
    now = timezone.now()
    late, early = (
        piece(take=take, finished_at=now - timedelta(seconds=take), **ended) for take in (1, 2)
    )
    for take in (early, late):
        mail_when_ready(take)
    assert len(mail.outbox) == 1


class BrokenPost(BaseEmailBackend):
    problem = None

    def send_messages(self, messages):
        raise self.problem


@pytest.mark.parametrize(
    "problem",
    [
        smtplib.SMTPRecipientsRefused({}),
        ConnectionRefusedError(111, "refused"),
        TimeoutError("no answer"),
        UnicodeEncodeError("idna", "ä", 0, 1, "a label too long"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_post_office_that_fails_is_logged(piece, wishing, settings, monkeypatch, caplog, problem):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenPost"
    monkeypatch.setattr(BrokenPost, "problem", problem)
    monkeypatch.setattr("django.core.mail.get_connection", lambda **options: BrokenPost())

    assert made(piece).is_ready
    assert "could not be told by mail" in caplog.text
