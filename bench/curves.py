"""Draw how a model learnt, from its card, as an SVG that is read on light and dark pages alike.

.venv/bin/python bench/curves.py [ml/weights/NAME.json …] [--folder docs]

Without a card: all that are shipped. Writes docs/curves-NAME.svg.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
FIELDS = ("shift", "key", "velocity")
SIDES = {"train": "training", "validation": "validation"}
WIDTH, PANEL_HEIGHT = 720, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 34  # margins inside a panel
HEAD = 58  # above the panels: name and legend
TICKS = 5  # about so many on an axis

# Every colour has a contrast of at least 4.5 to its ground.
STYLE = """
  .ground { fill: #ffffff }
  .frame { fill: none; stroke: #8a8f98 }
  .grid { stroke: #e3e5e9 }
  text { fill: #24292f; font: 12px system-ui, sans-serif }
  .name { font-size: 16px; font-weight: 600 }
  .panel { font-weight: 600 }
  polyline { fill: none; stroke-width: 2; stroke-linejoin: round }
  .train { stroke: #a04800; stroke-dasharray: 5 4 }
  .validation { stroke: #0a5bb5 }
  circle { fill: #0a5bb5 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #15181d }
    .frame { stroke: #7d838d }
    .grid { stroke: #2b3038 }
    text { fill: #e6e8eb }
    .train { stroke: #f0a45d }
    .validation { stroke: #74b3ff }
    circle { fill: #74b3ff }
  }
"""


@dataclass(frozen=True)
class Curve:
    """Nats a note of one panel: validations in their order."""

    name: str
    notes: tuple[float, ...]  # millions, heard in training
    train: tuple[float, ...]
    validation: tuple[float, ...]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cards", nargs="*", type=Path, metavar="CARD.json")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    for path in options.cards or sorted((ROOT / "ml" / "weights").glob("*.json")):
        card = json.loads(path.read_text(encoding="utf-8"))
        if not card.get("history"):
            sys.exit(f"{path} has no history of a training.")
        target = options.folder / f"curves-{card['name']}.svg"
        target.write_text(draw(card), encoding="utf-8")
        print(f"{target.name}: {len(card['history'])} validations")


def draw(card):
    """The SVG of a card: a panel for the sum, and one for each field that the card tells."""
    curves = read(card["history"])
    rows = math.ceil(len(curves) / 2)
    width = WIDTH / min(len(curves), 2)
    height = HEAD + rows * PANEL_HEIGHT + 8
    title = f"How {card['name']} learnt"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(describe(card, curves))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        f'<text class="name" x="14" y="24">{escape(title)}</text>',
        '<text x="14" y="44">nats per note, over million notes heard</text>',
        *legend(),
    ]
    for i, curve in enumerate(curves):
        parts += panel(curve, i % 2 * width, HEAD + i // 2 * PANEL_HEIGHT, width)
    return "\n".join([*parts, "</svg>", ""])


def read(history):
    """The sum of all fields first, then field by field where the card has them."""
    notes = tuple(entry["notes"] / 1e6 for entry in history)
    sums = (tuple(entry[f"{side}_nats"] for entry in history) for side in SIDES)
    curves = [Curve("all fields", notes, *sums)]
    if all(side in entry for entry in history for side in SIDES):
        for field in FIELDS:
            sides = (tuple(entry[side][field] for entry in history) for side in SIDES)
            curves.append(Curve(field, notes, *sides))
    return curves


def describe(card, curves):
    """The picture in words, for those who cannot see it."""
    rows = card.get("settings", {}).get("validate_rows")
    measured = f"the first {rows} rows of each piece held out" if rows else "the pieces held out"
    lines = [f"Nats per note while {card['name']} learnt; validation on {measured}."]
    for curve in curves:
        lines.append(
            f"{curve.name}: validation from {curve.validation[0]:.2f} after {curve.notes[0]:.2f} "
            f"million notes to {curve.validation[-1]:.2f} after {curve.notes[-1]:.2f} million, "
            f"training from {curve.train[0]:.2f} to {curve.train[-1]:.2f}."
        )
    return " ".join(lines)


def legend():
    parts = []
    for i, (side, word) in enumerate(SIDES.items()):
        x = WIDTH - 230 + i * 110
        parts.append(f'<polyline class="{side}" points="{x},20 {x + 26},20"/>')
        parts.append(f'<text x="{x + 32}" y="24">{word}</text>')
    return parts


def panel(curve, left, top, width):
    """One set of axes with both lines, in a box of `width` × PANEL_HEIGHT."""
    x0, x1 = left + LEFT, left + width - RIGHT
    y0, y1 = top + PANEL_HEIGHT - BOTTOM, top + TOP
    across = scale((0, *curve.notes), x0, x1)
    up = scale((*curve.train, *curve.validation), y0, y1)
    parts = [f'<text class="panel" x="{x0:.0f}" y="{y1 - 8:.0f}">{escape(curve.name)}</text>']
    for value in up.ticks:
        y = up(value)
        parts.append(f'<line class="grid" x1="{x0:.1f}" y1="{y:.1f}" x2="{x1:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{x0 - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in across.ticks:
        x = across(value)
        parts.append(f'<text x="{x:.1f}" y="{y0 + 16:.1f}" text-anchor="middle">{value:g}</text>')
    parts.append(
        f'<rect class="frame" x="{x0:.1f}" y="{y1:.1f}" '
        f'width="{x1 - x0:.1f}" height="{y0 - y1:.1f}"/>'
    )
    for side in SIDES:
        points = zip(curve.notes, getattr(curve, side), strict=True)
        placed = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        parts.append(f'<polyline class="{side}" points="{placed}"/>')
    for x, y in zip(curve.notes, curve.validation, strict=True):
        parts.append(
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3">'
            f"<title>{y:.2f} nats after {x:.2f} M notes</title></circle>"
        )
    return parts


@dataclass(frozen=True)
class Scale:
    """From values to places on paper."""

    low: float
    high: float
    begin: float
    end: float
    ticks: tuple[float, ...]

    def __call__(self, value):
        share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def scale(values, begin, end):
    """A scale with round ticks, wide enough for all values."""
    low, high = min(values), max(values)
    rough = max((high - low) / TICKS, 1e-6)
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    last = max(last, first + 1)
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], begin, end, ticks)


if __name__ == "__main__":
    main()
