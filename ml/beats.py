"""Where the beats of free playing lie, and on what part of a beat each chord falls.

A hidden Markov model over chords: hidden are the place in the beat and the tempo, seen are the
times between chords and how much each stands out (after Raphael 2002 and Nakamura et al. 2017).
All costs are in nats.
"""

from dataclasses import dataclass

import numpy as np

from ml.accents import KINDS, accents
from ml.notes import Note, Piece

STEPS = 24  # of a beat: the smallest grid that has all of its parts
PARTS = (1, 2, 3, 4, 6, 8)  # into which a beat may be divided
CHORD_GAP = 0.035  # seconds: an onset this near to the one before belongs to its chord
CHORD_SPAN = 0.07  # seconds from the first onset of a chord to its last

SLOWEST, FASTEST = 1.6, 0.25  # seconds a beat
USUAL, USUAL_SPREAD = 0.55, 0.4  # seconds a beat; the spread is one of logarithms
UNUSUAL = 0.5  # how much each beat costs by being unusual, against the first one
TEMPO_STEP = 0.04  # logarithm of seconds a beat
TEMPO_REACH = 5  # tempo steps from a chord to the next, at most
TEMPO_CHANGE = 0.02  # mean change of the logarithm in a second
JITTER, STRETCH = 0.018, 0.11  # seconds, and share of the time between two chords
STRANGE = 6.0  # cost, per second, of a time between two chords that fits nothing
EMPTY_BEAT = 3.5
LATE_START = 3.0  # of a piece that begins within a beat, or a beat that begins without a chord
ROLLED, ROLLED_SECONDS = 3.0, 0.03  # a chord that belongs to the one before it, and how far it is

# How a beat in so many parts is followed, in percent: counted on the 337 pieces of piano-midi.de.
# A score reads best where this seldom changes, and eighths of a beat would explain anything: both
# are made rarer than they are.
FOLLOWS = np.array(
    [
        [58, 22, 3, 11, 1, 2],
        [11, 72, 1, 10, 1, 2],
        [7, 2, 81, 2, 3, 1],
        [6, 9, 1, 79, 1, 1],
        [4, 8, 5, 4, 70, 1],
        [6, 15, 1, 16, 1, 27],
    ]
)
CHANGES = 0.4  # of them that are believed
# Cost of leaving one of so many parts without a chord, and of striking it.
SKIPPED = {1: 0.0, 2: 2.5, 3: 2.5, 4: 1.8, 6: 2.2, 8: 2.0}
STRUCK = {1: 0.0, 2: 0.05, 3: 0.02, 4: 0.1, 6: 0.2, 8: 0.25}

