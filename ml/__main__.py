"""`python -m ml prepare | train | evaluate | card`: from MIDI files to weights and figures; and
`python -m ml notes`: what the site asks of a stranger's MIDI file.
"""

import argparse
import errno
import json
import os
import sys
import time
from pathlib import Path

from ml import cards, corpus, evaluation, reading, upload, weights
from ml.architecture import Architecture
from ml.beginning import to_lists
from ml.composer import Composer
from ml.corpus import Corpus
from ml.encoding import FIELDS
from ml.evaluation import Folder
from ml.findings import Findings

SHIPPED = Path(__file__).parent / "weights" / "concert.keras"
SECONDS_A_TELLING = 0.7  # of progress, to a file of its own
SECONDS_A_LINE = 10.0  # of progress, where it goes to a file
_next_line = {"due": 0.0}
_told = {"file": None, "due": 0.0}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if it did what was asked, 1 with a sentence if it could not."""
    options = _parser().parse_args(arguments)
    _told["file"] = getattr(options, "progress", None)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"ml: {_in_words(error)}", file=sys.stderr)
        return 1
    except MemoryError:
        print("ml: There is too little memory for this.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ml: stopped", file=sys.stderr)
        return 130
    return 0


def prepare(options) -> None:
    """Read MIDI folders into one file of arrays."""
    found = Findings()
    try:
        made = corpus.prepare(options.folders, _show_files, found)
    finally:
        if options.report:  # of what there is nothing to learn from, too
            options.report.write_text(json.dumps(found.report()))
    made.save(options.output)
    print(json.dumps(_summary(made) | {"file": str(options.output)}))


def train(options) -> None:
    """Train a network, or go on with one that was stopped."""
    made = _corpus_for_training(options)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow looks for GPUs aloud
    from ml.training import Run, Settings  # Keras takes seconds to import, and does not like forks

    if options.begin:
        architecture, learnt = weights.grown(*weights.read(options.begin))
    else:
        architecture, learnt = Architecture(units=options.units, styles=made.styles()), None
    settings = Settings(
        minutes=options.minutes,
        most_steps=options.steps,
        most_epochs=options.epochs,
        lanes=options.lanes,
        window=options.window,
        peak_rate=options.rate,
        decay=options.decay,
        transpose=options.transpose,
        stretch=options.stretch,
        replicas=options.processes,
        validate_minutes=options.validate_minutes,
        validations=options.validations,
        checkpoint_minutes=options.checkpoint_minutes,
        seed=options.seed,
    )
    run = Run(made, options.output, architecture, settings, learnt)
    try:
        best = run.train(_show_training)
    except KeyboardInterrupt:
        print("\nStopping.", file=sys.stderr)
        run.put_down(_show_training)
        print(f"Stopped. The same command goes on from step {run.steps}.", file=sys.stderr)
        raise
    print(file=sys.stderr)
    print(json.dumps({"weights": str(best), "validation_nats_per_note": round(run.best, 4)}))


def evaluate(options) -> None:
    """Measure how well a model foretells the pieces of a folder that it did not learn from."""
    composer = Composer.open(options.model)
    folder = Folder.read(
        options.folder,
        heard=options.baselines or options.samples > 0,
        split=options.split,
        on_file=_show_files,
    )
    report = {"model": options.model.name, "sha256": weights.digest(options.model)}
    report |= evaluation.evaluate(composer, folder, options.baselines, options.samples, _show_share)
    told = json.dumps(report, allow_nan=False)  # no JSON has them, nor a database
    print(told if options.json else "\n".join(reading.lines(report)))


def card(options) -> None:
    """Write the card that is shipped beside a model."""
    learnt_from = Corpus.load(options.corpus or options.run_folder / "corpus.npz")
    figures = json.loads(options.figures.read_text())
    made = cards.make(
        options.model,
        options.run_folder,
        figures,
        json.loads(options.facts.read_text("utf-8")) if options.facts else options.data,
        learnt_from,
        name=options.output.stem,
        command=options.command,
        before=options.after,
    )
    options.output.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", "utf-8")


def notes(options) -> None:
    """Print the notes of a MIDI file, if it is one that a piece may go on from."""
    piece = upload.read(options.file)
    told = {"duration": round(piece.seconds, 3), "notes": to_lists(piece.notes)}
    print(json.dumps(told, separators=(",", ":")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    command = commands.add_parser("prepare", help=prepare.__doc__)
    command.add_argument("folders", nargs="*", type=Path, help="none: music21's own scores")
    command.add_argument("--output", type=Path, required=True, help="an .npz file")
    command.add_argument(
        "--report", type=Path, metavar="FILE", help="tell there, as JSON, what is bad or twice"
    )
    command.set_defaults(run=prepare)

    command = commands.add_parser("train", help=train.__doc__)
    command.add_argument(
        "corpus", nargs="*", type=Path, help="an .npz file, or MIDI folders; none: music21's scores"
    )
    command.add_argument("--output", type=Path, required=True, help="a folder for this training")
    command.add_argument("--minutes", type=float, default=60, help="of training (default 60)")
    command.add_argument("--steps", type=int, default=0, help="stop after so many, if sooner")
    command.add_argument(
        "--epochs",
        type=int,
        default=0,
        help="stop after so many passes through the music, if sooner",
    )
    command.add_argument(
        "--from", dest="begin", type=Path, metavar="MODEL", help="a .keras file to go on from"
    )
    command.add_argument("--units", type=int, default=384, help="of each LSTM layer (default 384)")
    command.add_argument("--lanes", type=int, default=48, help="pieces side by side (default 48)")
    command.add_argument("--window", type=int, default=80, help="rows of a step (default 80)")
    command.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    command.add_argument(
        "--decay", type=float, default=0, help="of the weights, against learning by heart"
    )
    command.add_argument("--transpose", type=int, default=0, help="semitones up or down at most")
    command.add_argument(
        "--stretch", type=float, default=0, help="slower or quicker by such a share at most"
    )
    command.add_argument(
        "--processes", type=int, default=1, help="that learn side by side, on a core each"
    )
    command.add_argument("--validate-minutes", type=float, default=8, help="between validations")
    command.add_argument(
        "--validations", type=int, default=0, help="so many at least, if they take little time"
    )
    command.add_argument(
        "--checkpoint-minutes", type=float, default=2, help="what a sudden end can lose (default 2)"
    )
    command.add_argument("--seed", type=int, default=1)
    command.set_defaults(run=train)

    command = commands.add_parser("evaluate", help=evaluate.__doc__)
    command.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="of MIDI files, all of which are measured where no csv tells a split; or the .npz "
        "that prepare made",
    )
    command.add_argument("--model", type=Path, default=SHIPPED, help="default: the shipped one")
    command.add_argument("--baselines", action="store_true", help="unigram and order-2 Markov too")
    command.add_argument("--samples", type=int, default=0, help="measure so many composed pieces")
    command.add_argument(
        "--split",
        action="store_true",
        help="where no csv does: set aside the works that prepare sets aside, measure only them",
    )
    command.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    command.set_defaults(run=evaluate)

    command = commands.add_parser("card", help=card.__doc__)
    command.add_argument("model", type=Path)
    command.add_argument("--run-folder", type=Path, required=True, help="the training's folder")
    command.add_argument("--figures", type=Path, required=True, help="what evaluate --json printed")
    data = command.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", choices=sorted(cards.DATA))
    data.add_argument(
        "--facts", type=Path, help="of other data: called, licence, credit, … as JSON, see cards.py"
    )
    command.add_argument(
        "--corpus", type=Path, help="the .npz it learnt from; default: corpus.npz in that folder"
    )
    command.add_argument(
        "--command", default="", help="of the training, where its folder does not tell it"
    )
    command.add_argument(
        "--after",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="of a training that it went on from, or that one's card; the first one first",
    )
    command.add_argument(
        "--output", type=Path, required=True, help="NAME.json, the card of the model NAME"
    )
    command.set_defaults(run=card)

    command = commands.add_parser("notes", help=notes.__doc__)
    command.add_argument("file", type=Path, metavar="FILE", help="a MIDI file, of anybody")
    command.set_defaults(run=notes)

    for command in (commands.choices[name] for name in ("prepare", "train", "evaluate", "card")):
        command.add_argument(
            "--progress", type=Path, metavar="FILE", help="tell there, as JSON, how far it is"
        )
    return parser


def _corpus_for_training(options) -> Corpus:
    if len(options.corpus) == 1 and not options.corpus[0].is_dir():
        return Corpus.load(options.corpus[0])
    kept = options.output / "corpus.npz"
    if kept.exists():
        return Corpus.load(kept)
    made = corpus.prepare(options.corpus, _show_files)
    options.output.mkdir(parents=True, exist_ok=True)
    made.save(kept)
    return made


def _summary(made: Corpus) -> dict:
    splits, counts = sorted(set(made.splits.tolist())), {}
    for split in splits:
        counts[split] = len(made.of_split(split))
    return {"pieces": counts, "rows": len(made.rows), "styles": [key for key, _ in made.styles()]}


def _show_files(done: int, total: int, complaint: str | None) -> None:
    if complaint:
        print(f"\nLeft out: {complaint}", file=sys.stderr)
    _tell({"what": "Reading files", "share": done / total, "done": done, "total": total})
    _show(f"Reading files: {done} of {total}", done == total)


def _show_share(what: str, share: float) -> None:
    _tell({"what": what, "share": share}, at_once=share in (0, 1))
    _show(f"{what}: {share:.0%}", share >= 1)


def _show_training(progress: dict) -> None:
    minutes, seconds = divmod(round(progress["seconds_left"]), 60)
    fields = ", ".join(f"{field} {progress['train'][field]:.2f}" for field in FIELDS)
    line = (
        f"Step {progress['step']}, {progress['notes'] / 1e6:.2f} M notes, "
        f"{progress['train_nats']:.2f} nats a note ({fields}), {minutes}:{seconds:02} left"
    )
    validated = "validation_nats" in progress
    if validated:
        line += f"; validation {progress['validation_nats']:.3f}"
    _tell({"what": "Training"} | progress, validated)
    _show(line, validated)


def _in_words(error: ValueError | OSError) -> str:
    """The sentence of an error. HDF5 and ZIP files have long ones of their own for a full disk."""
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return "The disk is full." if full or "No space left on device" in str(error) else str(error)


def _tell(progress: dict, at_once: bool = False) -> None:
    """Write the progress into its file, whole or not at all, about once a second."""
    file = _told["file"]
    if file is None or not (at_once or time.monotonic() > _told["due"]):
        return
    _told["due"] = time.monotonic() + SECONDS_A_TELLING
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps(progress))
    partial.replace(file)


def _show(line: str, last: bool) -> None:
    """One line that is written over, on a terminal; else a line now and then, and the last."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last or time.monotonic() > _next_line["due"]:
        _next_line["due"] = time.monotonic() + SECONDS_A_LINE
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
