"""The network in Keras: embeddings, two LSTM layers, Dense heads in a chain.

One step reads the row before, what is heard of the music so far, the wish and the time left, and
gives three logits: of the shift, of the key given the shift, of the velocity given both. Chaining
costs nothing in training, where the fields are known, and lets one LSTM step draw a whole row that
hangs together.

Two heads are helped by a Dense layer that is shared by all keys, or by all bins of the shift, and
sees the surroundings of each: what it learns of one key it knows of all. What the shared units mean
for the next row depends on the moment: their biases and output weights are read from the head.
"""

import keras
from keras import layers, ops

from ml import features
from ml.architecture import KEY_REACH, RHYTHM_REACH, Architecture
from ml.encoding import FINE_SHIFTS, KEY, KEYS, SHIFT, SHIFTS, SIZES, VELOCITY
from ml.lstm import LSTM
from ml.motifs import CHANNELS
from ml.neighbourhood import Neighbourhood

IMPOSSIBLE = -1e9  # logit of a key that cannot move that way


@keras.saving.register_keras_serializable(package="nocturne")
class Network(keras.Model):
    """The composer's network. Its `.keras` file carries the whole `Architecture`."""

    def __init__(self, architecture: Architecture | dict, **kwargs):
        super().__init__(**kwargs)
        if isinstance(architecture, dict):
            architecture = Architecture.from_dict(architecture)
        self.architecture = a = architecture

        def table(name, values, width):
            spread = keras.initializers.RandomNormal(stddev=0.2)
            return layers.Embedding(values, width, embeddings_initializer=spread, name=name)

        self.shift_table = table("shift_table", SIZES[SHIFT] + 1, a.shift_width)
        self.key_table = table("key_table", SIZES[KEY] + 1, a.key_width)
        self.velocity_table = table("velocity_table", SIZES[VELOCITY] + 1, a.velocity_width)
        self.style_table = table("style_table", len(a.styles) + 1, a.style_width)
        self.energy_table = table("energy_table", features.LEVELS + 1, a.level_width)
        self.loudness_table = table("loudness_table", features.LEVELS + 1, a.level_width)
        self.lower = LSTM(a.units, given=a.given, name="lower")
        self.upper = LSTM(a.units, name="upper")
        self.shift_hidden = layers.Dense(a.shift_hidden, activation="relu", name="shift_hidden")
        self.shift_head = layers.Dense(SIZES[SHIFT], name="shift_head")
        self.key_hidden = layers.Dense(a.key_hidden, activation="relu", name="key_hidden")
        self.key_head = layers.Dense(SIZES[KEY], name="key_head")
        self.velocity_hidden = layers.Dense(
            a.velocity_hidden, activation="relu", name="velocity_hidden"
        )
        self.velocity_head = layers.Dense(SIZES[VELOCITY], name="velocity_head")
        self.rhythm_reading = layers.Dense(2 * a.rhythm_units, name="rhythm_reading")
        self.rhythm_around = Neighbourhood(RHYTHM_REACH, a.rhythm_units, name="rhythm_around")
        self.key_reading = layers.Dense(3 * a.around_units, name="key_reading")
        self.key_around = Neighbourhood(KEY_REACH, a.around_units, name="key_around")
        if a.hears_motifs:
            self.key_motifs = layers.Dense(CHANNELS, name="key_motifs")

    def get_config(self):
        return {**super().get_config(), "architecture": self.architecture.to_dict()}

    def build(self, input_shape=None):
        """Make all weights, by running one step of nothing."""
        none = {
            "before": ops.zeros((1, 1, 3), "int32"),
            "rows": ops.zeros((1, 1, 3), "int32"),
            "keys": ops.zeros((1, 1, KEYS, features.KEY_CHANNELS)),
            "clock": ops.zeros((1, 1, features.CLOCK)),
            "rhythm": ops.zeros((1, 1, FINE_SHIFTS, features.RHYTHM_CHANNELS)),
            "motifs": ops.zeros((1, 1, KEYS, CHANNELS)),
            "wish": ops.zeros((1, 1, 3), "int32"),
            "ending": ops.zeros((1, 1, len(features.ENDING_SECONDS))),
        }
        state = [ops.zeros((1, self.architecture.units)) for _ in range(4)]
        self.call(none, state)
        self.built = True

    def call(self, inputs, state):
        """Logits of every row, and the LSTM's state after the last.

        `inputs`: before and rows (batch, time, 3) int, keys, clock, rhythm and motifs as
        `features.Inputs` with (batch, time) in front, wish (batch, time, 3) int of style, energy
        and loudness, ending (batch, time, 4). `state`: h and c of the lower layer, then of the
        upper, each (batch, units).
        """
        keys, rows = inputs["keys"], inputs["rows"]
        batch, time = ops.shape(keys)[:2]
        keyboard = ops.reshape(keys[..., : features.SOUNDING], (batch, time, features.KEYBOARD))
        heard, state = self.hear(inputs, keyboard, state)  # (batch, time, 2 * units + CLOCK)
        shift, key = self.shift_table(rows[:, :, SHIFT]), self.key_table(rows[:, :, KEY])

        shift_logits = self.shift_logits([heard, keyboard], inputs["rhythm"])
        expected = [keys[..., features.EXPECTED_NOW], keys[..., features.EXPECTED_NEXT]]
        told = [heard, keyboard, *expected, shift]
        key_logits, around = self.key_logits(told, keys, inputs["motifs"])
        key_logits += IMPOSSIBLE * impossible_keys(
            keys[..., 0], inputs["before"][:, :, KEY], rows[:, :, SHIFT]
        )
        struck = ops.one_hot(rows[:, :, KEY] % KEYS, KEYS)[:, :, None]  # (batch, time, 1, 88)
        at_key = [ops.matmul(struck, places)[:, :, 0] for places in (keys, around)]
        hidden = self.velocity_hidden(ops.concatenate([heard, shift, key, *at_key], axis=-1))
        velocity_logits = self.velocity_head(hidden)  # (batch, time, 32)
        return (shift_logits, key_logits, velocity_logits), state

    def hear(self, inputs, keyboard, state):
        before, wish = inputs["before"], inputs["wish"]
        learnt = [
            self.shift_table(before[:, :, SHIFT]),
            self.key_table(before[:, :, KEY]),
            self.velocity_table(before[:, :, VELOCITY]),
            self.style_table(wish[:, :, 0]),
            self.energy_table(wish[:, :, 1]),
            self.loudness_table(wish[:, :, 2]),
        ]
        expected = inputs["keys"][..., features.EXPECTED_NEXT]
        given = [inputs["ending"], keyboard, inputs["clock"], expected]
        learnt, given = ops.concatenate(learnt, axis=-1), ops.concatenate(given, axis=-1)
        low, low_h, low_c = self.lower(learnt, state[:2], given)  # (batch, time, units)
        high, high_h, high_c = self.upper(low, state[2:])  # (batch, time, units)
        return ops.concatenate([low, high, inputs["clock"]], axis=-1), [
            low_h,
            low_c,
            high_h,
            high_c,
        ]

    def shift_logits(self, told, rhythm):
        """(batch, time, 125)"""
        units = self.architecture.rhythm_units
        hidden = self.shift_hidden(ops.concatenate(told, axis=-1))
        reading = self.rhythm_reading(hidden)[:, :, None]  # (batch, time, 1, 2 * units)
        rhythm = rhythm[..., : self.architecture.rhythm_channels]
        around = ops.relu(self.rhythm_around(rhythm) + reading[..., :units])
        due = weighed(around, reading[..., units:])  # (batch, time, 104)
        return self.shift_head(hidden) + ops.pad(due, ((0, 0), (0, 0), (0, SHIFTS - due.shape[-1])))

    def key_logits(self, told, keys, motifs):
        """(batch, time, 176), and what is around each key, (batch, time, 88, units)."""
        units = self.architecture.around_units
        hidden = self.key_hidden(ops.concatenate(told, axis=-1))
        reading = self.key_reading(hidden)[:, :, None]  # (batch, time, 1, 3 * units)
        around = ops.relu(self.key_around(keys) + reading[..., :units])
        moves = weighed(around, reading[..., units:])  # down, up: (batch, time, 2 * 88)
        if self.architecture.hears_motifs:
            down = weighed(motifs, self.key_motifs(hidden)[:, :, None])  # (batch, time, 88)
            moves += ops.pad(down, ((0, 0), (0, 0), (0, KEYS)))
        return self.key_head(hidden) + moves, around


