"""What stands over and before the notes: clefs, octave lines, dynamics and tempo."""

import numpy as np

from ml.paths import cheapest_path, price
from ml.staves import LEFT, Bar

BASS_BELOW, BASS, TREBLE, TREBLE_ABOVE = CLEFS = range(4)  # the outer two with an octave line
LINES = {BASS: (18, 26), TREBLE: (30, 38)}  # lowest and highest, in white keys from C0
EASY_LEDGERS = 2
OTHER_CLEF, OTHER_OCTAVE = 14.0, 7.0  # cost, in squared ledger lines, of a change
FOREIGN = 4.0  # of a bar in the other staff's clef

DYNAMICS = ("pp", "p", "mp", "mf", "f", "ff")
VELOCITIES = np.array([30, 42, 54, 66, 80, 98])  # of these, as people play them (MAESTRO)
SWING = 10.0  # velocities by which bars of one dynamic differ
NEW_DYNAMIC = 5.0

TEMPOS = np.arange(np.log(20), np.log(320), 0.04)  # logarithms of beats a minute
RUBATO = 0.12  # by which bars of one tempo differ
NEW_TEMPO, TEMPO_WAY = 8.0, 2.0  # cost of any change, and what the factor e adds to it


def clefs(bars: list[Bar], staff: int) -> list[int]:
    """The clef of each bar of a staff: what keeps ledger lines few, changed seldom."""
    home = BASS if staff == LEFT else TREBLE
    costs = np.zeros((len(bars), len(CLEFS)))
    for row, bar in enumerate(bars):
        pitches = [pitch for symbol in bar.staves[staff] for pitch in symbol.sound.pitches]
        costs[row] = [_ledgers(pitches, clef) for clef in CLEFS]
        costs[row, [clef for clef in CLEFS if _family(clef) != home]] += FOREIGN
    return cheapest_path(costs, _clef_changes())


def _ledgers(pitches, clef):
    if not pitches:
        return 0.0
    octave = {BASS_BELOW: 12, TREBLE_ABOVE: -12}.get(clef, 0)
    lowest, highest = LINES[_family(clef)]
    keys = np.round((np.array(pitches) + octave - 12) * 7 / 12)
    ledgers = np.maximum(np.maximum(keys - highest, lowest - keys) // 2 - EASY_LEDGERS, 0)
    return float((ledgers**2).sum() + (0.5 * len(pitches) if octave else 0))


def _family(clef):
    return BASS if clef in (BASS_BELOW, BASS) else TREBLE


def _clef_changes():
    change = price(len(CLEFS), OTHER_OCTAVE)
    for one in CLEFS:
        for other in CLEFS:
            if _family(one) != _family(other):
                change[one, other] = OTHER_CLEF
    return change


def dynamics(loudness: list[float | None]) -> list[str]:
    """A mark for each bar of that mean velocity (None: a silent one); '' where none is needed."""
    costs = np.array(
        [
            np.zeros(len(DYNAMICS)) if loud is None else (loud - VELOCITIES) ** 2 / (2 * SWING**2)
            for loud in loudness
        ]
    )
    path = cheapest_path(costs, price(len(DYNAMICS), NEW_DYNAMIC))
    return [DYNAMICS[level] if new else "" for level, new in _news(path)]


def tempos(beats_a_minute: list[float]) -> list[int]:
    """A mark for each bar of that tempo, in beats a minute; 0 where none is needed."""
    logs = np.log(beats_a_minute)
    costs = np.minimum((logs[:, None] - TEMPOS) ** 2 / (2 * RUBATO**2), 8)
    way = np.abs(TEMPOS[:, None] - TEMPOS)
    path = cheapest_path(costs, np.where(way > 0, NEW_TEMPO + TEMPO_WAY * way, 0))
    marks = []
    for row, (choice, new) in enumerate(_news(path)):
        same = next((i for i in range(row, len(path)) if path[i] != choice), len(path))
        marks.append(round(float(np.exp(np.median(logs[row:same])))) if new else 0)
    return marks


def _news(path):
    return [(one, row == 0 or one != path[row - 1]) for row, one in enumerate(path)]
