"""The whole journey by keyboard alone, and how the focus fares on the way.

No test here clicks, nor goes to an address after the first: what Tab, Enter, Space, the arrows and
the keys of the site do not reach is not reached. Each Tab is looked at: see FOCUSED.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import PASSWORD, RUNS, at, expect_in_time, sound_of

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 700}}
MOST_TABS = 120
PATIENCE = 90_000  # milliseconds for a piece to be made, on a busy machine

# The name of what has the focus; and what is wrong with it for those who see but have no mouse,
# after a Tab that left `window.left`.
FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels?.[0];
  const text = one.getAttribute("aria-label") || label?.innerText || one.innerText || one.value;
  const faults = [];

  // A ring round itself, round a card of which it is the link, or round the box that it fills.
  const hasRing = (part, pseudo) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(part, pseudo);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const isSeen = one.checkVisibility({ opacityProperty: true }) && hasRing(one);
  if (!isSeen && !hasRing(one, "::after") && !hasRing(one.parentElement)) faults.push("no ring");

  // A link may be broken into lines: the longest of them is looked at.
  const { left, right, top, bottom } = [...one.getClientRects()].sort((a, b) => b.width - a.width)[0];
  const [from, to] = [Math.max(left, 0), Math.min(right, innerWidth)];
  const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
  for (const share of [0.1, 0.5, 0.9]) {
    const over = document.elementFromPoint(from + (to - from) * share, y);
    const isOwn = one.contains(over) || label?.contains(over);
    if (!isOwn) faults.push(`covered by ${over?.outerHTML.slice(0, 90)}`);
  }

  const isAfter = window.left?.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  const isFirst = one.matches(".skip-link") || window.left === document.body;
  if (window.left && !isAfter && !isFirst) faults.push("comes before what the Tab left");
  return { name: text.trim().replace(/\\s+/g, " "), isBody: one === document.body, faults };
}"""


def press_tab(page, key="Tab"):
    """Name of what the focus comes to, all being well with it; empty where the page ends."""
    keep = "window.left = document.activeElement" if key == "Tab" else "window.left = null"
    page.evaluate(keep)
    page.keyboard.press(key)
    focused = page.evaluate(FOCUSED)
    if focused["isBody"]:
        return ""
    assert focused["faults"] == [], (page.url, focused)
    return focused["name"]


def tab_to(page, name, key="Tab"):
    """Press Tab until what has the focus is called so; a pattern for the beginning of its name."""
    for _ in range(MOST_TABS):
        if re.match(name, press_tab(page, key)):
            return
    raise AssertionError(f"The keyboard never came to {name!r} on {page.url}.")


def press(page, name, key="Enter", by="Tab"):
    tab_to(page, name, by)
    page.keyboard.press(key)


def type_into(page, name, text):
    tab_to(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def press_back(page):
    """Alt+←. A Chromium without a window has no such key: the page must leave it alone, though."""
    page.evaluate("""() => addEventListener("keydown", (event) => {
        if (event.key === "ArrowLeft") window.isTaken = event.defaultPrevented;
    })""")
    page.keyboard.press("Alt+ArrowLeft")
    assert page.evaluate("window.isTaken") is False
    page.go_back()


def heading(page):
    return page.get_by_role("heading", level=1)


def test_asking_for_music_by_keyboard(site, open_page):
    """From the sign-up on, with the real composer: takes, and a piece that goes on from one."""
    site.start_worker()
    page = open_page(**DESK)
    page.goto("/")
    assert press_tab(page) == "Skip to content"
    page.keyboard.press("Enter")
    press(page, "Create an account")
    type_into(page, "Username", "agathe")
    type_into(page, "E-mail", "agathe@example.org")
    type_into(page, "Password", PASSWORD)
    type_into(page, "Password confirmation", PASSWORD)
    press(page, "Sign up")

    expect(heading(page)).to_have_text("Compose a piece")
    type_into(page, "Length in seconds", "10")
    press(page, "Title, seed and model")
    type_into(page, "Title", "Two waters")
    press(page, "1$", "ArrowRight")
    expect(page.get_by_role("group", name="Takes").get_by_label("2")).to_be_checked()
    press(page, "Compose$")

    expect(heading(page)).to_have_text("Two waters")
    expect(heading(page)).to_be_focused()
    tab_to(page, "Take 1$")
    expect(page.get_by_text("Ready", exact=True)).to_have_count(2, timeout=PATIENCE)
    expect(page.locator("#take-1-link")).to_be_focused()  # though its card was exchanged
    page.keyboard.press("Enter")

    expect(page.locator("#piece")).to_have_attribute("data-state", "ready")
    press(page, "Continue$")
    expect(heading(page)).to_have_text("Continue “Two waters”")
    press(page, "The second from which", "Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Exactly, in seconds")).to_have_value("3")
    type_into(page, "Seconds to be composed", "30")
    press(page, "Compose$")

    press(page, "Cancel$")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(heading(page)).to_be_focused()
    press(page, "Try again$")
    tab_to(page, "Cancel$")
    expect(page.locator("#piece")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    expect(heading(page)).to_be_focused()  # what had the focus is gone
    expect(page.locator("main")).to_contain_text("up to 0:03 as it was")
