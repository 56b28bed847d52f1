"""Draw how a model learnt, from its card, as an SVG that is read on light and dark pages alike.

.venv/bin/python bench/curves.py [ml/weights/NAME.json …] [--folder docs]

Without a card: all that are shipped. Writes docs/curves-NAME.svg.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from generator.curves import PANEL_HEIGHT, SIDES, describe, panel, read  # noqa: E402

WIDTH = 720
HEAD = 58  # above the panels: name and legend

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
        f'<desc id="desc">{escape(in_words(card, curves))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        f'<text class="name" x="14" y="24">{escape(title)}</text>',
        '<text x="14" y="44">nats per note, over million notes heard</text>',
        *legend(),
    ]
    for i, curve in enumerate(curves):
        parts += panel(curve, i % 2 * width, HEAD + i // 2 * PANEL_HEIGHT, width)
    return "\n".join([*parts, "</svg>", ""])


def in_words(card, curves):
    """The picture for those who cannot see it."""
    rows = card.get("settings", {}).get("validate_rows")
    measured = f"the first {rows} rows of each piece held out" if rows else "the pieces held out"
    told = f"Nats per note while {card['name']} learnt; validation on {measured}."
    return " ".join([told, *(describe(curve, "million notes") for curve in curves)])


def legend():
    parts = []
    for i, (side, word) in enumerate(SIDES.items()):
        x = WIDTH - 230 + i * 110
        parts.append(f'<polyline class="{side}" points="{x},20 {x + 26},20"/>')
        parts.append(f'<text x="{x + 32}" y="24">{word}</text>')
    return parts


if __name__ == "__main__":
    main()
