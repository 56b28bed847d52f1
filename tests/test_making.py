"""Pieces in the making in Chromium: cancelled, tried again, made again, lost while one waits."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser import SCRIPTS, heading

PATIENCE = 90_000  # milliseconds for a piece to be made, on a busy machine
SOON = 15_000  # milliseconds in which a page asks for news two or three times
WAITING = {"status": "queued", "visibility": "private"}


def ask_for(page, seconds, title):
    page.goto("/compose/")
    page.get_by_label("Length in seconds", exact=True).first.fill(str(seconds))
    page.get_by_text("Title, seed and model").click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Compose", exact=True).click()
    expect(heading(page)).to_have_text(title)


def expect_ready(page):
    expect(page.locator("#piece")).to_have_attribute("data-state", "ready", timeout=PATIENCE)


def made_of(page):
    """Notes and settings of the piece that is shown."""
    notes, settings = (
        page.request.get(f"{page.url}{name}.json").json() for name in ("notes", "settings")
    )
    return notes["notes"], settings


# Without a worker.


@SCRIPTS
def test_who_clicks_again_while_the_answer_is_on_its_way_has_one_piece(site, open_page, scripts):
    name = f"hasty-{scripts}"
    _, cookies = site.furnish(people=[name])
    page = open_page(cookies[name], java_script_enabled=scripts)
    page.goto("/compose/")
    button = page.get_by_role("button", name="Compose", exact=True)
    button.scroll_into_view_if_needed()
    edges = button.bounding_box()
    middle = edges["x"] + edges["width"] / 2, edges["y"] + edges["height"] / 2
    sent = []

    def slowly(route):
        sent.append(route)
        answer = route.fetch(max_redirects=0)
        page.wait_for_timeout(500)
        route.fulfill(response=answer)

    page.route("**/compose/", slowly)
    page.mouse.dblclick(*middle)  # a locator would wait for the next page between two clicks
    while not sent:
        page.wait_for_timeout(50)
    page.mouse.click(*middle)

    expect(page.get_by_role("heading", name="Waiting in the queue")).to_be_visible()
    page.unroute_all()
    page.goto("/me/")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".card")).to_contain_text("Cancelled")
    assert scripts or len(sent) > 1  # else this would show nothing


def test_a_login_that_ends_meanwhile_is_asked_for_again(site, open_page):
    key = str(uuid.uuid4())
    wish = WAITING | {"title": "Half a moon", "owner": "robert", "request_key": key}
    (piece,), cookies = site.furnish(wish)
    addresses = [piece, f"/takes/{key}/"]
    pages = [open_page(cookies["robert"]) for _ in addresses]
    for page, address in zip(pages, addresses, strict=True):
        page.forgive = " 40"  # 401, and of a private piece 404
        page.goto(address)
        page.context.clear_cookies()

    expect(heading(pages[0])).to_have_text("Nothing sounds here", timeout=SOON)
    pages[0].get_by_role("main").get_by_role("link", name="log in").click()
    for page, address in zip(pages, addresses, strict=True):
        expect(heading(page)).to_have_text("Log in", timeout=SOON)
        expect(page).to_have_url(re.compile(f"next={address}$"))


def test_a_piece_thrown_away_in_another_window_takes_its_page_along(site, open_page):
    key = str(uuid.uuid4())
    wish = WAITING | {"title": "Half a moon", "request_key": key}
    (address, _), cookies = site.furnish(wish, wish | {"take": 2})
    page, takes, other = (open_page(cookies["clara"]) for _ in range(3))
    page.forgive = " 404"
    page.goto(address)
    takes.goto(f"/takes/{key}/")
    expect(takes.locator(".take")).to_have_count(2)

    other.goto(f"{address}delete/")
    other.get_by_role("button", name="Move it to the bin").click()

    expect(heading(page)).to_have_text("“Half a moon” is in your bin", timeout=SOON)
    expect(takes.locator(".take")).to_have_count(1, timeout=SOON)
    expect(takes.get_by_role("link", name="Take 2", exact=True)).to_be_visible()


def test_takes_that_are_ready_at_once_leave_the_focus_where_it_was(site, open_page):
    """The server's answers for takes that wait and for takes that are ready; they come together."""
    key, ready_key = str(uuid.uuid4()), str(uuid.uuid4())
    waiting = WAITING | {"title": "Twins", "request_key": key}
    ready = {"title": "Twins", "visibility": "private", "request_key": ready_key}
    takes = ({"take": 1}, {"take": 2})
    wishes = [wish | take for wish in (waiting, ready) for take in takes]
    _, cookies = site.furnish(*wishes)
    page = open_page(cookies["clara"])
    page.goto(f"/takes/{key}/")
    page.locator("#take-1").get_by_role("button", name="Cancel").focus()
    asked = {}
    page.route(f"**/takes/{key}/?take=*", lambda route: asked.setdefault(route.request.url, route))
    while len(asked) < len(takes):
        page.wait_for_timeout(50)

    ask = {"HX-Request": "true"}
    answers = [
        page.request.get(f"/takes/{ready_key}/?take={take}", headers=ask).text() for take in (1, 2)
    ]
    for (_, route), answer in zip(sorted(asked.items()), answers, strict=True):
        route.fulfill(body=answer, content_type="text/html")

    expect(page.get_by_text("Ready", exact=True)).to_have_count(2)
    expect(page.get_by_role("link", name="Take 1", exact=True)).to_be_focused()


