import numpy as np
import pytest

from ml import keys

SCALES = {"C major": (0, 0), "E flat major": (3, -3), "D major": (2, 2)}
MAJOR = [0, 2, 4, 5, 7, 9, 11]


def use_of(tonic, bars=1):
    row = np.zeros(12)
    row[[(tonic + step) % 12 for step in MAJOR]] = 1.0
    row[[tonic, (tonic + 7) % 12]] += 1.0
    return np.tile(row, (bars, 1))


@pytest.mark.parametrize(("tonic", "signature"), SCALES.values(), ids=SCALES)
def test_a_scale_has_its_signature(tonic, signature):
    assert keys.signatures(use_of(tonic, bars=8)) == [signature] * 8


@pytest.mark.parametrize("name", SCALES)
def test_a_key_has_its_name(name):
    tonic, signature = SCALES[name]
    assert keys.name(use_of(tonic)[0], signature) == name


def test_one_strange_bar_changes_no_signature():
    uses = np.concatenate([use_of(0, bars=8), use_of(1), use_of(0, bars=8)])
    assert set(keys.signatures(uses)) == {0}


@pytest.mark.parametrize(
    ("pitch", "spelling", "letters"),
    [(61, 4, ("C", 1, 4)), (61, -4, ("D", -1, 4)), (60, 0, ("C", 0, 4)), (70, -2, ("B", -1, 4))],
)
def test_a_black_key_is_spelt_by_the_key(pitch, spelling, letters):
    assert keys.spell(pitch, spelling) == letters


@pytest.mark.parametrize("spelling", range(-7, 8))
def test_every_spelling_sounds_as_it_should(spelling):
    for pitch in range(21, 109):
        letter, sharps, octave = keys.spell(pitch, spelling)
        assert "C D EF G A B".index(letter) + sharps + 12 * (octave + 1) == pitch
