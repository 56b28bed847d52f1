"""Lists of pieces in Chromium: finding, choosing several, throwing away, hearts."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser import SCRIPTS

TARGETS = "main :is(button, .button, summary, select, nav a, input:not([type=radio]))"


def titles(page):
    return page.locator(".card__title")


def news(page):
    return page.locator("main .message")


@pytest.fixture(scope="module")
def gallery(site):
    """Session cookies of clara, who has published three pieces, and of robert."""
    _, cookies = site.furnish(
        {"title": "Lantern", "style": "chopin", "tags": ["rain"]},
        {"title": "Moth", "style": "bach"},
        {"title": "Lantern in autumn", "style": "bach"},
        people=["robert"],
    )
    return cookies


@SCRIPTS
def test_filters_stand_in_the_address_and_back_works(gallery, open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    page.goto("/")
    page.get_by_label("Search in titles").fill("lantern")
    page.get_by_role("button", name="Search").click()
    expect(titles(page)).to_have_text(["Lantern in autumn", "Lantern"])
    page.get_by_text("Filters").click()
    page.get_by_label("Style", exact=True).select_option("bach")
    page.get_by_role("button", name="Apply").click()
    expect(titles(page)).to_have_text(["Lantern in autumn"])
    page.get_by_role("link", name="Without “lantern”").click()
    expect(titles(page)).to_have_text(["Lantern in autumn", "Moth"])
    assert "q=lantern" not in page.url

    page.go_back()
    expect(titles(page)).to_have_text(["Lantern in autumn"])
    page.go_back()
    expect(titles(page)).to_have_text(["Lantern in autumn", "Lantern"])
    page.go_forward()
    expect(page.get_by_label("Style", exact=True)).to_have_value("bach")


@SCRIPTS
def test_an_address_holds_only_what_was_asked_for(gallery, open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    page.goto("/")

    page.get_by_label("Search in titles").fill("lantern")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/\?q=lantern$"))
    page.get_by_text("Filters").click()
    page.get_by_label("Style", exact=True).select_option("bach")
    page.get_by_role("button", name="Apply").click()
    expect(titles(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/\?q=lantern&style=bach$"))


@SCRIPTS
def test_the_way_back_leads_to_fields_that_say_what_is_listed(gallery, open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    search, style = page.get_by_label("Search in titles"), page.get_by_label("Style", exact=True)
    page.goto("/?style=chopin")
    style.select_option("")
    search.fill("lantern")
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_count(2)

    page.go_back()

    expect(titles(page)).to_have_text(["Lantern"])
    expect(search).to_have_value("")
    expect(style).to_have_value("chopin")


def test_the_number_found_is_spoken_and_the_focus_stays(gallery, open_page):
    page = open_page()
    page.goto("/")
    expect(page.locator("#announcement")).to_have_text(re.compile("pieces$"))  # by lists.js

    page.get_by_label("Search in titles").fill("rain")
    page.keyboard.press("Enter")

    expect(page.locator("#announcement")).to_have_text("1 piece found")
    expect(page.get_by_label("Search in titles")).to_be_focused()


def test_a_heart_changes_in_place(gallery, open_page):
    page = open_page(cookie=gallery["robert"])
    page.goto("/?q=moth")
    page.evaluate("window.stays = true")
    heart = page.get_by_role("button", name="Favourite “Moth”")
    expect(heart).to_have_attribute("aria-pressed", "false")

    heart.focus()
    page.keyboard.press("Enter")

    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_have_text(re.compile("1$"))
    expect(heart).to_be_focused()
    assert page.evaluate("window.stays")
    page.goto("/me/favourites/")
    expect(titles(page)).to_have_text(["Moth"])
    page.get_by_role("button", name="Favourite “Moth”").click()
    expect(heart).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(page.get_by_role("heading", name="No favourites yet")).to_be_visible()


def test_without_script_a_heart_works_too(gallery, open_page):
    page = open_page(cookie=gallery["robert"], java_script_enabled=False)
    page.goto("/?q=moth")
    heart = page.get_by_role("button", name="Favourite “Moth”")

    for pressed in ("true", "false"):
        heart.click()
        expect(heart).to_have_attribute("aria-pressed", pressed)
    assert "/?q=moth#heart-" in page.url


@SCRIPTS
def test_several_are_published_at_once(site, open_page, scripts):
    name = f"anna-{scripts}"
    own = {"owner": name, "visibility": "private"}
    _, cookies = site.furnish(*({"title": title, **own} for title in ("One", "Two", "Three")))
    page = open_page(cookie=cookies[name], java_script_enabled=scripts)
    page.goto("/me/")
    expect(page.get_by_label("Choose “One”")).to_be_hidden()

    page.get_by_text("Choose several").click()
    page.get_by_label("Choose “One”").check()
    page.get_by_label("Choose “Three”").check()
    page.get_by_role("button", name="Publish").click()

    expect(news(page)).to_have_text("2 pieces are public now.")
    page.get_by_role("link", name="Public 2").click()
    expect(titles(page)).to_have_text(["Three", "One"])


@SCRIPTS
def test_several_come_back_from_the_bin_at_once(site, open_page, scripts):
    name = f"cosima-{scripts}"
    own = {"owner": name, "deleted_at": "2026-11-20T12:00Z"}
    _, cookies = site.furnish(*({"title": title, **own} for title in ("One", "Two", "Three")))
    page = open_page(cookie=cookies[name], java_script_enabled=scripts)
    page.goto("/me/bin/")
    if scripts:
        page.get_by_label("All on this page").check()
        expect(page.get_by_text("3 chosen")).to_be_visible()
        page.get_by_label("Choose “Two”").uncheck()
    else:
        for title in ("One", "Three"):
            page.get_by_label(f"Choose “{title}”").check()

    page.get_by_role("button", name="Bring back the ticked").click()

    expect(news(page)).to_have_text("2 pieces are back.")
    expect(page.get_by_role("heading", level=2)).to_have_text(["Two"])


@SCRIPTS
def test_several_are_downloaded_as_one_file(site, open_page, scripts):
    name = f"berta-{scripts}"
    _, cookies = site.furnish(*({"title": title, "owner": name} for title in ("One", "Two")))
    page = open_page(cookie=cookies[name], java_script_enabled=scripts)
    page.goto("/me/")
    page.get_by_text("Choose several").click()
    if scripts:
        page.get_by_label("All on this page").check()
        expect(page.get_by_text("2 chosen")).to_be_visible()
    else:
        for title in ("One", "Two"):
            page.get_by_label(f"Choose “{title}”").check()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    assert download.value.suggested_filename.startswith("Nocturne ")
    names = zipfile.ZipFile(download.value.path()).namelist()
    assert sum(name.endswith(".mp3") for name in names) == 2


def test_a_download_waits_for_no_script_that_comes_late(site, open_page):
    _, cookies = site.furnish({"title": "One", "owner": "greta"})
    page = open_page(cookie=cookies["greta"])
    page.forgive = "ERR_FAILED"
    page.route("**/lists*.js", lambda route: route.abort())
    page.goto("/me/")
    page.get_by_text("Choose several").click()
    page.get_by_label("Choose “One”").check()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    assert download.value.suggested_filename.startswith("Nocturne ")
    expect(page).to_have_url(f"{site.url}/me/")


def test_choosing_all_and_none(site, open_page):
    _, cookies = site.furnish(*({"title": title, "owner": "dora"} for title in ("One", "Two")))
    page = open_page(cookie=cookies["dora"])
    page.goto("/me/")
    page.get_by_role("link", name="Gallery").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gallery")
    page.get_by_role("link", name="My pieces").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My pieces")
    page.get_by_text("Choose several").click()
    every, one = page.get_by_label("All on this page"), page.get_by_label("Choose “One”")
    expect(every).to_be_visible()  # with its script

    one.check()
    expect(every).to_be_checked(indeterminate=True)
    every.check()
    expect(page.get_by_label("Choose “Two”")).to_be_checked()
    every.uncheck()
    expect(one).not_to_be_checked()


@SCRIPTS
def test_a_piece_thrown_away_comes_back_at_once(site, open_page, scripts):
    name = f"emma-{scripts}"
    (url,), cookies = site.furnish({"title": "Keepsake", "owner": name})
    page = open_page(cookie=cookies[name], java_script_enabled=scripts)
    page.goto(url)

    page.get_by_role("button", name="Move to the bin").click()
    expect(news(page)).to_contain_text("“Keepsake” is in the bin for 30 days.")
    assert page.request.get(url).status == 404

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keepsake")
    expect(news(page)).to_have_text("“Keepsake” is back.")


@SCRIPTS
def test_several_thrown_away_come_back_at_once(site, open_page, scripts):
    name = f"fina-{scripts}"
    _, cookies = site.furnish(*({"title": title, "owner": name} for title in ("One", "Two")))
    page = open_page(cookie=cookies[name], java_script_enabled=scripts)
    page.goto("/me/")
    page.get_by_text("Choose several").click()
    for title in ("One", "Two"):
        page.get_by_label(f"Choose “{title}”").check()

    page.get_by_role("button", name="Move to the bin").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    expect(titles(page)).to_have_text(["Two", "One"])


@pytest.mark.parametrize("width", [320, 1280])
def test_every_list_fits_and_can_be_hit(site, gallery, open_page, width):
    """At 320 px, too, which is 1280 px at a zoom of 400 %."""
    (url,), cookies = site.furnish({"title": "W" * 120, "owner": "w" * 60, "tags": ["w" * 30]})
    page = open_page(cookie=cookies["w" * 60], viewport={"width": width, "height": 800})
    person = f"/people/{'w' * 60}/"
    lists = ["/", "/?q=lantern&style=bach", "/me/", "/me/favourites/", "/me/bin/", person, url]

    for address in lists:
        page.goto(address)
        for summary in page.get_by_text(re.compile("Filters|Choose several")).all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        small = page.locator(TARGETS).evaluate_all(
            "all => all.filter(one => one.checkVisibility() && one.offsetHeight < 44)"
            ".map(one => one.outerHTML)"
        )
        assert small == [], address
