"""A picture of a piece, drawn from its own notes: same notes, same picture.

A night with a moon and hills. The bars are the piano roll of the piece's fullest moment, its top
voice alight; the hills are the loudness of the whole piece; the hue of the sky is its key, as an
angle on the circle of fifths. Plain SVG with presentation attributes only, so that it passes
the strictest content security policy, and few shapes, so that it reads at 48 px.
"""

import math
from itertools import pairwise

DESIGN = 1  # raise it when the drawing changes: it is part of the covers' ETag

SIDE = 480  # units of the square picture
WINDOW_MS = 12_000  # of music in the roll
MOST_BARS = 140
LEAST_RANGE = 30  # semitones from the top to the bottom of the roll
ROLL_TOP, ROLL_BOTTOM = 70, 372
HILL_POINTS = 25

NIGHT = 275.0  # hue of a piece without a key, degrees
GLOW = 75.0  # hue of the moon and the top voice


def draw_cover(notes):
    """SVG of `[[onset_ms, duration_ms, pitch, velocity], ...]`; no notes give the placeholder."""
    if not notes:
        return draw_placeholder(0)
    notes = sorted(notes)
    hue = key_hue(notes)
    excerpt = fullest_window(notes)
    return _svg(
        _sky(hue),
        _moon(notes),
        _roll(excerpt, hue),
        _hills(loudness(notes, HILL_POINTS), hue),
    )


def draw_placeholder(seed):
    """SVG of a night in which nothing sounds yet; the moon stands where the seed puts it."""
    x, y = 130 + seed % 221, 110 + seed // 221 % 101
    slopes = [0.5 + 0.3 * math.sin(index / 3 + seed % 7) for index in range(HILL_POINTS)]
    ring = (
        f'<circle cx="{x}" cy="{y}" r="46" fill="none" stroke="{colour(0.8, 0.04, GLOW)}" '
        'stroke-width="5" stroke-opacity="0.55"/>'
    )
    staff = "".join(
        f'<path d="M0 {244 + 22 * line}H{SIDE}" stroke="#fff" stroke-opacity="0.13" '
        'stroke-width="2"/>'
        for line in range(5)
    )
    return _svg(_sky(NIGHT), ring, staff, _hills(slopes, NIGHT))


def key_hue(notes):
    """Hue in degrees: where the notes' weight lies on the circle of fifths.

    Weight is duration times velocity; neighbouring keys get neighbouring colours.
    """
    x = y = 0.0
    for _, duration, pitch, velocity in notes:
        angle = 2 * math.pi * (pitch * 7 % 12) / 12
        x += duration * velocity * math.cos(angle)
        y += duration * velocity * math.sin(angle)
    if math.hypot(x, y) < 1e-6:
        return NIGHT
    # From green over blue to rose, left out the ochres, whose nights look like day. The circle
    # is cut between C and G, as angles of scales' middles: between F major and C major.
    turn = (math.atan2(y, x) / (2 * math.pi) - 0.1) % 1
    return (168 + 202 * turn) % 360


def fullest_window(notes):
    """The notes that begin in the stretch of WINDOW_MS with the most of them, from time 0.

    At most MOST_BARS of them, the longest first, in their order.
    """
    best_first, best_count, first = 0, 0, 0
    for last, (onset, *_) in enumerate(notes):
        while onset - notes[first][0] > WINDOW_MS:
            first += 1
        if last - first + 1 > best_count:
            best_first, best_count = first, last - first + 1
    start = notes[best_first][0]
    chosen = notes[best_first : best_first + best_count]
    chosen = sorted(sorted(chosen, key=lambda note: -note[1])[:MOST_BARS])
    return [[onset - start, *rest] for onset, *rest in chosen]


def top_voice(notes):
    """Indices of the notes with nothing sounding above them when they begin."""
    top = set()
    for index, (onset, _, pitch, _) in enumerate(notes):
        above = (
            other
            for other in notes
            if other[2] > pitch and other[0] - 60 <= onset < other[0] + other[1]
        )
        if not any(above):
            top.add(index)
    return top


