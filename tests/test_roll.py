"""The roll keeps with the sound, with the screen it is on, and rests while nobody sees it."""

import pytest
from playwright.sync_api import expect

from tests.browser import at, expect_in_time, play_on_its_page, roll_of, sound_of

DAY = {"color_scheme": "light", "viewport": {"width": 1280, "height": 700}}
# Where the playhead stands, as a share of the music's width: the leftmost of the pixels that have
# its colour. The first 34 CSS pixels are the keyboard.
HEAD = """c => {
  const edge = Math.round(34 * devicePixelRatio);
  const dots = c.getContext("2d").getImageData(edge, 1, c.width - edge, 1).data;
  for (let x = 0; x < c.width - edge; x += 1) {
    const [red, green, blue] = dots.slice(4 * x, 4 * x + 3);
    if (red === 200 && green === 114 && blue === 12) return x / (c.width - edge);
  }
  return -1;
}"""
COUNT_PICTURES = """
window.pictures = 0;
const { drawImage } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.drawImage = function (...given) {
  window.pictures += 1;
  return drawImage.apply(this, given);
};
"""

RESTS = """async () => {
  const before = window.pictures;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return window.pictures === before;
}"""


def expect_head_at_sound(page, seconds):
    """The playhead stands where the sound is, in a piece so long.

    Both are read after one and the same frame; on a busy machine that may be a late one, so a few
    frames are looked at.
    """
    read = f"""c => new Promise((resolve) => {{
        const audio = document.querySelector("#player audio");
        requestAnimationFrame(() => setTimeout(() => resolve([({HEAD})(c), audio.currentTime])));
    }})"""
    for _ in range(5):
        head, time = roll_of(page).evaluate(read)
        if head * seconds == pytest.approx(time, abs=0.15):
            return
    raise AssertionError(f"The playhead is at {head * seconds}, the sound at {time}.")


def test_the_playhead_starts_and_stops_with_the_sound_and_follows_it(open_page, stage):
    page = open_page(**DAY)
    page.goto(stage["Moth"])  # of 20 s, so it is shown whole
    expect_in_time(roll_of(page), f"c => ({HEAD})(c) === 0")

    play_on_its_page(page, stage["Moth"])
    for place in (1, 7, 15):
        sound_of(page).evaluate(f"a => {{ a.currentTime = {place} }}")
        expect_in_time(sound_of(page), f"a => !a.seeking && a.currentTime > {place + 0.4}")
        expect_head_at_sound(page, 20)

    page.keyboard.press("Space")
    expect_in_time(sound_of(page), "a => a.paused")
    expect_in_time(roll_of(page), f"c => Math.abs(({HEAD})(c) - {at(page) / 20}) < 0.003")


def test_what_failed_is_moved_in_by_the_roll_too(open_page, stage):
    page = open_page(**DAY)
    page.forgive = "net::ERR_INTERNET_DISCONNECTED"
    page.goto(stage["Moth"])
    view = roll_of(page)
    page.context.set_offline(True)
    page.locator("main [data-listen] [data-play]").click()
    expect(page.locator("#player [role=alert]")).to_contain_text("Check your connection")

    page.get_by_role("slider", name="Place in Moth").press("ArrowRight")

    expect(page.locator("[data-time]")).to_have_text("0:05 / 0:20")
    expect_in_time(view, f"c => Math.abs(({HEAD})(c) - 0.25) < 0.003")
    page.context.set_offline(False)
    expect_in_time(sound_of(page), "a => !a.paused && a.currentTime > 5.2")
    expect_head_at_sound(page, 20)


def test_the_roll_is_as_sharp_as_the_screen_to_which_the_window_is_moved(open_page, stage):
    page = open_page(**DAY)
    page.goto(stage["Moth"])
    view = roll_of(page)
    screen = page.context.new_cdp_session(page)

    for ratio in (2, 1.5, 1):
        # A pixel of height more or less, or Chromium does not look at the screen again.
        size = {"width": 1280, "height": int(700 + 2 * ratio)}
        metrics = size | {"deviceScaleFactor": ratio, "mobile": False}
        screen.send("Emulation.setDeviceMetricsOverride", metrics)

        expect_in_time(view, f"c => c.width === Math.round(c.clientWidth * {ratio})")
        expect_in_time(view, f"c => ({HEAD})(c) === 0")  # and drawn anew


def test_nothing_is_drawn_while_the_roll_is_out_of_sight(open_page, stage):
    page = open_page(color_scheme="light", viewport={"width": 1280, "height": 400})
    page.add_init_script(COUNT_PICTURES)
    play_on_its_page(page, stage["Moth"])
    roll_of(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".roll__view")).not_to_be_in_viewport()
    expect_in_time(page.locator("html"), RESTS)
    page.evaluate("window.pictures = 0")
    heard = at(page)
    expect_in_time(sound_of(page), f"a => a.currentTime > {heard + 0.6}")

    assert page.evaluate("window.pictures") == 0

    page.evaluate("scrollTo(0, 0)")
    expect_in_time(page.locator("html"), "() => window.pictures > 9")
    expect_head_at_sound(page, 20)
