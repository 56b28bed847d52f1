"""The player, its roll and its keys, in Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser import RUNS, expect_in_time, play_from_gallery, play_on_its_page, sound_of

COUNT_FRAMES = """
window.frames_asked = 0;
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (call) => { window.frames_asked += 1; return ask(call); };
"""


def at(page):
    return sound_of(page).evaluate("a => a.currentTime")


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
    told = []
    page.on("request", lambda request: "/played/" in request.url and told.append(request.url))
    play_on_its_page(page, stage["Lantern"])
    page.locator("#player [data-speed]").select_option("2")

    expect_in_time(sound_of(page), "a => a.currentTime > 3.5")
    assert told == []
    expect_in_time(sound_of(page), "a => a.currentTime > 8")

    assert [url.removeprefix(page.url) for url in told] == ["played/"]


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

    page.evaluate("actions.seekto({ seekTime: 30 })")
    assert at(page) >= 30
    page.evaluate("actions.seekbackward({})")
    assert 20 <= at(page) < 25
    page.evaluate("actions.pause()")
    expect_in_time(sound_of(page), "a => a.paused")


# The roll.


def test_a_click_on_the_roll_seeks(open_page, stage):
    page = open_page(viewport={"width": 1280, "height": 900})
    play_on_its_page(page, stage["Moth"])
    view = page.locator(".roll__view")
    edges = view.bounding_box()

    view.click(position={"x": 34 + (edges["width"] - 34) * 0.6, "y": 40})

    assert at(page) == pytest.approx(12, abs=0.5)  # the piece, of 20 s, is shown whole


def test_dragging_over_the_roll_seeks_when_it_is_let_go(open_page, stage):
    page = open_page(viewport={"width": 390, "height": 900})
    page.goto(stage["Moth"])
    view = page.locator(".roll__view")
    view.scroll_into_view_if_needed()
    expect_in_time(view, "canvas => canvas.width > 300")
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
    page.goto(stage["Lantern"])
    view = page.locator(".roll__view")
    picture = "canvas => canvas.toDataURL()"
    expect_in_time(view, "canvas => canvas.width > 300")
    page.wait_for_timeout(300)
    before = view.evaluate(picture)

    play_on_its_page(page, stage["Lantern"])
    sound_of(page).evaluate("a => { a.currentTime = 20 }")
    page.wait_for_timeout(500)

    assert view.evaluate(picture) != before


def test_who_wants_no_motion_gets_none(open_page, stage):
    page = open_page(reduced_motion="reduce")
    page.add_init_script(COUNT_FRAMES)
    play_on_its_page(page, stage["Lantern"])
    page.evaluate("window.frames_asked = 0")
    expect_in_time(sound_of(page), "a => a.currentTime > 2")

    assert page.evaluate("window.frames_asked") < 20


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


# The keys.


def test_the_keys_of_the_player(open_page, stage):
    page = open_page()
    page.goto(stage["Lantern"])
    page.keyboard.press("Space")
    expect_in_time(sound_of(page), RUNS)
    page.keyboard.press("Space")
    expect_in_time(sound_of(page), "a => a.paused")
    sound_of(page).evaluate("a => { a.currentTime = 15 }")

    for key, place in {"ArrowRight": 20, "k": 30, "ArrowLeft": 25, "J": 15, "Home": 0}.items():
        page.keyboard.press(key)
        assert at(page) == pytest.approx(place, abs=0.01), key
    page.keyboard.press("m")
    page.keyboard.press("l")
    assert sound_of(page).evaluate("a => [a.muted, a.loop]") == [True, True]


def test_no_key_acts_while_somebody_types(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Lantern")
    field = page.get_by_role("main").locator("input[name=q]")

    field.press_sequentially("moon light jkm?")

    expect(field).to_have_value("moon light jkm?")
    assert sound_of(page).evaluate("a => !a.paused && !a.muted && !a.loop && a.currentTime < 9")
    expect(page.locator("#keys")).to_be_hidden()


def test_the_keys_can_be_looked_up_and_switched_off(open_page, stage):
    page = open_page()
    play_on_its_page(page, stage["Lantern"])
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of the player")
    expect(dialog).to_be_visible()

    dialog.get_by_role("checkbox", name="Use these keys").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.reload()
    page.keyboard.press("m")
    page.keyboard.press("?")

    assert sound_of(page).evaluate("a => a.muted") is False
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys of the player").click()
    expect(dialog.get_by_role("checkbox", name="Use these keys")).not_to_be_checked()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_bar_fits_and_can_be_hit(open_page, stage, width):
    page = open_page(viewport={"width": width, "height": 800})
    play_on_its_page(page, stage["Lantern"])
    bar = page.locator("#player")
    if width < 1000:
        bar.get_by_role("button", name="More controls").click()

    expect(bar.get_by_role("slider", name="Place in the piece")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = bar.locator("button, select, input, a").evaluate_all(
        "all => all.filter(one => one.checkVisibility() && one.offsetHeight < 44)"
        ".map(one => one.outerHTML)"
    )
    assert small == []
    edges = bar.bounding_box()
    assert edges["x"] >= 0
    assert edges["y"] + edges["height"] <= 800
