"""The piano roll of a whole piece as a picture, for browsers without script; see static/js/roll.js.

Like the covers it is dark in both themes, and plain SVG with presentation attributes only. A path
for each shade keeps it small: some 9 bytes a note.
"""

DESIGN = 1  # raise it when the drawing changes: it is part of the rolls' ETag

WIDTH, HEIGHT = 960, 240
LEAST_ROWS = 36  # semitones
SHADES = 6  # of velocity
LEAST_LENGTH = 1.5  # units, so that short notes of long pieces are seen


def draw_roll(notes, seconds, takeover=None):
    """SVG of `[[onset_ms, duration_ms, pitch, velocity], ...]`.

    What comes before `takeover`, in seconds, lies in the shade: somebody else's beginning.
    """
    scale = WIDTH / (1000 * seconds or 1)
    low, high = pitch_range(notes)
    row = HEIGHT / (high - low + 1)
    shades = [[] for _ in range(SHADES)]
    for onset, duration, pitch, velocity in notes:
        y = (high - pitch + 0.5) * row
        length = max(LEAST_LENGTH, duration * scale - 0.5)
        shade = min(SHADES - 1, velocity * SHADES // 128)
        shades[shade].append(f"M{onset * scale:.0f} {y:.0f}h{length:.1f}".removesuffix(".0"))
    paths = "".join(_path(bars, shade, row) for shade, bars in enumerate(shades) if bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path fill="#10131f" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
        f'<path fill="#fff" fill-opacity=".05" d="{_black_keys(low, high, row)}"/>'
        f"{paths}{_takeover(takeover, scale)}</svg>"
    )


def pitch_range(notes):
    """The lowest and the highest pitch to draw: all there are, and not too few."""
    pitches = [note[2] for note in notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    missing = max(0, LEAST_ROWS - (high - low + 1))
    return low - missing // 2, high + (missing + 1) // 2


def _black_keys(low, high, row):
    rows = (pitch for pitch in range(low, high + 1) if pitch % 12 in (1, 3, 6, 8, 10))
    return "".join(f"M0 {(high - pitch) * row:.1f}h{WIDTH}v{row:.1f}H0z" for pitch in rows)


def _path(bars, shade, row):
    opacity = 0.35 + 0.65 * shade / (SHADES - 1)
    return (
        f'<path stroke="#f0c27b" stroke-opacity="{opacity:.2f}" stroke-width="{row * 0.86:.1f}" '
        f'd="{"".join(bars)}"/>'
    )


def _takeover(takeover, scale):
    if not takeover:
        return ""
    x = takeover * 1000 * scale
    return (
        f'<path fill="#000" fill-opacity=".45" d="M0 0h{x:.1f}v{HEIGHT}H0z"/>'
        f'<path stroke="#fff" stroke-width="2" stroke-dasharray="6 5" d="M{x:.1f} 0v{HEIGHT}"/>'
    )