def weighed(around, weights):
    """What the shared units say of all places together: (batch, time, places, units), by weights
    (batch, time, 1, answers * units) -> (batch, time, answers * places).
    """
    batch, time, _, units = ops.shape(around)
    weights = ops.swapaxes(ops.reshape(weights, (batch, time, -1, units)), -1, -2)
    said = ops.matmul(around, weights)  # (batch, time, places, answers)
    return ops.reshape(ops.swapaxes(said, -1, -2), (batch, time, -1))


def impossible_keys(down, before, shift):
    """1 where a key cannot move that way, (batch, time, 176): down only if it is up, and in one
    instant first what goes up, then what goes down, each from low to high.

    `down` (batch, time, 88) float, `before` (batch, time) the key of the row before, `shift` int.
    """
    now = shift[..., None] == 0
    struck, lifted = before[..., None] < KEYS, before[..., None] >= KEYS
    lifted = ops.logical_and(lifted, before[..., None] < 2 * KEYS)  # the beginning is neither
    past = ops.arange(KEYS) <= before[..., None] % KEYS
    after_struck = ops.logical_and(now, struck)
    no_down = ops.logical_and(after_struck, past)
    no_up = ops.logical_or(after_struck, ops.logical_and(now, ops.logical_and(lifted, past)))
    return ops.concatenate(
        [
            ops.maximum(down, ops.cast(no_down, down.dtype)),
            ops.maximum(1 - down, ops.cast(no_up, down.dtype)),
        ],
        axis=-1,
    )
