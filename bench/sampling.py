"""A sweep over tastes of the heads: figures of composed pieces a setting, as a table for
docs/experiments.md. Edit SETTINGS, then

.venv/bin/python bench/sampling.py [SETTING …] [--data DIR or .npz] [--model FILE] [--pieces 20]
"""

import argparse
import multiprocessing
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml.composer import Composer, Request
from ml.evaluation import Folder, People
from ml.metrics import EXCERPT_SECONDS
from ml.overlap import KINDS
from ml.reading import markdown
from ml.sampler import Taste

ROOT = Path(__file__).resolve().parent.parent
BASE = {"shift": Taste(), "key": Taste(top_p=0.96), "velocity": Taste(top_p=0.96)}
# What a setting is called, how it differs from BASE, what else is asked of the Request.
SETTINGS = [
    ("key and velocity top_p .96", {}, {}),
    ("all as learnt", {"shift": Taste(), "key": Taste(), "velocity": Taste()}, {}),
    ("shift top_p .98", {"shift": Taste(top_p=0.98)}, {}),
    ("shift temperature .95", {"shift": Taste(0.95)}, {}),
    ("shift temperature 1.05", {"shift": Taste(1.05)}, {}),
    ("key top_p .98", {"key": Taste(top_p=0.98)}, {}),
    ("key top_p .9", {"key": Taste(top_p=0.9)}, {}),
    ("key min_p .02", {"key": Taste(min_p=0.02)}, {}),
    ("key min_p .05", {"key": Taste(min_p=0.05)}, {}),
    ("key temperature 1.1, min_p .05", {"key": Taste(1.1, min_p=0.05)}, {}),
    ("velocity top_p 1", {"velocity": Taste()}, {}),
    ("velocity top_p .9", {"velocity": Taste(top_p=0.9)}, {}),
    ("velocity min_p .05", {"velocity": Taste(min_p=0.05)}, {}),
    ("velocity 1, shift 1.05", {"velocity": Taste(), "shift": Taste(1.05)}, {}),
    ("velocity 1, key top_p .98", {"velocity": Taste(), "key": Taste(top_p=0.98)}, {}),
    ("velocity 1, key top_p .94", {"velocity": Taste(), "key": Taste(top_p=0.94)}, {}),
    ("velocity 1, key top_p .92", {"velocity": Taste(), "key": Taste(top_p=0.92)}, {}),
    ("velocity 1, key min_p .02", {"velocity": Taste(), "key": Taste(min_p=0.02)}, {}),
    (
        "velocity 1, shift 1.05, key min_p .02",
        {"velocity": Taste(), "shift": Taste(1.05), "key": Taste(min_p=0.02)},
        {},
    ),
]
SHOWN = (
    "notes_per_second",
    "polyphony",
    "pitch_class_entropy",
    "scale_consistency",
    "velocity_mean",
    "velocity_spread",
)
HEAD = [
    "setting",
    "overlap, mgeval",
    "direct",
    "notes a second",
    "polyphony",
    "pitch-class entropy",
    "scale consistency",
    "velocity, mean",
    "spread",
    "most repeats",
    "16 notes copied, %: exact, transposed",
    "flagged",
]
_worker = {}  # a process's own network, opened once


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("settings", nargs="*", metavar="SETTING", help="by name; default: all")
    options.add_argument("--data", type=Path, default=ROOT / "data/maestro-v3")
    options.add_argument("--model", type=Path, default=ROOT / "ml/weights/concert.keras")
    options.add_argument("--pieces", type=int, default=20, help="of 60 s, a setting (default 20)")
    options.add_argument("--processes", type=int, default=2)
    options = options.parse_args()
    people = People.of(Folder.read(options.data))
    seeds = range(1, options.pieces + 1)
    names = [name for name, _, _ in SETTINGS]
    chosen = options.settings or names
    tasks = [(names.index(name), seed) for name in chosen for seed in seeds]
    print(*markdown([HEAD]), sep="\n", flush=True)
    context = multiprocessing.get_context("spawn")  # a fork might copy a lock of BLAS' threads
    with context.Pool(options.processes, open_model, (options.model,)) as pool:
        pieces = pool.imap(compose, tasks)
        for name in chosen:
            report = people.judge([next(pieces) for _ in seeds])
            print(line(name, report, "composed"), flush=True)
    print(line("people", report, "people"))


def open_model(path):
    """Once in each process: the network that it plays."""
    _worker["forward"] = Composer.open(path).forward


def compose(task):
    """The piece of one setting and one seed."""
    setting, seed = task
    _, tastes, wishes = SETTINGS[setting]
    composer = Composer(_worker["forward"], BASE | tastes)
    return composer.compose(Request(EXCERPT_SECONDS, seed, **wishes))


def line(name, report, who):
    """A row of the table: of "composed" pieces, or of the "people" they are held against."""
    overlap, copied = report["overlap"], report.get("copying")
    features = report[who]["features"]
    samples = report["samples"] if who == "composed" else []
    cells = [name]
    cells += [f"{overlap[kind][who]['mean']:.3f}" if overlap else "" for kind in KINDS]
    cells += [f"{features[name]['mean']:.2f} ± {features[name]['sd']:.2f}" for name in SHOWN]
    cells += [f"{max(sample['pattern_repeats'] for sample in samples)}" if samples else ""]
    runs = ("exact_16", "transposed_16")
    cells += [", ".join(f"{copied[run][who]:.2f}" for run in runs) if copied else ""]
    cells += [f"{len(copied['flagged'])}" if copied and samples else ""]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
