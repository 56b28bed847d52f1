"""The whole path with every real part: web server, Redis, worker, composer, FluidSynth, FFmpeg
and a browser. Sign up, ask, watch, listen, publish, log out, find it again.
"""

import time

import pytest
from playwright.sync_api import expect

from tests.browser import expect_in_time, sign_up, sound_of

PATIENCE = 90_000  # milliseconds for a piece to be made, on a busy machine


def ask_for_twenty_seconds(page, title):
    page.goto("/compose/")
    page.get_by_label("Length in seconds", exact=True).fill("20")
    page.get_by_text("Title, seed and model").click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Compose", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def watch_it_being_made(page):
    """The states that the piece goes through, as its JSON tells them."""
    url = page.url.rstrip("/") + ".json"
    states = []
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and (not states or states[-1] not in ("ready", "failed")):
        state = page.request.get(url).json()["status"]
        if state not in states[-1:]:
            states.append(state)
        page.wait_for_timeout(50)
    return states


def test_without_script_a_piece_can_be_asked_for_and_cancelled(site, open_page):
    page = open_page(java_script_enabled=False)
    sign_up(page, "walter")
    ask_for_twenty_seconds(page, "By hand")

    expect(page.get_by_text("Yours is the next to be composed.")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Yours is the next to be composed.")).to_be_visible()


def test_the_theme_is_remembered(open_page):
    page = open_page(color_scheme="light")
    page.goto("/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    by_day = page.evaluate(ground)

    page.get_by_role("button", name="Switch to the dark theme").click()
    by_night = page.evaluate(ground)
    page.reload()

    assert by_night != by_day
    assert page.evaluate(ground) == by_night
    page.get_by_role("button", name="Switch to the light theme").click()
    assert page.evaluate(ground) == by_day


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_page_fits_and_can_be_hit(open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    sign_up(page, f"fanny-{width}")

    for url in ("/", "/me/", "/compose/", "/accounts/", "/accounts/delete/"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        small = page.locator("button, .button, summary, select, nav a, input:visible").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && one.offsetHeight < 44)"
            ".map(one => one.outerHTML)"
        )
        assert small == [], url


def test_from_sign_up_to_the_gallery(site, open_page):
    page = open_page()
    sign_up(page, "clara")
    ask_for_twenty_seconds(page, "The journey")
    expect(page.get_by_text("Waiting in the queue", exact=True)).to_be_visible()

    site.start_worker()
    states = watch_it_being_made(page)

    assert states[-1] == "ready", page.request.get(page.url.rstrip("/") + ".json").json()
    assert [state for state in states if state != "composing"] == ["queued", "rendering", "ready"]
    # The page turns by itself: nobody reloads it.
    play = page.get_by_role("main").get_by_role("button", name="Play The journey")
    expect(play).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("The piece is ready to play.")
    expect(page).to_have_title("Ready: The journey · Nocturne")

    play.click()
    listen(page, sound_of(page))
    piece = page.url
    visitor = open_page()
    assert visitor.request.get(piece).status == 404

    page.get_by_role("radio", name="Public").check()
    page.get_by_role("button", name="Save who can hear it").click()
    expect(page.get_by_text("Public: everybody can hear it")).to_be_visible()
    page.get_by_role("button", name="Log out").first.click()
    page.goto("/")
    page.get_by_role("link", name="The journey", exact=True).click()

    expect(page).to_have_url(piece)
    expect(play).to_be_visible()
    expect(page.get_by_role("radio", name="Public")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download MP3").click()
    assert download.value.suggested_filename == "The journey.mp3"


def listen(page, audio):
    """What plays must move, and seek."""
    expect_in_time(audio, "a => a.duration > 17 && a.duration < 30")
    expect_in_time(audio, "a => a.currentTime > 0.5")

    audio.evaluate("a => { a.currentTime = 12 }")
    expect_in_time(audio, "a => !a.seeking && a.currentTime > 12.3 && a.currentTime < 20")
    audio.evaluate("a => a.pause()")

    answer = page.request.get(
        audio.evaluate("a => a.currentSrc"), headers={"Range": "bytes=1000-1999"}
    )
    assert answer.status == 206
    assert len(answer.body()) == 1000
