"""Notes <-> integer rows, one row for every key that goes down or up.

A row is (shift, key, velocity): the time since the row before, the key with its direction, and how
hard it was struck (0 when it goes up). Rows are in time order; of one instant, ends come before
onsets, and lower keys before higher ones. So the music of a row depends only on rows before it.
"""

import numpy as np

from ml.notes import LOWEST_PITCH, Note, Piece

TICKS_PER_SECOND = 100
KEYS = 88
VELOCITY_WIDTH = 4
VELOCITIES = 128 // VELOCITY_WIDTH
FINE_SHIFTS = 101  # 0 to 1 s, each 10 ms
LONG_SHIFTS = 24  # logarithmic, 1 to 10 s
SHIFTS = FINE_SHIFTS + LONG_SHIFTS
LONGEST_SHIFT = 10 * TICKS_PER_SECOND

SHIFT, KEY, VELOCITY = 0, 1, 2  # columns of a row
FIELDS = ("shift", "key", "velocity")
SIZES = (SHIFTS, 2 * KEYS, VELOCITIES)  # a key below KEYS goes down, from KEYS on it goes up

# Bin `i` holds the shifts from SHIFT_START[i] up to SHIFT_START[i + 1], that excluded, in ticks.
_EDGES = np.geomspace(FINE_SHIFTS, LONGEST_SHIFT + 1, LONG_SHIFTS + 1).round().astype(np.int64)
SHIFT_START = np.concatenate([np.arange(FINE_SHIFTS), _EDGES])  # (SHIFTS + 1,)
SHIFT_WIDTH = np.diff(SHIFT_START)  # (SHIFTS,) ticks in each bin
SHIFT_CENTRE = SHIFT_START[:-1] + SHIFT_WIDTH // 2  # (SHIFTS,) the ticks that stand for each bin


def shift_bin(ticks):
    """Bin of a shift of `ticks`; longer ones than 10 s fall into the last."""
    clipped = np.minimum(ticks, LONGEST_SHIFT)
    return np.searchsorted(SHIFT_START, clipped, side="right") - 1


def encode(piece: Piece) -> np.ndarray:
    """Rows of a piece, (rows, 3) uint8: two rows a note. Times are rounded to 10 ms.

    A note that would begin in the same 10 ms on the same key as another is left out; one that is
    struck again ends there; none is shorter than 10 ms. Silence before the first note is left out.
    """
    return timed(piece)[0]


def timed(piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    """`encode`, and the tick of each row from the piece's 0 on, (rows,) int64."""
    events = _events(piece)
    if not events:
        return np.zeros((0, len(FIELDS)), np.uint8), np.zeros(0, np.int64)
    table = np.array(events, np.int64)  # (rows, 4): tick, 0 up or 1 down, pitch, velocity
    ticks, down, pitch, velocity = table.T
    rows = np.empty((len(table), len(FIELDS)), np.uint8)
    rows[:, SHIFT] = shift_bin(np.diff(ticks, prepend=ticks[0]))
    rows[:, KEY] = pitch - LOWEST_PITCH + np.where(down, 0, KEYS)
    rows[:, VELOCITY] = np.where(down, velocity // VELOCITY_WIDTH, 0)
    return rows, ticks


def _events(piece: Piece) -> list[tuple[int, int, int, int]]:
    sounding = {}  # pitch -> (onset, end) of its last note, ticks
    events = []
    for note in piece.notes:
        onset = round(note.onset * TICKS_PER_SECOND)
        end = max(round(note.end * TICKS_PER_SECOND), onset + 1)
        if note.pitch in sounding:
            last_onset, last_end = sounding[note.pitch]
            if onset <= last_onset:
                continue
            events.append((min(last_end, onset), 0, note.pitch, 0))
        sounding[note.pitch] = (onset, end)
        events.append((onset, 1, note.pitch, note.velocity))
    events.extend((end, 0, pitch, 0) for pitch, (_, end) in sounding.items())
    return sorted(events)


def decode(rows: np.ndarray, ticks: np.ndarray | None = None) -> Piece:
    """The piece that `rows` (rows, 3) tell. Keys still down after the last row end there.

    `ticks` (rows,) gives each row's time where it is known; otherwise a shift stands for its bin's
    centre. A velocity is its bin's centre. Rows that cannot be played (an end of a silent key) are
    passed over.
    """
    if ticks is None:
        ticks = np.cumsum(SHIFT_CENTRE[rows[:, SHIFT]])
    sounding = {}  # key -> (onset in ticks, velocity)
    notes = []

    def end(key, tick):
        onset, velocity = sounding.pop(key)
        start, length = onset / TICKS_PER_SECOND, max(tick - onset, 1) / TICKS_PER_SECOND
        notes.append(Note(start, length, int(key) + LOWEST_PITCH, velocity))

    for (_, key, velocity), tick in zip(rows.tolist(), np.asarray(ticks).tolist(), strict=True):
        pressed = key % KEYS
        if pressed in sounding:
            end(pressed, tick)
        if key < KEYS:
            sounding[pressed] = (tick, velocity * VELOCITY_WIDTH + VELOCITY_WIDTH // 2)
    for key in list(sounding):
        end(key, int(ticks[-1]))
    return Piece(tuple(notes))


def note_count(rows: np.ndarray) -> int:
    """Number of notes, that is of rows in which a key goes down."""
    return int(np.count_nonzero(rows[:, KEY] < KEYS))
