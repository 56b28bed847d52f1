"""Pictures of every page, at two widths and in both themes, into var/screenshots.

    python bench/screenshots.py [NAME ...]     # only the pages whose names contain one of these
    python bench/screenshots.py readme         # docs/gallery.png and docs/piece.png, too

Runs a server of its own on a scratch folder, with made-up people and pieces; needs Chromium.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import stage  # noqa: E402

TARGET = ROOT / "var" / "screenshots"
README = {"readme-gallery-desk-dark": "gallery", "readme-piece-desk-light": "piece"}
WIDTHS = {"phone": (390, 844), "desk": (1280, 800)}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio",
         "--autoplay-policy=no-user-gesture-required"]  # fmt: skip


class View(NamedTuple):
    """A page, who looks at it, and what is done there before the picture is taken.

    `is_window`: the window alone is taken, as what is fixed in it is to be seen.
    """

    who: str
    path: str
    act: object = None
    is_window: bool = False


def fill(values):
    """Send a form back with these values, from the main form of the page."""

    def act(page):
        for name, value in values.items():
            field = page.locator(f"main form [name={name}]:visible").first
            if name == "file":
                file = {"name": "letter.mid", "mimeType": "audio/midi", "buffer": value}
                field.set_input_files(file)
            else:
                field.fill(value)
        field.locator("xpath=ancestor::form").locator("button[type=submit]").last.click()
        page.locator("#errors, .lost").first.wait_for()

    return act


def open_more(page):
    for summary in page.locator("main summary").all():
        summary.click()


def choose_three(page):
    page.locator(".bulk summary").click()
    for box in page.locator(".card .box").all()[:3]:
        box.check()


def play(page):
    page.locator("main [data-play]").first.click()
    for _ in range(100):
        if page.locator("#player audio").evaluate("a => a.currentTime > 2"):
            return
        page.wait_for_timeout(100)


def play_and_open(page):
    play(page)
    page.locator("#player [data-more]").evaluate("button => button.click()")


def play_at_the_end(page):
    play(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")


def tall(page):
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 1190})
    page.wait_for_load_state("networkidle")


def play_on(page):
    tall(page)
    page.wait_for_timeout(500)
    play(page)
    page.evaluate("player.goTo(31)")
    page.wait_for_timeout(1500)


def ask_for_keys(page):
    page.keyboard.press("?")


def in_a_frame(page):
    page.set_viewport_size({"width": min(560, page.viewport_size["width"] - 40), "height": 152})


def forge(page):
    page.locator("main [name=csrfmiddlewaretoken]").evaluate("field => field.value = 'none'")
    fill({"username": "alice", "password": "a long password"})(page)


def throw_away(page):
    page.locator(".card__link").first.click()
    page.locator("#delete").click()
    page.locator(".message").wait_for()


def views_of(made):
    """name: View."""
    views = {
        "gallery": View("", "/"),
        "gallery-member": View("bob", "/"),
        "gallery-2": View("", "/?page=2"),
        "gallery-filtered": View("", "/?style=chopin&sort=plays"),
        "gallery-found": View("bob", "/?q=lantern&sort=hearts", open_more),
        "gallery-no-match": View("", "/?q=trumpet"),
        "gallery-playing": View("bob", "/", play, is_window=True),
        "gallery-playing-end": View("bob", "/", play_at_the_end, is_window=True),
        "gallery-playing-open": View("bob", "/", play_and_open, is_window=True),
        "keys": View("bob", "/", ask_for_keys, is_window=True),
        "notice": View("dora", "/", is_window=True),
        "person": View("", "/people/alice/"),
        "person-oneself": View("alice", "/people/alice/"),
        "person-silent": View("bob", "/people/bob/"),
        "compose": View("alice", "/compose/"),
        "compose-open": View("alice", "/compose/", open_more),
        "compose-wrong": View("alice", "/compose/", fill({"duration": "100000"})),
        "compose-cut": View("alice", f"/compose/?beginning={made.brought.pk}"),
        "compose-own": View("alice", f"/compose/?beginning={made.beginning.pk}&takeover=41"),
        "compose-full": View("clara", "/compose/"),
        "compose-refused": View("clara", "/compose/", fill({"duration": "60"})),
        "bring": View("alice", "/compose/continue/"),
        "bring-first": View("bob", "/compose/continue/"),
        "bring-wrong": View("alice", "/compose/continue/", fill({"file": b"Dear grandmother"})),
        "brought": View("alice", "/beginnings/"),
        "brought-nothing": View("bob", "/beginnings/"),
        "takes": View("alice", made.takes),
        "mine": View("alice", "/me/"),
        "mine-making": View("alice", "/me/?state=making"),
        "mine-bulk": View("alice", "/me/", choose_three, is_window=True),
        "mine-empty": View("bob", "/me/"),
        "mine-none-so": View("dora", "/me/?state=making"),
        "favourites": View("clara", "/me/favourites/"),
        "favourites-found": View("clara", "/me/favourites/?sort=liked&length=medium"),
        "favourites-none-so": View("clara", "/me/favourites/?q=nothing+is+called+that"),
        "favourites-empty": View("bob", "/me/favourites/"),
        "bin": View("alice", "/me/bin/"),
        "bin-empty": View("bob", "/me/bin/"),
        "bin-question": View("alice", "/me/bin/empty/"),
        "login": View("", "/accounts/login/"),
        "login-wrong": View(
            "", "/accounts/login/", fill({"username": "nobody", "password": "wrong"})
        ),
        "signup": View("", "/accounts/signup/"),
        "signup-wrong": View("", "/accounts/signup/", fill({"username": "al ice", "email": "no"})),
        "profile": View("alice", "/accounts/"),
        "account-edit": View("alice", "/accounts/edit/"),
        "account-email": View("alice", "/accounts/email/"),
        "account-email-wrong": View(
            "alice", "/accounts/email/", fill({"email": "no", "password": "no"})
        ),
        "account-email-confirm": View("alice", f"/accounts/email/{confirmation('alice')}/"),
        "account-email-stale": View("alice", "/accounts/email/stale/"),
        "account-sessions": View("alice", "/accounts/sessions/"),
        "account-export": View("alice", "/accounts/export/"),
        "account-delete": View("alice", "/accounts/delete/"),
        "account-password": View("alice", "/accounts/password_change/"),
        "reset": View("", "/accounts/password_reset/"),
        "reset-done": View("", "/accounts/password_reset/done/"),
        "readme-gallery": View("", "/", tall, is_window=True),
        "404": View("", "/nowhere/"),
        "403": View("", "/accounts/login/", forge),
    }
    return views | pieces_of(made)


def pieces_of(made):
    at = {name: piece.get_absolute_url() for name, piece in made.pieces.items()}
    full = at["full"]
    views = {
        "piece-stranger": View("bob", full),
        "piece-visitor": View("", full),
        "piece-playing": View("bob", full, play, is_window=True),
        "readme-piece": View("bob", full, play_on, is_window=True),
        "piece-playing-end": View("bob", full, play_at_the_end, is_window=True),
        "piece-share-open": View("alice", full, open_more),
        "embed": View("", full.replace("compositions", "embed"), in_a_frame, True),
        "embed-gone": View("", f"/embed/{uuid.uuid4()}/", in_a_frame, True),
        "edit": View("alice", f"{full}edit/"),
        "edit-wrong": View("alice", f"{full}edit/", fill({"title": "", "tags": "a, " * 20})),
        "delete": View("alice", f"{full}delete/"),
        "delete-for-good": View("alice", f"/me/bin/{made.pieces['binned 1'].pk}/"),
        "thrown-away": View("emil", "/me/", throw_away, is_window=True),
    }
    names = (
        "full", "private", "unlisted", "continued", "too-free", "score-failed", "score-written",
        "composing", "rendering", "again", "queued", "failed", "cancelled",
    )  # fmt: skip
    return views | {f"piece-{name}": View("alice", at[name]) for name in names}


def confirmation(name):
    from musicsite.accounts.email import make_token

    return make_token(stage.person(name), "somebody.else@example.org")


def shoot(server, cookies, views, wanted):
    from playwright.sync_api import sync_playwright

    from deploy.setup import find_browser

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
        for size, (width, height) in WIDTHS.items():
            for theme in ("light", "dark"):
                names = {f"{name}-{size}-{theme}": name for name in views}
                names = {
                    full: name for full, name in names.items() if any(w in full for w in wanted)
                }
                for who in {views[name].who for name in names.values()}:
                    context = chromium.new_context(
                        viewport={"width": width, "height": height}, color_scheme=theme,
                        reduced_motion="reduce", base_url=server, is_mobile=size == "phone",
                        has_touch=size == "phone", device_scale_factor=1,
                    )  # fmt: skip
                    if cookies[who]:
                        cookie = {"name": "sessionid", "value": cookies[who], "url": server}
                        context.add_cookies([cookie])
                    for full, name in names.items():
                        if views[name].who == who:
                            shoot_page(context.new_page(), views[name], TARGET / f"{full}.png")
                    context.close()
        chromium.close()


def shoot_page(page, view, target):
    page.on("console", lambda message: print(target.stem, message.type, message.text))
    page.on("pageerror", lambda error: print(target.stem, error, error.stack))
    page.goto(view.path)
    page.wait_for_load_state("networkidle")
    if view.act:
        view.act(page)
        page.wait_for_timeout(400)
    if not view.is_window:
        for _ in range(page.evaluate("Math.ceil(document.body.scrollHeight / innerHeight)")):
            page.mouse.wheel(0, 700)  # covers load when they come into sight
            page.wait_for_timeout(60)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(200)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        print(f"{target.stem}: wider than the window")
    page.screenshot(path=target, full_page=not view.is_window)
    page.close()


def keep_for_readme():
    """Put the two pictures into docs/, with as many colours as they need."""
    from PIL import Image

    for name, kept in README.items():
        picture = Image.open(TARGET / f"{name}.png").convert("RGB")
        colours = picture.quantize(256, kmeans=2)  # to be dithered, a picture needs them first
        picture = picture.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG)
        picture.save(ROOT / "docs" / f"{kept}.png", optimize=True)


def wait_for(url):
    for _ in range(200):
        try:
            with urllib.request.urlopen(url):  # noqa: S310  our own server
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def main():
    wanted = sys.argv[1:] or [""]
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nocturne-look-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        os.environ |= {
            "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "musicsite.settings",
            "ENV_FILE": os.devnull, "SECRET_KEY": "only for pictures " * 4, "DEBUG": "0",
        }  # fmt: skip
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-b", address, "--threads", "8",
             "--log-level", "error", "musicsite.wsgi"], cwd=ROOT,
        )  # fmt: skip
        try:
            wait_for(f"http://{address}/")
            empty = {"empty-gallery": View("", "/")}
            shoot(f"http://{address}", {"": None}, empty, wanted)
            made = stage.furnish(is_composed=wanted == ["readme"])
            shoot(f"http://{address}", made.cookies, views_of(made), wanted)
            if wanted == ["readme"]:
                keep_for_readme()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
