"""What is private does not exist for others: same answer as for a piece that never was."""

import uuid

import pytest

from generator.models import Composition, Status, Visibility

READ = [".json", "/", "/audio.mp3", "/audio.mp3?download", "/score.mid", "/cover.svg"]
FORMS = ["/rename/", "/delete/"]
ACTIONS = ["/publish/", "/unpublish/", "/cancel/", "/retry/"]
UNPUBLISHED = {
    "private": {"status": Status.READY},
    "public but not ready": {"status": Status.RENDERING, "visibility": Visibility.PUBLIC},
    "public but failed": {"status": Status.FAILED, "visibility": Visibility.PUBLIC},
}


@pytest.fixture(params=UNPUBLISHED.values(), ids=UNPUBLISHED.keys())
def hidden(request, ready_piece):
    return ready_piece(**request.param)


@pytest.mark.parametrize("ending", READ)
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_visitor_finds_nothing(client, hidden, method, ending):
    assert getattr(client, method)(f"/compositions/{hidden.pk}{ending}").status_code == 404


@pytest.mark.parametrize("ending", [*READ, *FORMS])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_stranger_finds_nothing(as_bob, hidden, method, ending):
    assert getattr(as_bob, method)(f"/compositions/{hidden.pk}{ending}").status_code == 404


@pytest.mark.parametrize("ending", [*FORMS, *ACTIONS])
def test_a_stranger_changes_nothing(as_bob, hidden, ending):
    before = Composition.objects.values().get(pk=hidden.pk)

    response = as_bob.post(f"/compositions/{hidden.pk}{ending}", {"title": "Taken"})

    assert response.status_code == 404
    assert Composition.objects.values().get(pk=hidden.pk) == before


@pytest.mark.parametrize("ending", [*FORMS, *ACTIONS])
def test_a_stranger_changes_no_published_piece_either(as_bob, ready_piece, ending):
    made = ready_piece(visibility=Visibility.PUBLIC)
    before = Composition.objects.values().get(pk=made.pk)

    response = as_bob.post(f"/compositions/{made.pk}{ending}", {"title": "Taken"})

    assert response.status_code == 404
    assert Composition.objects.values().get(pk=made.pk) == before


@pytest.mark.parametrize("ending", [*FORMS, *ACTIONS])
def test_a_visitor_is_sent_to_log_in_before_anything_is_looked_up(client, hidden, ending):
    there, nowhere = (
        client.post(f"/compositions/{pk}{ending}") for pk in (hidden.pk, uuid.uuid4())
    )

    assert there.status_code == nowhere.status_code == 302
    assert there["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("ending", READ)
def test_staff_are_strangers_outside_the_admin(as_carol, hidden, ending):
    assert as_carol.get(f"/compositions/{hidden.pk}{ending}").status_code == 404


@pytest.mark.parametrize("ending", READ)
def test_a_range_opens_no_side_door(as_bob, hidden, ending):
    response = as_bob.get(f"/compositions/{hidden.pk}{ending}", headers={"Range": "bytes=0-1"})

    assert response.status_code == 404


def test_an_old_address_ends_with_publication(as_alice, client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)
    url = f"/compositions/{made.pk}/audio.mp3"
    etag = client.get(url)["ETag"]

    as_alice.post(f"/compositions/{made.pk}/unpublish/")

    assert client.get(url).status_code == 404
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 404


@pytest.mark.parametrize("ending", ["/audio.mp3", "/score.mid"])
@pytest.mark.parametrize("status", [status for status in Status.values if status != "ready"])
def test_the_owner_gets_no_files_before_they_are_ready(as_alice, ready_piece, status, ending):
    made = ready_piece(status=status)

    assert as_alice.get(f"/compositions/{made.pk}{ending}").status_code == 404


@pytest.mark.parametrize("ending", READ)
def test_what_never_was_is_not_found(as_alice, ending):
    assert as_alice.get(f"/compositions/{uuid.uuid4()}{ending}").status_code == 404
