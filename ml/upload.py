"""MIDI files of strangers: what is too much is refused from the bytes, before music21 sees it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from ml import midi, smf
from ml.notes import HIGHEST_PITCH, LOWEST_PITCH, Piece

MOST_BYTES = 1_000_000
MOST_EVENTS = 150_000
MOST_NOTES = 20_000
MOST_AT_ONCE = 200  # notes within 10 ms; a piano has 88 keys
LONGEST_MINUTES = 30  # of the file, silence included
LONGEST_NOTE = 30.0  # seconds; a string that nobody damps is silent by then

NOTE_ON, PERCUSSION = 0x90, 0x99  # a status with its channel, counted from 0
TEMPO = bytes([smf.META, smf.SET_TEMPO])
NOTELESS = "This MIDI file has no note that a piano could play."
ONSET, END = -1, -2  # marks beside the tempos, which are above 0


def read(path: str | Path) -> Piece:
    """Read a MIDI file of any format as `midi.read` does, with the first note at 0.

    Raises ValueError with one sentence if it is no MIDI file, spoilt, or too large in any way.
    """
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"This file has more than {MOST_BYTES:,} bytes.")
    _check(smf.parse(data))
    notes = midi.read(path).notes
    if not notes:
        raise ValueError(NOTELESS)
    first = notes[0].onset
    return Piece(
        tuple(
            replace(note, onset=note.onset - first, duration=min(note.duration, LONGEST_NOTE))
            for note in notes
        )
    )


def _check(file: smf.Contents) -> None:
    """Raise ValueError if there is more in the file than anybody plays."""
    together = [[track] for track in file.tracks] if file.are_sequences else [file.tracks]
    onsets = Counter()  # notes by hundredths of a second
    seconds, room = 0.0, MOST_EVENTS
    for tracks in together:
        marks, events = _marks(tracks, room)
        room -= events
        last_tick, tempo = 0, midi.DEFAULT_TEMPO
        for tick, mark in marks:
            if file.ticks_per_second:
                seconds += (tick - last_tick) / file.ticks_per_second
            else:
                seconds += (tick - last_tick) * tempo / 1e6 / file.ticks_per_quarter
            last_tick = tick
            if mark == ONSET:
                onsets[round(seconds * 100)] += 1
            elif mark != END:
                tempo = mark or midi.DEFAULT_TEMPO
        if seconds > LONGEST_MINUTES * 60:
            raise ValueError(f"This MIDI file lasts longer than {LONGEST_MINUTES} minutes.")
    if not onsets:
        raise ValueError(NOTELESS)
    if onsets.total() > MOST_NOTES:
        raise ValueError(f"This MIDI file has more than {MOST_NOTES:,} notes.")
    if max(onsets.values()) > MOST_AT_ONCE:
        raise ValueError(f"More than {MOST_AT_ONCE} notes of this MIDI file begin at once.")


def _marks(tracks: Sequence[bytes], room: int) -> tuple[list[tuple[int, int]], int]:
    """Ticks of onsets, tempos and ends of tracks, in order; and how many events there are."""
    marks, events = [], 0
    for track in tracks:
        tick = 0
        for ticks, _, message in smf.messages(track):
            tick += ticks
            events += 1
            if events > room:
                raise ValueError(f"This MIDI file has more than {MOST_EVENTS:,} events.")
            if _is_onset(message):
                marks.append((tick, ONSET))
            elif message[:2] == TEMPO:
                marks.append((tick, int.from_bytes(message[3:], "big")))
        marks.append((tick, END))
    marks.sort(key=itemgetter(0))
    return marks, events


def _is_onset(message: bytes) -> bool:
    return (
        message[0] & 0xF0 == NOTE_ON
        and message[0] != PERCUSSION
        and LOWEST_PITCH <= message[1] <= HIGHEST_PITCH
        and message[2] > 0
    )
