"""How a model learnt, drawn as SVG from the history in its card or of its training.

Colours come from the page, by the classes frame, grid, train and validation.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

FIELDS = ("shift", "key", "velocity")
SIDES = {"train": "training", "validation": "validation"}
PANEL_WIDTH, PANEL_HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 30, 34  # margins inside a panel
TICKS = 5  # about so many on an axis
MOST_POINTS = 200  # of a long training
MOST_DOTS = 50  # more of them hide their line
NOTES = "M notes"


@dataclass(frozen=True)
class Curve:
    """Nats a note of one panel: validations in their order."""

    name: str
    heard: tuple[float, ...]  # in training, in the unit of the axis
    train: tuple[float, ...]
    validation: tuple[float, ...]


@dataclass(frozen=True)
class Drawing:
    """What a page shows of a training; nothing of one without validations."""

    unit: str  # of what was heard
    curves: list[Curve]

    def __bool__(self):
        return bool(self.curves)

    @property
    def panels(self) -> list[str]:
        """An SVG for the sum, and for each field: markup that needs no escaping any more."""
        return [self._svg(curve, f"curve-{i}") for i, curve in enumerate(self.curves)]

    @property
    def best(self) -> str:
        """The lowest validation, in words."""
        total = self.curves[0]
        lowest = min(total.validation)
        when = total.heard[total.validation.index(lowest)]
        return f"{lowest:.2f} nats after {when:.2f} {self.unit}"

    @property
    def head(self) -> list[str]:
        sides = SIDES.values()
        return [self.unit, *(f"{curve.name}, {side}" for curve in self.curves for side in sides)]

    @property
    def rows(self) -> Iterable[list[str]]:
        """The same in numbers, under `head`."""
        columns = [getattr(curve, side) for curve in self.curves for side in SIDES]
        for values in zip(self.curves[0].heard, *columns, strict=True):
            yield [f"{value:.2f}" for value in values]

    def _svg(self, curve, key):
        box = f"0 0 {PANEL_WIDTH} {PANEL_HEIGHT}"
        parts = [
            f'<svg viewBox="{box}" role="img" aria-labelledby="{key}-title {key}-desc">',
            f'<title id="{key}-title">Nats per note, {curve.name}</title>',
            f'<desc id="{key}-desc">{describe(curve, self.unit)}</desc>',
            *panel(curve, 0, 0, PANEL_WIDTH, self.unit),
            "</svg>",
        ]
        return "\n".join(parts)


def drawn(history: Sequence[dict], epoch_notes: int | None = None) -> Drawing:
    """The curves of a history; over epochs where `epoch_notes`, the notes of one, are known.

    Entries that are no validations are left out, and of very many only some are shown.
    """
    shown = thinned([entry for entry in history if is_validation(entry)])
    if not shown:
        return Drawing(NOTES, [])
    if epoch_notes:
        return Drawing("epochs", read(shown, epoch_notes))
    return Drawing(NOTES, read(shown))


def is_validation(entry) -> bool:
    """Whether it has all the numbers that the sum needs; cards come from anywhere."""
    if not isinstance(entry, dict):
        return False
    return all(map(is_number, (entry.get("notes"), *(entry.get(f"{s}_nats") for s in SIDES))))


def is_number(value) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e15  # neither infinite nor NaN


def thinned(entries: Sequence[dict]) -> Sequence[dict]:
    """At most `MOST_POINTS` of them, evenly, the last among them."""
    every = math.ceil(len(entries) / MOST_POINTS) or 1
    return entries[::-every][::-1]


def read(history: Sequence[dict], unit: float = 1e6) -> list[Curve]:
    """The sum of all fields first, then field by field where the history has them."""
    heard = tuple(entry["notes"] / unit for entry in history)
    sums = (tuple(entry[f"{side}_nats"] for entry in history) for side in SIDES)
    curves = [Curve("all fields", heard, *sums)]
    if all(has_fields(entry) for entry in history):
        for field in FIELDS:
            sides = (tuple(entry[side][field] for entry in history) for side in SIDES)
            curves.append(Curve(field, heard, *sides))
    return curves


def has_fields(entry: dict) -> bool:
    told = [entry.get(side) for side in SIDES]
    return all(isinstance(of, dict) and all(is_number(of.get(f)) for f in FIELDS) for of in told)


def describe(curve: Curve, unit: str = NOTES) -> str:
    """A panel in words, for those who cannot see it."""
    return (
        f"{curve.name}: validation from {curve.validation[0]:.2f} after {curve.heard[0]:.2f} "
        f"{unit} to {curve.validation[-1]:.2f} after {curve.heard[-1]:.2f} {unit}, "
        f"training from {curve.train[0]:.2f} to {curve.train[-1]:.2f}."
    )


def panel(curve: Curve, left: float, top: float, width: float, unit: str = NOTES) -> list[str]:
    """One set of axes with both lines, in a box of `width` × PANEL_HEIGHT."""
    x0, x1 = left + LEFT, left + width - RIGHT
    y0, y1 = top + PANEL_HEIGHT - BOTTOM, top + TOP
    across = scale((0, *curve.heard), x0, x1, ends_on_tick=False)
    up = scale((*curve.train, *curve.validation), y0, y1)
    parts = [f'<text class="panel" x="{x0:.0f}" y="{y1 - 8:.0f}">{escape(curve.name)}</text>']
    for value in up.ticks:
        y = up(value)
        parts.append(f'<line class="grid" x1="{x0:.1f}" y1="{y:.1f}" x2="{x1:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{x0 - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in across.ticks:
        x = across(value)
        parts.append(f'<text x="{x:.1f}" y="{y0 + 16:.1f}" text-anchor="middle">{value:g}</text>')
    parts.append(
        f'<rect class="frame" x="{x0:.1f}" y="{y1:.1f}" '
        f'width="{x1 - x0:.1f}" height="{y0 - y1:.1f}"/>'
    )
    for side in SIDES:
        points = zip(curve.heard, getattr(curve, side), strict=True)
        placed = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        parts.append(f'<polyline class="{side}" points="{placed}"/>')
    if len(curve.heard) <= MOST_DOTS:
        for x, y in zip(curve.heard, curve.validation, strict=True):
            parts.append(
                f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3">'
                f"<title>{y:.2f} nats after {x:.2f} {unit}</title></circle>"
            )
    return parts


@dataclass(frozen=True)
class Scale:
    """From values to places on paper."""

    low: float
    high: float
    begin: float
    end: float
    ticks: tuple[float, ...]

    def __call__(self, value):
        share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def scale(values: Sequence[float], begin: float, end: float, ends_on_tick: bool = True) -> Scale:
    """A scale with round ticks, wide enough for all values; else it ends with the highest."""
    low, high = min(values), max(values)
    rough = max((high - low) / TICKS, 1e-6)
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    first = math.floor(low / step)
    last = max(math.ceil(high / step) if ends_on_tick else math.floor(high / step), first + 1)
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return Scale(ticks[0], max(high, ticks[-1]), begin, end, ticks)
