import json
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator import audio, wishes
from generator.checks import WEIGHTS
from generator.jobs import ARTIST, settings_line
from generator.models import ANY_STYLE
from generator.titles import invent_title

OPTIONS = ("model", "style", "seed", "temperature", "seconds", "energy", "loudness")


class Command(BaseCommand):
    help = (
        "Compose a piece without web, queue or database: writes an MP3 and a MIDI file, and prints "
        "a line of JSON with the settings, the number of notes, the duration and the seconds that "
        "each step took. That line, kept in a file, is good for --from."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--seconds", type=float, help="length, 60 by default")
        parser.add_argument("--style", help="any, or a composer the model knows")
        parser.add_argument("--temperature", type=float, help="creativity, 1 by default")
        parser.add_argument("--energy", type=int, help="1 (calm) to 5 (lively), 0 for any")
        parser.add_argument("--loudness", type=int, help="1 (soft) to 5 (loud), 0 for any")
        parser.add_argument("--seed", type=int, help="drawn at random by default, and printed")
        parser.add_argument("--model", help="name, or path of a .keras file; concert by default")
        parser.add_argument(
            "--continue", dest="before", type=Path, metavar="FILE.mid", help="go on from this music"
        )
        parser.add_argument("--at", type=float, metavar="SECONDS", help="from here on in FILE.mid")
        parser.add_argument(
            "--from",
            dest="source",
            type=Path,
            metavar="FILE.json",
            help="settings, as the site offers them for every piece; other options go first",
        )
        parser.add_argument("--output", type=Path, default=Path("piece.mp3"), help="an .mp3 file")

    def handle(self, *, before, at, source, output, **options):
        check_output(output)
        try:
            wish = wishes.complete(
                (wishes.read(source) if source else {})
                | {name: options[name] for name in OPTIONS if options[name] is not None}
                | ({"model_sha256": ""} if options["model"] else {})
            )
            beginning = find_beginning(wish["beginning"], before, at)
            weights, wish["model_sha256"] = find_weights(wish["model"], wish["model_sha256"])
            wish["model"] = weights.stem
            report = make(weights, beginning, wish, output)
        except (ValueError, audio.AudioError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(report, ensure_ascii=False))


def check_output(output):
    if output.suffix.lower() != ".mp3":
        raise CommandError(f"--output must end in .mp3, not {output.name!r}.")
    if not output.parent.is_dir():
        raise CommandError(f"--output: there is no folder {output.parent}.")


def find_beginning(told, path, seconds):
    """The music to go on from: that of the options, or else that of the settings; or None."""
    from ml import upload
    from ml.beginning import Beginning

    if (path is None) != (seconds is None):
        raise CommandError("--continue and --at go together.")
    if path is None:
        return Beginning.from_dict(told) if told else None
    try:
        return Beginning.cut(upload.read(path).notes, seconds)
    except OSError as problem:
        raise CommandError(f"--continue: {path} cannot be read: {problem.strerror}.") from problem


def find_weights(model, sha256):
    """The .keras file of that path or name, shipped or registered, and its SHA-256."""
    from ml.weights import digest

    if model.endswith(".keras"):
        places = [Path(model)]
    else:
        registered = Path(settings.MODELS_ROOT)  # where a file's name may end in its SHA-256
        places = [folder / f"{model}.keras" for folder in (WEIGHTS, registered)]
        places += sorted(registered.glob(f"*-{sha256[:8]}.keras")) if sha256 else []
    digests = {place: digest(place) for place in places if place.is_file()}
    for place, found in digests.items():
        if found == (sha256 or found):
            return place, found
    if digests:
        raise CommandError(
            f"The weights of {model!r} here are others than those of the settings. "
            "With --model you compose by them all the same: another piece."
        )
    known = ", ".join(sorted(path.stem for path in WEIGHTS.glob("*.keras"))) or "none"
    raise CommandError(f"--model: there is no model {model!r}. Models in ml/weights: {known}.")


def make(weights, beginning, wish, output):
    """Write OUTPUT and the MIDI file beside it; return the wish and what was measured."""
    from ml import midi
    from ml.composer import Composer

    started = time.perf_counter()
    composer = Composer.open(weights)
    names = dict(composer.styles)
    request = ask(wish, beginning, names)
    piece = composer.compose(request)
    composed = time.perf_counter()
    score = output.with_suffix(".mid")
    title = wish["title"] or invent_title(wish["seed"], names.get(request.style, ""))
    try:
        midi.write(piece, score)
        written = time.perf_counter()
        rendered = render(score, output, piece, wish | {"title": title}, beginning)
    except OSError as problem:
        raise CommandError(f"A file cannot be written: {problem}.") from problem
    return wish | {
        "title": title,
        "beginning": beginning and beginning.to_dict(),
        "mp3": str(output),
        "midi": str(score),
        "notes": len(piece.notes),
        "duration": round(rendered.duration, 3),
        "composing": round(composed - started, 3),
        "writing_midi": round(written - composed, 3),
        "rendering": round(rendered.seconds_rendering, 3),
        "encoding": round(rendered.seconds_encoding, 3),
    }


def ask(wish, beginning, names):
    """The request of a wish, to a network that knows the styles `names`."""
    from ml.composer import Request

    style = "" if wish["style"] == ANY_STYLE else wish["style"]
    if style and style not in names:
        raise CommandError(
            f"--style: this model does not know {style!r}, but {', '.join(sorted(names))}."
        )
    plain = ("seconds", "seed", "temperature", "energy", "loudness")
    return Request(style=style, beginning=beginning, **{name: wish[name] for name in plain})


def render(score, output, piece, wish, beginning):
    said = {name: wish[name] for name in ("model", "style", "seed", "temperature", "seconds")}
    said |= {name: wish[name] for name in ("energy", "loudness") if wish[name]}
    if beginning:
        said["takeover"] = beginning.seconds
    return audio.render(
        score,
        output,
        soundfont=settings.SOUNDFONT,
        seconds=piece.seconds,
        tags={"title": wish["title"], "artist": ARTIST, "comment": settings_line(**said)},
        deadline=time.monotonic() + settings.COMPOSE_TIMEOUT,
    )
