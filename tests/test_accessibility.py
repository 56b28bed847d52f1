"""Every page under axe-core, by day and by night; and the whole journey without a mouse."""

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.addresses import routes
from tests.browser import PASSWORD, RUNS, expect_in_time, sound_of

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": RULES},
    "preload": False,  # it would write styles into the page, which our policy forbids
}
DAY = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
NIGHT = {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}
MOST_TABS = 120
PATIENCE = 90_000  # milliseconds for a piece to be made, on a busy machine

FOR_VISITORS = [
    "/", "/?q=nothing+is+called+that", "/?style=chopin&sort=plays", "/people/clara/",
    "/accounts/login/", "/accounts/signup/", "/accounts/password_reset/",
    "/accounts/password_reset/done/", "/accounts/reset/MQ/wrong/", "/accounts/reset/done/",
    "/no-such-page/",
]  # fmt: skip
FOR_CLARA = [
    "/", "/me/", "/me/?show=failed", "/me/favourites/", "/me/bin/", "/me/bin/empty/", "/compose/",
    "/compose/?duration=forever", "/compose/continue/", "/beginnings/", "/people/clara/",
    "/accounts/",
    "/accounts/edit/", "/accounts/email/", "/accounts/email/wrong/", "/accounts/sessions/",
    "/accounts/export/", "/accounts/delete/", "/accounts/password_change/",
]  # fmt: skip
FOR_STAFF = [
    "/admin/", "/admin/generator/trainedmodel/", "/admin/generator/trainedmodel/1/change/",
    "/admin/generator/trainedmodel/add/", "/admin/generator/dataset/add/",
    "/admin/generator/trainingrun/add/", "/admin/generator/evaluation/add/",
    "/admin/generator/audition/add/",
]  # fmt: skip
# What is no page, or leads to one that is asked for above.
NO_PAGES = (
    "/feed/", "/people/<str:username>/feed/", "/oembed", "/healthz", "/robots.txt", "/metrics",
    "/me/bulk/", "/me/notices/", "/me/bin/restore/", "/compose/wait/", "/beginnings/<",
    "/accounts/logout/", "/takes/<uuid:request_key>/cancel/",
    "/accounts/password_change/done/", "/accounts/email/again/",
    "/accounts/sessions/<slug:handle>/end/", "/compositions/<uuid:pk>/rename/",
)  # fmt: skip
FILES = (".json", ".mp3", ".mid", ".wav", ".musicxml", ".svg", ".png")
DONE_BY_POST = (
    "visibility", "publish", "unpublish", "seen", "favourite", "played", "restore", "cancel",
    "retry", "again", "continue", "renditions",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(site):
    """Clara's pieces in every state: (addresses by name, her cookie)."""
    takes = str(uuid.uuid4())
    states = {
        "ready": {"title": "Moth", "tags": ["rain"], "description": "By the window."},
        "private": {"title": "Attic", "visibility": "private"},
        "unlisted": {"title": "Letter", "visibility": "unlisted"},
        "queued": {"title": "Later", "status": "queued", "visibility": "private"},
        "composing": {
            "title": "Half", "status": "composing", "progress": 0.5, "visibility": "private",
            "draft": [[0, 900, 60, 64], [900, 900, 64, 80]],
        },
        "failed": {
            "title": "Broken", "status": "failed", "visibility": "private",
            "error": "The disk of the server is full.",
        },
        "cancelled": {"title": "Stopped", "status": "cancelled", "visibility": "private"},
        "thrown away": {"title": "Old", "deleted_at": "2026-11-20T12:00Z"},
        "take 1": {"title": "Twin", "request_key": takes, "take": 1},
        "take 2": {"title": "Twin", "request_key": takes, "take": 2, "status": "queued"},
    }  # fmt: skip
    pieces, cookies = site.furnish(*states.values(), staff=["dora"])
    addresses = dict(zip(states, pieces, strict=True)) | {"takes": f"/takes/{takes}/"}
    return addresses, cookies


def pages_of(addresses):
    """What Clara can open of her pieces."""
    ready, gone = addresses["ready"], addresses["thrown away"].removeprefix("/compositions/")
    pieces = [address for name, address in addresses.items() if name != "thrown away"]
    more = [f"{ready}edit/", f"{ready}delete/", ready.replace("compositions", "embed")]
    return [*pieces, *more, f"/me/bin/{gone}"]


def violations(page):
    """What axe-core objects to, in a line each."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{page.url}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", [DAY, NIGHT], ids=["day, desk", "night, phone"])
def test_axe_finds_nothing(open_page, house, theme):
    addresses, cookies = house
    found = []
    for visitor, urls in (
        (open_page(**theme), [*FOR_VISITORS, addresses["ready"]]),
        (open_page(cookies["clara"], **theme), [*FOR_CLARA, *pages_of(addresses)]),
        (open_page(cookies["dora"], **theme), FOR_STAFF),
    ):
        visitor.forgive = "the server responded with a status of 404"
        for url in urls:
            visitor.goto(url)
            found += violations(visitor)

    assert found == []


@pytest.mark.parametrize("theme", [DAY, NIGHT], ids=["day, desk", "night, phone"])
def test_axe_finds_nothing_in_a_form_with_mistakes_nor_in_the_player(open_page, house, theme):
    addresses, cookies = house
    page = open_page(cookies["clara"], **theme)
    page.goto("/compose/")
    page.get_by_label("Length in seconds", exact=True).first.fill("7")
    page.get_by_role("button", name="Compose", exact=True).click()
    expect(page.locator("#errors")).to_be_visible()
    found = violations(page)

    page.goto(addresses["ready"])
    page.locator("main [data-listen] [data-play]").click()
    expect_in_time(sound_of(page), RUNS)
    found += violations(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(page)

    assert found == []


def test_axe_sees_a_planted_fault(open_page, house):
    page = open_page()
    page.goto("/")
    page.evaluate("document.querySelector('main img').removeAttribute('alt')")

    assert "image-alt" in violations(page)[0]


def test_no_page_is_forgotten():
    asked = {*FOR_VISITORS, *FOR_CLARA, "/people/<str:username>/", "/takes/<uuid:request_key>/"}
    asked |= {"/accounts/email/<str:token>/", "/accounts/reset/<uidb64>/<token>/"}
    piece = "/compositions/<uuid:pk>/"
    asked |= {piece, f"{piece}edit/", f"{piece}delete/", "/embed/<uuid:pk>/", "/me/bin/<uuid:pk>/"}
    pages = {
        route for route in routes()
        if not route.endswith(FILES)
        and not route.startswith(NO_PAGES)
        and route.removeprefix(piece).removesuffix("/") not in DONE_BY_POST
    }  # fmt: skip

    assert pages - asked == set()


# By keyboard alone.

NAME_OF_FOCUSED = """() => {
  const one = document.activeElement;
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : "";
  return (one.getAttribute("aria-label") || label || one.innerText || one.value || "").trim();
}"""


def tab_to(page, name):
    """Press Tab until what has the focus is called so, as someone without a mouse must."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(NAME_OF_FOCUSED).startswith(name):
            return
    raise AssertionError(f"The keyboard never came to {name!r} on {page.url}.")


def tab_to_and_type(page, name, text):
    tab_to(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_the_whole_journey_by_keyboard(site, open_page):
    site.start_worker()
    page = open_page(**DAY)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate(NAME_OF_FOCUSED) == "Skip to content"
    tab_to(page, "Create an account")
    page.keyboard.press("Enter")
    tab_to_and_type(page, "Username", "agathe")
    tab_to_and_type(page, "E-mail", "agathe@example.org")
    tab_to_and_type(page, "Password", PASSWORD)
    tab_to_and_type(page, "Password confirmation", PASSWORD)
    tab_to(page, "Sign up")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Compose a piece")
    tab_to_and_type(page, "Length in seconds", "12")
    tab_to(page, "Compose")
    page.keyboard.press("Enter")

    expect(page.locator("#piece")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    tab_to(page, "Play")
    page.keyboard.press("Enter")
    expect_in_time(sound_of(page), RUNS)
    page.keyboard.press("m")
    expect_in_time(sound_of(page), "a => a.muted")
    tab_to(page, "Private")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Save who can hear it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Public: everybody can hear it")).to_be_visible()

    tab_to(page, "Log out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    tab_to(page, "Play")  # it is in the gallery
