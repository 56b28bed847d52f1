"""From beats and hands to what stands on two staves: bars of notes, chords and rests.

All places and lengths are steps, 24ths of a beat. A bar's symbols fill it exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ml.beats import STEPS, Pulse
from ml.hands import split
from ml.metre import Metre

STAVES = RIGHT, LEFT = 0, 1  # from above
HALF = STEPS // 2
LONGEST = 4 * STEPS  # without a new note; a longer one ends, pedal or not
HELD = 0.5  # share of the time to the hand's next note that must sound to be written as held
GRACE_SECONDS, GRACE_STEP = 0.11, 2  # semitones: so shortly before another, so near: an ornament
DOTTED = Fraction(3, 2)
# Lengths of one note head in quarters, as they look: from a 32nd to a dotted whole.
VALUES = {Fraction(2**i, 8) for i in range(6)} | {Fraction(3 * 2**i, 16) for i in range(6)}


@dataclass(frozen=True, slots=True)
class Sound:
    """What a hand strikes at `start` and holds until `end`. Without pitches: a rest."""

    start: int
    end: int
    pitches: tuple[int, ...] = ()
    graces: tuple[int, ...] = ()
    tied: bool = False  # from the sound before
    ties: bool = False  # to the next

    @property
    def steps(self) -> int:
        """How long it lasts."""
        return self.end - self.start

    def part(self, start: int, end: int) -> "Sound":
        """From `start` to `end`, tied to what is cut off."""
        return Sound(
            start,
            end,
            self.pitches,
            self.graces if start == self.start else (),
            bool(self.pitches) and (self.tied or start > self.start),
            bool(self.pitches) and (self.ties or end < self.end),
        )


@dataclass(frozen=True, slots=True)
class Tuplet:
    """`actual` notes of which `usual` would fill the steps from `start` to `end`."""

    start: int
    end: int
    actual: int
    usual: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A sound, or part of one, that is written with one head. `quarters` is how long it lasts."""

    sound: Sound
    quarters: Fraction
    tuplet: Tuplet | None = None

    @property
    def value(self) -> Fraction:
        """How long it looks, in quarters: as if there was no tuplet."""
        if self.tuplet is None:
            return self.quarters
        return self.quarters * Fraction(self.tuplet.actual, self.tuplet.usual)


@dataclass(frozen=True, slots=True)
class Bar:
    """From `start` to `end`, and the symbols of both staves."""

    start: int
    end: int
    staves: tuple[list[Symbol], list[Symbol]] = field(default_factory=lambda: ([], []))


def write_bars(pulse: Pulse, metre: Metre) -> list[Bar]:
    """The whole piece in bars; the first one is shorter if it begins with an upbeat."""
    length, upbeat = metre.beats * STEPS, metre.first * STEPS
    bars = [Bar(0, upbeat)] if upbeat else []
    while not bars or bars[-1].end <= pulse.steps[-1]:
        start = bars[-1].end if bars else 0
        bars.append(Bar(start, start + length))
    for staff, sounds in enumerate(hands(pulse, bars[-1].end)):
        for bar in bars:
            within = [sound for sound in sounds if sound.start < bar.end and bar.start < sound.end]
            cut = [s.part(max(s.start, bar.start), min(s.end, bar.end)) for s in within]
            bar.staves[staff].extend(write_bar(cut, metre, bar))
    return bars


def hands(pulse: Pulse, end: int) -> tuple[list[Sound], list[Sound]]:
    """What the right and the left hand play, and their rests, from 0 to `end`."""
    struck = ({}, {})  # step -> [(note, seconds of its chord)]
    lines = split(pulse.chords)
    for chord, seconds, step, line in zip(
        pulse.chords, pulse.times, pulse.steps, lines, strict=True
    ):
        for note in chord:
            hand = RIGHT if note.pitch >= line else LEFT
            struck[hand].setdefault(int(step), []).append((note, seconds))
    return tuple(_held(hand, pulse, end) for hand in struck)


def _held(struck, pulse, end):
    """The sounds of a hand with their lengths: to the next, unless it is silent long before."""
    steps = sorted(struck)
    sounds, silent = [], 0
    for step, following in zip(steps, [*steps[1:], end], strict=True):
        if silent < step:
            sounds.append(Sound(silent, step))
        last = max(note.end for note, _ in struck[step])
        silent = step + _length(step, following - step, _step_at(last, pulse) - step)
        sounds.append(Sound(step, silent, *_ornament(struck[step])))
    if silent < end:
        sounds.append(Sound(silent, end))
    return sounds


