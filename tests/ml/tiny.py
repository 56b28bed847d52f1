"""A tiny network with random weights, written as Keras would write it, in milliseconds."""

import io
import json
import zipfile

import h5py
import numpy as np

from ml.architecture import Architecture
from ml.weights import CLASS, NAMES_IN_FILE

STYLES = (("chopin", "Frédéric Chopin"), ("bach", "Johann Sebastian Bach"))


def tiny_architecture(styles=STYLES):
    return Architecture(
        units=16,
        shift_width=4,
        key_width=6,
        velocity_width=3,
        style_width=3,
        level_width=2,
        shift_hidden=12,
        key_hidden=12,
        velocity_hidden=8,
        rhythm_units=3,
        around_units=5,
        styles=styles,
    )


def random_weights(architecture, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(0, 0.2, shape).astype(np.float32)
        for name, shape in architecture.shapes().items()
    }


def lively_weights(architecture, seed=0):
    """Random weights that prefer short shifts, so that a piece has some notes a second."""
    weights = random_weights(architecture, seed)
    weights["shift_head/vars/1"][5:40] += 4
    return weights


def write_model(path, architecture, weights):
    """Write a `.keras` file that `ml.weights.read` accepts."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        for name, array in weights.items():
            layer, rest = name.split("/", 1)
            file[f"{NAMES_IN_FILE.get(layer, layer)}/{rest}"] = array
    config = {"registered_name": CLASS, "config": {"architecture": architecture.to_dict()}}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (
            ("metadata.json", "{}"),
            ("config.json", json.dumps(config)),
            ("model.weights.h5", data.getvalue()),
        ):  # of no date, so that one seed gives one SHA-256
            archive.writestr(zipfile.ZipInfo(name), content)


def write_tiny_model(path, styles=STYLES, seed=0):
    """A model for tests of the site: two styles, 16 units, some notes a second."""
    architecture = tiny_architecture(styles)
    write_model(path, architecture, lively_weights(architecture, seed))
