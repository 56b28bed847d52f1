"""The player and its roll in Chromium; test_keys.py has the keys."""

import pytest
from playwright.sync_api import expect

from tests.browser import (
    RUNS,
    at,
    expect_in_time,
    play_from_gallery,
    play_on_its_page,
    roll_of,
    sound_of,
)  # fmt: skip

COUNT_FRAMES = """
window.frames_asked = 0;
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (call) => { window.frames_asked += 1; return ask(call); };
"""
KEYBOARD = """c => String(c.getContext("2d").getImageData(5, 0, 1, c.height).data)"""
NOTE_PLAYS = """
window.told = [];
const send = window.fetch.bind(window);
window.fetch = (url, ...rest) => {
  const { currentTime } = document.querySelector("#player audio");
  if (url.endsWith("played/")) window.told.push([url, currentTime]);
  return send(url, ...rest);
};
"""


# The bar.


def test_there_is_one_sound_and_it_moves_along_the_list(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Far bells")
    bar = page.locator("#player")
    title = bar.locator("[data-title]")

    bar.get_by_role("button", name="Next piece").click()
    expect(title).to_have_text("Lantern")
    expect_in_time(sound_of(page), RUNS)
    bar.get_by_role("button", name="Previous piece").click()
    expect(title).to_have_text("Far bells")

    page.get_by_role("button", name="Play Moth").click()
    expect(title).to_have_text("Moth")
    expect(bar.get_by_role("button", name="Next piece")).to_be_disabled()
    bar.get_by_role("button", name="Previous piece").click()
    expect(page.locator("#announcement")).to_have_text("Now playing: Lantern")
    bar.get_by_role("button", name="Next piece").press("Enter")
    expect(title).to_have_text("Moth")
    expect(bar.get_by_role("button", name="Next piece")).to_be_focused()
    page.get_by_role("link", name="Lantern", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lantern")
    expect(page.locator("audio")).to_have_count(1)
    assert stage["Moth"] in sound_of(page).evaluate("a => a.currentSrc")


def test_the_next_piece_starts_by_itself_only_if_wished(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Far bells")
    bar = page.locator("#player")
    to_the_end = "a => { a.currentTime = a.duration - 0.5; return a.play() }"

    sound_of(page).evaluate(to_the_end)
    expect_in_time(sound_of(page), "a => a.ended")
    expect(bar.locator("[data-title]")).to_have_text("Far bells")

    bar.get_by_role("button", name="Play on after this piece").click()
    sound_of(page).evaluate(to_the_end)
    expect(bar.locator("[data-title]")).to_have_text("Lantern")
    expect_in_time(sound_of(page), RUNS)

    sound_of(page).evaluate("a => a.pause()")
    expect(bar.get_by_role("button", name="Play", exact=True)).to_be_visible()
    sound_of(page).dispatch_event("ended")  # dragged to its end; Chromium says nothing of it
    page.wait_for_timeout(300)
    expect(bar.locator("[data-title]")).to_have_text("Lantern")


def test_the_list_one_came_from_by_a_link_is_known_even_after_a_reload(open_page, stage):
    page = open_page()
    page.goto("/")
    page.get_by_role("link", name="Lantern", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lantern")
    page.reload()
    page.locator("main [data-listen] [data-play]").click()
    bar = page.locator("#player")

    bar.get_by_role("button", name="Next piece").click()
    expect(bar.locator("[data-title]")).to_have_text("Moth")

    page.goto("/?q=lantern")
    page.get_by_role("button", name="Play Lantern").click()
    expect(bar.locator("[data-title]")).to_have_text("Lantern")
    expect(bar.get_by_role("button", name="Next piece")).to_be_disabled()


def test_what_failed_can_be_moved_in_and_goes_on_with_the_connection(open_page, stage):
    page = open_page()
    page.forgive = "net::ERR_INTERNET_DISCONNECTED"
    page.goto(stage["Lantern"])
    page.context.set_offline(True)
    page.locator("main [data-listen] [data-play]").click()
    bar = page.locator("#player")

    expect(bar.get_by_role("alert")).to_contain_text("Check your connection")
    expect(bar.get_by_role("button", name="Play", exact=True)).to_be_visible()
    bar.get_by_role("slider", name="Place in the piece").press("ArrowRight")
    expect(bar.locator("[data-elapsed]")).to_have_text("0:05")
    page.context.set_offline(False)

    expect_in_time(sound_of(page), "a => !a.paused && a.currentTime > 5.2")
    expect(bar.get_by_role("alert")).to_be_empty()


def test_one_tab_plays_at_a_time(open_page, stage):
    page = open_page()
    play_on_its_page(page, stage["Lantern"])
    other = page.context.new_page()
    play_on_its_page(other, stage["Moth"])

    expect_in_time(sound_of(page), "a => a.paused")
    assert sound_of(other).evaluate("a => !a.paused")


def test_after_a_reload_the_bar_waits_at_the_place(open_page, stage):
    page = open_page()
    play_on_its_page(page, stage["Lantern"])
    sound_of(page).evaluate("a => { a.currentTime = 12 }")
    page.locator("#player [data-speed]").select_option("1.5")

    page.reload()

    expect(page.locator("#player")).to_be_visible()
    expect_in_time(sound_of(page), "a => a.paused && a.currentTime > 11.9 && a.duration > 39")
    assert sound_of(page).evaluate("a => a.playbackRate") == 1.5
    page.locator("#player").get_by_role("button", name="Play", exact=True).click()
    expect_in_time(sound_of(page), "a => a.currentTime > 12.5")


def test_a_log_out_takes_the_piece_along(open_page, stage):
    page = open_page(stage["cookies"]["walter"])
    play_on_its_page(page, stage["Lantern"])

    page.get_by_role("button", name="Log out").first.click()

    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    expect(page.locator("#player")).to_be_hidden()


def test_speed_volume_mute_and_loop(open_page, stage):
    page = open_page()
    play_on_its_page(page, stage["Moth"])
    bar = page.locator("#player")

    bar.locator("[data-speed]").select_option("2")
    bar.get_by_label("Volume").press("Home")
    bar.get_by_role("button", name="Repeat this piece").click()

    heard = sound_of(page).evaluate("a => [a.playbackRate, a.muted, a.loop]")
    assert heard == [2, True, True]
    bar.get_by_role("button", name="Mute").click()
    assert sound_of(page).evaluate("a => !a.muted && a.volume > 0")


def test_a_withdrawn_piece_says_so(open_page, site):
    (address,), cookies = site.furnish({"title": "Shy", "seconds": 15})
    page, owner = open_page(), open_page(cookies["clara"])
    page.forgive = "404"
    play_on_its_page(page, address)
    owner.goto(address)
    headers = owner.evaluate("JSON.parse(document.body.getAttribute('hx-headers'))")
    answer = owner.request.post(f"{address}unpublish/", headers=headers, max_redirects=0)
    assert answer.status == 302
    page.reload()

    page.locator("#player").get_by_role("button", name="Play", exact=True).click()

    expect(page.locator("#player [role=alert]")).to_contain_text("can no longer be heard")


def test_a_play_is_told_once_it_has_been_heard_for_a_while(open_page, stage):
    page = open_page()
    page.add_init_script(NOTE_PLAYS)
    play_on_its_page(page, stage["Lantern"])
    page.locator("#player [data-speed]").select_option("2")

    expect_in_time(sound_of(page), "a => a.currentTime > 8 && window.told.length")

    ((path, second),) = page.evaluate("window.told")
    assert path == f"{stage['Lantern']}played/"
    assert second >= 5


def test_the_lock_screen_knows_what_plays(open_page, stage):
    page = open_page()
    page.add_init_script("""
        window.actions = {};
        const set = MediaSession.prototype.setActionHandler;
        MediaSession.prototype.setActionHandler = function (name, act) {
            window.actions[name] = act;
            return set.call(this, name, act);
        };
    """)
    play_on_its_page(page, stage["Lantern"])

    shown = page.evaluate("""() => {
        const { title, artist, artwork } = navigator.mediaSession.metadata;
        return [title, artist, artwork.map((picture) => new URL(picture.src).pathname)];
    }""")
    assert shown[:2] == ["Lantern", "clara"]
    assert shown[2] == [f"{stage['Lantern']}cover.svg"]

    page.evaluate("actions.pause()")
    expect_in_time(sound_of(page), "a => a.paused")
    page.evaluate("actions.seekto({ seekTime: 30 })")
    assert at(page) == 30
    page.evaluate("actions.seekbackward({})")
    assert at(page) == 20
    assert page.evaluate("actions.nexttrack") is None
    page.evaluate("actions.stop()")
    expect(page.locator("#player")).to_be_hidden()
    assert page.evaluate("[navigator.mediaSession.metadata, actions.play]") == [None, None]


# The roll.


def test_a_click_on_the_roll_seeks(open_page, stage):
    page = open_page(viewport={"width": 1280, "height": 900})
    play_on_its_page(page, stage["Moth"])
    page.keyboard.press("Space")  # on the focused button: pause
    expect_in_time(sound_of(page), "a => a.paused")
    view = roll_of(page)
    edges = view.bounding_box()

    view.click(position={"x": 34 + (edges["width"] - 34) * 0.6, "y": 40})

    assert at(page) == pytest.approx(12, abs=0.1)  # the piece, of 20 s, is shown whole
    view.click(position={"x": 12, "y": 40})  # on a key of the keyboard
    assert at(page) > 11


def test_dragging_over_the_roll_seeks_when_it_is_let_go(open_page, stage):
    page = open_page(viewport={"width": 390, "height": 900})
    page.goto(stage["Moth"])
    view = roll_of(page)
    view.scroll_into_view_if_needed()
    edges = view.bounding_box()
    y = edges["y"] + 30

    page.mouse.move(edges["x"] + 60, y)
    page.mouse.down()
    page.mouse.move(edges["x"] + edges["width"] - 5, y, steps=4)
    expect(page.locator("#player")).to_be_hidden()
    page.mouse.up()

    expect(page.locator("#player")).to_be_visible()
    expect_in_time(sound_of(page), "a => a.paused && a.currentTime > 18.5")


def test_the_strip_of_a_long_piece_seeks_by_mouse_and_by_key(open_page, stage):
    page = open_page(viewport={"width": 1280, "height": 900})
    play_on_its_page(page, stage["Lantern"])
    page.keyboard.press("Space")  # on the focused button: pause
    expect_in_time(sound_of(page), "a => a.paused")
    roll_of(page)
    slider = page.get_by_role("slider", name="Place in Lantern")
    edges = slider.bounding_box()

    slider.click(position={"x": edges["width"] / 2, "y": 20})
    assert at(page) == pytest.approx(20, abs=0.3)

    slider.press("ArrowRight")
    assert at(page) == pytest.approx(25, abs=0.3)
    assert slider.get_attribute("aria-valuetext") == "25 seconds of 40 seconds"
    slider.press("Home")
    assert at(page) == 0
    slider.press("End")
    assert at(page) == pytest.approx(40, abs=0.1)


def test_keys_light_up_and_the_roll_moves_on(open_page, stage):
    page = open_page(viewport={"width": 1280, "height": 900})
    play_on_its_page(page, stage["Lantern"])
    sound_of(page).evaluate("a => { a.pause(); a.currentTime = 20 }")
    view = roll_of(page)
    expect(page.locator("[data-time]")).to_have_text("0:20 / 0:40")
    page.wait_for_timeout(300)  # for the frame that shows it
    view.evaluate(f"c => {{ window.before = [({KEYBOARD})(c), c.toDataURL()] }}")

    sound_of(page).evaluate("a => a.play()")

    expect_in_time(view, f"c => ({KEYBOARD})(c) !== before[0] && c.toDataURL() !== before[1]")


@pytest.mark.parametrize("forced", ["none", "active"])
def test_the_key_of_a_note_lights_up_in_every_set_of_colours(open_page, site, forced):
    wish = {"title": f"One note {forced}", "seconds": 10, "notes": [[4000, 5000, 60, 80]]}
    (address,), _ = site.furnish(wish)
    page = open_page(color_scheme="light", forced_colors=forced)
    page.goto(address)
    view = page.locator(".roll__view")
    # 37 rows, whose highest is pitch 78.
    key = """c => String(c.getContext("2d")
        .getImageData(5, Math.round(18.5 * c.height / 37), 1, 1).data.slice(0, 3))"""
    expect_in_time(view, f"c => c.width > 300 && ({key})(c) === '255,254,250'")

    page.locator("main [data-listen] [data-play]").click()
    expect_in_time(sound_of(page), RUNS)
    sound_of(page).evaluate("a => { a.pause(); a.currentTime = 5 }")  # and there it stays

    expect_in_time(view, f"c => ({key})(c) === '242,160,51'")


def test_a_slider_that_is_let_go_unchanged_lets_the_roll_go_too(open_page, stage):
    page = open_page()
    page.add_init_script(COUNT_FRAMES)
    page.goto(stage["Lantern"])
    slider = page.get_by_role("slider", name="Place in Lantern")
    roll_of(page)

    slider.evaluate("r => { r.value = 20; r.dispatchEvent(new Event('input')) }")
    slider.dispatch_event("pointercancel")
    page.wait_for_timeout(300)
    page.evaluate("window.frames_asked = 0")
    page.wait_for_timeout(300)

    assert page.evaluate("window.frames_asked") < 3
    assert slider.input_value() == "0"


def test_notes_that_do_not_come_are_asked_for_again(open_page, stage):
    page = open_page()
    page.forgive = "503"
    page.route("**/notes.json?*", lambda route: route.fulfill(status=503, body="busy"))
    page.goto(stage["Lantern"])
    told = page.get_by_text("The notes did not come.")
    expect(told).to_be_visible()
    page.unroute_all()

    page.get_by_role("button", name="Try again").click()

    expect(told).to_be_hidden()


def test_who_wants_no_motion_gets_none(open_page, stage):
    page = open_page(reduced_motion="reduce")
    page.add_init_script(COUNT_FRAMES)
    play_on_its_page(page, stage["Lantern"])
    roll_of(page)
    asked = page.evaluate("""() => new Promise((resolve) => {
        window.frames_asked = 0;
        setTimeout(() => resolve(frames_asked), 2_000);
    })""")

    assert asked < 20
    assert sound_of(page).evaluate("a => !a.paused && a.currentTime > 1")


def test_the_theme_can_change_under_the_roll(open_page, stage):
    page = open_page(color_scheme="light")
    page.goto(stage["Moth"])
    view = page.locator(".roll__view")
    corner = "c => c.getContext('2d').getImageData(c.width - 3, 3, 1, 1).data[0]"
    expect_in_time(view, f"c => c.width > 300 && ({corner})(c) > 200")

    page.get_by_role("button", name="Switch to the dark theme").click()

    expect_in_time(view, f"c => ({corner})(c) < 60")


def test_without_script_there_is_a_picture_and_the_browsers_own_player(open_page, stage):
    page = open_page(java_script_enabled=False)
    page.goto(stage["Moth"])

    expect(page.locator("main audio[controls]")).to_be_visible()
    expect(page.locator("main img[src*='roll.svg']")).to_be_visible()
    expect(page.locator(".roll__view")).to_be_hidden()
    expect(page.get_by_role("button", name="Play Moth")).to_be_hidden()
