"""The child process that writes scores: `python -m generator.engrave FOLDER`, by engraving.py.

Leaves FOLDER/score.musicxml and FOLDER/score.svg, and an answer with the figures of the score, or
with the sentence that says why the music has none; see children.py. Imports no Django.
"""

import json
import re
import sys
from pathlib import Path

from generator.children import answer, die_with_parent, limit_resources
from ml import score
from ml.beginning import from_lists
from ml.notes import Piece

MOST_CPU = 300  # seconds
PROLOGUE = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
SIZE = re.compile(r'<svg[^>]*?\bwidth="([0-9.]+)(?:px)?"[^>]*?\bheight="([0-9.]+)(?:px)?"')


def main(folder: Path) -> None:
    die_with_parent()
    limit_resources(MOST_CPU)
    request = json.loads((folder / "request.json").read_text())
    answer(folder, write(folder, **request))


def write(folder: Path, notes: list[list[int]], title: str) -> dict:
    """Write both files; return the figures of the score, or why there is none."""
    try:
        written = score.engrave(Piece(from_lists(notes)), title=title)
    except score.TooFreeError as reason:
        return {"too_free": str(reason)}
    svg, width, height = stacked(written.pages)
    (folder / "score.musicxml").write_text(written.musicxml)
    (folder / "score.svg").write_text(svg)
    return {
        "figures": {
            "tempo": written.beats_a_minute,
            "key": written.key,
            "metre": written.metre,
            "is_guess": written.fit < score.SURE_FIT,
            "width": width,
            "height": height,
        }
    }


def stacked(pages: tuple[str, ...]) -> tuple[str, int, int]:
    """One picture of all pages, one below the other, and its width and height in pixels."""
    parts, width, height = [], 0, 0
    for page in pages:
        page = PROLOGUE.sub("", page)
        wide, high = (round(float(length)) for length in SIZE.search(page).groups())
        parts.append(page.replace("<svg ", f'<svg y="{height}" ', 1))
        width, height = max(width, wide), height + high
    if len(pages) == 1:
        return pages[0], width, height
    root = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    return f"{root}{''.join(parts)}</svg>", width, height


if __name__ == "__main__":
    main(Path(sys.argv[1]))