def test_news_take_no_address_from_the_page_that_one_has_asked_for(site, open_page):
    """The card in which a link was followed is exchanged before its page has come."""
    key = str(uuid.uuid4())
    wish = WAITING | {"title": "Late train", "request_key": key}
    (address, _), cookies = site.furnish(wish, wish | {"take": 2})
    page, other = open_page(cookies["clara"]), open_page(cookies["clara"])
    page.goto(f"/takes/{key}/")
    held = []
    page.route(f"**{address}", lambda route: held.append(route))
    page.get_by_role("link", name="Take 1", exact=True).click()
    other.goto(address)
    other.get_by_role("button", name="Cancel").click()
    expect(other.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.wait_for_timeout(6_000)  # the page asks for news every 2 s

    held.pop().continue_()

    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page).to_have_url(f"{site.url}{address}")
    page.go_back()
    expect(page.locator("#take-1")).to_contain_text("Cancelled")


# With a real one.


@pytest.fixture(scope="module")
def hers(site):
    """Anna's session cookie; a worker composes, and a piece of hers has failed."""
    wish = {"title": "Broken", "status": "failed", "visibility": "private"}
    addresses, cookies = site.furnish(wish | {"owner": "anna", "requested_duration": 10})
    site.start_worker()
    return cookies["anna"], addresses[0]


def test_who_cancels_while_it_is_composed_frees_the_worker(open_page, hers):
    page, other = open_page(hers[0]), open_page(hers[0])
    ask_for(page, 600, "Too long")
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=PATIENCE)
    ask_for(other, 10, "Next")
    expect(other.locator("#making")).to_have_attribute("data-state", "queued")

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    waiting = other.get_by_role("heading", name="Waiting in the queue")
    expect(waiting).to_have_count(0, timeout=SOON)  # the long one would take longer
    expect_ready(other)
    page.reload()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()  # for good


def test_what_failed_is_tried_again_until_it_is_ready(open_page, hers):
    page = open_page(hers[0])
    page.goto(hers[1])
    expect(page.get_by_role("heading", name="It did not work out")).to_be_visible()

    page.get_by_role("button", name="Try again").click()

    expect_ready(page)
    expect(page.get_by_role("main").get_by_role("button", name="Play Broken")).to_be_visible()


def test_the_same_again_has_the_same_notes_and_a_new_seed_others(open_page, hers):
    page = open_page(hers[0])
    ask_for(page, 10, "Echo")
    expect_ready(page)
    first, notes, settings = page.url, *made_of(page)
    assert notes

    page.get_by_role("button", name="Same again").click()
    expect(page).not_to_have_url(first)
    expect_ready(page)
    assert made_of(page) == (notes, settings)

    second = page.url
    page.get_by_role("button", name="New seed").click()
    expect(page).not_to_have_url(second)
    expect_ready(page)
    others, renewed = made_of(page)
    assert others != notes
    assert renewed == settings | {"seed": renewed["seed"]}
    assert renewed["seed"] != settings["seed"]
