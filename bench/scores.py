"""Which music gets a score, how well beats and hands are found, and how long that takes.

.venv/bin/python bench/scores.py --data data [--pieces 24] [--model FILE]

Beats and hands are known of piano-midi.de: its files are scores, played with tempo curves. Here
every chord of them comes early or late by chance, too, as fingers do.
"""

import argparse
import csv
import random
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml import beats, hands, metrics, midi, score, smf
from ml.composer import Composer, Request
from ml.notes import Note, Piece

SHIPPED = Path(__file__).resolve().parent.parent / "ml" / "weights" / "concert.keras"
SECONDS, LONG_SECONDS = 60, 600
UNEVEN = 0.012  # seconds: standard deviation of a chord's onset
RATES = (3, 5, 7, 10, 14)  # onsets a second, by chance
RIGHT, LEFT = 1, 2  # tracks of piano-midi.de
LEVELS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4)  # beats for one of the score
NEAR = 1 / 40  # of a beat


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--pieces", type=int, default=24)
    options.add_argument("--model", type=Path, default=SHIPPED)
    options = options.parse_args()
    rng, dice = np.random.default_rng(1), random.Random(1)

    known = [scored(path, rng) for path in some(options, "piano-midi-de", "midis/*/*.mid", dice)]
    tell_what_is_right([one for one in known if one])
    composer = Composer.open(options.model)
    styles = [slug for slug, _ in composer.styles]
    sets = {
        "piano-midi.de": [piece for piece, _, _ in filter(None, known)],
        "MAESTRO": [metrics.excerpt(midi.read(path)) for path in performances(options, dice)],
        "composed": [
            composer.compose(Request(SECONDS, seed, styles[seed % len(styles)]))
            for seed in range(options.pieces)
        ],
        "chance": [by_chance(RATES[i % len(RATES)], rng) for i in range(options.pieces)],
    }
    print("| music | pieces | with a score | fit: least | 1/4 | median | 3/4 | most |")
    print("|---|---|---|---|---|---|---|---|")
    for name, pieces in sets.items():
        fits = np.array([beats.track(piece).fit for piece in pieces])
        quarters = " | ".join(f"{fit:.2f}" for fit in np.quantile(fits, (0, 0.25, 0.5, 0.75, 1)))
        print(f"| {name} | {len(pieces)} | {(fits >= score.LEAST_FIT).sum()} | {quarters} |")
    tell_times(sets["composed"], composer)


def some(options, folder, pattern, dice):
    paths = sorted((options.data / folder).glob(pattern))
    return dice.sample(paths, min(options.pieces, len(paths)))


def performances(options, dice):
    with next((options.data / "maestro-v3").glob("*.csv")).open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] != "train"]
    held_out = [row["midi_filename"] for row in rows]
    paths = [options.data / "maestro-v3" / name for name in sorted(held_out)]
    return dice.sample([path for path in paths if path.exists()], options.pieces)


def scored(path, rng):
    """(piece, beat of each note, right hand's notes) of the first minute, by piano-midi.de."""
    file = smf.parse(path.read_bytes())
    places, right = {}, set()  # (milliseconds, pitch) -> quarters
    for number in (RIGHT, LEFT):
        if len(file.tracks) <= LEFT:
            return None
        ticks = [
            (tick, pitch)
            for tick, kind, _, pitch, velocity in midi._events(file.tracks[number])
            if kind == midi.ChannelVoiceMessages.NOTE_ON and velocity
        ]
        played = midi._in_seconds(midi._merged([file.tracks[0], file.tracks[number]], 10**6), file)
        onsets = [
            (seconds, pitch)
            for seconds, kind, _, pitch, velocity in played
            if kind == midi.ChannelVoiceMessages.NOTE_ON and velocity
        ]
        for (tick, pitch), (seconds, _) in zip(ticks, onsets, strict=True):
            places[round(seconds, 4), pitch] = tick / file.ticks_per_quarter
            if number == RIGHT:
                right.add((round(seconds, 4), pitch))
    late = {}
    notes, truth, with_right = [], {}, set()
    for one in metrics.cut(midi.read(path), 0, SECONDS).notes:
        name = (round(one.onset, 4), one.pitch)
        if name not in places:
            continue
        by = late.setdefault(name[0], rng.normal(0, UNEVEN))
        moved = Note(max(0, one.onset + by), one.duration, one.pitch, one.velocity)
        notes.append(moved)
        truth[moved.onset, moved.pitch] = places[name]
        if name in right:
            with_right.add((moved.onset, moved.pitch))
    return (Piece(tuple(notes)), truth, with_right) if len(notes) > 50 else None


def tell_what_is_right(known):
    steps, levels, held = [], [], []
    for piece, truth, right in known:
        pulse = beats.track(piece)
        places = np.array([np.median([truth[n.onset, n.pitch] for n in c]) for c in pulse.chords])
        found, given = np.diff(pulse.steps) / beats.STEPS, np.diff(places)
        by_level = {level: np.abs(found - level * given) < NEAR for level in LEVELS}
        level = max(by_level, key=lambda one: by_level[one].mean())
        steps.append(by_level[level].mean())
        levels.append(level)
        lines = hands.split(pulse.chords)
        held.append(np.mean([
            (n.pitch >= line) == ((n.onset, n.pitch) in right)
            for chord, line in zip(pulse.chords, lines, strict=True) for n in chord
        ]))  # fmt: skip
    same = sum(level == 1 for level in levels)
    print(f"piano-midi.de, {len(known)} pieces: {np.mean(steps):.1%} of the steps from chord to")
    print(f"chord are right (median {np.median(steps):.1%}),", end=" ")
    print(f"the beat is the score's in {same}.")
    print(f"{np.mean(held):.1%} of the notes come to the right hand", end=" ")
    print(f"(median {np.median(held):.1%}).\n")


def by_chance(rate, rng):
    """Keys struck at random times, some of them together."""
    onsets = np.cumsum(rng.exponential(1 / rate, SECONDS * rate))
    return Piece(tuple(
        Note(float(onset), 0.3, int(pitch), int(rng.integers(30, 100)))
        for onset in onsets for pitch in rng.choice(np.arange(40, 88), rng.integers(1, 4), False)
    ))  # fmt: skip


def tell_times(pieces, composer):
    score.LEAST_FIT = -np.inf  # what would be refused is engraved, too
    middle = np.median([timed(piece) for piece in pieces], axis=0)
    long = timed(composer.compose(Request(LONG_SECONDS, 1, "chopin")))
    print()
    for seconds, (notes, taken, busy) in ((SECONDS, middle), (LONG_SECONDS, long)):
        print(f"{seconds} s, {notes:.0f} notes: {taken:.1f} s, of them {busy:.1f} s busy")


def timed(piece):
    began, busy = time.perf_counter(), time.process_time()
    score.engrave(piece, title="Score")
    return len(piece), time.perf_counter() - began, time.process_time() - busy


if __name__ == "__main__":
    main()
