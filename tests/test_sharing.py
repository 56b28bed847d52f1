"""Sharing and notices in Chromium, with a real server and, for the notices, a real worker."""

import itertools
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser import expect_in_time

PATIENCE = 90_000  # milliseconds for a piece to be made, on a busy machine
IS_PLAYING = "a => a.currentTime > 0.3 && !a.paused"
SOON = 20_000  # milliseconds in which a page asks for news three times
PAUSE = 5_000  # milliseconds between two questions for news: notices.js


def share(page, address, choice):
    page.goto(address)
    page.get_by_role("radio", name=choice).check()
    page.get_by_role("button", name="Save who can hear it").click()
    expect(page.get_by_text(f"{choice}: ").first).to_be_visible()


def audio_of(page):
    return page.locator("audio").first


def test_a_published_piece_is_found_and_heard_by_a_visitor(site, open_page):
    (piece,), cookies = site.furnish({"title": "Open door", "visibility": "private"})
    visitor = open_page()
    assert visitor.request.get(piece).status == 404

    share(open_page(cookies["clara"]), piece, "Public")

    visitor.goto("/")
    visitor.get_by_role("link", name="Open door", exact=True).click()
    expect(visitor).to_have_url(f"{site.url}{piece}")
    visitor.locator("main [data-listen] [data-play]").click()
    expect_in_time(visitor.locator("#player audio"), IS_PLAYING)


def test_an_unlisted_piece_is_heard_by_link_alone(site, open_page):
    (piece,), cookies = site.furnish({"title": "Side door", "visibility": "private"})
    owner, visitor = open_page(cookies["clara"]), open_page()

    share(owner, piece, "Unlisted")
    link = owner.get_by_label("Link", exact=True).input_value()

    visitor.goto("/")
    expect(visitor.get_by_role("link", name="Side door")).to_have_count(0)
    visitor.goto(link)
    expect(visitor.get_by_role("heading", name="Side door")).to_be_visible()


