"""What every page says to the browser besides itself."""

import pytest

from tests.addresses import of_piece, routes

PUBLIC = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password_reset/", "/healthz"]
OWN = ["/me/", "/compose/", "/accounts/", "/accounts/password_change/", "/accounts/delete/"]
PERSON = "<str:username>"
OPEN_TO_FRAMES = "/embed/<uuid:pk>/"
CRAWLED = sorted(route for route in routes() if "<" not in of_piece(route, "").replace(PERSON, ""))
STAFF = ["/admin/", "/admin/accounts/user/", "/admin/generator/composition/"]


def directives(answer):
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def assert_guarded(answer):
    policy = directives(answer)
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_are_guarded(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert_guarded(answer)


@pytest.mark.parametrize("path", OWN)
def test_own_pages_are_guarded_and_closed_to_visitors(client, as_alice, trained_model, path):
    answer = as_alice.get(path)
    assert answer.status_code == 200
    assert_guarded(answer)
    assert client.get(path).url == f"/accounts/login/?next={path}"


@pytest.mark.parametrize(
    "path", ["/accounts/edit/", "/accounts/email/", "/accounts/sessions/", "/accounts/export/",
             "/accounts/delete/", "/accounts/", "/me/bin/", "/me/favourites/", "/me/", "/compose/",
             "/accounts/password_change/", "/accounts/password_change/done/"],
)  # fmt: skip
def test_own_pages_are_not_kept_for_the_way_back_after_log_out(as_alice, trained_model, path):
    assert "no-store" in as_alice.get(path)["Cache-Control"]


def test_a_piece_is_not_kept_either_but_its_pictures_are(as_alice, ready_piece):
    piece = f"/compositions/{ready_piece().pk}/"
    for page in (piece, f"{piece}edit/", f"{piece}delete/"):
        assert "no-store" in as_alice.get(page)["Cache-Control"]
    assert as_alice.get(f"{piece}cover.svg")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", STAFF)
def test_staff_pages_are_guarded_and_closed_to_others(as_alice, as_carol, path):
    assert_guarded(as_carol.get(path))
    assert as_alice.get(path).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/no-such-page/", "/compositions/none/"])
def test_missing_pages_are_guarded(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert_guarded(answer)


def test_a_piece_is_guarded(as_alice, ready_piece):
    assert_guarded(as_alice.get(f"/compositions/{ready_piece().pk}/"))


def test_cookies_are_closed_to_scripts_and_other_sites(client, alice):
    client.get("/accounts/login/")
    wish = {"username": "alice", "password": "correct horse battery"}
    cookies = client.post("/accounts/login/", wish).cookies
    assert set(cookies) == {"sessionid", "csrftoken"}
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


@pytest.mark.django_db
def test_an_unknown_host_is_refused(client, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("route", CRAWLED)
def test_every_page_but_the_small_player_is_guarded(as_alice, client, ready_piece, route):
    path = of_piece(route, ready_piece(visibility="public").pk).replace(PERSON, "alice")
    for browser in (as_alice, client):
        answer = browser.get(path)
        assert answer.status_code < 500
        if route == OPEN_TO_FRAMES:
            assert directives(answer)["frame-ancestors"] == ["*"]
            assert "X-Frame-Options" not in answer
        else:
            assert_guarded(answer)


def test_the_crawl_finds_the_pages():
    assert {"/", "/me/", "/compositions/<uuid:pk>/", OPEN_TO_FRAMES} < set(CRAWLED)
