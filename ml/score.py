"""The score of a piece: MusicXML through music21, and its picture through verovio.

    score = engrave(piece, title="Nocturne in E flat major")

What is composed has neither bars nor hands: `ml.beats` finds the beats, `ml.hands` the hands,
`ml.staves` what can be read. Some music is too free for that, and is refused.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from music21 import (
    bar,
    beam,
    chord,
    clef,
    duration,
    dynamics,
    expressions,
    key,
    layout,
    metadata,
    meter,
    note,
    pitch,
    spanner,
    stream,
    tempo,
    tie,
)
from music21.musicxml.m21ToXml import GeneralObjectExporter

from ml import keys, marks
from ml.beats import STEPS, Pulse, gather, track
from ml.engraving import Heading, draw
from ml.metre import Metre, find_metre
from ml.notes import Piece
from ml.staves import LEFT, RIGHT, STAVES, Bar, write_bars

FEWEST_CHORDS = 8
LEAST_FIT = -0.25  # as `Score.fit`; chords struck at random times stay below
SURE_FIT = 0.0  # below this the beats are a guess, and whoever shows the score says so
LONGEST_USE = 1.0  # seconds of a note that count for the key: the pedal holds what is over
PEDALLED = 1.5  # times as long as they are written, notes sound under a pedal

TYPES = {Fraction(2**i, 8): kind for i, kind in enumerate(
    ("32nd", "16th", "eighth", "quarter", "half", "whole")
)}  # fmt: skip
CLEFS = {
    marks.BASS_BELOW: clef.BassClef,
    marks.BASS: clef.BassClef,
    marks.TREBLE: clef.TrebleClef,
    marks.TREBLE_ABOVE: clef.TrebleClef,
}
OCTAVES = {marks.BASS_BELOW: ("8vb", "below"), marks.TREBLE_ABOVE: ("8va", "above")}


class TooFreeError(ValueError):
    """The music has no beat that a score could show. The message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Score:
    """`musicxml` is a file's text; `pages` are SVG images, ink on nothing: put them on white."""

    musicxml: str
    pages: tuple[str, ...]
    beats_a_minute: int
    key: str
    metre: str
    fit: float  # nats a chord by which the beats explain the music better than chance


def engrave(piece: Piece, *, title: str, composer: str = "Nocturne") -> Score:
    """Write down `piece`. Raises TooFreeError if its beat is too vague for a score."""
    pulse = _pulse(piece)
    metre = find_metre(pulse)
    bars = write_bars(pulse, metre)
    uses = _uses(pulse, bars)
    signed = keys.signatures(uses)
    beats_a_minute = marks.tempos(_tempos(pulse, bars))
    title = "".join(sign for sign in title if sign.isprintable())  # all that XML can hold
    written = _Writer(pulse, metre, bars, signed, keys.spellings(uses, signed), beats_a_minute)
    musicxml = written.musicxml(title, composer)
    return Score(
        musicxml=musicxml,
        pages=draw(musicxml, Heading(title, composer)),
        beats_a_minute=beats_a_minute[0],
        key=keys.name(uses.sum(0), max(signed, key=signed.count)),
        metre=str(metre),
        fit=round(pulse.fit, 3),
    )


def _pulse(piece):
    if len(gather(piece)) < FEWEST_CHORDS:
        raise TooFreeError("The music is too short for a score: it has no beat to go by.")
    pulse = track(piece)
    if pulse.fit < LEAST_FIT:
        raise TooFreeError(
            "The music is too free for a clean score: no steady beat explains its rhythm."
        )
    return pulse


def _bar_of(pulse, bars):
    """(chords,) int: the bar in which each chord begins."""
    return np.searchsorted([one.end for one in bars], pulse.steps, "right")


def _uses(pulse, bars):
    """(bars, 12): how much each pitch class sounds in each bar."""
    uses = np.zeros((len(bars), 12))
    for row, struck in zip(_bar_of(pulse, bars), pulse.chords, strict=True):
        for one in struck:
            uses[row, one.pitch % 12] += 0.1 + min(one.duration, LONGEST_USE)
    return uses


