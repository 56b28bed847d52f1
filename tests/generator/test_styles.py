import pytest

from generator.checks import WEIGHTS
from generator.styles import SOUNDS, UNKNOWN, sound_of
from ml import weights


@pytest.mark.parametrize("model", sorted(WEIGHTS.glob("*.keras")), ids=lambda path: path.stem)
def test_every_style_that_is_shipped_has_a_line(model):
    styles = weights.read_config(model).styles
    assert [name for slug, name in styles if sound_of(slug) == UNKNOWN] == []


def test_the_lines_differ_and_fit_a_card():
    assert len(set(SOUNDS.values())) >= len(SOUNDS) - 1  # Balakirev is spelt in two ways
    assert max(map(len, SOUNDS.values())) <= 60
    assert all(line.endswith(".") for line in SOUNDS.values())


def test_an_unknown_composer_gets_a_plain_line():
    assert sound_of("nobody") == UNKNOWN


def test_any_style_has_a_line():
    assert sound_of("") not in ("", UNKNOWN)
