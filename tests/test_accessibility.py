"""Every page in every state under axe-core, by day and by night."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve

from bench.views import View, views_of
from tests.addresses import all_routes

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": RULES},
    "preload": False,  # it would write styles into the page, which our policy forbids
}
# What is not ours to mend: Django's pickers of rights, the table of a queue by django-rq.
THEIRS = {"exclude": [[".help-tooltip"], ["#action-toggle"], [".action-checkbox-column"]]}
AXE = Axe().axe_script
# What has half appeared, or half changed its colour, would be read as a fault: nothing moves.
STILL = """
  const still = new CSSStyleSheet();
  still.replaceSync(
    "*, ::before, ::after { transition: none !important; animation: none !important }"
  );
  document.adoptedStyleSheets = [still];
"""
RUN = "([context, options]) => axe.run(context, options)"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Pages whose parts are all on others that are looked at: the same with fewer, closed or shorter.
SEEN_ELSEWHERE = {
    "gallery-member", "gallery-2", "gallery-filtered", "gallery-playing", "gallery-playing-end",
    "readme-gallery", "readme-piece", "person-oneself", "compose", "compose-wrong", "bring-first",
    "mine-none-so", "favourites-found", "favourites-none-so", "account-edit", "account-email",
    "account-delete", "login-blocked", "signup", "reset-stale", "edit", "piece-playing-end",
    "piece-visitor", "piece-private", "piece-unlisted", "piece-again", "piece-rendering",
    "piece-full", "piece-no-news", "staff-generator", "staff-axes-accesslog",
    "staff-axes-accessfailurelog", "staff-trainedmodel-add", "staff-dataset-add",
    "staff-trainingrun-add", "staff-evaluation-add", "staff-Salon", "staff-Tavern",
    "staff-data-set-failed", "staff-data-set-waiting", "staff-training-stopped",
    "staff-training-waiting", "staff-evaluation-running", "staff-evaluation-failed",
    "staff-broken-piece", "staff-data-set-delete", "staff-training-done-delete",
    "staff-evaluation-delete", "staff-audition-delete", "staff-piece-delete",
    "staff-looker-member", "staff-looker-training",
}  # fmt: skip
# What is no page: files, fragments of pages, and what is done by a button.
FILES = (".json", ".mp3", ".mid", ".wav", ".musicxml", ".svg", ".png", ".txt")
NO_PAGES = {
    "/feed/", "/people/<str:username>/feed/", "/oembed", "/healthz", "/metrics",
    "/me/bulk/", "/me/notices/", "/me/bin/restore/", "/compose/wait/", "/accounts/logout/",
    "/accounts/password_change/done/", "/accounts/email/again/", "/admin/logout/",
    "/accounts/sessions/<slug:handle>/end/", "/admin/password_change/done/",
    "/admin/autocomplete/", "/admin/jsi18n/", "/admin/(?P<url>.*)$",
    "/admin/r/<path:content_type_id>/<path:object_id>/",
}  # fmt: skip
DONE = {
    "visibility", "publish", "unpublish", "seen", "favourite", "played", "restore", "retry",
    "again", "continue", "renditions", "rename", "state", "stop", "resume", "vote", "check-again",
    "log", "weights", "card", "activate", "retire", "default", "show",
    "cancel", "forget", "unblock",
}  # fmt: skip
# Django's and django-rq's own pages, which for each kind of row are of the same template.
ALIKE = re.compile(
    r"/admin/(axes/.*/|auth/group/)<path:object_id>/.*"
    r"|/admin/.*/<path:object_id>/(history/)?"
    r"|/admin/axes/.*/add/"
    r"|/admin/queues/.*"
    r"|/admin/\^\(\?P<app_label>.*"
    r"|/admin/generator/composition/add/"
)


@pytest.fixture(scope="module")
def house(site):
    """(every view by name, the cookies of who looks)."""
    addresses, cookies = site.stage()
    return views_of(addresses), cookies


def violations(page):
    """What axe-core objects to, in a line each."""
    found = page.evaluate(RUN, [THEIRS, OPTIONS])["violations"]
    return [
        f"{page.url}: {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def look(page, view):
    """What axe-core objects to by day on a desk, and by night on a phone."""
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    page.goto(view.path)
    if view.act:
        view.act(page)
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    return found + violations(page)


def test_axe_finds_nothing(chromium, site, house):
    views, cookies = house
    assert views.keys() > SEEN_ELSEWHERE
    found = []
    for who, cookie in cookies.items():
        reader = chromium.new_context(base_url=site.url)
        reader.add_init_script(AXE + STILL)
        if cookie:
            reader.add_cookies([{"name": "sessionid", "value": cookie, "url": site.url}])
        page = reader.new_page()
        for name, view in views.items():
            if view.who != who or name in SEEN_ELSEWHERE:
                continue
            found += look(page, view)
            if view.act:  # it may play on, or hear nothing of the site any more
                page.close()
                page = reader.new_page()
        reader.close()

    assert found == []


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ("document.querySelector('main img').removeAttribute('alt')", "image-alt"),
        ("document.body.style.setProperty('--ink', '#223')", "color-contrast"),  # by night alone
    ],
)
def test_axe_sees_a_planted_fault(open_page, spoil, rule):
    page = open_page()
    page.add_init_script(AXE + STILL)

    found = look(page, View("", "/", lambda page: page.evaluate(spoil)))

    assert any(f": {rule}: " in line for line in found)


def test_no_page_is_forgotten(house):
    views, _ = house
    paths = {view.path.partition("?")[0] for view in views.values()}
    shown = {f"/{resolve(path).route}" for path in paths if "nowhere" not in path}
    pages = {
        route for route in all_routes()
        if not route.endswith(FILES)
        and route not in NO_PAGES
        and route.strip("/").rpartition("/")[2] not in DONE
        and not ALIKE.fullmatch(route)
    }  # fmt: skip

    assert pages - shown == set()
