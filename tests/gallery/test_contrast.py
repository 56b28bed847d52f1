"""WCAG AA for the colours of static/css/tokens.css, by day and by night."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
SHEETS = "".join((STATIC / "css" / name).read_text() for name in ("tokens.css", "player.css"))
PAIRS = {
    name: (day, night)
    for name, day, night in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", SHEETS
    )
}
ROLL = (STATIC / "js/roll.js").read_text()
SOFTEST = float(re.search(r"SOFTEST = ([\d.]+);", ROLL)[1])
EDGE = re.search(r'edge: "#(.)(.)(.)"', ROLL)
GROUNDS = ("ground", "surface", "surface-2")
TEXTS = (
    *((ink, ground) for ink in ("ink", "ink-soft", "accent", "bad") for ground in GROUNDS),
    ("on-action", "action"),
    ("on-action", "action-strong"),
    ("accent-strong", "ground"),
    ("accent-strong", "surface"),
    ("accent", "accent-wash"),
    ("ink", "accent-wash"),
    ("ink", "bad-wash"),
    ("bad", "bad-wash"),
)
CONTROLS = (
    *(("line-strong", ground) for ground in GROUNDS),
    *(("accent", ground) for ground in GROUNDS),
    ("action", "ground"),
    ("action", "surface"),
)


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_knows_black_and_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read(theme, text, ground):
    assert contrast(PAIRS[text][theme], PAIRS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize(("control", "ground"), CONTROLS)
def test_controls_can_be_seen(theme, control, ground):
    assert contrast(PAIRS[control][theme], PAIRS[ground][theme]) >= 3


def mixed(colour, ground, opacity):
    channels = [
        opacity * int(colour[start : start + 2], 16)
        + (1 - opacity) * int(ground[start : start + 2], 16)
        for start in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(channel):02x}" for channel in channels)


@pytest.mark.parametrize("theme", [0, 1], ids=["day", "night"])
def test_what_sounds_on_the_roll_differs_from_all_that_rests(theme):
    edge = "#" + "".join(2 * digit for digit in EDGE.groups())
    note, lit, ground = (PAIRS[name][theme] for name in ("roll-note", "roll-lit", "surface"))
    resting = [
        mixed(note, ground, SOFTEST + (1 - SOFTEST) * velocity / 127) for velocity in range(128)
    ]
    for other in (ground, *resting, PAIRS["roll-white"][theme], PAIRS["roll-black"][theme]):
        assert max(contrast(lit, other), contrast(edge, other)) >= 3, other
    assert max(contrast(lit, edge), contrast(lit, ground)) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize("ground", ["surface", "roll-row"])
def test_the_playhead_can_be_seen(theme, ground):
    assert contrast(PAIRS["roll-head"][theme], PAIRS[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["day", "night"])
def test_the_softest_note_can_be_seen(theme):
    note, ground = PAIRS["roll-note"][theme], PAIRS["surface"][theme]
    assert contrast(mixed(note, ground, SOFTEST), ground) >= 3
