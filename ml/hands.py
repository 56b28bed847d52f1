"""Which hand plays which notes: a dividing line between the two, moved as little as can be."""

import numpy as np

from ml.notes import Note

LOWEST_LINE, HIGHEST_LINE = 40, 86  # pitches: notes from the line on are the right hand's
REACH = 12  # semitones that a hand strikes at once without a stretch
TOGETHER = 0.14  # seconds within which a hand cannot jump
STRETCH, FAST_STRETCH = 0.35, 0.4  # cost of a semitone too far, at once and within TOGETHER
FINGERS, CROWDED = 4, 1.5  # notes a hand strikes with ease, and the cost of each one more
HIGHEST_LEFT, LOWEST_RIGHT, STRAY = 64, 56, 0.05  # pitches, and the cost of a semitone beyond
GAP = 0.05  # worth of a semitone between the hands, up to an octave
MOVE = 0.25  # cost of moving the line a semitone
JUMP, FREE_JUMP = 0.05, 7  # cost of a semitone that a hand jumps, and how many it may for nothing
BROKEN = 0.8  # cost of handing a step of a melody from one hand to the other
STEP, STEP_SECONDS = 2, 0.35  # semitones and seconds between two notes of a melody
QUICK = 0.15  # seconds; whoever has longer moves at less cost


def split(chords: tuple[tuple[Note, ...], ...]) -> list[int]:
    """The lowest pitch of the right hand in each chord.

    The cheapest path of a line over the keys, by dynamic programming.
    """
    lines = np.arange(LOWEST_LINE, HIGHEST_LINE)
    onsets = np.array([chord[0].onset for chord in chords])
    pitches = [np.array(sorted(note.pitch for note in chord)) for chord in chords]
    firsts = np.searchsorted(onsets, onsets - TOGETHER)
    lasts = np.searchsorted(onsets, onsets + TOGETHER, "right")
    moves = MOVE * np.abs(lines[:, None] - lines[None, :])

    cost, came_from, before = np.zeros(len(lines)), [], None
    for i, struck in enumerate(pitches):
        middles = _middles(struck, lines)
        if before is not None:
            gap = onsets[i] - onsets[i - 1]
            change = moves + _jumps(before, middles)
            if gap < STEP_SECONDS:
                change += _broken_steps(pitches[i - 1], struck, lines)
            total = cost[:, None] + change / (1 + 4 * max(0, gap - QUICK))
            came_from.append(total.argmin(0))
            cost = total.min(0)
        near = np.unique(np.concatenate(pitches[firsts[i] : lasts[i]]))
        cost = cost + _strain(struck, lines) + _fast_strain(near, lines)
        before = middles

    line = int(cost.argmin())
    path = [line]
    for back in reversed(came_from):
        line = int(back[line])
        path.append(line)
    return [int(lines[line]) for line in reversed(path)]


def _spans(pitches, lines):
    """Semitones from lowest to highest in the left and the right hand, (lines,) each."""
    left = np.searchsorted(pitches, lines)
    count = len(pitches)
    in_left = np.where(left > 0, pitches[np.maximum(left - 1, 0)] - pitches[0], 0)
    in_right = np.where(left < count, pitches[-1] - pitches[np.minimum(left, count - 1)], 0)
    return left, in_left, in_right


def _strain(pitches, lines):
    """Cost of striking `pitches` at once, (lines,)."""
    left, in_left, in_right = _spans(pitches, lines)
    right = len(pitches) - left
    cost = STRETCH * (np.maximum(0, in_left - REACH) + np.maximum(0, in_right - REACH))
    cost += CROWDED * (np.maximum(0, left - FINGERS) + np.maximum(0, right - FINGERS))
    in_left = pitches[None, :] < lines[:, None]  # (lines, notes)
    beyond = np.where(in_left, pitches - HIGHEST_LEFT, LOWEST_RIGHT - pitches)
    return cost + STRAY * np.maximum(0, beyond).sum(1)


def _fast_strain(pitches, lines):
    """Cost of reaching all of `pitches` in no time, (lines,)."""
    left, in_left, in_right = _spans(pitches, lines)
    cost = FAST_STRETCH * (np.maximum(0, in_left - REACH) + np.maximum(0, in_right - REACH))
    count = len(pitches)
    gap = pitches[np.minimum(left, count - 1)] - pitches[np.maximum(left - 1, 0)]
    gap = np.where((left > 0) & (left < count), gap, REACH / 2)
    return cost - GAP * np.minimum(gap, REACH)


def _middles(pitches, lines):
    """Mean pitch of each hand, (2, lines); nan for a hand that rests."""
    sums = np.concatenate([[0], np.cumsum(pitches)])
    left = np.searchsorted(pitches, lines)
    with np.errstate(invalid="ignore"):
        return np.stack([sums[left] / left, (sums[-1] - sums[left]) / (len(pitches) - left)])


def _jumps(before, after):
    """Cost of the way of both hands, (lines before, lines after)."""
    way = np.abs(before[:, :, None] - after[:, None, :])
    return JUMP * np.nan_to_num(np.maximum(0, way - FREE_JUMP)).sum(0)


def _broken_steps(before, after, lines):
    cost = np.zeros((len(lines), len(lines)))
    for one in before:
        for other in after[np.abs(after - one) <= STEP]:
            if other != one:
                cost += BROKEN * ((one < lines)[:, None] != (other < lines)[None, :])
    return cost
