import pytest

from gallery.templatetags.durations import clock, spoken


@pytest.mark.parametrize(
    ("seconds", "shown", "words"),
    [
        (None, "", ""),
        (0, "0:00", "0 seconds"),
        (1, "0:01", "1 second"),
        (59.6, "0:59", "59 seconds"),
        (65.2, "1:05", "1 minute 5 seconds"),
        (600, "10:00", "10 minutes"),
    ],
)
def test_seconds_for_eye_and_ear(seconds, shown, words):
    assert (clock(seconds), spoken(seconds)) == (shown, words)
