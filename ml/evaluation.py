"""How good a model is: what it foretells of music it never heard, and what it composes beside what
people play. All figures of `python -m ml evaluate`, as plain numbers.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml import baselines, copying, corpus, encoding, likelihood, metrics, overlap
from ml.composer import Composer, Request
from ml.corpus import TRAIN, Corpus, OnFile
from ml.metrics import CLIP_SECONDS, EXCERPT_SECONDS, FEATURES
from ml.notes import Piece
from ml.works import work

PERCENTILE = 95  # of the people, above whose share of copied runs a piece is flagged

# What goes on, in this order.
MEASURING, FITTING = "Measuring", "Fitting the baselines"
COMPOSING, COMPARING = "Composing", "Comparing with people"

OnShare = Callable[[str, float], None]  # is told what goes on, and the share of it that is done


def _nothing(what: str, share: float) -> None:
    """Where nobody wants to know of progress."""


@dataclass(frozen=True)
class Music:
    """Performances of one side of a split."""

    rows: list[np.ndarray]  # of each performance, (rows, 3) uint8
    works: np.ndarray  # (performances,) str

    def __len__(self):
        return len(self.rows)

    @classmethod
    def of(cls, made: Corpus, indices: Sequence[int]) -> "Music":
        titled = [(str(made.composers[i]), str(made.titles[i])) for i in indices]
        works = [work(composer, title) for composer, title in titled]
        if len(set(works)) < 2:  # numbered files of one name: each is its own, then
            works = [f"{composer}: {title}" for composer, title in titled]
        return cls([made.piece(i) for i in indices], np.array(works, str))


NO_MUSIC = Music([], np.array([], str))


@dataclass(frozen=True)
class Folder:
    """Music that may have been learnt from, and music that was not."""

    heard: Music
    unheard: Music

    @classmethod
    def read(
        cls, path: Path, heard: bool = True, split: bool = False, on_file: OnFile | None = None
    ) -> "Folder":
        """A folder of MIDI files, or the `.npz` that `prepare` makes of one: the same figures.

        Without `heard`, what was learnt from is left unread. `split` sets aside what `prepare`
        does where no csv tells the split of a file; else all such files count as unheard. Where
        only learnt music is found, that is what there is to measure. Raises ValueError if there
        is nothing.
        """
        if path.is_file():
            made = Corpus.load(path)
            return cls._of(made, heard_only=bool((made.splits == TRAIN).all()))
        sources = corpus.split(corpus.find(path)) if split else corpus.find(path)
        heard_only = all(source.split == TRAIN for source in sources)
        if not (heard or heard_only):
            sources = [source for source in sources if source.split != TRAIN]
        return cls._of(corpus.read(sources, on_file), heard_only)

    @classmethod
    def _of(cls, made, heard_only) -> "Folder":
        if heard_only:
            return cls(NO_MUSIC, Music.of(made, range(len(made))))
        heard = made.splits == TRAIN
        if heard.all():
            raise ValueError("None of the files to measure by could be read.")
        return cls(Music.of(made, np.flatnonzero(heard)), Music.of(made, np.flatnonzero(~heard)))


def evaluate(
    composer: Composer,
    folder: Folder,
    chains: bool = False,
    samples: int = 0,
    on_share: OnShare = _nothing,
) -> dict:
    """All figures of a model, ready for JSON.

    `chains` adds the baselines, fitted to what was learnt from, or else each half of the rest to
    the other; of a single piece there are none. `samples` composes so many pieces of 60 s, with
    seeds from 1 on, and holds them against the unheard performances. Raises ValueError for a
    network that foretells nothing.
    """
    report = foretell(composer, folder, on_share)
    if chains and (len(folder.heard) or len(folder.unheard) > 1):
        on_share(FITTING, 0.0)
        report["baselines"] = foretell_simply(folder, sum(report["corrections"].values()))
    if samples:
        pieces = compose(composer, range(1, samples + 1), on_share)
        on_share(COMPARING, 0.0)
        report |= People.of(folder).judge(pieces)
    return report


def foretell(composer: Composer, folder: Folder, on_share: OnShare = _nothing) -> dict:
    """Nats per note of the unheard performances, told nothing but their notes so far."""
    began = time.perf_counter()
    measured = likelihood.measure(
        composer.forward,
        folder.unheard.rows,
        on_progress=lambda share: on_share(MEASURING, share),
    )
    if not np.isfinite(measured.nats_per_note):
        raise ValueError("This network foretells nothing: what it says are no numbers.")
    seconds = time.perf_counter() - began
    return {
        "nats_per_note": round(measured.nats_per_note, 4),
        "by_field": {name: round(nats, 4) for name, nats in measured.by_field.items()},
        "corrections": {"shift": round(measured.correction, 4)},
        "notes": measured.notes,
        "files": measured.files,
        "resolution": {"onset_ms": 10, "end_ms": 10, "velocities": encoding.VELOCITIES},
        "notes_per_second": round(measured.notes / seconds),
    }


def foretell_simply(folder: Folder, hidden: float) -> dict[str, float]:
    """What frequencies and a Markov chain do of the same notes, in nats with those `hidden`."""
    heard, unheard = folder.heard.rows, folder.unheard.rows
    nats = baselines.measure(heard, unheard) if heard else baselines.halves(unheard)
    return {name: round(n + hidden, 4) for name, n in nats.items()}


def compose(composer: Composer, seeds: Sequence[int], on_share: OnShare = _nothing) -> list[Piece]:
    """A piece of 60 s for each seed."""
    pieces = []
    for seed in seeds:
        pieces.append(composer.compose(Request(EXCERPT_SECONDS, seed)))
        on_share(COMPOSING, len(pieces) / len(seeds))
    return pieces


@dataclass(frozen=True)
class People:
    """What people play, for composed pieces to be held against."""

    clips: overlap.Clips  # two of 30 s from the middle minute of each performance
    works: np.ndarray  # (performances,) str
    learnt: copying.Learnt | None  # None where no training music is known
    shares: dict[str, np.ndarray] = field(default_factory=dict)  # percent, (performances,)

    @classmethod
    def of(cls, folder: Folder) -> "People":
        excerpts = [metrics.excerpt(encoding.decode(rows)) for rows in folder.unheard.rows]
        clips = overlap.Clips(*metrics.table(excerpts))
        if not len(folder.heard):
            return cls(clips, folder.unheard.works, None)
        learnt = copying.Learnt.of(map(copying.melody_of_rows, folder.heard.rows))
        shares = [learnt.shares(copying.melody_of_rows(rows)) for rows in folder.unheard.rows]
        by_name = {name: np.array([found[name] for found in shares]) for name in shares[0]}
        return cls(clips, folder.unheard.works, learnt, by_name)

    def bounds(self) -> dict[str, float]:
        """Percent of runs copied that 95 % of the performances stay below, by kind of run."""
        return {name: float(np.percentile(all_, PERCENTILE)) for name, all_ in self.shares.items()}

    def judge(self, pieces: Sequence[Piece]) -> dict:
        """Figures of composed pieces, one by one and as a set, beside those of people."""
        samples = [{"seed": seed} | metrics.describe(p) for seed, p in enumerate(pieces, 1)]
        clips = overlap.Clips(*metrics.table(pieces))
        report = {
            "samples": samples,
            "composed": {
                "pieces": len(pieces),
                "different": len({piece.notes for piece in pieces}),
                "clips": len(clips),
                "features": _spreads(clips.features),
            },
            "people": {
                "performances": len(self.works),
                "clips": len(self.clips),
                "features": _spreads(self.clips.features),
            },
            "overlap": self._overlap(clips),
        }
        if self.learnt:
            report["copying"] = self._copying(pieces, samples)
        return report

    def _overlap(self, clips) -> dict | None:
        scores = overlap.measure(clips, self.clips, self.works)
        if scores is None:
            return None
        told = {"clip_seconds": CLIP_SECONDS, "draws": overlap.DRAWS}
        return told | overlap.summary(scores, list(FEATURES))

    def _copying(self, pieces, samples) -> dict:
        """Shares of runs learnt; each piece's go into its entry of `samples`, with its flags."""
        bounds = self.bounds()
        found = [self.learnt.shares(copying.melody_of_piece(piece)) for piece in pieces]
        for sample, shares in zip(samples, found, strict=True):
            sample["copying"] = {name: round(share, 3) for name, share in shares.items()}
            sample["flagged"] = copying.flags(shares, bounds)
        told = {
            name: {
                "composed": round(float(np.mean([shares[name] for shares in found])), 3),
                "most": round(max(shares[name] for shares in found), 3),
                "people": round(float(self.shares[name].mean()), 3),
                "people_95th": round(bound, 3),
            }
            for name, bound in bounds.items()
        }
        return told | {"flagged": [s["seed"] for s in samples if s["flagged"]]}


def _spreads(features: np.ndarray) -> dict[str, dict[str, float]]:
    """Mean and standard deviation of each feature over clips (clips, 15)."""
    if not len(features):
        return {}
    means, spreads = features.mean(axis=0).tolist(), features.std(axis=0).tolist()
    return {
        name: {"mean": round(mean, 3), "sd": round(sd, 3)}
        for name, mean, sd in zip(FEATURES, means, spreads, strict=True)
    }