def _tempos(pulse: Pulse, bars: list[Bar]):
    """Beats a minute in each bar; that of the bar before where nothing begins."""
    found, tempo_now = [], 60 / pulse.beat_seconds[0]
    rows = _bar_of(pulse, bars)
    for row in range(len(bars)):
        here = pulse.beat_seconds[rows == row]
        tempo_now = 60 / float(here.mean()) if len(here) else tempo_now
        found.append(tempo_now)
    return found


def _loudness(pulse, bars):
    rows = _bar_of(pulse, bars)
    loudest = np.array([max(one.velocity for one in struck) for struck in pulse.chords])
    return [
        float(loudest[rows == row].mean()) if (rows == row).any() else None
        for row in range(len(bars))
    ]


class _Writer:
    """One score while it is written into music21's objects."""

    def __init__(self, pulse, metre: Metre, bars, signed, spelt, beats_a_minute):
        self.pulse, self.metre, self.bars = pulse, metre, bars
        self.signed, self.spelt, self.beats_a_minute = signed, spelt, beats_a_minute
        self.loudness = marks.dynamics(_loudness(pulse, bars))

    def musicxml(self, title, composer):
        score = stream.Score()
        score.metadata = metadata.Metadata(title=title, composer=composer)
        parts = [self.staff(number) for number in STAVES]
        for part in parts:
            score.insert(0, part)
        score.insert(0, layout.StaffGroup(parts, symbol="brace", name="Piano"))
        exporter = GeneralObjectExporter(score)
        exporter.makeNotation = False
        return exporter.parse().decode()

    def staff(self, number):
        part = stream.PartStaff(id=("right", "left")[number])
        part.partName = "Piano"
        chosen = marks.clefs(self.bars, number)
        upbeat = self.metre.first > 0
        raised = {}  # octave line -> notes under it
        for row, written in enumerate(self.bars):
            measure = stream.Measure(number=row + (0 if upbeat else 1))
            self.signs(measure, row, number, chosen)
            notes = self.fill(measure, row, number)
            if chosen[row] in OCTAVES:
                if not row or chosen[row - 1] != chosen[row]:
                    raised[row] = (chosen[row], [])
                raised[max(raised)][1].extend(notes)
            if upbeat and row == 0:
                measure.paddingLeft = float(
                    meter.TimeSignature(str(self.metre)).barDuration.quarterLength
                    - self.quarters(written.end - written.start)
                )
            part.append(measure)
        measure.rightBarline = bar.Barline("final")
        for kind, notes in raised.values():
            shift, side = OCTAVES[kind]
            if notes:
                part.insert(0, spanner.Ottava(notes, type=shift, transposing=False, placement=side))
        return part

    def quarters(self, steps):
        return Fraction(steps, STEPS) * (Fraction(3, 2) if self.metre.compound else 1)

    def signs(self, measure, row, number, chosen):
        """Clef, signature, metre, tempo and dynamics, where they are new."""
        if row == 0 or CLEFS[chosen[row]] is not CLEFS[chosen[row - 1]]:
            measure.insert(0, CLEFS[chosen[row]]())
        if row == 0 or self.signed[row] != self.signed[row - 1]:
            measure.insert(0, key.KeySignature(self.signed[row]))
        if row == 0:
            measure.insert(0, meter.TimeSignature(str(self.metre)))
        if number == RIGHT and self.beats_a_minute[row]:
            beat = duration.Duration(1.5 if self.metre.compound else 1)
            measure.insert(0, tempo.MetronomeMark(number=self.beats_a_minute[row], referent=beat))
        if number == RIGHT and self.loudness[row]:
            measure.insert(0, dynamics.Dynamic(self.loudness[row]))
        if number == LEFT and row == 0 and self.is_pedalled():
            words = expressions.TextExpression("con ped.")
            words.placement = "below"
            words.style.fontStyle = "italic"
            measure.insert(0, words)

    def is_pedalled(self):
        """Whether notes sound much longer than to the next ones."""
        gaps = np.diff(self.pulse.times)
        lasting = [max(one.duration for one in struck) for struck in self.pulse.chords[:-1]]
        return bool(np.median(np.array(lasting) / gaps) > PEDALLED)

    def fill(self, measure, row, number):
        """Put the symbols of a bar into `measure`; return its notes and chords."""
        written = self.bars[row].staves[number]
        shown = {}  # (letter, octave) -> sharps in force in this bar
        place, made = Fraction(0), []
        for symbol in written:
            element = self.element(symbol, shown, row)
            for grace in symbol.sound.graces:
                short = note.Note(self.pitch(grace, shown, row), type="eighth")
                measure.insert(place, short.getGrace())
            measure.insert(place, element)
            made.append(element)
            place += symbol.quarters
        self.beam(written, made, self.bars[row])
        if len(written) == 1 and not written[0].sound.pitches:
            made[0].fullMeasure = True
        return [element for element in made if not element.isRest]

    def element(self, symbol, shown, row):
        sound = symbol.sound
        pitches = [self.pitch(one, shown, row, tied=sound.tied) for one in sound.pitches]
        if not pitches:
            element = note.Rest()
        elif len(pitches) == 1:
            element = note.Note(pitches[0])
        else:
            element = chord.Chord(pitches)
        element.duration = _duration(symbol)
        if sound.tied or sound.ties:
            kind = "continue" if sound.tied and sound.ties else "stop" if sound.tied else "start"
            element.tie = tie.Tie(kind)
        return element

    def pitch(self, number, shown, row, tied=False):
        """A pitch as it is spelt in this bar, its accidental shown where it is new."""
        letter, sharps, octave = keys.spell(number, self.spelt[row])
        made = pitch.Pitch(letter, octave=octave)
        signed = _signed(letter, self.signed[row])
        made.accidental = pitch.Accidental(sharps)
        made.accidental.displayStatus = not tied and shown.get((letter, octave), signed) != sharps
        if not tied:
            shown[letter, octave] = sharps
        return made

    def beam(self, symbols, elements, written):
        """Join the flags of each beat, and plain quavers over two."""
        groups = []
        for symbol, element in zip(symbols, elements, strict=True):
            if not symbol.sound.pitches or not _flags(symbol):
                groups.append((None, []))
                continue
            beat = (symbol.sound.start - written.start) // STEPS
            if not groups or groups[-1][0] != beat:
                groups.append((beat, []))
            groups[-1][1].append((symbol, element))
        for group in self.in_pairs(groups):
            flags = [_flags(symbol) for symbol, _ in group]
            if len(group) > 1:
                for i, (_, element) in enumerate(group):
                    element.beams = _beams(flags, i)

    def in_pairs(self, groups):
        joined, last = [], None
        for beat, group in groups:
            plain = bool(group) and all(
                symbol.value == Fraction(1, 2) and not symbol.tuplet for symbol, _ in group
            )
            pairs = self.metre.beats != 3 and not self.metre.compound
            if pairs and plain and last is not None and beat == last + 1 and beat % 2 == 1:
                joined[-1] = joined[-1] + group
                last = None
                continue
            joined.append(group)
            last = beat if plain and beat is not None else None
        return joined


