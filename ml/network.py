"""The network in Keras: embeddings, two LSTM layers, Dense heads in a chain.

One step reads the row before, the keyboard, the wish and the time left, and gives three logits:
of the shift, of the key given the shift, of the velocity given both. Chaining costs nothing in
training, where the fields are known, and lets one LSTM step draw a whole row that hangs together.
"""

import keras
from keras import layers, ops

from ml import features
from ml.architecture import Architecture
from ml.encoding import KEY, KEYS, SHIFT, SIZES, VELOCITY

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

        def lstm(name, units):
            return layers.LSTM(units, return_sequences=True, return_state=True, name=name)

        self.shift_table = table("shift_table", SIZES[SHIFT] + 1, a.shift_width)
        self.key_table = table("key_table", SIZES[KEY] + 1, a.key_width)
        self.velocity_table = table("velocity_table", SIZES[VELOCITY] + 1, a.velocity_width)
        self.style_table = table("style_table", len(a.styles) + 1, a.style_width)
        self.energy_table = table("energy_table", features.LEVELS + 1, a.level_width)
        self.loudness_table = table("loudness_table", features.LEVELS + 1, a.level_width)
        self.lower = lstm("lower", a.units)
        self.upper = lstm("upper", a.units)
        self.shift_hidden = layers.Dense(a.shift_hidden, activation="relu", name="shift_hidden")
        self.shift_head = layers.Dense(SIZES[SHIFT], name="shift_head")
        self.key_hidden = layers.Dense(a.key_hidden, activation="relu", name="key_hidden")
        self.key_head = layers.Dense(SIZES[KEY], name="key_head")
        self.velocity_hidden = layers.Dense(
            a.velocity_hidden, activation="relu", name="velocity_hidden"
        )
        self.velocity_head = layers.Dense(SIZES[VELOCITY], name="velocity_head")

    def get_config(self):
        return {**super().get_config(), "architecture": self.architecture.to_dict()}

    def build(self, input_shape=None):
        """Make all weights, by running one step of nothing."""
        none = {
            "before": ops.zeros((1, 1, 3), "int32"),
            "rows": ops.zeros((1, 1, 3), "int32"),
            "keyboard": ops.zeros((1, 1, features.KEYBOARD)),
            "wish": ops.zeros((1, 1, 3), "int32"),
            "ending": ops.zeros((1, 1, len(features.ENDING_SECONDS))),
        }
        state = [ops.zeros((1, self.architecture.units)) for _ in range(4)]
        self.call(none, state)
        self.built = True

    def call(self, inputs, state):
        """Logits of every row, and the LSTM's state after the last.

        `inputs`: before and rows (batch, time, 3) int, keyboard (batch, time, 264), wish
        (batch, time, 3) int of style, energy and loudness, ending (batch, time, 4).
        `state`: h and c of the lower layer, then of the upper, each (batch, units).
        """
        before, rows, wish = inputs["before"], inputs["rows"], inputs["wish"]
        keyboard = inputs["keyboard"]
        seen = ops.concatenate(
            [
                self.shift_table(before[:, :, SHIFT]),
                self.key_table(before[:, :, KEY]),
                self.velocity_table(before[:, :, VELOCITY]),
                self.style_table(wish[:, :, 0]),
                self.energy_table(wish[:, :, 1]),
                self.loudness_table(wish[:, :, 2]),
                inputs["ending"],
                keyboard,
            ],
            axis=-1,
        )  # (batch, time, inputs)
        low, low_h, low_c = self.lower(seen, initial_state=state[:2])  # (batch, time, units)
        high, high_h, high_c = self.upper(low, initial_state=state[2:])  # (batch, time, units)
        heard = ops.concatenate([low, high], axis=-1)  # (batch, time, 2 * units)
        shift, key = self.shift_table(rows[:, :, SHIFT]), self.key_table(rows[:, :, KEY])

        hidden = self.shift_hidden(ops.concatenate([heard, keyboard], axis=-1))
        shift_logits = self.shift_head(hidden)  # (batch, time, 125)
        hidden = self.key_hidden(ops.concatenate([heard, keyboard, shift], axis=-1))
        down = keyboard[:, :, :KEYS]
        impossible = ops.concatenate([down, 1 - down], axis=-1)  # a key goes down only if it is up
        key_logits = self.key_head(hidden) + IMPOSSIBLE * impossible  # (batch, time, 176)
        hidden = self.velocity_hidden(ops.concatenate([heard, shift, key], axis=-1))
        velocity_logits = self.velocity_head(hidden)  # (batch, time, 32)
        return (shift_logits, key_logits, velocity_logits), [low_h, low_c, high_h, high_c]
