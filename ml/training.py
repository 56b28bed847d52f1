"""Training in Keras, on whatever it runs on: best weights by validation, resumed after a stop.

The optimiser sees short windows of many pieces side by side; the LSTM's state is carried from one
to the next (truncated backpropagation through time, Williams and Peng 1990). The learning rate
warms up, then falls along a half cosine over the minutes given, so that the network has cooled down
when time is up, however fast the machine.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from ml import cards, likelihood
from ml.architecture import Architecture
from ml.corpus import TRAIN, VALIDATION, Corpus, slug
from ml.encoding import FIELDS, KEY, KEYS
from ml.forward import Forward
from ml.network import Network
from ml.windows import Windows, ahead

WARM_UP = 0.02  # of the time
COOLEST = 0.02  # of the peak rate, at the end
SMOOTHING = 0.98  # of the running averages that are reported


@dataclass(frozen=True)
class Settings:
    """How to train. The same settings, corpus and machine give the same weights per step."""

    minutes: float = 60.0
    most_steps: int = 0  # 0: as many as fit into the minutes
    lanes: int = 32  # pieces side by side
    window: int = 128  # rows between two updates
    peak_rate: float = 2e-3
    clip: float = 1.0  # norm of the gradient
    transpose: int = 0  # semitones up or down at most
    validate_minutes: float = 8.0  # between two validations
    checkpoint_minutes: float = 2.0  # between two checkpoints: what a stop can lose
    validate_rows: int = 1500  # of every validation piece; 0: all
    seed: int = 1

    def __post_init__(self):
        if not (self.minutes > 0 and self.lanes >= 1 and self.window >= 1 and self.peak_rate > 0):
            raise ValueError("Minutes, lanes, rows of a window and learning rate lie above 0.")


class Trainer(keras.Model):
    """Carries the LSTM's state from batch to batch, and counts nats. Never saved itself."""

    def __init__(self, network: Network, lanes: int):
        super().__init__()
        self.network = network
        self.state = [
            self.add_weight(
                shape=(lanes, network.architecture.units),
                initializer="zeros",
                trainable=False,
                name=f"state_{i}",
            )
            for i in range(4)
        ]
        self.field_means = [keras.metrics.Mean(name=field) for field in FIELDS]

    @property
    def metrics(self):
        return self.field_means

    def call(self, inputs):
        logits, state = self.network(inputs, [kept * inputs["keep"] for kept in self.state])
        for kept, new in zip(self.state, state, strict=True):
            kept.assign(ops.stop_gradient(new))
        return logits

    def compute_loss(self, x, y, y_pred, sample_weight, training=True):
        """Nats a row; the metrics count nats a note."""
        struck = ops.cast(y[:, :, KEY] < KEYS, "float32") * sample_weight
        weights = (sample_weight, sample_weight, struck)
        notes = ops.maximum(ops.sum(struck), 1.0)
        total = 0.0
        for field, (logits, weight, mean) in enumerate(
            zip(y_pred, weights, self.field_means, strict=True)
        ):
            nats = ops.sparse_categorical_crossentropy(y[:, :, field], logits, from_logits=True)
            summed = ops.sum(nats * weight)
            mean.update_state(summed / notes)
            total += summed
        return total / ops.maximum(ops.sum(sample_weight), 1.0)


