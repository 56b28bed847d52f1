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
SIZE = re.compile(r'<svg[^>]*?\bwidth="([0-9.]+)(?:px)?"[^>]*?\bheight="([0-9.]+)(?:px)?"')


def main(folder: Path) -> None:
    die_with_parent()
    limit_resources(MOST_CPU)
    request = json.loads((folder / "request.json").read_text())
    answer(folder, write(folder, **request))


def write(folder: Path, notes: list[list[int]], title: str) -> dict:
    """Write both files; return the figures of the score, or why there is none."""
    try:
        written = score.write(Piece(from_lists(notes)), title)
    except score.TooFreeError as reason:
        return {"too_free": str(reason)}
    (folder / "score.musicxml").write_text(written.musicxml)
    (folder / "score.svg").write_text(written.svg)
    width, height = (round(float(length)) for length in SIZE.search(written.svg).groups())
    return {
        "figures": {
            "tempo": round(written.tempo),
            "key": written.key,
            "metre": written.metre,
            "width": width,
            "height": height,
        }
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
