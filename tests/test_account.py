"""Taking everything along and leaving, in a real browser before a whole site."""

import json
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser import PASSWORD, sign_up


def log_in(page, name):
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="My pieces")).to_be_visible()


def test_everything_can_be_taken_along(site, open_page):
    moth = {"title": "Moth", "owner": "clara", "seconds": 12, "tags": ["rain"]}
    thrown = {"title": "Thrown", "owner": "clara", "deleted_at": "2026-03-01T12:00:00Z"}
    _, cookies = site.furnish(moth, thrown, {"title": "Lantern", "owner": "bob"})
    page = open_page(cookies["clara"])
    page.goto("/accounts/")

    page.get_by_role("link", name="Take everything along").click()
    expect(page.get_by_text("your 2 pieces")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()

    assert download.value.suggested_filename == "nocturne-clara.zip"
    with zipfile.ZipFile(download.value.path()) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        account = json.loads(packed.read("account.json"))
        (sound,) = [name for name in names if name.endswith("/Moth.mp3")]
        assert packed.read(sound)[:3] == b"ID3"
    assert any(name.startswith("bin/") and name.endswith("/Thrown.mid") for name in names)
    assert not any("Lantern" in name for name in names)
    assert account["username"] == "clara"
    assert [piece["tags"] for piece in account["pieces"]] == [["rain"], []]
    # The page is still there, and leads on.
    page.get_by_role("link", name="Back to your account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_an_account_can_be_deleted(site, open_page, script):
    name = f"walter-{script}".lower()
    page, elsewhere = open_page(java_script_enabled=script), open_page()
    sign_up(page, name)
    (ready, waiting), _ = site.furnish(
        {"title": "Moth", "owner": name, "seconds": 12},
        {"title": "Waiting", "owner": name, "status": "queued", "progress": 0},
    )
    log_in(elsewhere, name)
    elsewhere.goto("about:blank")  # a page that asks for news would complain once they are gone
    visitor = open_page()
    assert visitor.request.get(ready).status == 200

    page.goto("/accounts/")
    page.get_by_role("link", name="Delete your account").click()
    expect(page.get_by_text("your 2 pieces")).to_be_visible()
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Delete my account for good").click()
    expect(page.get_by_role("alert")).to_contain_text("That is not your password.")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account for good").click()

    expect(page.get_by_text("Your account and everything it owned are gone.")).to_be_visible()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    for address in (ready, f"{ready}audio.mp3", waiting):
        assert visitor.request.get(address).status == 404
    elsewhere.goto("/accounts/")
    expect(elsewhere.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_login_elsewhere_can_be_ended(open_page):
    page, elsewhere = open_page(), open_page()
    sign_up(page, "fanny")
    log_in(elsewhere, "fanny")

    page.goto("/accounts/")
    page.get_by_role("link", name="Logins").click()
    expect(page.get_by_text("this one")).to_have_count(1)
    page.get_by_role("main").get_by_role("button", name="Log out").click()

    expect(page.get_by_text("Logged out on that device.").first).to_be_visible()
    elsewhere.goto("/accounts/")
    expect(elsewhere.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_the_profile_is_edited_without_leaving_the_page(open_page):
    page = open_page()
    sign_up(page, "felix")
    page.goto("/accounts/edit/")
    page.evaluate("document.body.dataset.same = 'yes'")

    page.get_by_label("About you").fill("I play at night.")
    page.get_by_label("Mail me when a piece is ready").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.get_by_text("I play at night.")).to_be_visible()
    expect(page.get_by_text("mail when a piece is ready: on")).to_be_visible()
    assert page.evaluate("document.body.dataset.same") == "yes"


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_of_the_account_fits_and_can_be_hit(open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    sign_up(page, f"{'hensel' * 9}-{width}")  # one long word

    for name in ("", "edit/", "email/", "sessions/", "export/", "delete/", "email/none/"):
        page.goto(f"/accounts/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        right = "one => one.getBoundingClientRect().right"
        over = page.locator(".panel :not(.visually-hidden)").evaluate_all(
            f"all => all.filter(one => ({right})(one) > ({right})(one.closest('.panel')))"
            ".map(one => one.outerHTML)"
        )
        assert over == [], name
        small = page.locator(
            "main :is(button, .button, .rows a, textarea, label:has(+ [type=checkbox]), "
            "input:visible:not([type=checkbox]))"
        ).evaluate_all(
            "all => all.map(one => one.closest('.rows--doors > li') ?? one)"
            ".filter(one => one.checkVisibility() && one.offsetHeight < 44)"
            ".map(one => one.outerHTML)"
        )
        assert small == [], name
