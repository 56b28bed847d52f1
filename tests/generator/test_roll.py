import re
import xml.etree.ElementTree as ET

from generator.roll import HEIGHT, WIDTH, draw_roll

SCALE = [[500 * step, 400, 48 + step, 20 + 10 * step] for step in range(10)]
SVG = "{http://www.w3.org/2000/svg}"


def strokes(picture):
    """(x, y, length) of each note."""
    path = "".join(element.get("d") for element in ET.fromstring(picture).findall(f"{SVG}path"))  # noqa: S314
    return [
        tuple(map(float, numbers)) for numbers in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", path)
    ]


def test_each_note_has_a_stroke_at_its_time():
    xs = [x for x, _, _ in strokes(draw_roll(SCALE, 10))]
    assert sorted(xs) == [WIDTH * 0.5 * step / 10 for step in range(10)]


def test_higher_notes_stand_higher():
    by_time = sorted(strokes(draw_roll(SCALE, 10)))
    heights = [y for _, y, _ in by_time]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= y <= HEIGHT for y in heights)


def test_what_begins_later_is_left_out_and_what_goes_on_is_cut():
    shown = strokes(draw_roll([[0, 9000, 60, 64], [2000, 100, 62, 64]], 1))
    assert len(shown) == 1
    assert shown[0][2] <= WIDTH


def test_louder_notes_are_brighter():
    picture = ET.fromstring(draw_roll(SCALE, 10))  # noqa: S314
    opacities = [float(path.get("stroke-opacity")) for path in picture.findall(f"{SVG}path")[1:]]
    assert opacities == sorted(set(opacities))
    assert len(opacities) == 3


def test_the_picture_can_be_stretched_under_a_slider():
    assert 'preserveAspectRatio="none"' in draw_roll(SCALE, 10)


def test_there_may_be_no_notes():
    assert strokes(draw_roll([], 10)) == []


def test_it_needs_no_styles_and_no_scripts():
    assert not re.search(r"style|script|href|on\w+=", draw_roll(SCALE, 10))


def test_thousands_of_notes_stay_a_small_picture():
    notes = [[n * 15, 100, 21 + n * 7 % 88, 1 + n % 127] for n in range(20_000)]
    assert len(draw_roll(notes, 300)) < 400_000