def test_taking_it_back_works_at_once(site, open_page):
    (piece,), cookies = site.furnish({"title": "Closing door", "visibility": "public"})
    visitor = open_page()
    visitor.goto(f"/embed/{piece.split('/')[2]}/")  # a player that has loaded some of it
    audio = audio_of(visitor)
    audio.evaluate("a => a.play()")
    expect_in_time(audio, IS_PLAYING)

    share(open_page(cookies["clara"]), piece, "Private")

    part = {"Range": "bytes=100-199"}
    assert visitor.request.get(f"{piece}audio.mp3", headers=part).status == 404
    for ending in ("", "audio.mp3", "score.mid", "notes.json", "cover.svg", "cover.png"):
        assert visitor.request.get(f"{piece}{ending}").status == 404, ending
    visitor.forgive = "404"
    assert visitor.reload().status == 404
    expect(visitor.get_by_text("no longer shared")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_link_and_code_are_there_to_be_copied(site, open_page, script):
    (piece,), cookies = site.furnish({"title": "Copy", "visibility": "unlisted"})
    page = open_page(
        cookies["clara"],
        java_script_enabled=script,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page.goto(piece)
    page.get_by_text("Show it on another site").click()
    code = page.get_by_label("Paste this into the page")
    expect(code).to_have_value(f"{site.url}/embed/{piece.split('/')[2]}/".join(code_parts(code)))

    button = page.get_by_role("button", name="Copy the link")
    if not script:
        expect(button).to_have_count(0)
        return
    button.click()
    expect(page.locator("#announcement")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}{piece}"


def code_parts(code):
    """What stands before and behind the address in the code for other pages."""
    before, _, rest = code.input_value().partition('src="')
    return [f'{before}src="', f'"{rest.partition(chr(34))[2]}']


@pytest.fixture
def other_site(site):
    """A site that shows frames: its address, to which the path in the frame is added."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{site.url}{self.path}" width="560" height="152"></iframe>'
            self.wfile.write(f"<!doctype html><title>Elsewhere</title>{frame}".encode())

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"  # another host than 127.0.0.1, too
    server.shutdown()
    server.server_close()


def test_the_small_player_plays_in_a_frame_of_another_site(site, open_page, other_site):
    (piece,), _ = site.furnish({"title": "Guest", "visibility": "unlisted"})
    page = open_page()
    page.goto(f"{other_site}/embed/{piece.split('/')[2]}/")
    frame = page.frame_locator("iframe")

    expect(frame.get_by_role("heading", name="Guest")).to_be_visible()
    audio = frame.locator("audio")
    audio.evaluate("a => a.play()")
    expect_in_time(audio, IS_PLAYING)
    assert audio.evaluate("() => document.cookie") == ""
    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Guest").click()
    expect(opened.value).to_have_url(f"{site.url}{piece}")
    assert opened.value.evaluate("window.opener") is None


def test_nothing_else_can_be_framed(site, open_page, other_site):
    (piece,), _ = site.furnish({"title": "At home", "visibility": "public"})
    page = open_page()
    page.forgive = "frame"

    for path in (piece, "/", "/accounts/login/"):
        page.goto(f"{other_site}{path}")
        expect(page.frame_locator("iframe").locator("main")).to_have_count(0)
        page.frames[1].wait_for_url("chrome-error://chromewebdata/", wait_until="commit")


def test_notices_are_dismissed_one_by_one_and_the_focus_stays(site, open_page):
    _, cookies = site.furnish(
        {"title": "One", "owner": "walter", "is_news": True},
        {"title": "Two", "owner": "walter", "is_news": True, "status": "failed"},
    )
    page = open_page(cookies["walter"])
    page.goto("/")
    notices = page.locator(".notice")
    expect(notices).to_have_count(2)
    expect(page.locator("#notices")).to_contain_text("One is ready to play.")
    expect(page.locator("#notices")).to_contain_text("Two did not work out.")

    first = notices.first.get_by_role("button", name="Dismiss")
    first.focus()
    page.keyboard.press("Enter")
    expect(notices).to_have_count(1)
    expect(notices.get_by_role("button", name="Dismiss")).to_be_focused()
    page.wait_for_timeout(1000)  # htmx takes a new button in hand 20 ms later; nobody is as quick
    page.keyboard.press("Enter")
    expect(notices).to_have_count(0)
    expect(page.locator("main")).to_be_focused()

    page.reload()
    page.wait_for_timeout(1000)
    expect(notices).to_have_count(0)


def test_other_notices_take_no_focus_away_and_stop_no_press(site, open_page):
    """A piece in the making lets the page ask; what else is news meanwhile is put there by hand."""
    news = {"owner": "johanna", "is_news": True}
    queued = {"owner": "johanna", "status": "queued", "visibility": "private"}
    (first, _), cookies = site.furnish(news | {"title": "Dawn"}, queued)
    page, other = open_page(cookies["johanna"]), open_page(cookies["johanna"])
    page.goto("/")
    notices = page.locator(".notice")
    expect(notices).to_have_count(1)
    notices.get_by_role("link", name="Dawn").focus()
    # As extensions do: our policy lets htmx copy no style to what comes in its place.
    page.locator("#notices-shown").evaluate("field => { field.style.color = 'red' }")

    (second,), _ = site.furnish(news | {"title": "Noon"})
    expect(notices).to_have_count(2, timeout=SOON)
    expect(notices.get_by_role("link", name="Dawn")).to_be_focused()

    notices.get_by_role("button", name="Dismiss the notice about Noon").focus()
    other.goto(second)  # there it is seen
    expect(notices).to_have_count(1, timeout=SOON)
    expect(notices.get_by_role("button", name="Dismiss the notice about Dawn")).to_be_focused()

    edges = notices.get_by_role("link", name="Dawn").bounding_box()
    page.mouse.move(edges["x"] + 5, edges["y"] + 5)
    page.mouse.down()
    site.furnish(news | {"title": "Dusk"})
    page.wait_for_event("response", lambda answer: "/me/notices/" in answer.url)
    page.wait_for_event("response", lambda answer: "/me/notices/" in answer.url)
    page.mouse.up()
    expect(page).to_have_url(f"{site.url}{first}")
    expect(notices).to_have_text([re.compile("Dusk is ready")], timeout=SOON)


def test_notices_come_however_late_the_last_script_does(site, open_page):
    _, cookies = site.furnish({"title": "Patience", "owner": "robert", "is_news": True})
    page = open_page(cookies["robert"])

    def late(route):
        page.wait_for_timeout(1000)
        route.continue_()

    page.route("**/share*.js", late)
    page.goto("/")
    expect(page.locator("#notices")).to_contain_text("Patience is ready to play.")


def test_a_notice_plays_and_goes_when_its_piece_is_opened(site, open_page):
    (piece,), cookies = site.furnish({"title": "News", "owner": "fanny", "is_news": True})
    page = open_page(cookies["fanny"])
    page.goto("/")

    page.locator(".notice").get_by_role("button", name="Play News").click()
    expect_in_time(page.locator("#player audio"), IS_PLAYING)
    page.locator(".notice").get_by_role("link", name="News").click()

    expect(page.get_by_role("heading", level=1, name="News")).to_be_visible()
    expect(page).to_have_url(f"{site.url}{piece}")
    expect(page.locator(".notice")).to_have_count(0)
    assert page.locator("#player audio").evaluate("a => !a.paused")  # it went on


def test_a_notice_comes_to_another_page_when_a_piece_is_ready(site, open_page):
    _, cookies = site.furnish(people=["clara"])
    page = open_page(cookies["clara"])
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Compose").click()
    page.get_by_role("spinbutton", name="Length in seconds").fill("10")
    page.get_by_role("button", name="Compose", exact=True).click()
    expect(page).to_have_url(re.compile("/compositions/"))
    piece = page.url.removeprefix(site.url)
    for name in ("Gallery", "My pieces", "Gallery"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
    expect(page).to_have_url(f"{site.url}/")
    page.wait_for_timeout(2.4 * PAUSE)  # it asks at least twice, however quick the worker then is

    site.start_worker()

    notice = page.locator(".notice").filter(has=page.locator(f'a[href="{piece}"]'))
    expect(notice).to_contain_text("is ready to play.", timeout=PATIENCE)
    expect(page).to_have_url(f"{site.url}/")  # nobody moved
    so_far = len(asked_at(page))
    page.wait_for_timeout(2.4 * PAUSE)
    times = asked_at(page)
    assert len(times) <= so_far + 1  # nothing is being made any more: it stops by itself
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > PAUSE - 50


def asked_at(page):
    """When the page asked for news, in milliseconds; full loads begin anew."""
    return page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter(one => one.name.includes('/me/notices/')).map(one => one.startTime)"
    )
