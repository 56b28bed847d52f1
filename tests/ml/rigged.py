"""Networks whose every wish is known: no input matters, only the biases of the heads."""

import numpy as np

from ml.composer import Composer
from ml.encoding import KEYS, SIZES
from ml.forward import Forward
from ml.sampler import Taste
from tests.ml.tiny import tiny_architecture

FREE = {"shift": Taste(), "key": Taste(), "velocity": Taste()}


def no_weights(architecture=None):
    """All zeros: every value of every field is as likely as another."""
    shapes = (architecture or tiny_architecture()).shapes()
    return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}


def composer_that_likes(shifts=(), keys=(), tastes=FREE, lifting=None):
    """A composer that draws these shifts and these moves of keys wherever it may. `lifting`: the
    logit of every key's way up, where those that are liked have 0.
    """
    weights = no_weights()
    for field, liked in ((0, shifts), (1, keys)):
        name = ("shift_head/vars/1", "key_head/vars/1")[field]
        if len(liked):
            weights[name] = np.full(SIZES[field], -30, np.float32)
            weights[name][list(liked)] = 0
    if lifting is not None:
        weights["key_head/vars/1"][KEYS:] = lifting
    return Composer(Forward(tiny_architecture(), weights), tastes)
