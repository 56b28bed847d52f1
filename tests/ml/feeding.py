"""What the Keras network eats, for pieces of one length side by side."""

import numpy as np

from ml import features
from ml.features import BEGIN
from ml.listener import Listener


def inputs_of(rows, wish=(0, 0, 0), left=None):
    """Inputs of `Network` for whole pieces, rows (pieces, time, 3); `left` (pieces, time) s."""
    pieces, length = rows.shape[:2]
    first = np.tile(BEGIN, (pieces, 1, 1))
    left = np.full((pieces, length), np.inf) if left is None else left
    return {
        "before": np.concatenate([first, rows[:, :-1]], axis=1).astype(np.int32),
        "rows": rows.astype(np.int32),
        **features.inputs(Listener(pieces).play(rows))._asdict(),
        "wish": np.broadcast_to(np.array(wish, np.int32), (pieces, length, 3)),
        "ending": features.ending(left),
    }


def part(inputs, here):
    """The steps `here` of all inputs."""
    return {name: array[:, here] for name, array in inputs.items()}
