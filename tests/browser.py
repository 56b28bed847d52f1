"""A whole site in a scratch folder and Chromium before it, for the tests that need both.

Tests take the fixtures `site` (one a test file) and `open_page`; tests/conftest.py offers them.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from deploy.setup import find_browser

ROOT = Path(__file__).resolve().parent.parent
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
]
PASSWORD = "a lantern in the rain"
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
RUNS = "a => !a.paused && a.currentTime > 0.2"
# Three browsers, their servers and workers share two cores: what takes a tenth of a second on an
# idle machine may take many there. What never comes is found all the same, a bit later.
expect.set_options(timeout=20_000)  # milliseconds


class Site:
    """A site of its own in a scratch folder, its processes started one by one."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.processes = []
        self.environment = os.environ | {
            "DATA_DIR": folder,
            "ENV_FILE": os.devnull,
            "PORT": str(port),
            "SECRET_KEY": "the journey's own key, fifty characters long or a bit more",
            "SHOWCASE": "0",
            "EVALUATION_PIECES": "2",
            "WEB_WORKERS": "1",
        }

    def run(self, *command):
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    def start(self, *command):
        self.processes.append(
            subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        )

    def start_worker(self, kind="composer"):
        """Start a worker: "composer", "training" or "studio". Returns its process."""
        self.start(sys.executable, "manage.py", f"{kind}_worker")
        return self.processes[-1]

    def furnish(self, *pieces, people=(), staff=()):
        """Put people and pieces with real sound into the site; see tests/furnish.py.

        Returns (addresses of the pieces, session cookies by name).
        """
        wishes = json.dumps({"people": list(people), "staff": list(staff), "pieces": list(pieces)})
        answer = subprocess.run(
            [sys.executable, "tests/furnish.py"], cwd=ROOT, env=self.environment, check=True,
            input=wishes, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        made = json.loads(answer.stdout)
        return made["pieces"], made["cookies"]

    def stage(self, is_composed=False):
        """Fill the site with every state that it has; see bench/stage.py.

        Returns (addresses by name, session cookies by name).
        """
        command = [sys.executable, "bench/stage.py", *["composed"] * is_composed]
        answer = subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE
        )
        return json.loads(answer.stdout)

    def start_server(self):
        self.start("deploy/redis")
        self.start(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.py",
                   "musicsite.wsgi")  # fmt: skip
        self.wait_until_up()

    def wait_until_up(self):
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/healthz"):  # noqa: S310  our own server
                    return
            except urllib.error.URLError:
                time.sleep(0.1)
        raise TimeoutError("The web server did not start.")

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """The folder of a site as `make run` prepares it; to copy it is quicker than to make it."""
    folder = tmp_path_factory.mktemp("prepared")
    Site(str(folder)).run(sys.executable, "deploy/prepare.py")
    return folder


@pytest.fixture(scope="module")
def site(prepared):
    """A running site without a worker; `site.start_worker()` starts one."""
    with tempfile.TemporaryDirectory(prefix="nocturne-journey-") as folder:
        shutil.copytree(prepared, folder, symlinks=True, dirs_exist_ok=True)
        site = Site(folder)
        try:
            site.start_server()
            yield site
        finally:
            site.stop()


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """A maker of pages of a fresh browser; afterwards none of them may have complained.

    `cookie` is one that `site.furnish` gave: that person is logged in. A page expects what it
    complains of by `page.forgive = "part of the message"`.
    """
    contexts, complaints = [], []

    def make(cookie=None, **options):
        context = chromium.new_context(base_url=site.url, **options)
        contexts.append(context)
        if cookie:
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": site.url}])
        page = context.new_page()
        page.forgive = None

        def complain(words):
            if not page.forgive or page.forgive not in words:
                complaints.append(words)

        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda said: complain(said.text) if said.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == [], complaints  # this file is not rewritten by pytest


@pytest.fixture(scope="module")
def stage(site):
    """Three public pieces: their addresses by title, the newest last; `cookies` by name."""
    seconds = {"Moth": 20, "Lantern": 40, "Far bells": 30}
    wishes = [{"title": title, "seconds": length} for title, length in seconds.items()]
    addresses, cookies = site.furnish(*wishes, people=["walter"])
    return dict(zip(seconds, addresses, strict=True)) | {"cookies": cookies}


def sign_up(page, name):
    page.goto("/accounts/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.org")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("link", name="My pieces").first).to_be_visible()


def heading(page):
    return page.get_by_role("heading", level=1)


def expect_in_time(locator, truth):
    """Wait until `truth` holds. Playwright's own waiting is an eval, which the policy forbids."""
    for _ in range(200):
        if locator.evaluate(truth):
            return
        locator.page.wait_for_timeout(100)
    raise AssertionError(f"It never came true that {truth}")


def expect_scripts(page):
    """Wait for the scripts that only some pages ask for: they come last, and change the page."""
    late = "[data-roll][hidden], [data-compose]:not([data-ready])"
    expect(page.locator(late)).to_have_count(0)


def roll_of(page):
    """The roll of a piece, once it has been drawn."""
    view = page.locator(".roll__view")
    expect_in_time(view, "c => c.width > 300")
    return view


def sound_of(page):
    """The one <audio> of the site."""
    return page.locator("#player audio")


def at(page):
    """Where it stands, in seconds."""
    return sound_of(page).evaluate("a => a.currentTime")


def play_from_gallery(page, title):
    page.goto("/")
    page.get_by_role("button", name=f"Play {title}", exact=True).click()
    expect_in_time(sound_of(page), RUNS)


def play_on_its_page(page, address):
    page.goto(address)
    page.locator("main [data-listen] [data-play]").click()
    expect_in_time(sound_of(page), RUNS)
