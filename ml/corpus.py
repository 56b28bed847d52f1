"""A folder of MIDI files as arrays on disk: rows, who wrote them, and how they are split."""

import hashlib
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml import crew, encoding, findings, midi, works
from ml.findings import Findings
from ml.folders import Source, find
from ml.notes import HIGHEST_PITCH, LOWEST_PITCH, Note, Piece
from ml.works import TRAIN, VALIDATION

FEWEST_OF_A_STYLE = 8  # performances in the training split that make a composer a style
QUARTER_SECONDS = 0.6  # a quarter note of music21's scores: 100 to the minute
SCORE_VELOCITY = 64  # scores say nothing of touch
MOST_SCORES = 160  # Bach's chorales from music21's own corpus: half a minute's reading

# What numpy raises, beside OSError and ValueError, for a file that is not the one it should be.
NOT_ARRAYS = (KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)

OnFile = Callable[[int, int, str | None], None]


@dataclass(frozen=True)
class Corpus:
    """Performances, their rows laid end to end: piece `i` is rows[starts[i]:starts[i + 1]]."""

    rows: np.ndarray  # (rows, 3) uint8
    starts: np.ndarray  # (pieces + 1,) int64
    composers: np.ndarray  # (pieces,) str
    titles: np.ndarray  # (pieces,) str
    splits: np.ndarray  # (pieces,) str

    def __len__(self):
        return len(self.titles)

    def piece(self, index: int) -> np.ndarray:
        """Rows of one piece, (rows, 3) uint8."""
        return self.rows[self.starts[index] : self.starts[index + 1]]

    def of_split(self, split: str) -> np.ndarray:
        """Indices of the pieces in `split`."""
        return np.flatnonzero(self.splits == split)

    @property
    def seconds(self) -> float:
        """How long all pieces take; a pause of more than 10 s counts as 10."""
        ticks = encoding.SHIFT_CENTRE[self.rows[:, encoding.SHIFT]].sum()
        return float(ticks) / encoding.TICKS_PER_SECOND

    def styles(self, fewest: int = FEWEST_OF_A_STYLE) -> tuple[tuple[str, str], ...]:
        """(slug, name) of every composer with `fewest` training performances, most played first."""
        counts = Counter(self.composers[self.of_split(TRAIN)].tolist())
        named = [(slug(name), name) for name, count in counts.most_common() if count >= fewest]
        first = dict(reversed(named))  # of two composers with one last name, the most played
        return tuple((key, name) for key, name in named if key and first[key] == name)

    def save(self, path: str | Path) -> None:
        """Write one .npz file; arrays only, nothing that could be code."""
        arrays = {name: getattr(self, name) for name in self.__annotations__}
        with Path(path).open("wb") as file:  # of a mere path, numpy would change the name
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Corpus":
        """Read what `save` wrote. Raises ValueError if the file is something else."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{name: arrays[name] for name in cls.__annotations__})
        except (*NOT_ARRAYS, OSError, ValueError) as error:
            raise ValueError(f"{path} is no corpus made by `prepare`: {error}") from error

    @classmethod
    def of(cls, performances: Iterable[tuple[Source, np.ndarray]]) -> "Corpus":
        sources, tables = zip(*performances, strict=True)
        return cls(
            rows=np.concatenate(tables),
            starts=np.cumsum([0, *map(len, tables)]),
            composers=np.array([source.composer for source in sources]),
            titles=np.array([source.title for source in sources]),
            splits=np.array([source.split for source in sources]),
        )


def slug(composer: str) -> str:
    """'Frédéric Chopin' -> 'chopin'; empty for a piece of two composers, an arrangement."""
    if "/" in composer or not composer.strip():
        return ""
    last_name = unicodedata.normalize("NFKD", composer.split()[-1])
    return "".join(c for c in last_name.lower() if c.isascii() and c.isalnum())


def prepare(
    folders: Sequence[Path], on_file: OnFile | None = None, found: Findings | None = None
) -> Corpus:
    """All MIDI files of `folders`, each split by its csv or else by work; of no folder: scores of
    music21's own corpus. Raises ValueError if there is nothing to learn from or to validate by.

    `found` is filled in with what there is besides, as far as it came.
    """
    found = Findings() if found is None else found
    # Each by itself: another folder beside it would move works to the other side.
    groups = [find(folder, found) for folder in folders] or [scores()]
    sources = [source for group in groups for source in group]
    told = {bool(source.split) for source in sources}
    by = {True: findings.BY_LIST, False: findings.BY_WORK}
    found.split_by = findings.BY_BOTH if len(told) > 1 else by[told.pop()]
    divided = [source for group in groups for source in split(group)]
    kept = _keep(divided, on_file, read_midi if folders else read_score, found)
    if not _has_both_sides(kept):  # one was of nothing but bad files and copies
        known = {source.path: source for source in sources}
        again = split([known[source.path] for source, _ in kept])
        kept = [(source, rows) for source, (_, rows) in zip(again, kept, strict=True)]
    found.corpus = Corpus.of(kept)
    if not _has_both_sides(kept):
        raise ValueError("There are too few pieces to learn from some and validate by others.")
    return found.corpus


def _has_both_sides(kept):
    return {TRAIN, VALIDATION} <= {source.split for source, _ in kept}


def split(sources: Sequence[Source]) -> list[Source]:
    """Sources whose split no csv tells, split by work: a tenth of the works validate.

    The same on every machine, and never one work in both.
    """
    open_ = [source for source in sources if not source.split]
    validation = works.held_out(map(_work, open_))
    held = sum(_work(source) in validation for source in open_)
    # Of a few works one may be most of the music: that is learnt from, then.
    sides = (TRAIN, VALIDATION) if held > len(open_) / 2 else (VALIDATION, TRAIN)
    return [
        source if source.split else replace(source, split=sides[_work(source) not in validation])
        for source in sources
    ]


def _work(source: Source) -> str:
    return source.work or f"{source.composer}: {source.title}"


def read(sources: Sequence[Source], on_file: OnFile | None = None) -> Corpus:
    """Read MIDI files on all cores. Left out is what cannot be read, and what is there already.

    `on_file(done, total, complaint)` is told of every file, the complaint None for a good one.
    Raises ValueError if nothing is left.
    """
    return Corpus.of(_keep(sources, on_file, read_midi, Findings()))


def _keep(sources, on_file, read_one, found):
    """Sources and rows of the good files; of the others `found` is told."""
    kept, first_of = [], {}
    results = crew.read(sources, read_one)
    for done, (source, result) in enumerate(zip(sources, results, strict=True), 1):
        complaint = None
        if isinstance(result, str):
            complaint = f"{source}: {result}"
            found.bad.append((str(source), result))
        else:
            # The same notes to 10 ms, whatever the bytes.
            first = first_of.setdefault(hashlib.sha256(result).digest(), source)
            if first is source:
                kept.append((source, result))
            else:
                complaint = f"{source}: the same music as {first}"
                found.duplicates.append((str(source), str(first)))
        if on_file:
            on_file(done, len(sources), complaint)
    if not kept:
        raise ValueError("None of the files could be read.")
    found.works = len({_work(source) for source, _ in kept})
    return kept


def read_midi(source: Source) -> np.ndarray | str:
    """Rows of a performance, or why the file cannot be read."""
    try:
        rows = encoding.encode(midi.read(source.path))
    except OSError as error:
        return f"The file cannot be opened: {error.strerror}."
    except ValueError as error:
        return str(error)
    return rows if len(rows) else "There is not one piano note in it."


def scores() -> list[Source]:
    """Chorales of music21's own corpus, for a machine without any MIDI folder."""
    from music21 import corpus  # slow to import, and needed for this alone

    chorales = sorted(corpus.getComposer("bach"))[:MOST_SCORES]
    return [Source(str(path), "Bach", Path(path).stem, "") for path in chorales]


def read_score(source: Source) -> np.ndarray | str:
    """Rows of a score, played evenly, or why it cannot be read."""
    from music21 import converter, exceptions21

    try:
        with warnings.catch_warnings(action="ignore"):  # what music21 thinks of its own scores
            score = converter.parse(source.path, forceSource=True)
    except (exceptions21.Music21Exception, ValueError, KeyError) as error:
        return f"music21 cannot read it: {error}"
    notes = [
        Note(
            float(element.offset) * QUARTER_SECONDS,
            float(element.quarterLength) * QUARTER_SECONDS,
            pitch.midi,
            SCORE_VELOCITY,
        )
        for element in score.flatten().notes
        for pitch in element.pitches
        if element.quarterLength > 0 and LOWEST_PITCH <= pitch.midi <= HIGHEST_PITCH
    ]
    rows = encoding.encode(Piece(tuple(notes)))
    return rows if len(rows) else "There is not one note in it."
