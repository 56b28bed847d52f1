import json
from dataclasses import replace

import pytest

from ml.architecture import WITHOUT_MOTIFS, Architecture
from tests.ml.tiny import STYLES, tiny_architecture


def test_it_survives_the_way_through_json():
    architecture = tiny_architecture()
    assert Architecture.from_dict(json.loads(json.dumps(architecture.to_dict()))) == architecture


def test_styles_are_numbered_after_any():
    architecture = tiny_architecture()
    assert [architecture.style_number(slug) for slug in ("", "chopin", "bach")] == [0, 1, 2]


def test_an_unknown_style_is_a_value_error():
    with pytest.raises(ValueError, match="does not know the style 'liszt'"):
        tiny_architecture().style_number("liszt")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"units": 0}, id="no units"),
        pytest.param({"units": 2049}, id="too many units"),
        pytest.param({"key_width": 1.5}, id="half a width"),
        pytest.param({"representation": "rows-of-another-time"}, id="another representation"),
        pytest.param({"styles": (("ba ch", "Bach"),)}, id="a slug of two words"),
    ],
)
def test_sizes_out_of_bounds_are_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"\w+"):
        Architecture(**wrong)


def test_the_shapes_of_a_known_size_stand():
    shapes = tiny_architecture().shapes()
    seen = 4 + 6 + 3 + 3 + 2 + 2 + 4 + 264 + 17 + 88
    heard = 32 + 17
    assert shapes["style_table/vars/0"] == (len(STYLES) + 1, 3)
    assert shapes["key_table/vars/0"] == (177, 6)
    assert shapes["lower/vars/0"] == (seen, 64)
    assert shapes["upper/vars/0"] == (16, 64)
    assert shapes["key_hidden/vars/0"] == (heard + 264 + 2 * 88 + 4, 12)
    assert shapes["velocity_hidden/vars/0"] == (heard + 4 + 6 + 12 + 5, 8)
    assert shapes["key_head/vars/0"] == (12, 176)
    assert shapes["key_around/vars/0"] == (25, 12, 5)
    assert shapes["key_reading/vars/0"] == (12, 3 * 5)
    assert shapes["rhythm_around/vars/0"] == (9, 7, 3)
    assert shapes["rhythm_reading/vars/1"] == (2 * 3,)
    assert shapes["key_motifs/vars/0"] == (12, 7)
    assert shapes["key_motifs/vars/1"] == (7,)
    assert len(shapes) == 6 + 2 * 3 + 3 * 4 + 2 * 3 + 2


def test_a_network_from_before_hears_no_motifs():
    shapes = tiny_architecture().shapes()
    before = replace(tiny_architecture(), representation=WITHOUT_MOTIFS).shapes()
    assert before.pop("rhythm_around/vars/0") == (9, 5, 3)
    assert before == {name: shapes[name] for name in before}
    assert set(shapes) - set(before) == {
        "rhythm_around/vars/0", "key_motifs/vars/0", "key_motifs/vars/1",
    }  # fmt: skip
