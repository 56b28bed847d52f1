"""How smoothly the roll of a long piece moves: frame times in Chromium.

    python bench/roll_frames.py [SECONDS]     # of playing at each width; 10 unless said otherwise

Plays a piece of ten minutes and 8,000 notes on a site of its own, and measures for each width the
time from frame to frame, the time that the drawing takes of it, the processor time of all scripts
and layouts a frame, and how often the page was laid out. On a busy machine the clock tells more of
the others than of us: what the page costs is the processor time.
"""

import random
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from deploy.setup import find_browser  # noqa: E402
from tests.browser import QUIET, Site, expect_in_time  # noqa: E402

MINUTES, NOTES = 10, 8_000
WIDTHS = {390: 3, 1280: 1}  # CSS pixels: device pixels to each
COLUMNS = (
    "Width (ratio)", "Frames a second", "From frame to frame, ms", "Drawing, ms",
    "Processor a frame, ms", "Long tasks", "Layouts a second",
)  # fmt: skip
WATCH = """
window.watched = { frames: [], drawing: [], long: 0 };
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (call) => ask((time) => {
    const began = performance.now();
    call(time);
    watched.frames.push(time);
    watched.drawing.push(performance.now() - began);
});
new PerformanceObserver((list) => { watched.long += list.getEntries().length; })
    .observe({ type: "longtask" });
"""


def many_notes():
    """Notes of 0.1 to 2 s all over the keyboard, evenly dense."""
    dice = random.Random(4)
    last = MINUTES * 60_000 - 2_500
    onsets = (last * step // NOTES for step in range(NOTES))
    return [
        [onset, dice.randint(100, 2_000), dice.randint(28, 100), dice.randint(20, 120)]
        for onset in onsets
    ]


def measure(page, address, seconds):
    """Figures of `seconds` of playing; page metrics come from Chromium's own counters."""
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator("[data-listen] [data-play]").click()
    sound = page.locator("#player audio")
    expect_in_time(sound, "a => !a.paused && a.currentTime > 1")
    sound.evaluate("a => { a.currentTime = 120 }")
    expect_in_time(sound, "a => a.currentTime > 122")
    inspector = page.context.new_cdp_session(page)
    inspector.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    inspector.send("Performance.enable")
    page.evaluate("Object.assign(watched, { frames: [], drawing: [], long: 0 })")
    before = counters(inspector)
    page.wait_for_timeout(seconds * 1000)
    after = counters(inspector)
    watched = page.evaluate("watched")
    frames = watched["frames"]
    gaps = [later - earlier for earlier, later in pairwise(frames)]
    passed = {name: after[name] - before[name] for name in after}
    busy = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    return {
        "frames": len(frames) / seconds,
        "gap": spread(gaps),
        "drawing": spread(watched["drawing"]),
        "processor": 1000 * sum(passed[name] for name in busy) / len(frames),
        "long": watched["long"],
        "layouts": passed["LayoutCount"] / seconds,
    }


def counters(inspector):
    found = inspector.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] for metric in found}


def spread(values):
    """Median, 95th percentile and worst."""
    return statistics.median(values), statistics.quantiles(values, n=20)[-1], max(values)


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory(prefix="nocturne-frames-") as folder:
        site = Site(folder)
        try:
            site.run(sys.executable, "deploy/prepare.py")
            site.start_server()
            wish = {"title": "Ten minutes", "seconds": MINUTES * 60, "notes": many_notes()}
            (address,), _ = site.furnish(wish)
            report(site.url, address, seconds)
        finally:
            site.stop()


def report(url, address, seconds):
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
        for width, ratio in WIDTHS.items():
            size = {"width": width, "height": 844}
            page = chromium.new_page(base_url=url, viewport=size, device_scale_factor=ratio)
            found = measure(page, address, seconds)
            gap, drawing = (
                " / ".join(f"{value:.{digits}f}" for value in found[name])
                for name, digits in (("gap", 1), ("drawing", 2))
            )
            print(f"| {width} px ({ratio}) | {found['frames']:.0f} | {gap} | {drawing} "
                  f"| {found['processor']:.2f} | {found['long']} | {found['layouts']:.1f} |",
                  flush=True)  # fmt: skip
            page.close()
        chromium.close()


if __name__ == "__main__":
    main()
