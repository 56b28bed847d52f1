"""A folder of MIDI files as arrays on disk: rows, who wrote them, and how they are split."""

import csv
import multiprocessing
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml import encoding, midi, works
from ml.notes import HIGHEST_PITCH, LOWEST_PITCH, Note, Piece
from ml.works import TRAIN, VALIDATION

MIDI_SUFFIXES = (".mid", ".midi", ".smf", ".rmi", ".kar")
FEWEST_OF_A_STYLE = 8  # performances in the training split that make a composer a style
QUARTER_SECONDS = 0.6  # a quarter note of music21's scores: 100 to the minute
SCORE_VELOCITY = 64  # scores say nothing of touch
MOST_SCORES = 160  # Bach's chorales from music21's own corpus: half a minute's reading
FEW = 12  # files that are read sooner than a process starts to read them

# What numpy raises, beside OSError and ValueError, for a file that is not the one it should be.
NOT_ARRAYS = (KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)

OnFile = Callable[[int, int, str | None], None]


@dataclass(frozen=True, slots=True)
class Source:
    """One performance before it is read."""

    path: str
    composer: str
    title: str
    split: str
    work: str = ""  # no two of one work on both sides of a split; empty: the piece is its own


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


def find(folder: Path) -> list[Source]:
    """Performances below `folder`, by its csv (MAESTRO's or piano-midi.de's) or by file names.

    Their split is empty where no csv tells it. Raises ValueError if there are none.
    """
    tables = sorted(folder.glob("*.csv"))
    sources = [source for table in tables for source in _listed(table, folder)]
    sources = sources or _unlisted(folder)
    if not sources:
        raise ValueError(f"There are no MIDI files in {folder}.")
    return sources


def prepare(folders: Sequence[Path], on_file: OnFile | None = None) -> Corpus:
    """All MIDI files of `folders`, each split by its csv or else by work; of no folder: scores of
    music21's own corpus. Raises ValueError if there is nothing to learn from or to validate by.
    """
    if folders:
        found = [source for folder in folders for source in split(find(folder))]
        read_one = read_midi
    else:
        found, read_one = split(scores()), read_score
    corpus = read(found, on_file, read_one)
    if not (len(corpus.of_split(TRAIN)) and len(corpus.of_split(VALIDATION))):
        raise ValueError("There are too few pieces to learn from some and validate by others.")
    return corpus


def split(sources: Sequence[Source]) -> list[Source]:
    """Sources whose split no csv tells, split by work: a tenth of the works validate.

    The same on every machine, and never one work in both.
    """
    validation = works.held_out(_work(source) for source in sources if not source.split)
    return [
        source
        if source.split
        else replace(source, split=VALIDATION if _work(source) in validation else TRAIN)
        for source in sources
    ]


def _work(source: Source) -> str:
    return source.work or f"{source.composer}: {source.title}"


def read(sources: Sequence[Source], on_file: OnFile | None = None, read_one=None) -> Corpus:
    """Read `sources` on all cores. A file that cannot be read is left out.

    `on_file(done, total, complaint)` is told of every file, the complaint None for a good one.
    Raises ValueError if nothing is left.
    """
    kept = []
    results = _results(sources, read_one or read_midi)
    for done, (source, result) in enumerate(zip(sources, results, strict=True), 1):
        complaint = result if isinstance(result, str) else None
        if complaint is None:
            kept.append((source, result))
        if on_file:
            on_file(done, len(sources), complaint)
    if not kept:
        raise ValueError("None of the files could be read.")
    return Corpus.of(kept)


def _results(sources, read_one):
    if len(sources) <= FEW:
        yield from map(read_one, sources)
        return
    # Not forked: the process may hold the threads of TensorFlow or BLAS, and their locks.
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(mp_context=context) as pool:
            yield from pool.map(read_one, sources, chunksize=4)
    except BrokenProcessPool as error:
        raise ValueError(
            "A process that read files was ended from outside; there may be too little memory."
        ) from error


def _listed(table: Path, folder: Path) -> list[Source]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:  # a spreadsheet marks its UTF-8
            lines = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{table} cannot be read: {error}") from error
    sources = []
    for line in lines:
        name = line.get("midi_filename") or line.get("midi") or ""
        path = _existing(folder / name)
        if not name or path is None:
            continue
        composer = line.get("canonical_composer") or works.full_name(line.get("composer") or "")
        title = line.get("canonical_title") or line.get("title") or path.stem
        work = works.work(composer, title)
        sources.append(Source(str(path), composer, title, line.get("split") or "", work))
    if len({source.work for source in sources}) == 1:  # a list of one cycle: its pieces, then
        return [replace(source, work="") for source in sources]
    return sources


def _existing(path: Path) -> Path | None:
    """The file, also where the csv and the disk disagree about capitals."""
    if path.is_file():
        return path
    wanted = path.name.lower()
    return next((p for p in path.parent.glob("*") if p.name.lower() == wanted), None)


def _unlisted(folder: Path) -> list[Source]:
    return [
        Source(str(path), "", path.stem, "")
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in MIDI_SUFFIXES and path.is_file()
    ]


def read_midi(source: Source) -> np.ndarray | str:
    """Rows of a performance, or the complaint of a file that cannot be read."""
    try:
        rows = encoding.encode(midi.read(source.path))
    except (ValueError, OSError) as error:
        return f"{source.path}: {error}"
    return rows if len(rows) else f"{source.path}: there is not one piano note in it"


def scores() -> list[Source]:
    """Chorales of music21's own corpus, for a machine without any MIDI folder."""
    from music21 import corpus  # slow to import, and needed for this alone

    chorales = sorted(corpus.getComposer("bach"))[:MOST_SCORES]
    return [Source(str(path), "Bach", Path(path).stem, "") for path in chorales]


def read_score(source: Source) -> np.ndarray | str:
    """Rows of a score, played evenly, or the complaint of one that cannot be read."""
    from music21 import converter, exceptions21

    try:
        with warnings.catch_warnings(action="ignore"):  # what music21 thinks of its own scores
            score = converter.parse(source.path, forceSource=True)
    except (exceptions21.Music21Exception, ValueError, KeyError) as error:
        return f"{source.path}: {error}"
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
    return rows if len(rows) else f"{source.path}: there is not one note in it"