def _length(step, room, sounding):
    """Steps to write for a sound with so much room until the next: no rest where none is heard."""
    if room <= STEPS or (HELD * room <= sounding and room <= LONGEST):
        return room
    silent = step + min(sounding, LONGEST)
    beat = -(-int(silent) // STEPS) * STEPS  # by which it is silent
    return min(max(beat - step, STEPS - step % STEPS), room)


def _ornament(notes):
    """Pitches of a chord, and those of notes that quickly lead into one of them."""
    last = max(seconds for _, seconds in notes)
    ends = [note.pitch for note, seconds in notes if seconds == last]
    graces, chord = [], set(ends)
    for note, seconds in notes:
        near = any(0 < abs(pitch - note.pitch) <= GRACE_STEP for pitch in ends)
        if near and 0 < last - seconds < GRACE_SECONDS:
            graces.append(note.pitch)
        else:
            chord.add(note.pitch)
    return tuple(sorted(chord)), tuple(pitch for pitch in graces if pitch not in chord)


def _step_at(seconds, pulse):
    over = max(0.0, seconds - pulse.times[-1]) / pulse.beat_seconds[-1] * STEPS
    return float(np.interp(seconds, pulse.times, pulse.steps)) + over


def write_bar(sounds: list[Sound], metre: Metre, bar: Bar) -> list[Symbol]:
    """The symbols of one staff in one bar, which `sounds` fill."""
    beat_quarters = DOTTED if metre.compound else Fraction(1)
    tuplets = list(_tuplets(sounds, bar, metre.compound))
    edges = {edge for tuplet in tuplets for edge in (tuplet.start, tuplet.end)}
    symbols = []
    for sound in sounds:
        inner = sorted(edge for edge in edges if sound.start < edge < sound.end)
        for start, end in zip([sound.start, *inner], [*inner, sound.end], strict=True):
            tuplet = next((one for one in tuplets if one.start <= start < one.end), None)
            for begin, stop in _pieces(start, end, sound, metre, bar, tuplet):
                quarters = Fraction(stop - begin, STEPS) * beat_quarters
                symbols.append(Symbol(sound.part(begin, stop), quarters, tuplet))
    return symbols


def _tuplets(sounds, bar, compound):
    """The parts of the bar that are divided otherwise than its metre does, by the places where
    sounds begin.
    """
    starts = [sound.start for sound in sounds]
    for beat in range(bar.start, bar.end, STEPS):
        places = {place - beat for place in starts if beat < place < beat + STEPS}
        if all(place % (4 if compound else 3) == 0 for place in places):
            continue
        if compound:
            parts = next(n for n in (2, 4, 8) if all(p % (STEPS // n) == 0 for p in places))
            yield Tuplet(beat, beat + STEPS, parts, parts * 3 // 2)
        elif all(place % 8 == 0 for place in places):
            yield Tuplet(beat, beat + STEPS, 3, 2)
        elif HALF not in places:
            yield Tuplet(beat, beat + STEPS, 6, 4)
        else:
            for half in (0, HALF):
                if any(place % 3 for place in places if half < place < half + HALF):
                    yield Tuplet(beat + half, beat + half + HALF, 3, 2)


def _pieces(start, end, sound, metre, bar, tuplet) -> Iterator[tuple[int, int]]:
    """Cut what cannot be written in one symbol, or would hide where the beats are."""
    quarters = Fraction(end - start, STEPS) * (DOTTED if metre.compound else 1)
    if tuplet:
        printable = Symbol(sound, quarters, tuplet).value in VALUES
        unit = (tuplet.end - tuplet.start) // tuplet.actual
        cut = start + 2 * unit
    else:
        place = (start - bar.start, end - bar.start)
        clear = _rest_is_clear if not sound.pitches else _note_is_clear
        printable = quarters in VALUES and clear(*place, metre, bar.end - bar.start)
        inside = range(start + 1, end)
        cut = max(inside, key=lambda one: _weight(one - bar.start, metre), default=start)
    if printable or cut <= start or cut >= end:
        yield start, end
    else:
        yield from _pieces(start, cut, sound, metre, bar, tuplet)
        yield from _pieces(cut, end, sound, metre, bar, tuplet)


def _weight(place, metre):
    """How much a place in the bar is felt as a division of it."""
    if place % STEPS == 0:
        return 6 if _is_middle(place, metre) else 5
    grids = (8, 4, 6, 3) if metre.compound else (12, 6, 3)
    return next((4 - i for i, grid in enumerate(grids) if place % grid == 0), 0)


def _is_middle(place, metre):
    return metre.beats == 4 and place == 2 * STEPS


def _rest_is_clear(start, end, metre, bar):
    length = end - start
    if (start, end) == (0, bar):
        return True
    if start // STEPS == (end - 1) // STEPS:
        return start % length == 0
    return length == 2 * STEPS and metre.beats == 4 and start % length == 0


def _note_is_clear(start, end, metre, bar):
    """Whether one note from `start` to `end`, in steps of the bar, reads at a glance."""
    length = end - start
    if start // STEPS == (end - 1) // STEPS:  # within a beat
        return length <= HALF or start % STEPS == 0 or end % STEPS == 0
    hides_middle = metre.beats == 4 and start < 2 * STEPS < end
    if start % STEPS == 0 and end % STEPS == 0:
        return not hides_middle or start == 0 or start == STEPS
    off_beat = start % HALF == 0 and end % HALF == 0 and length <= DOTTED * STEPS
    return off_beat and not hides_middle and not metre.compound
