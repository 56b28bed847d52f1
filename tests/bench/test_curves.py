import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from bench import curves

SVG = "{http://www.w3.org/2000/svg}"


def entry(notes, nats, fields=True):
    told = {"step": 1, "notes": notes, "train_nats": nats, "validation_nats": nats + 1}
    if fields:
        told["train"] = {"shift": nats / 2, "key": nats / 4, "velocity": nats / 4}
        told["validation"] = dict.fromkeys(("shift", "key", "velocity"), nats / 3)
    return told


def card(fields=True, name="concert"):
    points = [(1_000_000, 12.0), (2_000_000, 10.5), (4_000_000, 9.25)]
    return {
        "name": name,
        "settings": {"validate_rows": 1500},
        "history": [entry(notes, nats, fields) for notes, nats in points],
    }


def drawn(made):
    return ElementTree.fromstring(curves.draw(made))  # noqa: S314 - our own


def points_of(line):
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def lines_of(picture, side):
    """The lines of one side without that of the legend."""
    return picture.findall(f"{SVG}polyline[@class='{side}']")[1:]


@pytest.mark.parametrize(("fields", "panels"), [(True, 4), (False, 1)], ids=["fields", "sums"])
def test_every_validation_is_a_point_of_both_lines(fields, panels):
    picture = drawn(card(fields))
    for side in ("train", "validation"):
        assert [len(points_of(line)) for line in lines_of(picture, side)] == [3] * panels
    assert len(picture.findall(f"{SVG}circle")) == 3 * panels


def test_points_lie_where_the_axes_say():
    picture = drawn(card())
    [line, *_] = lines_of(picture, "validation")
    (x1, y1), (x2, y2), (x3, y3) = points_of(line)
    assert (x3 - x2) / (x2 - x1) == pytest.approx(2, rel=0.02)  # 2 M notes, and 1 M
    assert (y2 - y1) / (y3 - y2) == pytest.approx(1.5 / 1.25, rel=0.02)
    assert y1 < y2 < y3  # on paper, less is further down
    [trained, *_] = lines_of(picture, "train")
    for (_, low), (_, high) in zip(points_of(trained), points_of(line), strict=True):
        assert low > high


def test_all_points_lie_inside_the_picture_and_its_frames():
    picture = drawn(card())
    _, _, width, height = map(float, picture.get("viewBox").split())
    frames = picture.findall(f"{SVG}rect[@class='frame']")
    assert len(frames) == 4
    for i, frame in enumerate(frames):
        x, y, wide, high = (float(frame.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height
        for side in ("train", "validation"):
            for px, py in points_of(lines_of(picture, side)[i]):
                assert x - 0.1 <= px <= x + wide + 0.1
                assert y - 0.1 <= py <= y + high + 0.1


def test_it_says_in_words_what_it_shows():
    picture = drawn(card())
    assert picture.get("role") == "img"
    named = {picture.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")}
    assert named == set(picture.get("aria-labelledby").split())
    assert picture.find(f"{SVG}title").text == "How concert learnt"
    words = picture.find(f"{SVG}desc").text
    assert "first 1500 rows" in words
    assert "all fields: validation from 13.00 after 1.00 million notes to 10.25 after" in words
    assert "velocity: validation from 4.00" in words
    assert picture.find(f"{SVG}circle/{SVG}title").text == "13.00 nats after 1.00 M notes"


def test_a_name_cannot_break_the_picture():
    assert drawn(card(name="<b>&")).find(f"{SVG}title").text == "How <b>& learnt"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("page", ["light", "dark"])
def test_it_is_read_on_light_and_dark_pages(page):
    light, dark = curves.STYLE.split("@media (prefers-color-scheme: dark)")
    rules = dict(
        re.findall(
            r"([.\w]+) \{[^}]*?(?:fill|stroke): (#\w{6})", {"light": light, "dark": dark}[page]
        )
    )
    ground = luminance(rules.pop(".ground"))
    rules.pop(".grid")  # faint by intent
    frame = rules.pop(".frame", None)
    assert set(rules) == {"text", ".train", ".validation", "circle"}
    for name, colour in rules.items():
        dim, bright = sorted((ground, luminance(colour)))
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, name
    dim, bright = sorted((ground, luminance(frame)))
    assert (bright + 0.05) / (dim + 0.05) >= 3


def test_one_validation_is_a_picture_too():
    made = card()
    made["history"] = made["history"][:1]
    assert len(drawn(made).findall(f"{SVG}circle")) == 4


def test_it_writes_a_picture_for_each_card(tmp_path, capsys):
    for name in ("concert", "open"):
        (tmp_path / f"{name}.json").write_text(json.dumps(card(name=name)))
    cards = [str(tmp_path / f"{name}.json") for name in ("concert", "open")]
    curves.main([*cards, "--folder", str(tmp_path)])
    assert (tmp_path / "curves-concert.svg").read_text() == curves.draw(card())
    assert (tmp_path / "curves-open.svg").exists()
    assert capsys.readouterr().out.splitlines() == [
        "curves-concert.svg: 3 validations",
        "curves-open.svg: 3 validations",
    ]


def test_a_card_without_history_is_told(tmp_path):
    (tmp_path / "x.json").write_text('{"name": "x", "history": []}')
    with pytest.raises(SystemExit, match="has no history"):
        curves.main([str(tmp_path / "x.json"), "--folder", str(tmp_path)])
