"""Windows of a corpus for training: many pieces side by side, each read on from batch to batch."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ml import features
from ml.corpus import Corpus
from ml.encoding import KEY, KEYS, SHIFT, SHIFT_CENTRE, decode, encode, shift_bin
from ml.features import ANY, BEGIN
from ml.listener import Listener
from ml.notes import Piece

ENDING_SHARE = 0.1  # of the passages are a piece's last one or two minutes, to learn to end
ENDING_SPAN = (20.0, 120.0)  # seconds
OPEN_SHARE = 0.7  # of the passages are told nothing
WISH_SHARE = 0.6  # of the others tell each of style, energy, loudness
TIMED_SHARE = 0.9  # of the others know how much time is left


@dataclass(frozen=True)
class Variety:
    """By how much a passage may differ from the piece, for the network to learn no piece by heart.

    Transposition by whole pieces, and a pace that is another from one passage to the next (Oore et
    al. 2018: a third up or down, 5 % faster or slower).
    """

    semitones: int = 0  # up or down, at most
    stretch: float = 0.0  # share by which all times may be longer or shorter, at most


@dataclass
class Passage:
    """A piece from some row to its end, with what the network is told about it."""

    rows: np.ndarray  # (rows, 3) uint8
    wish: np.ndarray  # (rows, 3) int32: style, energy, loudness
    left: np.ndarray  # (rows,) seconds until the piece's end, before each row
    read: int = 0

    def __len__(self):
        return len(self.rows) - self.read


class Windows:
    """Endless batches of `lanes` windows of `length` rows. A lane goes on where it stopped, and
    begins another passage, with `keep` 0, when one is over.
    """

    def __init__(self, corpus: Corpus, pieces, style_number, lanes, length, variety, seed):
        self.corpus, self.pieces, self.style_number = corpus, pieces, style_number
        self.lanes, self.length, self.variety = lanes, length, variety
        self.rng = np.random.default_rng(seed)
        self.to_come = []  # every piece once, in random order, before any comes again
        self.listener = Listener(lanes)
        self.before = np.tile(BEGIN, (lanes, 1))  # (lanes, 3)
        self.passages = [self.begin(anywhere=True) for _ in range(lanes)]
        self.keep = np.zeros((lanes, 1), np.float32)

    def begin(self, anywhere=False) -> Passage:
        """Another passage: a whole piece, or its end; at the very first, any part of one."""
        if self.rng.random() < ENDING_SHARE:
            piece = int(self.rng.choice(self.pieces))
            rows = self.corpus.piece(piece)
            seconds = features.seconds_of(rows)
            start = np.searchsorted(seconds, seconds[-1] - self.rng.uniform(*ENDING_SPAN))
        else:
            if not self.to_come:
                self.to_come = self.rng.permutation(self.pieces).tolist()
            piece = self.to_come.pop()
            rows = self.corpus.piece(piece)
            start = self.rng.integers(len(rows)) if anywhere else 0
        rows = self.stretched(self.transposed(tail(rows, int(start))))
        return self.told(rows, self.style_number(piece))

    def told(self, rows, style_number) -> Passage:
        """A passage with a random choice of what the network is told about it."""
        seconds = features.seconds_of(rows)
        left = seconds[-1] - np.concatenate([[0], seconds[:-1]])
        energy, loudness = features.levels(rows)
        style, energetic, loud, timed = self.rng.random(4)
        if self.rng.random() < OPEN_SHARE:
            style = energetic = loud = timed = 1.0
        wish = np.full((len(rows), 3), ANY, np.int32)
        if style < WISH_SHARE:
            wish[:, 0] = style_number
        if energetic < WISH_SHARE:
            wish[:, 1] = energy
        if loud < WISH_SHARE:
            wish[:, 2] = loudness
        if timed >= TIMED_SHARE:
            left[:] = np.inf
        return Passage(rows, wish, left)

    def transposed(self, rows):
        """The piece some semitones away, as far as all its keys stay on the piano."""
        if not self.variety.semitones:
            return rows
        key = rows[:, KEY].astype(np.int64)
        pressed, most = key % KEYS, self.variety.semitones
        down, up = max(-most, -pressed.min()), min(most, KEYS - 1 - pressed.max())
        rows = rows.copy()
        rows[:, KEY] = key + self.rng.integers(down, up + 1)
        return rows

    def stretched(self, rows):
        """The piece at another pace."""
        most = self.variety.stretch
        if not most:
            return rows
        pace = self.rng.uniform(1 - most, 1 + most)
        slower = [
            replace(note, onset=note.onset * pace, duration=note.duration * pace)
            for note in decode(rows).notes
        ]
        return encode(Piece(tuple(slower)))

    def __iter__(self):
        return self

    def __next__(self):
        """(inputs, rows, weights): what `trainer.Trainer` takes; weight 0 pads a passage's end."""
        lanes, length = self.lanes, self.length
        rows = np.zeros((lanes, length, 3), np.uint8)
        wish = np.zeros((lanes, length, 3), np.int32)
        left = np.full((lanes, length), np.inf)
        weights = np.zeros((lanes, length), np.float32)
        for lane, passage in enumerate(self.passages):
            if len(passage) == 0:
                passage = self.passages[lane] = self.begin()
                self.keep[lane] = 0
                self.listener.begin(lane)
                self.before[lane] = BEGIN
            here = slice(passage.read, passage.read + length)
            count = min(length, len(passage))
            rows[lane, :count] = passage.rows[here]
            wish[lane, :count] = passage.wish[here]
            left[lane, :count] = passage.left[here]
            weights[lane, :count] = 1
            passage.read += count
        inputs = {
            "before": np.concatenate([self.before[:, None], rows[:, :-1]], axis=1).astype(np.int32),
            "rows": rows.astype(np.int32),
            **features.inputs(self.listener.play(rows))._asdict(),
            "wish": wish,
            "ending": features.ending(left),
            "keep": self.keep,
        }
        self.before = rows[:, -1].astype(np.int32)
        self.keep = np.ones((lanes, 1), np.float32)
        return inputs, inputs["rows"], weights


def ahead(windows: Iterator, batches: int = 3) -> Iterator:
    """The same windows, made in a thread beside the one that learns from them."""
    made = queue.Queue(batches)

    def make():
        for batch in windows:
            made.put(batch)

    threading.Thread(target=make, daemon=True).start()
    while True:
        yield made.get()


def tail(rows: np.ndarray, start: int) -> np.ndarray:
    """Rows from `start` on, without the ends of notes that began before; all, if none is left."""
    if start == 0:
        return rows
    whole, rows = rows, rows[start:]
    _, first = np.unique(rows[:, KEY] % KEYS, return_index=True)
    orphans = first[rows[first, KEY] >= KEYS]
    ticks = np.delete(np.cumsum(SHIFT_CENTRE[rows[:, SHIFT]]), orphans)
    rows = np.delete(rows, orphans, axis=0)
    if not len(rows):
        return whole
    rows[:, SHIFT] = shift_bin(np.diff(ticks, prepend=ticks[0]))
    return rows
