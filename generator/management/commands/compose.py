import json
import secrets
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generator import audio
from generator.checks import WEIGHTS
from generator.jobs import ARTIST, settings_line
from generator.models import (
    ANY_STYLE,
    COLDEST,
    DEFAULT_SECONDS,
    HOTTEST,
    LARGEST_SEED,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
)
from generator.titles import invent_title

DEFAULT_MODEL = "concert"


class Command(BaseCommand):
    help = (
        "Compose a piece without web, queue or database: writes an MP3 and a MIDI file, and prints "
        "a line of JSON with the notes, the duration and the seconds that each step took."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help="length")
        parser.add_argument("--style", default=ANY_STYLE, help="any, or a composer the model knows")
        parser.add_argument("--temperature", type=float, default=1.0, help="creativity")
        parser.add_argument("--seed", type=int, help="empty: drawn at random, and printed")
        parser.add_argument("--model", default=DEFAULT_MODEL, help="name, or path of a .keras file")
        parser.add_argument("--output", type=Path, default=Path("piece.mp3"), help="an .mp3 file")

    def handle(self, *, seconds, style, temperature, seed, model, output, **options):
        check_range("--seconds", seconds, SHORTEST_SECONDS, LONGEST_SECONDS)
        check_range("--temperature", temperature, COLDEST, HOTTEST)
        if seed is None:
            seed = secrets.randbelow(LARGEST_SEED + 1)
        check_range("--seed", seed, 0, LARGEST_SEED)
        check_output(output)
        weights = find_weights(model)
        wish = {
            "model": weights.stem,
            "style": style or ANY_STYLE,
            "seed": seed,
            "temperature": temperature,
            "seconds": seconds,
        }
        report = make(weights, "" if style == ANY_STYLE else style, wish, output)
        self.stdout.write(json.dumps(report, ensure_ascii=False))


def check_range(option, value, lowest, highest):
    if not lowest <= value <= highest:
        raise CommandError(f"{option} must be from {lowest} to {highest}, not {value}.")


def check_output(output):
    if output.suffix.lower() != ".mp3":
        raise CommandError(f"--output must end in .mp3, not {output.name!r}.")
    if not output.parent.is_dir():
        raise CommandError(f"--output: there is no folder {output.parent}.")


def find_weights(model):
    """The .keras file of that path or name, shipped or registered."""
    if model.endswith(".keras"):
        places = [Path(model)]
    else:
        places = [folder / f"{model}.keras" for folder in (WEIGHTS, Path(settings.MODELS_ROOT))]
    for place in places:
        if place.is_file():
            return place
    known = ", ".join(sorted(path.stem for path in WEIGHTS.glob("*.keras"))) or "none"
    raise CommandError(f"--model: there is no model {model!r}. Models in ml/weights: {known}.")


def make(weights, style, wish, output):
    """Write OUTPUT and the MIDI file beside it; return what was measured."""
    from ml import midi
    from ml.composer import Composer, Request

    started = time.perf_counter()
    try:
        composer = Composer.open(weights)
        names = dict(composer.styles)
        if style and style not in names:
            raise CommandError(
                f"--style: this model does not know {style!r}, but {', '.join(sorted(names))}."
            )
        request = Request(
            seconds=wish["seconds"],
            seed=wish["seed"],
            style=style,
            temperature=wish["temperature"],
        )
        piece = composer.compose(request)
    except ValueError as problem:
        raise CommandError(str(problem)) from problem
    composed = time.perf_counter()
    score = output.with_suffix(".mid")
    title = invent_title(wish["seed"], names.get(style, ""))
    try:
        midi.write(piece, score)
        written = time.perf_counter()
        rendered = render(score, output, piece, title, wish)
    except audio.AudioError as problem:
        raise CommandError(str(problem)) from problem
    except OSError as problem:
        raise CommandError(f"A file cannot be written: {problem}.") from problem
    return wish | {
        "title": title,
        "mp3": str(output),
        "midi": str(score),
        "notes": len(piece.notes),
        "duration": round(rendered.duration, 3),
        "composing": round(composed - started, 3),
        "writing_midi": round(written - composed, 3),
        "rendering": round(rendered.seconds_rendering, 3),
        "encoding": round(rendered.seconds_encoding, 3),
    }


def render(score, output, piece, title, wish):
    return audio.render(
        score,
        output,
        soundfont=settings.SOUNDFONT,
        seconds=piece.seconds,
        tags={"title": title, "artist": ARTIST, "comment": settings_line(**wish)},
        deadline=time.monotonic() + settings.COMPOSE_TIMEOUT,
    )
