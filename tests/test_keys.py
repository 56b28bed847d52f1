"""The keys of the player, and its bar for fingers and eyes, in Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser import (
    RUNS,
    at,
    expect_in_time,
    play_from_gallery,
    play_on_its_page,
    sound_of,
)  # fmt: skip


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
    expect(page.locator("#player [data-said]")).to_have_text("Repeat is on")
    assert sound_of(page).evaluate("a => [a.muted, a.loop]") == [True, True]
    page.keyboard.press("-")
    expect(page.locator("#player [data-said]")).to_have_text("Volume 90 %")
    assert sound_of(page).evaluate("a => [a.muted, a.volume]") == [False, 0.9]
    page.keyboard.press("+")
    assert sound_of(page).evaluate("a => a.volume") == 1
    page.keyboard.press("End")
    assert at(page) == pytest.approx(40, abs=0.1)


def test_no_key_acts_while_somebody_types(open_page, stage):
    page = open_page()
    play_from_gallery(page, "Lantern")
    field = page.get_by_role("main").locator("input[name=q]")
    sound_of(page).evaluate("a => { a.onseeking = () => { a.dataset.sought = 'yes' } }")

    field.press_sequentially("moon light jkm?")

    expect(field).to_have_value("moon light jkm?")
    assert sound_of(page).evaluate("a => !a.paused && !a.muted && !a.loop && !a.dataset.sought")
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


def test_keys_that_the_focused_part_needs_are_left_to_it(open_page, stage):
    page = open_page()
    play_on_its_page(page, stage["Lantern"])
    page.keyboard.press("Space")
    expect_in_time(sound_of(page), "a => a.paused")
    place = at(page)

    page.locator("main").evaluate("""main => {
        const sheet = document.createElement("div");
        sheet.tabIndex = 0;
        main.prepend(sheet);
        sheet.focus();
    }""")
    for key in ("ArrowRight", "End", "Space"):
        page.keyboard.press(key)
    page.locator("#player").get_by_role("link", name="Lantern").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.locator("html").dispatch_event("keydown")  # as of a browser that fills in a form
    page.locator("#player").get_by_label("Volume").press("ArrowLeft")

    assert sound_of(page).evaluate("a => [a.paused, a.currentTime]") == [True, place]
    assert sound_of(page).evaluate("a => a.volume") == pytest.approx(0.95)
    page.locator("#player").get_by_role("link", name="Lantern").press("ArrowRight")
    assert at(page) == pytest.approx(place + 5, abs=0.01)


def test_the_keyboard_leads_to_the_player_and_back(open_page, stage):
    page = open_page()
    page.goto(stage["Lantern"])
    skip = page.get_by_role("link", name="Skip to the player")
    expect(skip).to_be_hidden()
    play_on_its_page(page, stage["Lantern"])

    skip.press("Enter")
    expect(page.locator("#player-toggle")).to_be_focused()
    page.locator("#player").get_by_role("button", name="Close the player").press("Enter")

    expect(page.locator("#player")).to_be_hidden()
    expect(page.get_by_role("button", name="Play Lantern")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_the_bar_fits_and_can_be_hit(open_page, stage, width):
    page = open_page(viewport={"width": width, "height": 800})
    play_on_its_page(page, stage["Lantern"])
    bar = page.locator("#player")
    if width >= 800:
        expect(bar.get_by_role("slider", name="Place in the piece")).to_be_visible()
    if width < 1000:
        bar.get_by_role("button", name="More controls").click()

    expect(bar.get_by_role("slider", name="Place in the piece")).to_be_visible()
    assert bar.get_by_role("slider", name="Volume").bounding_box()["width"] > 60
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = bar.locator("button, select, input, a").evaluate_all(
        "all => all.filter(one => one.checkVisibility() && one.offsetHeight < 44)"
        ".map(one => one.outerHTML)"
    )
    assert small == []
    edges = bar.bounding_box()
    assert edges["x"] >= 0
    assert edges["y"] + edges["height"] <= 800
