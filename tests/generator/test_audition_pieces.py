"""What staff let models play is nobody's own: it stands in no list, count, letter or archive."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.utils import timezone

from generator import jobs
from generator.estimate import expected_wait
from generator.mail import mail_when_ready
from generator.models import Composition, Status
from generator.shipped import hand_over
from musicsite.accounts.deletion import delete_person
from tests.generator.auditioning import finish, vote_on_all


@pytest.fixture
def heard(audition):
    """A finished audition of dora's."""
    made = audition()
    finish(made)
    return made


@pytest.mark.parametrize(
    "page",
    ["/me/", "/me/?q=audition", "/me/bin/", "/", "/people/dora/", "/feed/", "/me/favourites/"],
)
def test_its_pieces_are_in_no_list(as_dora, heard, page):
    # Not even one that was published by hand, in the admin.
    heard.pieces.filter(seed=100).update(visibility="public")
    answer = as_dora.get(page)
    assert answer.status_code == 200
    assert f"Audition {heard.pk}" not in answer.text
    assert not any(str(pk) in answer.text for pk in heard.pieces.values_list("pk", flat=True))


def test_its_pieces_make_no_news(as_dora, heard):
    heard.pieces.update(is_news=True)
    answer = as_dora.get("/me/notices/", headers={"HX-Request": "true"})
    assert "Audition" not in answer.text


def test_its_pieces_are_counted_on_no_page_of_the_account(as_dora, as_carol, dora, audition, piece):
    audition()
    assert as_dora.get("/accounts/").context["pieces"] == 0
    assert as_dora.get("/accounts/").context["unfinished"] == 0
    assert as_dora.get("/accounts/export/").context["pieces"] == 0
    assert as_dora.get("/accounts/delete/").context["pieces"] == 0
    piece(owner=dora)
    assert '<td class="field-pieces">1</td>' in as_carol.get(f"/admin/accounts/user/?q={dora}").text


def test_its_pieces_use_up_no_quota(dora, audition):
    before = Composition.objects.room_of(dora)
    audition()
    assert Composition.objects.room_of(dora) == before


def test_its_pieces_are_in_no_archive_of_the_account(as_dora, heard):
    answer = as_dora.post("/accounts/export/")
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist() == ["account.json"]
        assert json.loads(archive.read("account.json"))["pieces"] == []


def test_its_pieces_cannot_be_edited_shared_or_thrown_away(as_dora, heard):
    piece = heard.pieces.first()
    for page in ("edit", "delete"):
        assert as_dora.get(f"/compositions/{piece.pk}/{page}/").status_code == 404
    for move in ("publish", "cancel", "retry", "continue"):
        assert as_dora.post(f"/compositions/{piece.pk}/{move}/").status_code == 404
    assert as_dora.get(f"/takes/{piece.request_key}/").status_code == 404


def test_the_address_of_a_piece_leads_staff_to_the_audition_and_others_nowhere(
    as_dora, as_carol, as_bob, dora, heard
):
    piece = heard.pieces.first()
    address = f"/compositions/{piece.pk}/"
    for staff in (as_dora, as_carol):
        assert staff.get(address).url == f"/admin/generator/audition/{heard.pk}/change/"
    assert as_bob.get(address).status_code == 404
    assert as_bob.get(f"{address}audio.mp3").status_code == 404
    dora.user_permissions.clear()
    assert as_dora.get(f"{address}audio.mp3").status_code == 404


def test_no_letter_tells_of_its_pieces(dora, heard):
    dora.mail_when_ready = True
    dora.save(update_fields=["mail_when_ready"])
    mail_when_ready(heard.pieces.first())
    assert mail.outbox == []


def test_its_files_name_no_model(heard, models):
    said = jobs.tags(heard.pieces.select_related("model").first())
    assert "Concert" not in str(said)
    assert "Salon" not in str(said)
    assert f"seed {heard.first_seed + 3}" in said["comment"]


def test_settings_tell_the_model_of_a_blind_piece_to_those_who_have_voted(as_dora, heard, models):
    address = f"/compositions/{heard.pieces.filter(model=models[0]).first().pk}/settings.json"
    assert as_dora.get(address).status_code == 404
    vote_on_all(as_dora, heard)
    assert as_dora.get(address).json()["model_sha256"] == models[0].sha256


def test_another_model_never_plays_in_the_place_of_a_candidate(audition, models):
    made = audition()
    hand_over(models[1], models[0])
    assert made.pieces.filter(model=models[1]).count() == 4


def test_people_wait_for_what_is_auditioned_before_them(audition, ready_piece, models):
    now = timezone.now()
    ready_piece(started_at=now - timedelta(seconds=4), finished_at=now)
    audition()
    assert expected_wait(models[0], 60).pieces_before == 8


def test_a_models_pieces_go_with_the_account_of_whoever_asked(
    heard, dora, as_carol, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        delete_person(dora)
    assert not Composition.objects.filter(status=Status.READY).exists()
    page = as_carol.get(f"/admin/generator/audition/{heard.pk}/change/")
    assert page.text.count("This piece has been deleted.") == 8
