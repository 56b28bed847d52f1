"""A piano roll as a picture, for choosing a moment of it: time from left to right.

The picture has no margins and no shape of its own (preserveAspectRatio none), so that a slider laid
over it points at the moment that it names. Plain SVG with presentation attributes only.
"""

WIDTH, HEIGHT = 1000, 240  # units
LEAST_RANGE = 24  # semitones from top to bottom
LINE_EVERY = (5, 10, 30, 60)  # seconds; the first that gives few enough lines
MOST_LINES = 12
LOUDNESSES = ((0, "0.5"), (52, "0.75"), (80, "1"))  # from which velocity, how opaque
NOTE, LINE = "#f0c27b", "#ffffff"


def draw_roll(notes, seconds):
    """SVG of the `[[onset_ms, duration_ms, pitch, velocity], ...]` that begin before `seconds`."""
    end = seconds * 1000
    shown = [note for note in notes if note[0] < end]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none">{_lines(seconds)}{_notes(shown, end)}</svg>'
    )


def _lines(seconds):
    """A thin upright line every few seconds."""
    every = next((step for step in LINE_EVERY if seconds / step <= MOST_LINES), LINE_EVERY[-1])
    places = range(every, int(seconds) + 1, every)
    path = "".join(f"M{WIDTH * place / seconds:.1f} 0v{HEIGHT}" for place in places)
    return f'<path d="{path}" stroke="{LINE}" stroke-opacity="0.16" stroke-width="1"/>'


def _notes(notes, end):
    """One path for each loudness: thousands of notes stay a small picture."""
    if not notes:
        return ""
    pitches = [note[2] for note in notes]
    middle = (min(pitches) + max(pitches)) / 2
    step = HEIGHT / (max(max(pitches) - min(pitches), LEAST_RANGE) + 2)
    paths = {opacity: [] for _, opacity in LOUDNESSES}
    for onset, duration, pitch, velocity in notes:
        opacity = max(pair for pair in LOUDNESSES if pair[0] <= velocity)[1]
        left, right = WIDTH * onset / end, WIDTH * min(onset + duration, end) / end
        y = HEIGHT / 2 + (middle - pitch) * step
        paths[opacity].append(f"M{left:.1f} {y:.0f}h{max(right - left - 0.5, 1):.1f}")
    return "".join(
        f'<path d="{"".join(path)}" stroke="{NOTE}" stroke-opacity="{opacity}" '
        f'stroke-width="{min(step, 8):.1f}"/>'
        for opacity, path in paths.items()
        if path
    )
