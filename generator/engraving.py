"""Notes -> score, in a child process: see engrave.py. Knows neither records nor settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generator.children import Child


class EngravingError(Exception):
    """The score could not be written; the message is a sentence for people."""


class TooFreeError(Exception):
    """No score would tell this music; the message is a sentence for people."""


CHILD = Child(
    "generator.engrave",
    error=EngravingError,
    too_long="Writing the score took longer than allowed.",
    no_result="The program that writes the score stopped without a result.",
)


@dataclass(frozen=True, slots=True)
class Engraved:
    musicxml: Path
    svg: Path
    figures: dict  # tempo, key, metre, and whatever else ml/score.py tells of a score


def engrave(
    notes: list[list[int]],
    folder: Path,
    *,
    title: str,
    deadline: float,
    cancelled: Callable[[], bool] | None = None,
) -> Engraved:
    """Write the score of `notes`, rows as in notes.json, into files of `folder`.

    `deadline` is a time of `time.monotonic()`; `cancelled` is asked several times a second.
    Raises TooFreeError, EngravingError or CancelledError.
    """
    answer = CHILD.run(folder, {"notes": notes, "title": title}, deadline, cancelled)
    if "too_free" in answer:
        raise TooFreeError(answer["too_free"])
    return Engraved(folder / "score.musicxml", folder / "score.svg", answer["figures"])
