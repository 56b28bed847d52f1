"""How well a network foretells music it never heard: nats per note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ml import encoding, features
from ml.encoding import FIELDS, KEY, KEYS, SHIFT, SHIFT_WIDTH, VELOCITY
from ml.features import BEGIN, Inputs
from ml.forward import Forward
from ml.listener import Listener

CHUNK = 32  # rows that go through the heads together


@dataclass(frozen=True)
class Likelihood:
    """Negative log-likelihood of some pieces, in nats a note (natural logarithm)."""

    by_field: dict[str, float]  # nats a note of each field, as the bins stand
    correction: float  # nats a note that bins wider than 10 ms hide: ln of the width, as uniform
    notes: int
    files: int

    @property
    def nats_per_note(self) -> float:
        """At 10 ms and 32 velocities, so that models of other bins can stand beside it."""
        return sum(self.by_field.values()) + self.correction


def measure(
    forward: Forward,
    pieces: Sequence[np.ndarray],
    wishes: Sequence[np.ndarray] | None = None,
    most_rows: int | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Likelihood:
    """Nats per note of `pieces` (rows, 3), each from its start, with the state carried to its end.

    `wishes`: style, energy and loudness of each piece, (3,) int; without them the network is told
    nothing, of the time left neither, which is what other models are compared by. `most_rows`
    looks only at the beginning of every piece.
    """
    longest_first = sorted(range(len(pieces)), key=lambda i: -len(pieces[i]))
    rows = [pieces[i][:most_rows] for i in longest_first]
    told = np.zeros((len(rows), 3), np.int64)
    if wishes is not None:
        told[:] = [wishes[i] for i in longest_first]
    total, done = sum(map(len, rows)), 0

    wish = forward.wish(told)
    state = forward.start(len(rows))
    listener = Listener(len(rows))
    before = np.tile(BEGIN, (len(rows), 1))
    nats = np.zeros(len(FIELDS))
    for begin in range(0, len(rows[0]), CHUNK):
        active = sum(len(piece) > begin for piece in rows)
        block, real = _block(rows[:active], begin)
        listener.drop_after(active)
        for name in ("low_h", "low_c", "high_h", "high_c"):
            setattr(state, name, getattr(state, name)[:active])
        nats += _block_nats(forward, block, real, before[:active], wish[:active], listener, state)
        before = block[:, -1]
        done += int(real.sum())
        if on_progress:
            on_progress(done / total)

    notes = sum(encoding.note_count(piece) for piece in rows)
    hidden = sum(float(np.log(SHIFT_WIDTH[piece[:, SHIFT]]).sum()) for piece in rows)
    by_field = dict(zip(FIELDS, (nats / notes).tolist(), strict=True))
    return Likelihood(by_field, hidden / notes, notes, len(pieces))


def _block(rows, begin):
    """(pieces, CHUNK, 3) rows from `begin` on, and (pieces, CHUNK) which of them are real."""
    block = np.zeros((len(rows), CHUNK, 3), np.int64)
    real = np.zeros((len(rows), CHUNK), bool)
    for i, piece in enumerate(rows):
        here = piece[begin : begin + CHUNK]
        block[i, : len(here)] = here
        real[i, : len(here)] = True
    return block, real


def _block_nats(forward, block, real, before, wish, listener, state):
    """Summed nats of each field over the real rows; moves `listener` and `state` on."""
    told = features.inputs(listener.play(block))  # of (pieces, CHUNK)
    previous = np.concatenate([before[:, None], block[:, :-1]], axis=1)
    ending = np.zeros((len(block), len(features.ENDING_SECONDS)), np.float32)
    heard = []
    for step in range(block.shape[1]):
        now = Inputs(*(part[:, step] for part in told))
        heard.append(forward.hear(previous[:, step], wish, ending, now, state))

    heard, row, key_before = np.stack(heard, axis=1)[real], block[real], previous[real][:, KEY]
    told = Inputs(*(part[real] for part in told))  # of (rows,)
    struck = row[:, KEY] < KEYS
    shift, key = row[:, SHIFT], row[:, KEY]
    key_logits, around = forward.key_logits(heard, told, key_before, shift)
    velocity_logits = forward.velocity_logits(
        heard[struck],
        Inputs(*(part[struck] for part in told)),
        around[struck],
        shift[struck],
        key[struck],
    )
    return np.array(
        [
            _nats(forward.shift_logits(heard, told), shift),
            _nats(key_logits, key),
            _nats(velocity_logits, row[struck, VELOCITY]),
        ]
    )


def _nats(logits, values):
    """Summed -ln p of `values` (rows,) under `logits` (rows, bins), in float64."""
    logits = logits.astype(np.float64)
    highest = logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[:, 0]
    return float((log_sum - logits[np.arange(len(values)), values]).sum())