def _signed(letter, signature):
    """Sharps that the signature gives a letter."""
    place = keys.LETTERS.index(letter)
    if signature > place:
        return 1
    return -1 if -signature > 6 - place else 0


def _duration(symbol):
    dotted = symbol.value not in TYPES
    kind = TYPES[symbol.value / Fraction(3, 2) if dotted else symbol.value]
    made = duration.Duration(type=kind, dots=int(dotted))
    if symbol.tuplet:
        tuplet = symbol.tuplet
        each = symbol.value * (tuplet.end - tuplet.start) / tuplet.actual
        mark = duration.Tuplet(tuplet.actual, tuplet.usual, TYPES[each / symbol.sound.steps])
        if symbol.sound.start == tuplet.start:
            mark.type = "start"
        elif symbol.sound.end == tuplet.end:
            mark.type = "stop"
        mark.bracket = True
        made.appendTuplet(mark)
    return made


def _flags(symbol):
    return sum(symbol.value < limit for limit in (1, Fraction(1, 2), Fraction(1, 4)))


def _beams(flags, i):
    """The beams of the note at `i` of a group."""
    made = beam.Beams()
    for level in range(1, flags[i] + 1):
        before = i > 0 and flags[i - 1] >= level
        after = i + 1 < len(flags) and flags[i + 1] >= level
        if before or after:
            made.append("continue" if before and after else "stop" if before else "start")
        else:
            made.append("partial", "left" if i else "right")
    return made
