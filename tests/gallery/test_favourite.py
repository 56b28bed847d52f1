import uuid

import pytest

from gallery.models import Favourite
from generator.models import Status, Visibility

HTMX = {"HX-Request": "true"}


@pytest.fixture
def public(ready_piece):
    return ready_piece(title="Lantern", visibility=Visibility.PUBLIC)


def test_a_heart_is_left_and_taken_back(as_bob, bob, public):
    url = f"/compositions/{public.pk}/favourite/"

    as_bob.post(url, {"favourite": "1"})
    assert Favourite.objects.get().user == bob

    as_bob.post(url, {"favourite": "0"})
    assert not Favourite.objects.exists()


@pytest.mark.parametrize("sent", ["1", "0"])
def test_twice_is_as_good_as_once(as_bob, public, sent):
    for _ in range(2):
        as_bob.post(f"/compositions/{public.pk}/favourite/", {"favourite": sent})

    assert Favourite.objects.count() == int(sent)


def test_it_leads_back_to_the_heart(as_bob, public):
    response = as_bob.post(
        f"/compositions/{public.pk}/favourite/", {"favourite": "1", "next": "/?q=lantern"}
    )

    assert response["Location"] == f"/?q=lantern#heart-{public.pk}"


@pytest.mark.parametrize(
    "other", ["https://example.org/", "//example.org", "javascript:alert(1)", "", "no-view", "feed"]
)
def test_it_leads_to_no_other_site(as_bob, public, other):
    response = as_bob.post(f"/compositions/{public.pk}/favourite/", {"next": other})

    assert response["Location"] == f"/compositions/{public.pk}/#heart-{public.pk}"


def test_htmx_gets_the_new_button_only(as_bob, public):
    response = as_bob.post(
        f"/compositions/{public.pk}/favourite/", {"favourite": "1", "next": "/me/"}, headers=HTMX
    )

    assert "<html" not in response.text
    assert 'name="favourite" value="0" aria-pressed="true"' in response.text
    assert "hearts: </span><span>1</span>" in response.text
    assert '<input type="hidden" name="next" value="/me/">' in response.text


def test_a_boosted_form_gets_the_whole_way(as_bob, public):
    response = as_bob.post(
        f"/compositions/{public.pk}/favourite/", headers=HTMX | {"HX-Boosted": "true"}
    )

    assert response.status_code == 302


def test_a_visitor_is_led_to_log_in_and_back_to_the_piece(client, public):
    url = f"/compositions/{public.pk}/favourite/"
    to_login = f"/accounts/login/?next=/compositions/{public.pk}/"

    assert client.post(url, {"favourite": "1"})["Location"] == to_login
    assert client.post(url, {"favourite": "1"}, headers=HTMX)["HX-Redirect"] == to_login
    assert not Favourite.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"status": Status.RENDERING, "visibility": Visibility.PUBLIC}]
)
def test_what_one_may_not_hear_takes_no_heart(as_bob, ready_piece, fields):
    made = ready_piece(**fields)

    assert as_bob.post(f"/compositions/{made.pk}/favourite/").status_code == 404
    assert as_bob.post(f"/compositions/{uuid.uuid4()}/favourite/").status_code == 404
    assert not Favourite.objects.exists()


def test_it_rejects_get(as_bob, public):
    assert as_bob.get(f"/compositions/{public.pk}/favourite/").status_code == 405


def test_the_page_of_the_piece_shows_it(as_bob, bob, public):
    Favourite.objects.create(user=bob, composition=public)

    page = as_bob.get(f"/compositions/{public.pk}/").text

    assert 'aria-pressed="true"' in page
    assert "hearts: </span><span>1</span>" in page
