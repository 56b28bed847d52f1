"""The size of a network and the shape of all its weights: what Keras builds and numpy checks."""

from dataclasses import asdict, dataclass, fields

from ml import features
from ml.encoding import KEY, KEYS, SHIFT, SIZES, VELOCITY
from ml.motifs import CHANNELS

# Names what rows and inputs there are. Models of the one before hear no motifs, and play on.
REPRESENTATION, WITHOUT_MOTIFS = "on-off-rows-3", "on-off-rows-2"
KEY_REACH = 12  # semitones on either side of a key
RHYTHM_REACH = 4  # bins of 10 ms on either side of a shift
BLOCK = 8  # places whose surroundings are looked at in one product
MOST_UNITS = 2048
MOST_STYLES = 200
LONGEST_NAME = 80


@dataclass(frozen=True)
class Architecture:
    """Widths of all layers, and the composers that the network knows as styles.

    Raises ValueError for sizes out of bounds or a representation that is not ours.
    """

    units: int = 512
    shift_width: int = 32
    key_width: int = 96
    velocity_width: int = 16
    style_width: int = 16
    level_width: int = 8
    shift_hidden: int = 256
    key_hidden: int = 384
    velocity_hidden: int = 192
    rhythm_units: int = 8
    around_units: int = 16
    styles: tuple[tuple[str, str], ...] = ()  # (slug, full name)
    representation: str = REPRESENTATION

    def __post_init__(self):
        if self.representation not in (REPRESENTATION, WITHOUT_MOTIFS):
            raise ValueError(
                f"This network speaks {self.representation!r}, this program {REPRESENTATION!r}."
            )
        for field in fields(self):
            size = getattr(self, field.name)
            if field.type is int and not (type(size) is int and 1 <= size <= MOST_UNITS):
                raise ValueError(f"{field.name} lies in 1 to {MOST_UNITS}, not at {size!r}.")
        if len(self.styles) > MOST_STYLES:
            raise ValueError(f"A network knows at most {MOST_STYLES} styles.")
        for slug, name in self.styles:
            if not (isinstance(slug, str) and slug.isalnum() and slug.isascii()):
                raise ValueError(f"{slug!a} is not the name of a style.")
            if not (isinstance(name, str) and name.isprintable()):
                raise ValueError(f"{name!a} is not the name of a style.")
            if max(len(slug), len(name)) > LONGEST_NAME:
                raise ValueError("The name of a style is too long.")
        if len(dict(self.styles)) < len(self.styles):
            raise ValueError("Two styles have the same name.")

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Architecture":
        """The inverse of `to_dict`, also of one that went through JSON."""
        try:
            styles = tuple((slug, name) for slug, name in values.get("styles", ()))
            return cls(**{**values, "styles": styles})
        except (TypeError, AttributeError) as error:
            raise ValueError(f"This is not the architecture of a network: {error}.") from error

    def style_number(self, slug: str) -> int:
        """Number of a style for the network; 0 for the empty slug, which is any.

        Raises ValueError for a style that the network does not know.
        """
        known = ["", *(known for known, _ in self.styles)]
        if slug not in known:
            raise ValueError(f"This model does not know the style {slug!r}.")
        return known.index(slug)

    @property
    def hears_motifs(self) -> bool:
        return self.representation == REPRESENTATION

    @property
    def rhythm_channels(self) -> int:
        """How many of the channels of `features.Inputs.rhythm` it hears."""
        return features.RHYTHM_CHANNELS if self.hears_motifs else features.RHYTHM_WITHOUT_MOTIFS

    @property
    def given(self) -> int:
        """Width of the lower layer's inputs that are computed, not learnt."""
        return len(features.ENDING_SECONDS) + features.KEYBOARD + features.CLOCK + KEYS

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight, as they stand in a `.keras` file."""
        tables = {
            "shift_table": (SIZES[SHIFT] + 1, self.shift_width),
            "key_table": (SIZES[KEY] + 1, self.key_width),
            "velocity_table": (SIZES[VELOCITY] + 1, self.velocity_width),
            "style_table": (len(self.styles) + 1, self.style_width),
            "energy_table": (features.LEVELS + 1, self.level_width),
            "loudness_table": (features.LEVELS + 1, self.level_width),
        }
        seen = sum(width for _, width in tables.values()) + self.given
        heard = 2 * self.units + features.CLOCK
        around = features.KEYBOARD + 2 * KEYS
        at_key = features.KEY_CHANNELS + self.around_units
        joined = {
            "shift": (heard + features.KEYBOARD, self.shift_hidden, SIZES[SHIFT]),
            "key": (heard + around + self.shift_width, self.key_hidden, SIZES[KEY]),
            "velocity": (
                heard + self.shift_width + self.key_width + at_key,
                self.velocity_hidden,
                SIZES[VELOCITY],
            ),
        }  # fmt: skip

        shapes = {f"{name}/vars/0": shape for name, shape in tables.items()}
        for layer, inputs in (("lower", seen), ("upper", self.units)):
            shapes[f"{layer}/vars/0"] = (inputs, 4 * self.units)
            shapes[f"{layer}/vars/1"] = (self.units, 4 * self.units)
            shapes[f"{layer}/vars/2"] = (4 * self.units,)
        for field, (inputs, hidden, values) in joined.items():
            shapes[f"{field}_hidden/vars/0"] = (inputs, hidden)
            shapes[f"{field}_hidden/vars/1"] = (hidden,)
            shapes[f"{field}_head/vars/0"] = (hidden, values)
            shapes[f"{field}_head/vars/1"] = (values,)
        shared = {
            "rhythm": (RHYTHM_REACH, self.rhythm_channels, self.rhythm_units, 2),
            "key": (KEY_REACH, features.KEY_CHANNELS, self.around_units, 3),
        }
        for name, (reach, channels, units, readings) in shared.items():
            hidden = {"rhythm": self.shift_hidden, "key": self.key_hidden}[name]
            shapes[f"{name}_reading/vars/0"] = (hidden, readings * units)
            shapes[f"{name}_reading/vars/1"] = (readings * units,)
            shapes[f"{name}_around/vars/0"] = (2 * reach + 1, channels, units)
        if self.hears_motifs:
            shapes["key_motifs/vars/0"] = (self.key_hidden, CHANNELS)
            shapes["key_motifs/vars/1"] = (CHANNELS,)
        return shapes
