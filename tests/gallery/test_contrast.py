"""WCAG AA for the colours of static/css/tokens.css, by day and by night."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static/css/tokens.css"
PAIRS = {
    name: (day, night)
    for name, day, night in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS.read_text()
    )
}
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
