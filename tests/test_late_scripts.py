"""What people do before the scripts have come is not lost when they come."""

from playwright.sync_api import expect

from tests.browser import at, expect_in_time, sound_of


def open_without(page, name, address):
    """Open a page whose file of that name does not come yet; returns what lets it come."""
    held = []
    page.route(name, lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    while not held:
        page.wait_for_timeout(50)
    return held[0].continue_


def test_what_the_browsers_own_player_plays_goes_on_in_ours(open_page, stage):
    page = open_page()
    let_come = open_without(page, "**/js/player*.js", stage["Lantern"])
    plain = page.locator("main audio[controls]")
    plain.evaluate("a => { a.play(); a.currentTime = 12 }")
    expect_in_time(plain, "a => a.currentTime > 12.2")
    plain.focus()

    let_come()

    expect(page.locator("#player")).to_be_visible()
    expect_in_time(sound_of(page), "a => !a.paused && a.currentTime > 12.2")
    assert at(page) < 35  # neither from the beginning nor from anywhere
    expect(page.locator("audio")).to_have_count(1)
    expect(page.get_by_role("main").get_by_role("button", name="Pause Lantern")).to_be_focused()


def test_who_stood_on_the_browsers_own_player_stands_on_our_button(open_page, stage):
    page = open_page()
    let_come = open_without(page, "**/js/player*.js", stage["Moth"])
    page.locator("main audio[controls]").focus()

    let_come()

    expect(page.get_by_role("button", name="Play Moth")).to_be_focused()
    expect(page.locator("[data-roll]")).to_be_visible()
    expect(page.get_by_role("button", name="Play Moth")).to_be_focused()
    expect(page.locator("#player")).to_be_hidden()  # nothing had been played


def test_a_place_that_was_sought_is_kept_too(open_page, stage):
    page = open_page()
    let_come = open_without(page, "**/js/player*.js", stage["Moth"])
    plain = page.locator("main audio[controls]")
    plain.evaluate("a => { a.preload = 'auto'; a.load() }")
    expect_in_time(plain, "a => a.duration > 19")
    plain.evaluate("a => { a.currentTime = 8 }")

    let_come()

    expect(page.locator("[data-time]")).to_have_text("0:08 / 0:20")
    assert sound_of(page).evaluate("a => a.paused")


def test_the_slider_does_not_wait_for_the_notes(open_page, stage):
    page = open_page()
    let_come = open_without(page, "**/notes.json?*", stage["Moth"])
    slider = page.get_by_role("slider", name="Place in Moth")

    slider.press("ArrowRight")
    slider.press("ArrowRight")

    assert at(page) == 10
    expect(page.locator("[data-time]")).to_have_text("0:10 / 0:20")
    assert slider.get_attribute("aria-valuetext") == "10 seconds of 20 seconds"
    let_come()
    expect_in_time(page.locator(".roll__view"), "c => c.width > 300")
    assert at(page) == 10
