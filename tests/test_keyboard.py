"""The whole journey by keyboard alone, and how the focus fares on the way.

No test here clicks, nor goes to an address after the first: what Tab, Enter, Space, the arrows and
the keys of the site do not reach is not reached. Each Tab is looked at: see FOCUSED.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import (
    PASSWORD,
    RUNS,
    at,
    expect_in_time,
    expect_scripts,
    heading,
    sound_of,
)  # fmt: skip

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
  const lines = [...one.getClientRects()].sort((a, b) => b.width - a.width);
  const { left, right, top, bottom } = lines[0];
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
    expect_scripts(page)
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
    """Come to it and press it; if that leads to another page, that one has come."""
    tab_to(page, name, by)
    page.keyboard.press(key)
    expect(page.locator("html[data-busy]")).to_have_count(0)


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
    expect(page.get_by_label("Exactly, in seconds")).to_be_visible()
    press(page, "The second from which", "Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Exactly, in seconds")).to_have_value("3")
    type_into(page, "Seconds to be composed", "30")
    press(page, "Compose$")

    expect(page.locator("#piece-title")).to_be_focused()
    press(page, "Cancel$")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(heading(page)).to_be_focused()
    press(page, "Try again$")
    tab_to(page, "Cancel$")
    expect(page.locator("#piece")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    expect(heading(page)).to_be_focused()  # what had the focus is gone
    expect(page.locator("main")).to_contain_text("up to 0:03 as it was")
    press(page, "Log out")
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()


def test_listening_by_keyboard(open_page, stage):
    page = open_page(**DESK)
    page.goto("/")
    bar, sound = page.locator("#player"), sound_of(page)
    press(page, "Play Far bells")
    expect_in_time(sound, RUNS)
    press(page, "Next piece")
    expect(bar.locator("[data-title]")).to_have_text("Lantern")
    press(page, "Previous piece", by="Shift+Tab")
    expect(bar.locator("[data-title]")).to_have_text("Far bells")
    expect_in_time(sound, RUNS)
    press(page, "Pause$")
    expect_in_time(sound, "a => a.paused")
    press(page, "Far bells", by="Shift+Tab")

    expect(heading(page)).to_have_text("Far bells")
    expect(heading(page)).to_be_focused()
    press(page, "Play Far bells", "Space")
    expect_in_time(sound, "a => !a.paused")
    page.keyboard.press("Space")
    expect_in_time(sound, "a => a.paused")  # or it would run out at its end

    tab_to(page, "Place in Far bells")
    for key, place in {"End": 30, "ArrowLeft": 25, "PageDown": 22, "Home": 0}.items():
        page.keyboard.press(key)
        assert at(page) == pytest.approx(place, abs=1.5), key
    page.keyboard.press("Space")
    expect_in_time(sound, "a => !a.paused")
    page.keyboard.press("Space")
    expect_in_time(sound, "a => a.paused")

    press(page, "Mute$")
    expect(bar.get_by_role("slider", name="Volume")).to_have_value("0")
    press(page, "Volume", "ArrowRight")
    press(page, "Repeat this piece")
    press(page, "Speed", "ArrowDown")
    heard = sound.evaluate("a => [a.muted, a.loop, a.playbackRate]")
    assert heard == [False, True, 1.25]  # the slider of the volume brought the sound back
    press(page, "Close the player")
    expect(bar).to_be_hidden()
    expect(page.get_by_role("button", name="Play Far bells")).to_be_focused()
    press_back(page)
    expect(heading(page)).to_contain_text("Piano music")
    expect(heading(page)).to_be_focused()


def test_the_list_of_keys_gives_the_focus_back(open_page, stage):
    page = open_page(**DESK)
    page.goto(stage["Moth"])
    dialog = page.get_by_role("dialog", name="Keys of the player")
    press(page, "Play Moth")
    tab_to(page, "Place in Moth")

    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    for _ in range(5):
        assert press_tab(page) in ("", "Use these keys", "Close")  # nothing behind it
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".roll__range")).to_be_focused()

    press(page, "Keys of the player")
    expect(dialog).to_be_visible()
    press(page, "Close$")
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-help]")).to_be_focused()


def test_keeping_and_sharing_by_keyboard(site, open_page):
    (address,), cookies = site.furnish({"title": "Attic", "visibility": "private"})
    page = open_page(cookies["clara"], permissions=["clipboard-read", "clipboard-write"], **DESK)
    page.goto(address)
    press(page, "Favourite")
    heart = page.locator("main .heart__button")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(heart).to_be_focused()

    press(page, "Private", "ArrowDown")
    page.keyboard.press("ArrowDown")
    press(page, "Save who can hear it")
    expect(page.get_by_text("Public: everybody can hear it")).to_be_visible()
    expect(page.get_by_role("button", name="Save who can hear it")).to_be_focused()
    press(page, "Copy the link")
    expect(page.locator("#announcement")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}{address}"
    expect(page.get_by_role("button", name="Copy the link")).to_be_focused()

    press(page, "Edit title and words")
    expect(heading(page)).to_have_text("Edit this piece")
    type_into(page, "Title", "Loft")
    type_into(page, "Tags", "rain, attic")
    press(page, "Save$")
    expect(heading(page)).to_have_text("Loft")
    expect(heading(page)).to_be_focused()
    press(page, "attic$")
    expect(heading(page)).to_have_text("Gallery")
    expect(page.locator(".card__title")).to_have_text(["Loft"])


def test_finding_by_keyboard(site, open_page):
    styles = {"Winter owl": "bach", "Winter fog": "chopin", "Winter moon": "bach"}
    site.furnish(*({"title": title, "style": style} for title, style in styles.items()))
    page = open_page(**DESK)
    page.goto("/")
    titles = page.locator(".card__title")
    type_into(page, "Search in titles", "winter")
    page.keyboard.press("Enter")
    expect(titles).to_have_text(["Winter moon", "Winter fog", "Winter owl"])
    expect(page.get_by_label("Search in titles")).to_be_focused()

    press(page, "Filters")
    tab_to(page, "Style")
    page.keyboard.type("Joh")
    press(page, "Apply")
    expect(titles).to_have_text(["Winter moon", "Winter owl"])
    press(page, "Without “winter”")
    expect(page).not_to_have_url(re.compile("winter"))
    expect(heading(page)).to_be_focused()
    press(page, "Most played")
    expect(page.locator(".orders [aria-current]")).to_have_text("Most played")
    press(page, "Winter owl")
    expect(heading(page)).to_have_text("Winter owl")

    for where in ("Most played", "New"):
        press_back(page)
        expect(page.locator(".orders [aria-current]")).to_have_text(where)
        expect(heading(page)).to_be_focused()
    expect(titles).to_have_text(["Winter moon", "Winter owl"])


def test_tidying_up_by_keyboard(site, open_page):
    wishes = [{"title": title, "owner": "anna"} for title in ("One", "Two", "Three")]
    _, cookies = site.furnish(*wishes)
    page = open_page(cookies["anna"], **DESK)
    page.goto("/me/")
    titles, news = page.locator(".card__title"), page.locator("main .message")
    press(page, "Choose several")
    press(page, "All on this page", "Space")
    expect(page.get_by_text("3 chosen")).to_be_visible()
    press(page, "Choose “Two”", "Space")
    press(page, "Make private", by="Shift+Tab")
    expect(news).to_contain_text("2 pieces are private now.")
    expect(heading(page)).to_be_focused()

    press(page, "Choose several")
    press(page, "Choose “One”", "Space")
    press(page, "Move to the bin", by="Shift+Tab")
    expect(titles).to_have_text(["Three", "Two"])
    expect(heading(page)).to_be_focused()
    press(page, "Undo", by="Shift+Tab")
    expect(heading(page)).to_have_text("One")
    expect(heading(page)).to_be_focused()

    press(page, "Move to the bin")
    expect(news).to_contain_text("“One” is in the bin")
    press(page, "Bin$")
    expect(heading(page)).to_have_text("Bin")
    press(page, "Bring back One")
    expect(news).to_have_text("“One” is back.")
    expect(heading(page)).to_be_focused()


def test_settings_export_and_leaving_by_keyboard(site, open_page):
    _, cookies = site.furnish({"title": "Moth", "owner": "fanny"})
    page = open_page(cookies["fanny"], **DESK)
    page.goto("/accounts/")
    press(page, "Profile$")
    expect(heading(page)).to_have_text("Your profile")
    type_into(page, "About you", "I play at night.")
    press(page, "Mail me when a piece is ready", "Space")
    press(page, "Save$")
    expect(page.get_by_text("mail when a piece is ready: on")).to_be_visible()
    expect(heading(page)).to_be_focused()

    press(page, "E-mail address$")
    expect(heading(page)).to_contain_text("Change your")
    type_into(page, "New e-mail address", "fanny@example.com")
    type_into(page, "Your password", PASSWORD)
    press(page, "Send the link")
    expect(page.locator("main .message")).to_contain_text("fanny@example.com")

    press(page, "Take everything along")
    expect(heading(page)).to_have_text("Take everything along")
    tab_to(page, "Download everything")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "nocturne-fanny.zip"
    press(page, "Back to your account")
    expect(heading(page)).to_have_text("Your account")
    press(page, "Delete your account")
    expect(heading(page)).to_have_text("Delete your account?")
    type_into(page, "Your password", "wrong")
    press(page, "Delete my account for good")
    expect(page.locator("#errors")).to_be_focused()
    press(page, "Your password$")
    page.keyboard.type(PASSWORD)
    press(page, "Delete my account for good")
    expect(page.get_by_text("Your account and everything it owned are gone.")).to_be_visible()


# Whatever page it is, and with the player, news and choices over it.


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_covers_what_has_the_focus(site, open_page, size):
    width = size["viewport"]["width"]
    name, newcomer = f"walter-{width}", f"agnes-{width}"
    states = {
        "ready": {"title": "Lantern", "tags": ["rain"]},
        "news": {"title": "Fresh", "is_news": True},
        "queued": {"title": "Later", "status": "queued", "visibility": "private"},
    }
    wishes = [wish | {"owner": name} for wish in states.values()]
    addresses, cookies = site.furnish(*wishes, people=[newcomer])
    plain = open_page(cookies[newcomer], **size)
    for address in ("/compose/", "/accounts/edit/"):
        plain.goto(address)
        walk(plain)

    piece = dict(zip(states, addresses, strict=True))
    page = open_page(cookies[name], **size)
    for address in (piece["ready"], piece["queued"], "/", "/compose/", "/me/"):
        page.goto(address)
        expect(page.locator(".notice")).to_be_visible()
        if address == piece["ready"]:
            press(page, "Play Lantern")
            expect(page.locator("#player")).to_be_visible()
            if size is PHONE:
                press(page, "More controls")
                press(page, "Skip to content")
        if address == "/me/":
            press(page, "Choose several")
        walk(page)


def walk(page):
    """Press Tab to the end of the page; a browser goes on to its own controls, or starts anew."""
    for count in range(MOST_TABS):
        if press_tab(page) in ("", "Skip to content") and count:
            return
    raise AssertionError(f"The page {page.url} has no end.")
