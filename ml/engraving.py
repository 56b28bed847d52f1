"""The picture of a score: MusicXML -> SVG, through verovio."""

import re

import verovio

OPTIONS = {
    "pageWidth": 2100,
    "pageHeight": 60_000,  # verovio's highest; a longer score goes on in another picture
    "adjustPageHeight": True,
    "scale": 50,  # per cent: pictures are 1,050 px wide
    "footer": "none",
    "smuflTextFont": "none",  # no font inside of the picture
    "svgRemoveXlink": True,
}
# What verovio says in a style sheet, as attributes: where pictures are shown, no style is let
# through.
LOOKS = {
    "tempo": ' font-weight="bold"',
    "dir": ' font-style="italic"',
    "dynam": ' font-style="italic"',
    "mNum": ' font-style="italic"',
    "label": ' visibility="hidden"',  # "Piano", which everybody knows
    "placeholder": ' visibility="hidden"',
}
# Signs of music fonts inside of words, in letters that other fonts have.
SIGNS = {"\ueca3": "𝅗𝅥", "\ueca5": "♩", "\ueca7": "♪", "\uecb7": "."}
STYLE_SHEET = re.compile(r"<style.*?</style>", re.DOTALL)
CLASS = re.compile(r'class="([a-zA-Z ]+)"')
SIGN = re.compile("[\ue000-\uf8ff]")


def draw(musicxml: str) -> tuple[str, ...]:
    """SVG pictures, to be seen one below the other: ink on nothing, neither styles nor fonts.

    Raises ValueError if verovio cannot read the score.
    """
    toolkit = verovio.toolkit()
    toolkit.setOptions(OPTIONS)
    if not toolkit.loadData(musicxml):
        raise ValueError("This score cannot be drawn.")
    return tuple(_plain(toolkit.renderToSVG(page + 1)) for page in range(toolkit.getPageCount()))


def _plain(svg):
    svg = CLASS.sub(_look, STYLE_SHEET.sub("", svg))
    svg = SIGN.sub(lambda sign: SIGNS.get(sign[0], ""), svg)
    svg = svg.replace(' font-family="Leipzig"', "").replace("<text ", '<text stroke="none" ')
    return svg.replace("<svg ", '<svg stroke="currentColor" ', 1)


def _look(found):
    return found[0] + "".join(LOOKS.get(name, "") for name in found[1].split())
