import re
import xml.etree.ElementTree as ElementTree

import pytest

from generator import curves


def entry(notes, nats, fields=True):
    told = {"step": 1, "notes": notes, "train_nats": nats, "validation_nats": nats + 1}
    if fields:
        told["train"] = {"shift": nats / 2, "key": nats / 4, "velocity": nats / 4}
        told["validation"] = dict.fromkeys(("shift", "key", "velocity"), nats / 3)
    return told


HISTORY = [entry(1_000_000, 12.0), entry(2_000_000, 9.0), entry(4_000_000, 9.25)]


def elements(panel):
    return ElementTree.fromstring(panel)  # noqa: S314 - our own


def test_there_is_a_panel_for_the_sum_and_for_each_field():
    panels = [elements(panel) for panel in curves.drawn(HISTORY).panels]
    titles = [panel.find("title").text for panel in panels]
    assert titles == [f"Nats per note, {n}" for n in ("all fields", "shift", "key", "velocity")]
    for panel in panels:
        lines = {line.get("class"): line.get("points") for line in panel.findall("polyline")}
        counts = {side: len(points.split()) for side, points in lines.items()}
        assert counts == {"train": 3, "validation": 3}


def test_every_panel_is_told_in_words_under_an_id_of_its_own():
    panels = [elements(panel) for panel in curves.drawn(HISTORY).panels]
    ids = [panel.find(tag).get("id") for panel in panels for tag in ("title", "desc")]
    assert len(set(ids)) == 8
    assert ids == " ".join(panel.get("aria-labelledby") for panel in panels).split()
    assert panels[0].find("desc").text == (
        "all fields: validation from 13.00 after 1.00 M notes to 10.25 after 4.00 M notes, "
        "training from 12.00 to 9.25."
    )


def test_it_needs_no_style_of_its_own():
    for panel in curves.drawn(HISTORY).panels:
        assert not re.search(r"style|<script|\son\w+=", panel)


def test_the_best_validation_is_told():
    assert curves.drawn(HISTORY).best == "10.00 nats after 2.00 M notes"


def test_where_the_data_are_known_the_axis_is_in_epochs():
    drawing = curves.drawn(HISTORY, epoch_notes=2_000_000)
    assert drawing.head[0] == drawing.unit == "epochs"
    assert [row[0] for row in drawing.rows] == ["0.50", "1.00", "2.00"]
    assert drawing.best == "10.00 nats after 1.00 epochs"


def test_the_numbers_stand_in_a_table_too():
    drawing = curves.drawn([entry(1_000_000, 12.0, fields=False)])
    assert drawing.head == ["M notes", "all fields, training", "all fields, validation"]
    assert list(drawing.rows) == [["1.00", "12.00", "13.00"]]
    assert len(drawing.panels) == 1


def test_a_training_without_validations_has_no_picture():
    assert not curves.drawn([])


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "x",
        {},
        {"notes": "many", "train_nats": 1.0, "validation_nats": 1.0},
        {"notes": 1, "train_nats": float("nan"), "validation_nats": 1.0},
        {"notes": 1, "train_nats": 1.0, "validation_nats": float("inf")},
    ],
    ids=["nothing", "a word", "empty", "a word for a number", "not a number", "infinite"],
)
def test_what_is_no_validation_is_left_out(wrong):
    assert not curves.drawn([wrong])
    assert len(list(curves.drawn([wrong, *HISTORY]).rows)) == 3


def test_fields_that_are_not_told_everywhere_are_not_drawn():
    assert len(curves.drawn([*HISTORY, entry(5_000_000, 9.0) | {"train": {"key": 1}}]).panels) == 1


def test_of_a_long_training_some_validations_are_shown_and_the_last():
    drawing = curves.drawn([entry(n * 1_000_000, 9.0) for n in range(1, 1001)])
    shown = [row[0] for row in drawing.rows]
    assert len(shown) == 200
    assert shown[-1] == "1000.00"
    assert "circle" not in drawing.panels[0]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((0, 1, 4), (0, 1, 2, 3, 4)),
        ((9.25, 13), (9, 10, 11, 12, 13)),
        ((0, 0.35), (0, 0.1, 0.2, 0.3, 0.4)),
        ((2.17, 2.23), (2.16, 2.18, 2.2, 2.22, 2.24)),
        ((0, 48), (0, 10, 20, 30, 40, 50)),
    ],
)
def test_ticks_are_round(values, ticks):
    assert curves.scale(values, 0, 100).ticks == ticks


def test_a_scale_that_ends_with_its_values_has_ticks_within():
    across = curves.scale((0, 1.004), 0, 100, ends_on_tick=False)
    assert across.ticks == (0, 0.5, 1)
    assert across(1.004) == 100


def test_values_that_are_all_alike_have_a_scale():
    assert 0 <= curves.scale((3.0, 3.0), 0, 100)(3.0) <= 100
