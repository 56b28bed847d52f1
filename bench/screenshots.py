"""Pictures of every page, at two widths and in both themes, into var/screenshots.

    python bench/screenshots.py [NAME ...]     # only the pages whose names contain one of these

Runs a server of its own on a scratch folder, with made-up people and pieces; needs Chromium.
"""

import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "var" / "screenshots"
WIDTHS = {"phone": (390, 844), "desk": (1280, 800)}
STYLES = [
    ["bach", "Johann Sebastian Bach"],
    ["chopin", "Frédéric Chopin"],
    ["debussy", "Claude Debussy"],
    ["liszt", "Franz Liszt"],
    ["schubert", "Franz Schubert"],
]
TITLES = [
    "Nocturne after Chopin", "Two o'clock", "Prelude in the rain", "Lantern", "Slow water",
    "Étude for a quiet house", "What the tide left", "Barcarolle", "Letter, unsent",
    "An impromptu with a very long title that has to break into two lines somewhere",
    "Moth", "Winter garden", "Arabesque", "Elegy for a lamp", "Far bells",
]  # fmt: skip


def made_up_notes(seed, seconds):
    """Broken chords under a wandering tune: `[[onset_ms, duration_ms, pitch, velocity], ...]`."""
    dice = random.Random(seed)
    beat = dice.choice([260, 340, 480, 620])
    root, tune = dice.randint(36, 50), dice.randint(68, 80)
    scale = [0, 2, 3, 5, 7, 8, 10] if seed % 3 else [0, 2, 4, 5, 7, 9, 11]
    notes = []
    for step in range(seconds * 1000 // beat):
        swell = 0.5 + 0.5 * math.sin(step / 23 + seed)
        if step % 8 == 0:
            chord = dice.choice([0, 3, 4, 5, 1])
        pitch = root + scale[(chord + 2 * (step % 4)) % 7] + 12 * ((step % 8) // 3)
        notes.append([step * beat, int(beat * dice.uniform(1, 3)), pitch, int(30 + 40 * swell)])
        if dice.random() < 0.42:
            tune = min(96, max(62, tune + dice.choice([-4, -2, -1, 1, 2, 3])))
            late = step * beat + dice.randint(0, 25)
            notes.append([late, int(beat * dice.uniform(1, 4)), tune, int(60 + 55 * swell)])
    return notes


def wait_for(url):
    for _ in range(100):
        try:
            with urllib.request.urlopen(url):  # noqa: S310  our own server
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def make_people():
    from django.contrib.auth import get_user_model
    from django.test import Client

    cookies = {"": None}
    for name in ("alice", "bob"):
        user = get_user_model().objects.create_user(name, f"{name}@example.org", "a long password")
        browser = Client()
        browser.force_login(user)
        cookies[name] = browser.cookies["sessionid"].value
    return cookies


def make_pieces(sound):
    from django.contrib.auth import get_user_model
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from generator.models import Composition, TrainedModel

    alice = get_user_model().objects.get(username="alice")
    model = TrainedModel.objects.create(
        name="Concert", file="concert.keras", sha256="0" * 64, licence="CC BY-NC-SA 4.0",
        training_data="MAESTRO v3", styles=STYLES, is_default=True,
    )  # fmt: skip
    now = timezone.now()

    def make(index, **fields):
        wish = {
            "title": TITLES[index % len(TITLES)], "seed": 1000 + 77777 * index, "model": model,
            "owner": alice, "style": ["", *(slug for slug, _ in STYLES)][index % 6],
            "requested_duration": 20 + 40 * (index % 5),
            "created_at": now - timedelta(hours=3 * index), "queued_at": now,
        }  # fmt: skip
        return Composition.objects.create(**wish | fields)

    pieces = {}
    for index in range(20):
        notes = made_up_notes(index, 20 + 40 * (index % 5))
        piece = make(
            index, status="ready", visibility="private" if index == 1 else "public", progress=1,
            duration=notes[-1][0] / 1000 + 3, note_count=len(notes),
        )  # fmt: skip
        folder = f"compositions/{piece.pk}"
        piece.mp3.save(f"{folder}/a.mp3", ContentFile(sound), save=False)
        piece.midi.save(f"{folder}/a.mid", ContentFile(b"MThd"), save=False)
        words = json.dumps({"duration": piece.duration, "notes": notes}).encode()
        piece.notes.save(f"{folder}/a.json", ContentFile(words), save=False)
        piece.save()
        pieces.setdefault("public" if index != 1 else "private", piece.pk)
    reason = "FluidSynth is not installed on this machine. Ask whoever runs it to install it."
    states = {
        "composing": {"status": "composing", "progress": 0.42, "heartbeat_at": now},
        "rendering": {"status": "rendering", "progress": 1, "heartbeat_at": now},
        "queued-first": {"status": "queued"},
        "queued": {"status": "queued", "queued_at": now + timedelta(seconds=1)},
        "failed": {"status": "failed", "error": reason},
        "cancelled": {"status": "cancelled"},
        "again": {"status": "composing", "progress": 0.07, "deaths": 1, "attempt": 2},
    }
    for index, (name, fields) in enumerate(states.items()):
        pieces[name] = make(index, created_at=now + timedelta(seconds=index), **fields).pk
    return pieces


def pages_of(pieces):
    """name: (person, address, what to send back wrongly)."""
    pages = {
        "gallery": ("", "/", None),
        "gallery-member": ("bob", "/", None),
        "gallery-2": ("", "/?page=2", None),
        "compose": ("alice", "/compose/", None),
        "compose-wrong": ("alice", "/compose/", {"duration": "100000", "seed": "-1"}),
        "mine": ("alice", "/me/", None),
        "mine-empty": ("bob", "/me/", None),
        "login": ("", "/accounts/login/", None),
        "login-wrong": ("", "/accounts/login/", {"username": "alice", "password": "wrong"}),
        "signup": ("", "/accounts/signup/", None),
        "signup-wrong": ("", "/accounts/signup/", {"username": "al ice", "email": "no"}),
        "profile": ("alice", "/accounts/", None),
        "account-delete": ("alice", "/accounts/delete/", None),
        "reset": ("", "/accounts/password_reset/", None),
        "404": ("", "/nowhere/", None),
        "piece-stranger": ("", f"/compositions/{pieces['public']}/", None),
        "piece-public": ("alice", f"/compositions/{pieces['public']}/", None),
        "piece-private": ("alice", f"/compositions/{pieces['private']}/", None),
        "rename": ("alice", f"/compositions/{pieces['public']}/rename/", None),
        "delete": ("alice", f"/compositions/{pieces['public']}/delete/", None),
    }
    for name in pieces:
        if name not in ("public", "private"):
            pages[f"piece-{name}"] = ("alice", f"/compositions/{pieces[name]}/", None)
    return pages


def shoot(server, cookies, pages, wanted):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for size, (width, height) in WIDTHS.items():
            for theme in ("light", "dark"):
                for person in cookies:
                    context = chromium.new_context(
                        viewport={"width": width, "height": height}, color_scheme=theme,
                        reduced_motion="reduce",
                    )  # fmt: skip
                    if person:
                        cookie = {"name": "sessionid", "value": cookies[person], "url": server}
                        context.add_cookies([cookie])
                    for name, (whose, address, wrong) in pages.items():
                        full_name = f"{name}-{size}-{theme}"
                        if whose != person or not any(word in full_name for word in wanted):
                            continue
                        page = context.new_page()
                        shoot_page(page, server + address, wrong, TARGET / f"{full_name}.png")
                        page.close()
                    context.close()
        chromium.close()


def shoot_page(page, url, wrong, target):
    page.on("console", lambda message: print(target.stem, message.type, message.text))
    page.goto(url)
    if wrong:
        if page.locator("details").count():
            page.locator("summary").click()
        for name, value in wrong.items():
            page.locator(f"main [name={name}]").fill(value)
        page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    for _ in range(page.evaluate("Math.ceil(document.body.scrollHeight / innerHeight)")):
        page.mouse.wheel(0, 700)  # covers load when they come into sight
        page.wait_for_timeout(60)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if wide:
        print(f"{target.stem}: wider than the window")
    page.screenshot(path=target, full_page=True)


def a_minute_of_sound(folder):
    path = folder / "sound.mp3"
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=220:duration=63",
         "-b:a", "192k", path], check=True,
    )  # fmt: skip
    return path.read_bytes()


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
        sys.path.insert(0, str(ROOT))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-b", address, "--threads", "4",
             "--log-level", "error", "musicsite.wsgi"], cwd=ROOT,
        )  # fmt: skip
        try:
            wait_for(f"http://{address}/")
            cookies = make_people()
            empty = {"gallery-empty": ("", "/", None)}
            shoot(f"http://{address}", cookies, empty, wanted)
            pieces = make_pieces(a_minute_of_sound(Path(folder)))
            shoot(f"http://{address}", cookies, pages_of(pieces), wanted)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
