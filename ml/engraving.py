"""The picture of a score: MusicXML -> SVG, through verovio.

What verovio says by style sheets, fonts, classes and a dozen nested groups is said here by plain
shapes: a picture that any policy lets through, and a third smaller.
"""

import functools
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import verovio

MUSIC_FONT = "Leipzig"
OPTIONS = {
    "pageWidth": 2100,
    "pageHeight": 60_000,  # verovio's highest; a longer score goes on in another picture
    "adjustPageHeight": True,
    "spacingSystem": 6,
    "staffLineWidth": 0.18,
    "header": "none",
    "footer": "none",
    "font": MUSIC_FONT,
    "smuflTextFont": "none",
    "svgFormatRaw": True,
    "svgRemoveXlink": True,
    "svgViewBox": True,
    "xmlIdSeed": 1,
}
WIDTH = 1050  # pixels
FONTS = "Times New Roman, Times, serif"
DATA = Path(verovio.__file__).parent / "data"

SVG = "http://www.w3.org/2000/svg"
SHAPES = ("path", "polygon", "polyline", "rect", "ellipse", "circle", "line")
# Classes whose words look otherwise, and those that nobody should see.
LOOKS = {
    "tempo": {"font-weight": "bold"},
    "dir": {"font-style": "italic"},
    "mNum": {"font-style": "italic"},
}
LIFTED = {"tempo": -150}  # clear of the stems below
HIDDEN = ("label", "labelAbbr", "placeholder")
MOVED = re.compile(r"translate\((-?[\d.]+), ?(-?[\d.]+)\)")
MUSIC_SIGN = re.compile("[\ue000-\uf8ff]")
SPACE = 80  # thousandths of a font's size, between two signs of music

# Of the heading, in the picture's units: a staff is 720 high.
HEADING, TITLE_BASE, COMPOSER_BASE = 2100, 1150, 1900
TITLE_SIZE, COMPOSER_SIZE = 800, 405
LETTER = 0.5  # of a font's size: the mean width of a letter


@dataclass(frozen=True, slots=True)
class Heading:
    title: str
    composer: str


def draw(musicxml: str, heading: Heading) -> tuple[str, ...]:
    """SVG pictures, to be seen one below the other: black on nothing. The first has the heading.

    Raises ValueError if verovio cannot read the score.
    """
    toolkit = verovio.toolkit()
    toolkit.setOptions(OPTIONS)
    if not toolkit.loadData(musicxml):
        raise ValueError("This score cannot be drawn.")
    pages = (toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount()))
    return tuple(_Page(svg, heading if i == 0 else None).svg() for i, svg in enumerate(pages))


