"""Training in Keras, on whatever it runs on: best weights by validation, resumed after a stop.

The optimiser sees short windows of many pieces side by side; the LSTM's state is carried from one
to the next (truncated backpropagation through time, Williams and Peng 1990). The learning rate
warms up, then falls along a half cosine over the minutes given, so that the network has cooled down
when time is up, however fast the machine.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
from keras import ops

from ml import cards, likelihood
from ml.architecture import Architecture
from ml.corpus import TRAIN, VALIDATION, Corpus, slug
from ml.encoding import FIELDS
from ml.forward import Forward
from ml.replicas import Replicas, gather, parted
from ml.trainer import arrays, assign, save, trainer
from ml.windows import Variety, Windows, ahead

WARM_UP = 0.02  # of the time
COOLEST = 0.02  # of the peak rate, at the end
SMOOTHING = 0.98  # of the running averages that are reported
NO_NUMBERS = (
    "The losses are no numbers any more: the training has lost its way. The best weights until "
    "then are kept; another seed, or more music, may do better."
)


@dataclass(frozen=True)
class Settings:
    """How to train. The same settings, corpus and machine give the same weights per step."""

    minutes: float = 60.0
    most_steps: int = 0  # 0: as many as fit into the minutes
    most_epochs: int = 0  # passes through the training rows; 0: as many as fit
    lanes: int = 32  # pieces side by side
    window: int = 128  # rows between two updates
    peak_rate: float = 2e-3
    clip: float = 1.0  # norm of the gradient
    decay: float = 0.0  # share of the weights that a step at rate 1 would take off
    transpose: int = 0  # semitones up or down at most
    stretch: float = 0.0  # share by which a passage may be slower or quicker, at most
    replicas: int = 1  # processes that learn side by side
    validate_minutes: float = 8.0  # between two validations, at most
    validations: int = 0  # so many in all at least, unless they took a third of the time
    checkpoint_minutes: float = 2.0  # between two checkpoints: what a stop can lose
    validate_rows: int = 1500  # of every validation piece; 0: all
    seed: int = 1

    def __post_init__(self):
        if not (self.minutes > 0 and self.lanes >= 1 and self.window >= 1 and self.peak_rate > 0):
            raise ValueError("Minutes, lanes, rows of a window and learning rate lie above 0.")
        if not 0 <= self.stretch < 1:
            raise ValueError("A passage is slower or quicker by a share between 0 and 1.")
        if not 0 <= self.decay < math.inf:
            raise ValueError("Weights decay by a share that is not below 0.")
        if not 1 <= self.replicas <= self.lanes:
            raise ValueError("There is at least one process, and a lane for each.")


def optimizer(settings: Settings) -> keras.optimizers.Optimizer:
    """Adam, with decoupled weight decay of products and none of biases and tables (Loshchilov and
    Hutter 2019).
    """
    made = keras.optimizers.AdamW(
        settings.peak_rate, weight_decay=settings.decay, clipnorm=settings.clip
    )
    made.exclude_from_weight_decay(var_names=["bias", "embeddings"])
    return made


class Run:
    """One training in one folder: best.keras, history.jsonl, settings.json, checkpoint.npz."""

    def __init__(
        self,
        corpus: Corpus,
        folder: Path,
        architecture: Architecture,
        settings: Settings,
        learnt: dict[str, np.ndarray] | None = None,
    ):
        """`learnt`: weights to begin with, by the names of `Architecture.shapes`."""
        self.folder, self.settings, self.learnt = folder, settings, learnt
        folder.mkdir(parents=True, exist_ok=True)
        self.architecture = architecture
        keras.utils.set_random_seed(settings.seed)
        self.trainer = trainer(architecture, settings.lanes)
        self.network = self.trainer.network
        self.optimizer = optimizer(settings)
        self.trainer.compile(optimizer=self.optimizer)
        self.steps, self.rows, self.elapsed, self.best = 0, 0, 0.0, float("inf")
        self.smooth, self.compiled = None, False
        self.validation = [corpus.piece(i) for i in corpus.of_split(VALIDATION)]
        self.epoch_rows = sum(len(corpus.piece(i)) for i in corpus.of_split(TRAIN))
        if not (self.validation and self.epoch_rows):
            raise ValueError(
                "This is too little music: it takes pieces to learn from and others to validate by."
            )
        numbers = [
            architecture.style_number(key)
            if (key := slug(name)) in dict(architecture.styles)
            else 0
            for name in corpus.composers.tolist()
        ]
        self.windows_of = partial(
            windows_of_share,
            corpus,
            numbers,
            settings,
            Variety(settings.transpose, settings.stretch),
        )

    def train(self, on_progress: Callable[[dict], None]) -> Path:
        """Train until time, steps or epochs are used up; returns the path of the best weights.

        `on_progress` is told, every second or so, of step, share done, seconds left, nats; and of
        every validation. Stop it at any time: the next `Run` in this folder goes on from the last
        checkpoint, and from the very step after `put_down()`. Raises ValueError when the losses are
        no numbers any more; the best weights until then are kept.
        """
        self.resume()
        (self.folder / "settings.json").write_text(
            json.dumps(
                {
                    "settings": asdict(self.settings),
                    "architecture": self.architecture.to_dict(),
                    "made_with": cards.made_with(),
                },
                indent=2,
            )
        )
        steps = self.steps_taken()
        told = saved = time.monotonic()
        looks = Looks(self.settings, self.share())
        while self.share() < 1:
            began = time.monotonic()
            self.optimizer.learning_rate = self.rate()
            nats, rows = next(steps)
            self._count(nats, rows, time.monotonic() - began)
            if time.monotonic() - told > 1:
                told = time.monotonic()
                on_progress(self._progress())
            if self.share() < 1 and looks.is_due(self.share()):
                on_progress(self._validate())
                looks.looked(self.share())
                saved = time.monotonic()
            if time.monotonic() - saved > self.settings.checkpoint_minutes * 60:
                self.checkpoint()
                saved = time.monotonic()
        steps.close()
        last = cards.history(self.folder)[-1:]
        done = last and last[0]["step"] == self.steps  # before it was ended from outside
        on_progress(last[0] if done else self._validate())
        return self.folder / "best.keras"

    def steps_taken(self) -> Iterator[tuple[np.ndarray, int]]:
        """Endless steps of learning: nats per note by field of each, (3,), and its rows."""
        return self._alone() if self.settings.replicas == 1 else self._together()

    def _alone(self):
        """In this process, on whatever Keras runs on."""
        # Another seed after a resumption, or the lanes would start with the same pieces again.
        for inputs, rows, weights in ahead(self.windows_of(self.settings.seed + self.steps, 0, 1)):
            nats = self.trainer.train_on_batch(inputs, rows, weights, return_dict=True)
            self.trainer.reset_metrics()
            yield np.array([float(nats[field]) for field in FIELDS]), int(weights.sum())

    def _together(self):
        """In several processes. The optimiser is here; they find gradients."""
        import tensorflow as tf

        variables = self.trainer.trainable_variables

        @tf.function
        def apply(gradients):
            self.optimizer.apply(gradients, variables)

        weights = gather(variables)
        replicas = Replicas(
            partial(trainer, self.architecture),
            partial(self.windows_of, self.settings.seed + self.steps),
            self.settings.replicas,
            len(weights),
        )
        try:
            while True:
                gradient, nats, rows = replicas.step(weights)
                apply(list(parted(variables, gradient)))
                weights = gather(variables)
                yield nats, rows
        finally:
            replicas.close()

    def put_down(self, on_progress: Callable[[dict], None]) -> None:
        """Keep what there is when somebody stops it: a checkpoint, and some best weights."""
        self.checkpoint()
        if self.steps and not (self.folder / "best.keras").exists():
            on_progress(self._validate())

    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        share = self.elapsed / (self.settings.minutes * 60)
        if self.settings.most_steps:
            share = max(share, self.steps / self.settings.most_steps)
        if self.settings.most_epochs:
            share = max(share, self.rows / self.epoch_rows / self.settings.most_epochs)
        return min(share, 1.0)

    def rate(self) -> float:
        share = self.share()
        if share < WARM_UP:
            return self.settings.peak_rate * max(share / WARM_UP, COOLEST)
        falling = 0.5 * (1 + np.cos(np.pi * (share - WARM_UP) / (1 - WARM_UP)))
        return self.settings.peak_rate * max(float(falling), COOLEST)

    def _count(self, now, rows, seconds):
        if not np.isfinite(now).all():
            raise ValueError(NO_NUMBERS)
        # The first step of a run also compiles; it would make the schedule jump.
        self.elapsed += seconds if self.compiled else 0
        self.compiled = True
        self.steps += 1
        self.rows += rows
        share = max(1 - SMOOTHING, 2 / (self.steps + 1))  # the first steps shall not linger
        self.smooth = now if self.smooth is None else (1 - share) * self.smooth + share * now

    def _progress(self):
        share = max(self.share(), 1e-6)
        passes, rows_a_step = self.rows / self.epoch_rows, self.rows / max(self.steps, 1)
        epochs = self.settings.most_epochs or None
        epoch = min(int(passes) + 1, epochs or int(passes) + 1)
        batches = max(round(self.epoch_rows / max(rows_a_step, 1)), 1)  # windows at ends are short
        return {
            "step": self.steps,
            "notes": self.rows // 2,
            "passes": round(passes, 3),  # through the training rows
            "epoch": epoch,
            "epochs": epochs,  # None: until time is up
            "batch": min(max(math.ceil((passes - epoch + 1) * batches), 1), batches),
            "batches": batches,
            "share": share,
            "seconds": self.elapsed,
            "seconds_left": self.elapsed / share - self.elapsed,
            "rate": self.rate(),
            "train": dict(zip(FIELDS, self.smooth.round(4).tolist(), strict=True)),
            "train_nats": round(float(self.smooth.sum()), 4),
        }

    def _validate(self):
        """Measure in numpy, as `evaluate` will; keep the weights if they are the best so far."""
        forward = Forward(self.architecture, arrays(self.network))
        found = likelihood.measure(
            forward, self.validation, most_rows=self.settings.validate_rows or None
        )
        if not np.isfinite(found.nats_per_note):
            raise ValueError(NO_NUMBERS)
        entry = self._progress() | {
            "validation": {field: round(nats, 4) for field, nats in found.by_field.items()},
            "validation_nats": round(found.nats_per_note, 4),
        }
        if found.nats_per_note < self.best:
            self.best = found.nats_per_note
            save(self.network, self.folder / "best.keras")
        with (self.folder / "history.jsonl").open("a") as lines:
            lines.write(json.dumps(entry) + "\n")
        self.checkpoint()
        return entry

    def checkpoint(self):
        """Everything that resuming needs, in arrays; replaced whole, never half."""
        if not self.steps:  # stopped before the first: there may be no variables yet
            return
        values = [
            ops.convert_to_numpy(value)
            for value in (*self.trainer.weights, *self.optimizer.variables)
        ]
        if not all(np.isfinite(value).all() for value in values):
            raise ValueError(NO_NUMBERS)
        counts = np.array([self.steps, self.rows, self.elapsed, self.best])
        partial = self.folder / "checkpoint.part.npz"
        np.savez(partial, *values, counts=counts, smooth=self.smooth)
        partial.replace(self.folder / "checkpoint.npz")

    def resume(self):
        """Build the optimiser, and take up the checkpoint where there is one."""
        self.optimizer.build(self.trainer.trainable_variables)
        mend_history(self.folder)
        # A validation may be younger than the checkpoint, where a training was ended from outside.
        found = [entry["validation_nats"] for entry in cards.history(self.folder)]
        self.best = min([self.best, *found])
        path = self.folder / "checkpoint.npz"
        if not path.exists():
            assign(self.network, self.learnt or {})
            return
        with np.load(path, allow_pickle=False) as kept:
            values = [*self.trainer.weights, *self.optimizer.variables]
            shapes = [kept[f"arr_{i}"].shape for i in range(len(kept.files) - 2)]
            if shapes != [tuple(value.shape) for value in values]:
                raise ValueError(f"{path} belongs to a network of another size.")
            for i, value in enumerate(values):
                value.assign(kept[f"arr_{i}"])
            self.steps, self.rows = int(kept["counts"][0]), int(kept["counts"][1])
            self.elapsed, best = kept["counts"][2:].tolist()
            self.best = min(self.best, best)
            self.smooth = kept["smooth"]


def windows_of_share(corpus, numbers, settings, variety, seed, rank, replicas) -> Windows:
    """What one of several replicas hears: its share of the lanes, and of the pieces."""
    pieces = corpus.of_split(TRAIN)
    return Windows(
        corpus,
        pieces[rank::replicas] if len(pieces) >= replicas else pieces,
        numbers.__getitem__,
        len(range(rank, settings.lanes, replicas)),
        settings.window,
        variety,
        [seed, rank] if rank else seed,
    )


class Looks:
    """When to validate: often enough for a curve, yet twice as long in training at least."""

    def __init__(self, settings: Settings, share: float):
        self.settings, self.share = settings, share
        self.began = self.ended = time.monotonic()

    def is_due(self, share: float) -> bool:
        """Whether it is time; `share` of the training is done."""
        now, took = time.monotonic(), self.ended - self.began
        most = self.settings.validations
        enough = most and share - self.share >= 1 / most and now - self.ended >= 2 * took
        if not (enough or now - self.ended > self.settings.validate_minutes * 60):
            return False
        self.began = now
        return True

    def looked(self, share: float) -> None:
        self.share, self.ended = share, time.monotonic()


def mend_history(folder: Path) -> None:
    """Cut off the half of a line that a sudden end may have left."""
    path = folder / "history.jsonl"
    text = path.read_text() if path.exists() else ""
    if text and not text.endswith("\n"):
        path.write_text(cards.whole_lines(text))
