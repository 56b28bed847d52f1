"""Remake the tables of a document from what `python -m ml evaluate --samples N --json` printed.

.venv/bin/python bench/tables.py docs/music.md REPORT.json [REPORT.json …]

The tables of `concert.keras` go between the lines `<!-- figures: concert -->` and `<!-- end -->`,
in the place of what stood there. `make evaluate` does it all.
"""

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml import reading

END = "<!-- end -->"

# What others report of MAESTRO and its forerunners, in nats a token, and what that comes to a note.
# Their data and bins differ from ours: approximate. † from memory of the paper.
ANCHORS = {
    "concert": (
        ("public student LSTM of events, MAESTRO", 9.1, "2.24"),
        ("Music Transformer by gwinndr, MAESTRO v2, plain", 8.1, "1.99"),
        ("Performance RNN, LSTM 3 × 1024, Piano-e-Competition †", 7.97, "1.969"),
        ("Performance RNN with attention †", 7.93, "1.959"),
        ("Music Transformer by gwinndr, MAESTRO v2, relative", 7.8, "1.92"),
        ("Transformer, plain, Piano-e-Competition †", 7.54, "1.861"),
        ("Music Transformer, MAESTRO v1 †", 7.45, "1.84"),
        ("Transformer, global relative, Piano-e-Competition †", 7.43, "1.835"),
        ("Perceiver AR, MAESTRO v1 †", 7.37, "1.82"),
    )
}


def main(arguments=None):
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("document", type=Path)
    options.add_argument("reports", type=Path, nargs="+", metavar="REPORT.json")
    options = options.parse_args(arguments)
    text = options.document.read_text(encoding="utf-8")
    try:
        for path in options.reports:
            report = json.loads(path.read_text(encoding="utf-8"))
            text = replaced(text, report["model"].removesuffix(".keras"), section(report))
    except ValueError as error:
        sys.exit(f"{options.document}: {error}")
    options.document.write_text(text, encoding="utf-8")


def replaced(text, model, lines):
    """`text` with other lines between the marks of `model`. ValueError where there are none."""
    begin = f"<!-- figures: {model} -->"
    marked = re.compile(f"{re.escape(begin)}\n.*?{re.escape(END)}", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"There is no {begin} with an {END} after it.")
    body = "\n".join([begin, "", *lines, "", END])
    return marked.sub(lambda _: body, text, count=1)


def section(report):
    """All lines that stand between the marks."""
    first, *others = reading.tables(report)
    lines = [*reading.markdown(likelihood(first, report)), "", reading.fields(report)]
    for table in others:
        lines += ["", *reading.markdown(table)]
    return [*lines, "", reading.flagged(report)] if "copying" in report else lines


def likelihood(table, report):
    """The model among baselines and anchors, the best last."""
    head, *rows = table
    rows[-1] = [f"**{cell}**" if cell else cell for cell in rows[-1]]
    known = [(float(cells[1].strip("*")), cells) for cells in rows]
    known += [
        (nats, [name, f"≈ {nats:.2f}", token])
        for name, nats, token in ANCHORS.get(report["model"].removesuffix(".keras"), ())
    ]
    return [head, *(cells for _, cells in sorted(known, key=lambda one: -one[0]))]


if __name__ == "__main__":
    main()