def optimizer(settings: Settings) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(settings.peak_rate, clipnorm=settings.clip)


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
        self.network = Network(architecture)
        self.trainer = Trainer(self.network, settings.lanes)
        self.optimizer = optimizer(settings)
        self.trainer.compile(optimizer=self.optimizer)
        self.steps, self.rows, self.elapsed, self.best = 0, 0, 0.0, float("inf")
        self.smooth, self.compiled = None, False
        self.validation = [corpus.piece(i) for i in corpus.of_split(VALIDATION)]
        if not (self.validation and len(corpus.of_split(TRAIN))):
            raise ValueError("A corpus needs pieces to learn from and others to validate by.")
        numbers = [
            architecture.style_number(key)
            if (key := slug(name)) in dict(architecture.styles)
            else 0
            for name in corpus.composers.tolist()
        ]
        self.windows_from = lambda seed: Windows(
            corpus, corpus.of_split(TRAIN), numbers.__getitem__,
            settings.lanes, settings.window, settings.transpose, seed,
        )  # fmt: skip

    def train(self, on_progress: Callable[[dict], None]) -> Path:
        """Train until the time or the steps are used up; returns the path of the best weights.

        `on_progress` is told, every second or so, of step, share done, seconds left, nats; and of
        every validation. Stop it at any time: the next `Run` in this folder goes on from the last
        checkpoint, and from the very step after `checkpoint()`.
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
        # Another seed after a resumption, or the lanes would start with the same pieces again.
        windows = ahead(self.windows_from(self.settings.seed + self.steps))
        told = validated = saved = time.monotonic()
        while self.share() < 1:
            began = time.monotonic()
            self.optimizer.learning_rate = self.rate()
            inputs, rows, weights = next(windows)
            nats = self.trainer.train_on_batch(inputs, rows, weights, return_dict=True)
            self._count(nats, int(weights.sum()), time.monotonic() - began)
            if time.monotonic() - told > 1:
                told = time.monotonic()
                on_progress(self._progress())
            if time.monotonic() - validated > self.settings.validate_minutes * 60:
                on_progress(self._validate())
                validated = time.monotonic()
            if time.monotonic() - saved > self.settings.checkpoint_minutes * 60:
                self.checkpoint()
                saved = time.monotonic()
        on_progress(self._validate())
        return self.folder / "best.keras"

    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        share = self.elapsed / (self.settings.minutes * 60)
        if self.settings.most_steps:
            share = max(share, self.steps / self.settings.most_steps)
        return min(share, 1.0)

    def rate(self) -> float:
        share = self.share()
        if share < WARM_UP:
            return self.settings.peak_rate * max(share / WARM_UP, COOLEST)
        falling = 0.5 * (1 + np.cos(np.pi * (share - WARM_UP) / (1 - WARM_UP)))
        return self.settings.peak_rate * max(float(falling), COOLEST)

    def _count(self, nats, rows, seconds):
        now = np.array([float(nats[field]) for field in FIELDS])
        # The first step of a run also compiles; it would make the schedule jump.
        self.elapsed += seconds if self.compiled else 0
        self.compiled = True
        self.steps += 1
        self.rows += rows
        self.smooth = (
            now if self.smooth is None else SMOOTHING * self.smooth + (1 - SMOOTHING) * now
        )
        self.trainer.reset_metrics()

    def _progress(self):
        share = max(self.share(), 1e-6)
        return {
            "step": self.steps,
            "notes": self.rows // 2,
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
        entry = self._progress() | {
            "validation": {field: round(nats, 4) for field, nats in found.by_field.items()},
            "validation_nats": round(found.nats_per_note, 4),
        }
        if found.nats_per_note < self.best:
            self.best = found.nats_per_note
            save(self.network, self.folder / "best.keras")
        with (self.folder / "history.jsonl").open("a") as history:
            history.write(json.dumps(entry) + "\n")
        self.checkpoint()
        return entry

    def checkpoint(self):
        """Everything that resuming needs, in arrays; replaced whole, never half."""
        if not self.steps:  # stopped before the first: there may be no variables yet
            return
        values = [*self.trainer.weights, *self.optimizer.variables]
        counts = np.array([self.steps, self.rows, self.elapsed, self.best])
        partial = self.folder / "checkpoint.part.npz"
        np.savez(
            partial, *map(ops.convert_to_numpy, values), counts=counts, smooth=self.smooth
        )  # fmt: skip
        partial.replace(self.folder / "checkpoint.npz")

    def resume(self):
        """Build all variables, and take up the checkpoint where there is one."""
        self.network.build()
        self.optimizer.build(self.trainer.trainable_variables)
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
            self.elapsed, self.best = kept["counts"][2:].tolist()
            self.smooth = kept["smooth"]


def arrays(network: Network) -> dict[str, np.ndarray]:
    """The network's weights by the names of `Architecture.shapes`."""
    return {name: ops.convert_to_numpy(weight) for name, weight in _named(network)}


def assign(network: Network, learnt: dict[str, np.ndarray]) -> None:
    """Give the network the weights that `arrays` or `weights.read` gave; the others stay."""
    for name, weight in _named(network):
        if name in learnt:
            weight.assign(learnt[name])


def _named(network):
    for layer in network.layers:
        for i, weight in enumerate(layer.weights):
            yield f"{layer.name}/vars/{i}", weight


def save(network: Network, path: Path) -> None:
    """Write the `.keras` file whole, or not at all."""
    partial = path.with_suffix(".part.keras")
    network.save(partial)
    partial.replace(path)