class _Page:
    """One of verovio's pictures while it is made plain."""

    def __init__(self, svg, heading):
        self.heading = heading
        self.top = HEADING if heading else 0
        self.signs = ElementTree.Element("defs")
        self.lines = ElementTree.Element("g", {"stroke": "black"})
        self.rest = ElementTree.Element("g")
        root = ElementTree.fromstring(svg)  # noqa: S314  verovio's, of our own score
        page = root.find(f"{{{SVG}}}svg")
        self.width, self.height = (int(length) for length in page.get("viewBox").split()[2:])
        for sign in root.iter(f"{{{SVG}}}defs"):
            for one in sign:
                self.add_sign(one.get("id"), one[0].get("d"))
        self.take(page, {}, (0, 0))

    def svg(self):
        high = self.height + self.top
        root = ElementTree.Element(
            "svg",
            {
                "xmlns": SVG,
                "width": f"{WIDTH}px",
                "height": f"{round(high * WIDTH / self.width)}px",
                "viewBox": f"0 0 {self.width} {high}",
                "font-family": FONTS,
            },
        )
        body = ElementTree.SubElement(root, "g", {"transform": f"translate(0 {self.top})"})
        body.extend([self.lines, self.rest])
        root.insert(0, self.signs)
        if self.heading:
            root.extend(self.headline())
        return ElementTree.tostring(root, encoding="unicode")

    def headline(self):
        title, composer = self.heading.title, self.heading.composer
        fitting = (self.width - 2000) / (LETTER * max(len(title), 1))
        middle, right = {"text-anchor": "middle"}, {"text-anchor": "end", "font-style": "italic"}
        yield _words(title, self.width / 2, TITLE_BASE, min(TITLE_SIZE, fitting), middle)
        yield _words(composer, self.width - 1000, COMPOSER_BASE, COMPOSER_SIZE, right)

    def take(self, parent, look, place):
        """Copy the shapes and words under `parent`, which begins at `place`."""
        for element in parent:
            kind = element.tag.rpartition("}")[2]
            classes = element.get("class", "").split()
            if kind == "g" and not any(name in HIDDEN for name in classes):
                moved = MOVED.match(element.get("transform", ""))
                x, y = (float(way) for way in moved.groups()) if moved else (0, 0)
                inner = look | {k: v for name in classes for k, v in LOOKS.get(name, {}).items()}
                y += sum(LIFTED.get(name, 0) for name in classes)
                self.take(element, inner, (place[0] + x, place[1] + y))
            elif kind in SHAPES:
                self.add(self.lines, kind, dict(element.attrib), place)
            elif kind == "use":
                self.add(self.rest, kind, dict(element.attrib), place)
            elif kind == "text":
                self.take_words(element, look, place)

    def add(self, group, kind, attributes, place):
        if any(place):
            own = attributes.get("transform", "")
            attributes["transform"] = f"translate({place[0]:g} {place[1]:g}) {own}".strip()
        ElementTree.SubElement(group, kind, attributes)

    def add_sign(self, name, shape):
        sign = {"id": name, "transform": "scale(1,-1)", "d": shape}
        ElementTree.SubElement(self.signs, "path", sign)

    def take_words(self, text, look, place):
        """One line of words; signs of music in it become shapes."""
        runs = [
            (float(part.get("font-size", "0").removesuffix("px")), part.text)
            for part in text.iter(f"{{{SVG}}}tspan")
            if part.text and part.get("font-size")
        ]
        starts = [part for part in text.iter() if part.get("y")]
        if not runs or not starts:
            return
        x, y = (float(starts[0].get(axis, 0)) + way for axis, way in zip("xy", place, strict=True))
        while runs and MUSIC_SIGN.search(runs[0][1]):
            x = self.set_signs(*runs.pop(0), x, y)
        if runs:
            anchor = starts[0].get("text-anchor") or text.get("text-anchor")
            look = look | ({"text-anchor": anchor} if anchor else {})
            self.rest.append(_words("".join(run for _, run in runs), x, y, runs[0][0], look))

    def set_signs(self, size, signs, x, y):
        """Draw signs of the music font; return where the next one would stand."""
        for sign in signs:
            width = SPACE
            if MUSIC_SIGN.match(sign):
                code = f"{ord(sign):X}"
                shape, width = _sign(code)
                if self.signs.find(f"path[@id='{code}']") is None:
                    self.add_sign(code, shape)
                scaled = f"translate({x:g} {y:g}) scale({size / 1000:g})"
                ElementTree.SubElement(self.rest, "use", {"href": f"#{code}", "transform": scaled})
            x += width * size / 1000
        return x


def _words(words, x, y, size, look):
    element = ElementTree.Element(
        "text", {"x": f"{x:g}", "y": f"{y:g}", "font-size": f"{size:.0f}"} | look
    )
    element.text = words
    return element


@functools.cache
def _sign(code):
    """(shape, width) of a sign in verovio's music font, in thousandths of its size."""
    shape = ElementTree.parse(DATA / MUSIC_FONT / f"{code}.xml").getroot()[0].get("d")  # noqa: S314
    signs = ElementTree.parse(DATA / f"{MUSIC_FONT}.xml").getroot()  # noqa: S314
    return shape, float(next(sign.get("h-a-x") for sign in signs if sign.get("c") == code))
