"""Pictures of every page, at two widths and in both themes, into var/screenshots.

    python bench/screenshots.py [NAME ...]     # only the pages whose names contain one of these
    python bench/screenshots.py readme         # docs/gallery.png and docs/piece.png, too

Runs a server of its own on a scratch folder, with made-up people and pieces; needs Chromium.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Error, sync_playwright  # noqa: E402

from bench.views import View, views_of  # noqa: E402
from deploy.setup import find_browser  # noqa: E402
from tests.browser import QUIET, Site  # noqa: E402

TARGET = ROOT / "var" / "screenshots"
README = {"readme-gallery-desk-dark": "gallery", "readme-piece-desk-light": "piece"}
WIDTHS = {"phone": (390, 844), "desk": (1280, 800)}


def shoot(server, cookies, views, wanted):
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
                        if views[name].who != who:
                            continue
                        try:
                            shoot_page(context.new_page(), views[name], TARGET / f"{full}.png")
                        except Error as problem:  # the others are to be seen all the same
                            print(f"{full}: {problem}")
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


def main():
    wanted = sys.argv[1:] or [""]
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nocturne-look-") as folder:
        site = Site(folder)
        site.run(sys.executable, "deploy/prepare.py")
        try:
            site.start_server()
            shoot(site.url, {"": None}, {"empty-gallery": View("", "/")}, wanted)
            addresses, cookies = site.stage(is_composed=wanted == ["readme"])
            shoot(site.url, cookies, views_of(addresses), wanted)
        finally:
            site.stop()
    if wanted == ["readme"]:
        keep_for_readme()


if __name__ == "__main__":
    main()
