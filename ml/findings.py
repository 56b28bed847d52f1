"""What a check of MIDI files found beside the music: what is bad, missing, or there twice."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ml import encoding
from ml.works import TRAIN, VALIDATION

if TYPE_CHECKING:  # it imports this
    from ml.corpus import Corpus

BY_LIST, BY_WORK = "by its csv", "by work"
BY_BOTH = "by its csv, and by work where that tells no split"


@dataclass
class Findings:
    """Filled in on the way from folders to a corpus; whole, or as far as that came."""

    files: int = 0
    missing: int = 0  # that a csv lists
    bad: list[tuple[str, str]] = field(default_factory=list)  # name, reason
    duplicates: list[tuple[str, str]] = field(default_factory=list)  # name, that of the kept one
    works: int = 0
    split_by: str = ""
    corpus: "Corpus | None" = None

    def report(self) -> dict:
        """All of it for JSON. A piece is a file that is learnt from or measured by."""
        told = {
            "files": self.files,
            "missing": self.missing,
            "bad": self.bad,
            "duplicates": self.duplicates,
            "works": self.works,
            "split_by": self.split_by,
        }
        return told | (_of_corpus(self.corpus) if self.corpus else _of_nothing())


def _of_nothing() -> dict:
    return {"pieces": {}, "notes": {}, "hours": 0, "composers": [], "on_both_sides": 0}


def _of_corpus(corpus) -> dict:
    pieces, notes, titles = {}, {}, {}
    for split in sorted(set(corpus.splits.tolist())):
        indices = corpus.of_split(split)
        pieces[split] = len(indices)
        notes[split] = sum(encoding.note_count(corpus.piece(i)) for i in indices)
        titles[split] = {(corpus.composers[i], corpus.titles[i]) for i in indices}
    return {
        "pieces": pieces,
        "notes": notes,
        "hours": round(corpus.seconds / 3600, 2),
        "composers": Counter(corpus.composers.tolist()).most_common(),
        # A csv may say so; by work it cannot be.
        "on_both_sides": len(titles.get(TRAIN, set()) & titles.get(VALIDATION, set())),
    }
