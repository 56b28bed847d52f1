"""The child process that reads a stranger's MIDI file: `python -m generator.hearing FOLDER`.

Started by beginnings.py, see children.py: the answer has the notes as the roll draws them, or the
sentence that says what is wrong with the file. Imports neither Django nor settings.
"""

import json
import os
import sys
from pathlib import Path

from generator.children import answer, die_with_parent, limit_resources

MOST_CPU = 10  # seconds; what takes longest of all that is let through takes 2 s (measured)
MOST_MEMORY = 512 * 2**20  # bytes of address space; the largest file takes 240 MiB (measured)


def main(folder: Path) -> None:
    die_with_parent()
    request = json.loads((folder / "request.json").read_text())
    limit_resources(MOST_CPU, MOST_MEMORY)
    try:
        found = hear(request["file"])
    except ValueError as problem:
        found = {"error": str(problem)}
    except MemoryError:
        found = {"error": "This MIDI file is too large to be read."}
    answer(folder, found)


def hear(path: str) -> dict:
    """The length in seconds and the notes of a MIDI file. Raises ValueError with a sentence."""
    # Here, so that the limits hold for what these load, too.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread would take address space
    from ml import beginning, upload

    piece = upload.read(path)
    return {"duration": round(piece.seconds, 3), "notes": beginning.to_lists(piece.notes)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
