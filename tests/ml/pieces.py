"""Pieces for tests: small ones that are the same every time, and hypothesis' strategies."""

import csv

import numpy as np
from hypothesis import strategies as st

from ml import midi
from ml.corpus import Corpus
from ml.encoding import encode
from ml.notes import Note, Piece

VELOCITIES = st.integers(1, 127)
PITCHES = st.integers(21, 108)


@st.composite
def any_pieces(draw):
    """Pieces with overlaps, re-struck keys and long pauses, on no grid."""
    times = st.floats(0, 40)
    notes = st.builds(Note, times, st.floats(0.001, 15), PITCHES, VELOCITIES)
    return Piece(tuple(draw(st.lists(notes, min_size=1, max_size=20))))


@st.composite
def plain_pieces(draw, ticks_per_second):
    """Pieces on a grid that begin at once, pause for less than a second, and strike no key anew
    that is still down.
    """
    now, free, notes = 0, {}, []
    gaps = st.integers(0, ticks_per_second // 2)
    steps = st.tuples(gaps, st.integers(1, ticks_per_second // 2), PITCHES, VELOCITIES)
    for gap, length, pitch, velocity in draw(st.lists(steps, min_size=1, max_size=30)):
        now += gap if notes else 0
        if now >= free.get(pitch, 0):
            free[pitch] = now + length
            start, duration = now / ticks_per_second, length / ticks_per_second
            notes.append(Note(start, duration, pitch, velocity))
    return Piece(tuple(notes))


def walk(seed, notes=60):
    """A piece that steps through a scale of C, ever the same for one seed."""
    rng = np.random.default_rng(seed)
    scale = [pitch for pitch in range(48, 85) if pitch % 12 in (0, 2, 4, 5, 7, 9, 11)]
    place, made = int(rng.integers(len(scale))), []
    for i in range(notes):
        place = int(np.clip(place + rng.integers(-2, 3), 0, len(scale) - 1))
        made.append(Note(i * 0.2, 0.15, scale[place], 60 + 10 * (i % 2)))
    return Piece(tuple(made))


def walks(seeds, notes=60):
    return [encode(walk(seed, notes)) for seed in seeds]


def small_corpus(train=8, validation=2, notes=60):
    """A corpus of walks; every second one is by Chopin."""
    count = train + validation
    tables = walks(range(count), notes)
    return Corpus(
        rows=np.concatenate(tables),
        starts=np.cumsum([0, *map(len, tables)]),
        composers=np.array(["Frédéric Chopin", "Somebody / Else"] * count)[:count],
        titles=np.array([f"Walk {i}" for i in range(count)]),
        splits=np.array(["train"] * train + ["validation"] * validation),
    )


def write_folder(folder, count):
    """MIDI files of walks, without a csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        midi.write(walk(i), folder / f"walk-{i}.mid")


def write_maestro(folder, splits):
    """A folder like MAESTRO's: a file for each split named, and a csv."""
    write_folder(folder / "2004", len(splits))
    lines = [
        {
            "canonical_composer": "Frédéric Chopin",
            "canonical_title": f"Walk {i}",
            "split": split,
            "midi_filename": f"2004/walk-{i}.mid",
        }
        for i, split in enumerate(splits)
    ]
    write_csv(folder / "maestro.csv", lines)


def write_csv(path, lines):
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, lines[0])
        table.writeheader()
        table.writerows(lines)
