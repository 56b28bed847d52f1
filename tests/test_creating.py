"""Asking for pieces in Chromium: the form's comforts, takes, music that is continued."""

import pytest
from playwright.sync_api import expect

from ml import midi
from ml.notes import Note, Piece
from tests.browser import expect_in_time, expect_scripts, heading

TOPS = "all => all.map(one => Math.round(one.getBoundingClientRect().top + scrollY))"
PATIENCE = 180_000  # milliseconds for two pieces to be made, on a busy machine


@pytest.fixture(scope="module")
def alice(site):
    """Her session cookie. A piece of hers is there to be continued."""
    _, cookies = site.furnish({"owner": "alice", "title": "Moth", "seconds": 30, "tags": []})
    return cookies["alice"]


@pytest.fixture
def tune(tmp_path):
    """A MIDI file of 20 s, two notes a second."""
    path = tmp_path / "slow water.mid"
    midi.write(Piece(tuple(Note(step / 2, 0.5, 60 + step % 12, 70) for step in range(40))), path)
    return path


def test_the_form_helps_after_a_link_as_after_a_load(open_page, alice):
    page = open_page(alice)
    page.goto("/me/")
    page.get_by_role("link", name="Compose", exact=True).click()
    expect(heading(page)).to_have_text("Compose a piece")
    expect_scripts(page)
    number = page.get_by_label("Length in seconds")
    slider = page.get_by_label("Length by a slider")
    expect(slider).to_be_visible()  # the script has come: keys go to what is not seen, too

    slider.press("End")
    expect(number).to_have_value("600")
    number.fill("35")
    expect(slider).to_have_value("35")
    with page.expect_response(lambda answer: "/compose/wait/?duration=120&" in answer.url):
        page.get_by_role("button", name="2 min").click()
    expect(number).to_have_value("120")
    expect(page.get_by_role("button", name="2 min")).to_have_attribute("aria-pressed", "true")
    expect(slider).to_have_attribute("aria-valuetext", "2 minutes")

    number.fill("")
    expect(slider).to_have_value("120")  # an empty number is no length
    number.fill("150")
    page.get_by_role("radio", name="lively").check()
    page.get_by_role("link", name="Gallery", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gallery")
    page.go_back()
    expect(page.get_by_text("What you had chosen is back.")).to_be_visible()
    expect(number).to_have_value("150")
    expect(page.get_by_role("radio", name="lively")).to_be_checked()
    page.get_by_role("link", name="Start afresh").click()
    expect(page.get_by_text("What you had chosen is back.")).to_be_hidden()
    expect(number).to_have_value("60")


def hold_script(page, name):
    """Let a script wait, as on a slow line, from now on. Returns a function that lets it come."""
    late = []
    page.route(f"**/js/{name}*.js", lambda route: late.append(route))

    def release():
        while not late:
            page.wait_for_timeout(50)
        late.pop().continue_()

    return release


def test_what_is_typed_before_the_script_comes_stays_and_counts(open_page, alice):
    page = open_page(alice)
    page.goto("/compose/")
    number, title = page.get_by_label("Length in seconds"), page.get_by_label("Title")
    slider = page.get_by_label("Length by a slider")
    more = page.get_by_text("Title, seed and model")
    expect(slider).to_be_visible()
    page.get_by_role("radio", name="lively").check()
    more.click()
    title.fill("Earlier")

    release = hold_script(page, "compose")
    page.goto("/compose/")
    more.click()
    title.fill("Now")
    number.fill("600")
    with page.expect_response(lambda answer: "/compose/wait/?duration=600&" in answer.url):
        release()

    expect(slider).to_have_value("600")
    expect(title).to_have_value("Now")
    expect(page.get_by_role("radio", name="lively")).to_be_checked()  # as it was left
    page.unroute_all()
    with page.expect_response(lambda answer: "/compose/wait/?duration=600&" in answer.url):
        page.reload()
    expect(page.get_by_text("What you had chosen is back.")).to_be_visible()
    expect(title).to_have_value("Now")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_when_the_script_comes(open_page, alice, width):
    page = open_page(alice, viewport={"width": width, "height": 800})
    release = hold_script(page, "compose")
    page.goto("/me/")
    page.get_by_role("link", name="Moth", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Continue “Moth”")
    parts = page.locator(".wish :is(.field__label, .styles, .segments, .button)")
    before = parts.evaluate_all(TOPS)

    release()

    expect(page.get_by_label("Exactly, in seconds")).to_be_visible()
    assert parts.evaluate_all(TOPS) == before


def test_the_styles_are_those_of_the_chosen_model(open_page, alice):
    page = open_page(alice)
    page.goto("/compose/")
    page.get_by_role("radio", name="Johann Sebastian Bach").check()
    expect(page.get_by_role("radio", name="Muzio Clementi")).to_be_hidden()
    page.get_by_text("Title, seed and model").click()

    page.get_by_label("Model", exact=True).select_option("open")

    expect(page.get_by_role("radio", name="Muzio Clementi")).to_be_visible()
    expect(page.get_by_role("radio", name="Johann Sebastian Bach")).to_be_hidden()
    expect(page.get_by_role("radio", name="Any style")).to_be_checked()
    expect(page.get_by_text("open does not know Johann Sebastian Bach")).to_be_visible()


def test_one_click_is_enough_without_script(open_page, alice):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/compose/")

    page.get_by_role("button", name="Surprise me").click()

    expect(page.get_by_role("heading", name="Waiting in the queue")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_fit_and_can_be_hit(open_page, alice, tune, width):
    page = open_page(alice, viewport={"width": width, "height": 800})
    page.goto("/compose/continue/")
    page.get_by_label("MIDI file").set_input_files(tune)
    page.get_by_role("button", name="Go on from this file").click()
    # A child process has read the file by then.
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Continue “slow water”", timeout=30_000)
    for url in (page.url, "/compose/", "/compose/continue/"):
        page.goto(url)
        if page.locator("[data-compose]").count():
            expect(page.get_by_label("Length by a slider")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        small = page.locator("main :is(button, .button, summary, select, input)").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && one.type != 'hidden' && "
            "one.offsetHeight < 44).map(one => one.outerHTML)"
        )
        assert small == [], url


def test_without_script_a_file_can_be_continued(open_page, alice, tune):
    page = open_page(alice, java_script_enabled=False)
    page.goto("/compose/continue/")
    page.get_by_label("MIDI file").set_input_files(tune)
    page.get_by_role("button", name="Go on from this file").click()

    line = page.get_by_label("The second from which it is composed")
    expect(line).to_have_value("20", timeout=30_000)  # a child process reads the file before
    for _ in range(5):
        line.press("PageDown")
    page.get_by_role("button", name="Compose", exact=True).click()

    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Continue")
    expect(page.locator("main")).to_contain_text("slow water, a file of yours: up to 0:")
    page.get_by_role("button", name="Cancel").click()


def test_a_piece_of_ones_own_is_continued_where_the_line_stands(open_page, alice):
    page = open_page(alice)
    page.goto("/me/")
    page.get_by_role("link", name="Moth", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(heading(page)).to_have_text("Continue “Moth”")
    expect_scripts(page)
    line = page.get_by_label("The second from which it is composed")
    exactly = page.get_by_label("Exactly, in seconds")
    expect(exactly).to_be_visible()

    box = line.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20, steps=5)
    page.mouse.up()

    assert float(exactly.input_value()) == pytest.approx(float(line.input_value()))
    assert float(line.input_value()) < float(line.get_attribute("max")) * 0.3
    line.press("Home")
    expect(exactly).to_have_value("1")  # a second of music must be there
    exactly.fill("12.5")
    expect(line).to_have_value("12.5")
    exactly.fill("0")
    exactly.press("Tab")
    expect(exactly).to_have_value("1")
    exactly.fill("12.5")
    expect_in_time(page.locator("[data-rest]"), "one => one.style.getPropertyValue('--cut') > 0.3")


def test_cancel_keeps_its_place_when_the_notes_are_drawn(site, open_page):
    wish = {"owner": "alice", "title": "Half", "status": "composing", "visibility": "private"}
    (address,), cookies = site.furnish(wish | {"draft": [[0, 500, 60, 64]]})
    page = open_page(cookies["alice"])
    release = hold_script(page, "roll")
    page.goto(address)
    cancel = page.get_by_role("button", name="Cancel")
    before = cancel.evaluate_all(TOPS)

    release()

    expect(page.locator(".roll__view")).to_be_visible()
    assert cancel.evaluate_all(TOPS) == before
    page.unroute_all()
    cancel.click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()


def test_news_disturb_nobody_and_silence_is_told(site, open_page):
    wish = {"owner": "alice", "title": "Half a moon", "status": "composing", "progress": 0.4}
    (address,), cookies = site.furnish(wish | {"visibility": "private"})
    page = open_page(cookies["alice"], viewport={"width": 390, "height": 500})
    page.forgive = "503"
    page.goto(address)
    expect(page.locator(".roll__view")).to_be_visible()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.focus()
    page.evaluate("document.getElementById('cancel').same = 'yes'")
    place = page.evaluate("scrollY")

    def is_news(answer):
        return answer.url.endswith(address)

    for _ in range(2):
        page.wait_for_event("response", is_news)
    assert page.evaluate("[document.activeElement.same, scrollY]") == ["yes", place]

    page.route(f"**{address}", lambda route: route.fulfill(status=503))
    expect(page.locator("#no-news")).to_contain_text("No news since", timeout=10_000)
    page.unroute(f"**{address}")
    expect(page.locator("#no-news")).to_have_count(0, timeout=10_000)

    box = cancel.bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    page.wait_for_event("response", is_news)
    page.mouse.up()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()


def test_takes_are_made_side_by_side_and_the_asking_ends(site, open_page, alice, tune):
    """The whole way with every real part: an upload, two takes that go on from it, both ready."""
    page = open_page(alice)
    page.goto("/compose/continue/")
    page.get_by_label("MIDI file").set_input_files(tune)
    page.get_by_role("button", name="Go on from this file").click()
    page.get_by_label("Exactly, in seconds").fill("8")
    page.get_by_label("Seconds to be composed after it").fill("12")
    page.get_by_text("Title, seed and model").click()
    page.get_by_label("Title").fill("Two waters")
    page.get_by_role("group", name="Takes").get_by_role("radio", name="2").check()
    page.get_by_role("button", name="Compose", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two waters")
    expect(page.get_by_role("link", name="Take 2", exact=True)).to_be_visible()

    site.start_worker()

    expect(page.get_by_text("Ready", exact=True)).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#announcement")).to_contain_text("is ready to play.")
    expect(page.get_by_role("button", name="Play Two waters, take 2", exact=True)).to_be_visible()
    expect(page).to_have_title("Ready: Two waters · Nocturne")
    expect(page.get_by_text("You can leave")).to_have_count(0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5000)
    assert [url for url in asked if "/takes/" in url] == []

    page.get_by_role("link", name="Take 1", exact=True).click()
    expect(page.locator("main")).to_contain_text("slow water, a file of yours: up to 0:08")
    notes = page.request.get(page.url + "notes.json").json()
    assert notes["takeover"] == 8
    assert [note[:3:2] for note in notes["notes"][:16]] == [
        [500 * step, 60 + step % 12] for step in range(16)
    ]
    assert notes["notes"][-1][0] > 8000
    page.get_by_role("link", name="all takes").click()
    expect(page.get_by_role("link", name="Take 2", exact=True)).to_be_visible()
