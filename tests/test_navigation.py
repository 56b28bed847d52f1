"""From page to page in Chromium: the music goes on, and all else is as with full loads."""

import re

from playwright.sync_api import expect

from tests.browser import RUNS, expect_in_time, heading, play_from_gallery, sound_of


def test_the_music_goes_on_from_page_to_page_and_back(open_page, stage):
    page = open_page(stage["cookies"]["walter"])
    play_from_gallery(page, "Lantern")
    sound_of(page).evaluate("a => { a.dataset.same = 'yes' }")
    nav = page.get_by_role("navigation", name="Main")

    nav.get_by_role("link", name="Compose").click()
    expect(page).to_have_url(re.compile("/compose/$"))
    expect(page).to_have_title("Compose · Nocturne")
    expect(nav.locator("[aria-current=page]")).to_have_text("Compose")
    expect(heading(page)).to_be_focused()

    page.locator("#player").get_by_role("link", name="Lantern").click()
    expect(page).to_have_url(re.compile(stage["Lantern"]))
    expect(page.get_by_role("main").get_by_role("button", name="Pause Lantern")).to_be_visible()

    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compose a piece")
    expect(page).to_have_url(re.compile("/compose/$"))
    page.go_back()
    expect(page.get_by_role("main").get_by_role("button", name="Pause Lantern")).to_be_visible()
    expect(nav.locator("[aria-current=page]")).to_have_text("Gallery")
    page.go_forward()
    expect(page).to_have_title("Compose · Nocturne")

    before = sound_of(page).evaluate("a => a.currentTime")
    expect_in_time(sound_of(page), f"a => a.dataset.same && a.currentTime > {before} + 0.3")


def test_a_link_that_is_being_pressed_when_a_page_comes_leads_on_all_the_same(open_page, stage):
    page = open_page()
    page.goto("/")
    nav = page.get_by_role("navigation", name="Main")
    held = []
    page.route("**/compose/", lambda route: held.append(route))
    nav.get_by_role("link", name="Compose").click()
    while not held:
        page.wait_for_timeout(50)
    edges = nav.get_by_role("link", name="Gallery").bounding_box()
    page.mouse.move(edges["x"] + 10, edges["y"] + 10)
    page.mouse.down()
    held.pop().continue_()
    expect(heading(page)).to_have_text("Log in")

    page.mouse.up()

    expect(heading(page)).to_contain_text("Piano music")
    expect(nav.locator("[aria-current=page]")).to_have_text("Gallery")


def test_a_new_page_begins_at_the_top_and_going_back_finds_the_place(open_page, stage):
    page = open_page(viewport={"width": 390, "height": 500})
    page.goto("/")
    page.get_by_role("link", name="Moth", exact=True).scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 60)")
    page.wait_for_timeout(400)
    place = page.evaluate("scrollY")
    assert place > 200

    page.get_by_role("link", name="Moth", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moth")
    expect_in_time(page.locator("html"), "() => scrollY === 0")

    page.go_back()
    expect(page.get_by_role("link", name="Lantern", exact=True)).to_be_visible()
    expect_in_time(page.locator("html"), f"() => Math.abs(scrollY - {place}) < 3")


def test_a_form_that_asks_ends_up_in_the_address(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Lantern")

    page.get_by_role("main").locator("input[name=q]").fill("moth")
    page.get_by_role("main").locator("input[name=q]").press("Enter")
    expect(page).to_have_url(re.compile("q=moth"))
    expect(page.get_by_role("link", name="Lantern", exact=True)).to_have_count(0)

    page.go_back()
    expect(page.get_by_role("link", name="Lantern", exact=True)).to_be_visible()
    expect_in_time(sound_of(page), "a => !a.paused")


def test_a_closed_door_leads_to_the_login_page(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Lantern")

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Compose").click()

    expect(page).to_have_url(re.compile(re.escape("/accounts/login/?next=/compose/")))
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect_in_time(sound_of(page), "a => !a.paused")


def test_errors_are_pages_too(open_page, stage):
    page = open_page()
    page.forgive = "404"
    play_from_gallery(page, "Lantern")
    page.locator("main").evaluate("""main => {
        main.insertAdjacentHTML("beforeend", '<a href="/nowhere/">Gone</a>');
        htmx.process(main);
    }""")

    page.get_by_role("link", name="Gone").click()

    expect(page).to_have_url(re.compile("/nowhere/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing sounds here")
    expect_in_time(sound_of(page), "a => !a.paused")


def test_a_site_that_cannot_be_reached_says_so_and_the_music_goes_on(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Lantern")
    page.get_by_role("link", name="Moth", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moth")
    sorry = page.get_by_role("main").get_by_role("alert").filter(has_text="cannot be reached")
    asks = re.compile(r"/(compose/)?$")

    page.forgive = "502"
    page.route(asks, lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.get_by_role("link", name="Compose", exact=True).first.click()
    expect(sorry).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moth")
    page.unroute_all()

    page.forgive = "net::ERR_FAILED"
    page.route(asks, lambda route: route.abort())
    page.go_back()
    expect(sorry).to_be_visible()
    expect_in_time(sound_of(page), "a => !a.paused")
    page.unroute_all()

    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("link", name="Lantern", exact=True)).to_be_visible()
    expect_in_time(sound_of(page), "a => !a.paused")


def test_a_visitors_heart_leads_to_the_login_page_with_the_music(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Lantern")

    page.get_by_role("link", name="Log in to favourite “Moth”").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect_in_time(sound_of(page), "a => !a.paused")


# A piece in the making.


def test_the_roll_grows_and_news_for_a_page_that_was_left_are_dropped(open_page, site):
    draft = [[200 * step, 180, 40 + step % 40, 80] for step in range(100)]
    wish = {"title": "Half a moon", "status": "composing", "progress": 0.4, "draft": draft}
    (address,), cookies = site.furnish(wish | {"visibility": "private"})
    page = open_page(cookies["clara"])
    page.goto("/me/")

    page.get_by_role("link", name="Half a moon").click()

    expect(page).to_have_title("40 % · Half a moon · Nocturne")
    inked = """c => {
        if (!c.width) return 0;
        const dots = c.getContext("2d").getImageData(40, 0, c.width - 40, c.height).data;
        return new Set(new Uint32Array(dots.buffer)).size;
    }"""
    expect_in_time(page.locator(".roll--growing .roll__view"), f"c => ({inked})(c) > 3")
    expect(page.locator("main img[src*='roll.svg']")).to_have_count(0)

    late = []
    page.route(
        f"**{address}",
        lambda route: late.append(route) if asks_for_news(route.request) else route.continue_(),
    )
    while not late:
        page.wait_for_timeout(100)
    page.get_by_role("link", name="Gallery").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gallery")
    late[0].continue_()
    page.wait_for_timeout(1_000)

    assert "Half a moon" not in page.title()


def asks_for_news(request):
    return "hx-request" in request.headers and "hx-boosted" not in request.headers


def test_a_script_that_does_not_come_leaves_what_those_without_script_have(open_page, stage):
    page = open_page()
    page.forgive = "ERR_FAILED"
    page.route("**/js/roll*.js", lambda route: route.abort())
    page.goto(stage["Lantern"])

    expect(page.locator("[data-listen] [data-plain] img")).to_be_visible()
    page.locator("main [data-listen] [data-play]").click()
    expect_in_time(sound_of(page), RUNS)

    page.unroute("**/js/roll*.js")
    page.get_by_role("navigation").get_by_role("link", name="Gallery").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("main").get_by_role("link", name="Lantern", exact=True).click()
    expect(page.locator("[data-roll]")).to_be_visible()  # asked for again