STATES = [(parts, part) for parts in PARTS for part in range(parts)]  # 24 of them
STATE_PARTS = np.array([parts for parts, _ in STATES])
STATE_STEP = np.array([part * STEPS // parts for parts, part in STATES])
STATE_KIND = np.select([STATE_STEP == 0, STATE_STEP == STEPS // 2], KINDS[:2], KINDS[2])
PLACES = np.unique(STATE_STEP)  # the 12 steps of a beat on which a chord may fall
STATE_PLACE = np.searchsorted(PLACES, STATE_STEP)
AHEAD = (PLACES[None, :] - PLACES[:, None]) / STEPS  # (12, 12) beats from place to place


@dataclass(frozen=True, slots=True)
class Pulse:
    """Chords and where they fall.

    `steps`: (chords,) int, 24ths of a beat; beats begin at multiples of 24, the first at 0.
    `parts`: (chords,) int, into how many parts the chord's beat is divided.
    `fit`: nats a chord by which these beats explain the onsets better than chance does.
    """

    chords: tuple[tuple[Note, ...], ...]
    times: np.ndarray
    steps: np.ndarray
    parts: np.ndarray
    beat_seconds: np.ndarray
    fit: float


def gather(piece: Piece) -> tuple[tuple[Note, ...], ...]:
    """The notes as chords: what is struck together."""
    chords = []
    for note in piece.notes:
        begins = (
            not chords
            or note.onset - chords[-1][-1].onset > CHORD_GAP
            or note.onset - chords[-1][0].onset > CHORD_SPAN
        )
        if begins:
            chords.append([])
        chords[-1].append(note)
    return tuple(tuple(chord) for chord in chords)


def times(chords) -> np.ndarray:
    """When each chord is struck, (chords,) seconds: the mean of its onsets."""
    return np.array([np.mean([note.onset for note in chord]) for chord in chords])


def track(piece: Piece) -> Pulse:
    """Find the beats that explain a piece of two chords and more best."""
    chords = gather(piece)
    onsets = times(chords)
    states, tempos, beats, cost = _best_path(np.diff(onsets), accents(chords)[:, STATE_KIND])
    return Pulse(
        chords=chords,
        times=onsets,
        steps=np.cumsum(beats) * STEPS + STATE_STEP[states],
        parts=STATE_PARTS[states],
        beat_seconds=tempos,
        fit=float((_by_chance(np.diff(onsets)) - cost) / (len(chords) - 1)),
    )


def _moves() -> tuple[np.ndarray, np.ndarray]:
    """Cost from state to state within a beat, and to the beat after it, (24, 24) each."""
    change = -np.log(FOLLOWS / 100 * np.where(np.eye(len(PARTS)), 1, CHANGES))
    within = np.full((len(STATES), len(STATES)), np.inf)
    across = np.empty_like(within)
    for row, (parts, part) in enumerate(STATES):
        for column, (next_parts, next_part) in enumerate(STATES):
            if parts == next_parts and part < next_part:
                within[row, column] = (next_part - part - 1) * SKIPPED[parts] + STRUCK[parts]
            across[row, column] = (
                (parts - 1 - part) * SKIPPED[parts]
                + change[PARTS.index(parts), PARTS.index(next_parts)]
                + max(0, next_part - 1) * SKIPPED[next_parts]
                + (LATE_START if next_part else 0)
                + STRUCK[next_parts]
            )
    return within, across


WITHIN, ACROSS = _moves()


def _best_path(gaps, stress):
    """Viterbi: states, seconds a beat and beats passed, (chords,) each, and the path's cost.

    `gaps`: (chords - 1,) seconds; `stress`: (chords, 24) cost of a chord in a state.
    """
    logs = np.arange(np.log(FASTEST), np.log(SLOWEST), TEMPO_STEP)
    tempos = np.exp(logs)  # (tempos,) seconds a beat
    unusual = (logs - np.log(USUAL)) ** 2 / (2 * USUAL_SPREAD**2)
    shape = (len(gaps), len(tempos), len(STATES))
    from_state, shifts, beats = (np.zeros(shape, kind) for kind in (np.int8, np.int8, np.int16))
    rows = np.arange(len(tempos))[:, None]
    pairs = (STATE_PLACE[:, None] * len(PLACES) + STATE_PLACE[None, :]).ravel()

    cost = unusual[:, None] + stress[0] + np.where(STATE_STEP == 0, 0, LATE_START)
    for i, gap in enumerate(gaps):
        cost, shift = _other_tempo(cost, gap)
        passed, fits = _fits(gap, tempos)  # (tempos, 12, 12)
        same = np.where(passed == 0, fits, np.inf).reshape(len(tempos), -1)
        later = fits + (passed - 1) * EMPTY_BEAT + passed * UNUSUAL * unusual[:, None, None]
        later = np.where(passed > 0, later, np.inf).reshape(len(tempos), -1)
        moves = np.minimum(
            same[:, pairs].reshape(-1, *WITHIN.shape) + WITHIN,
            later[:, pairs].reshape(-1, *ACROSS.shape) + ACROSS,
        )
        total = cost[:, :, None] + moves  # (tempos, from 24, to 24)
        best = total.argmin(1)
        moved = np.take_along_axis(total, best[:, None, :], 1)[:, 0, :]
        rolled = cost + ROLLED + gap / ROLLED_SECONDS + np.log(ROLLED_SECONDS)
        stays = rolled < moved
        best = np.where(stays, np.arange(len(STATES)), best)
        from_state[i], shifts[i] = best, shift[rows, best]
        beats[i] = np.where(stays, 0, passed[rows, STATE_PLACE[best], STATE_PLACE])
        cost = np.where(stays, rolled, moved) + stress[i + 1]
    return *_trace(cost, from_state, shifts, beats, tempos), cost.min()


def _trace(cost, from_state, shifts, beats, tempos):
    tempo, state = np.unravel_index(cost.argmin(), cost.shape)
    path = [(state, tempo, 0)]
    for i in range(len(shifts) - 1, -1, -1):
        passed = beats[i, tempo, state]
        tempo, state = tempo + shifts[i, tempo, state], from_state[i, tempo, state]
        path[-1] = (*path[-1][:2], passed)
        path.append((state, tempo, 0))
    states, rows, passed = (np.array(part) for part in zip(*reversed(path), strict=True))
    return states, tempos[rows], passed


def _other_tempo(cost, gap):
    """`cost` after the best change of tempo in `gap` seconds, and by how many steps it came."""
    steps = np.arange(-TEMPO_REACH, TEMPO_REACH + 1)
    price = np.abs(steps) * TEMPO_STEP / (TEMPO_CHANGE * np.sqrt(np.clip(gap, 0.02, 2)))
    price += np.log(np.exp(-price).sum())
    best, shift = np.full_like(cost, np.inf), np.zeros(cost.shape, np.int8)
    for step, extra in zip(steps, price, strict=True):
        here = slice(max(0, -step), len(cost) - max(0, step))
        there = slice(max(0, step), len(cost) - max(0, -step))
        better = cost[there] + extra < best[here]
        best[here] = np.where(better, cost[there] + extra, best[here])
        shift[here] = np.where(better, step, shift[here])
    return best, shift


def _fits(gap, tempos):
    """Whole beats passed between two places, and the cost of the time left, (tempos, 12, 12)."""
    beats = (gap / tempos)[:, None, None]
    passed = np.maximum(np.rint(beats - AHEAD), np.where(AHEAD > 0, 0, 1))
    spread = np.hypot(JITTER, STRETCH * gap)
    off = (beats - passed - AHEAD) * tempos[:, None, None] / spread
    return passed, np.minimum(off**2 / 2 + np.log(spread * np.sqrt(2 * np.pi)), STRANGE)


def _by_chance(gaps, around=15):
    """Cost of the gaps if chords came at any time, as many a second as they do thereabouts."""
    gaps = np.maximum(gaps - CHORD_GAP, 0.002)
    filled = np.pad(gaps, around, mode="reflect" if len(gaps) > around else "edge")
    means = np.convolve(filled, np.ones(2 * around + 1) / (2 * around + 1), "valid")
    return float((gaps / means + np.log(means)).sum())