def loudness(notes, points):
    """`points` values from 0 to 1: velocity struck over time, smoothed."""
    end = max(onset + duration for onset, duration, *_ in notes) or 1
    sums = [0.0] * points
    for onset, _, _, velocity in notes:
        sums[min(points - 1, onset * points // end)] += velocity
    padded = [sums[0], *sums, sums[-1]]
    smooth = [sum(padded[i : i + 3]) / 3 for i in range(points)]
    most = max(smooth) or 1
    return [value / most for value in smooth]


def _sky(hue):
    top, bottom = colour(0.17, 0.045, hue), colour(0.34, 0.085, hue + 25)
    moon = colour(0.9, 0.045, GLOW)
    return (
        '<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/>'
        "</linearGradient>"
        f'<radialGradient id="halo"><stop offset="0.4" stop-color="{moon}" stop-opacity="0.3"/>'
        f'<stop offset="1" stop-color="{moon}" stop-opacity="0"/></radialGradient></defs>'
        f'<rect width="{SIDE}" height="{SIDE}" fill="url(#sky)"/>'
    )


def _moon(notes):
    """Higher for high music, larger for slow music, anywhere from left to right."""
    end = max(onset + duration for onset, duration, *_ in notes) or 1
    mean_pitch = sum(note[2] for note in notes) / len(notes)
    loudest = max(range(len(notes)), key=lambda index: notes[index][3])
    x = 100 + 280 * notes[loudest][0] / end
    y = 210 - 110 * min(1, max(0, (mean_pitch - 48) / 28))
    radius = 78 - 34 * min(1, 1000 * len(notes) / end / 14)
    fill = colour(0.9, 0.045, GLOW)
    centre = f'<circle cx="{x:.0f}" cy="{y:.0f}"'
    halo = f'{centre} r="{radius * 2.2:.0f}" fill="url(#halo)"/>'
    return f'{halo}{centre} r="{radius:.0f}" fill="{fill}" opacity="0.94"/>'


def _roll(notes, hue):
    pitches = sorted(note[2] for note in notes)
    middle = (pitches[0] + pitches[-1]) / 2
    reach = max(LEAST_RANGE, pitches[-1] - pitches[0])
    step = (ROLL_BOTTOM - ROLL_TOP) / reach
    height = max(6.0, min(12.0, step * 1.1))
    width = max(WINDOW_MS * 0.6, notes[-1][0] + notes[-1][1])
    alight = top_voice(notes)
    bars = []
    for index, (onset, duration, pitch, velocity) in enumerate(notes):
        x = SIDE * onset / width
        length = max(height, min(SIDE * duration / width - 2, SIDE - x + height))
        y = (ROLL_TOP + ROLL_BOTTOM) / 2 + (middle - pitch) * step - height / 2
        loud = velocity / 127
        if index in alight:
            fill, opacity = colour(0.74 + 0.18 * loud, 0.13, GLOW - 12), 1
        else:
            fill = colour(0.5 + 0.32 * loud, 0.085, hue + 12)
            opacity = round(0.45 + 0.5 * loud, 2)
        bars.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{length:.1f}" height="{height:.1f}" '
            f'rx="{height / 2:.1f}" fill="{fill}" opacity="{opacity}"/>'
        )
    return "".join(bars)


def _hills(values, hue):
    near = _ridge(values, base=SIDE - 26, height=74)
    far = _ridge(values[::-1], base=SIDE - 52, height=66)
    return (
        f'<path d="{far}" fill="{colour(0.24, 0.055, hue + 18)}" opacity="0.85"/>'
        f'<path d="{near}" fill="{colour(0.15, 0.04, hue + 8)}"/>'
    )


def _ridge(values, base, height):
    """Path of a soft ridge along the values, closed along the bottom of the picture.

    Each value bends the line between the middles of its two neighbouring stretches.
    """
    step = SIDE / (len(values) - 1)
    points = [(index * step, base - height * value) for index, value in enumerate(values)]
    path = [f"M0 {SIDE}V{points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        path.append(f"Q{x0:.1f} {y0:.1f} {(x0 + x1) / 2:.1f} {(y0 + y1) / 2:.1f}")
    return "".join(path) + f"L{SIDE} {points[-1][1]:.1f}V{SIDE}Z"


def colour(lightness, chroma, hue):
    """Hex colour of an OKLCH triple (hue in degrees), clipped to sRGB.

    Source: Björn Ottosson, "A perceptual color space for image processing", 2020.
    """
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_byte(value):02x}" for value in linear)


def _byte(linear):
    linear = min(1.0, max(0.0, linear))
    encoded = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * encoded)


def _svg(*parts):
    inside = "".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">{inside}</svg>'
