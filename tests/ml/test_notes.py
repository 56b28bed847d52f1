import pytest

from ml.notes import Note, Piece


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"onset": -0.01}, id="before the beginning"),
        pytest.param({"onset": float("inf")}, id="begins never"),
        pytest.param({"onset": float("nan")}, id="begins nowhere"),
        pytest.param({"duration": 0}, id="no length"),
        pytest.param({"duration": float("inf")}, id="no end"),
        pytest.param({"duration": float("nan")}, id="no sensible length"),
        pytest.param({"pitch": 20}, id="below the keys"),
        pytest.param({"pitch": 109}, id="above the keys"),
        pytest.param({"velocity": 0}, id="silent"),
        pytest.param({"velocity": 128}, id="too loud"),
    ],
)
def test_a_note_that_no_piano_could_play_is_refused(wrong):
    with pytest.raises(ValueError, match=r"note|piano|velocity"):
        Note(**{"onset": 0, "duration": 1, "pitch": 60, "velocity": 64} | wrong)


def test_the_outermost_keys_and_velocities_are_notes():
    Note(0, 0.001, 21, 1)
    Note(0, 0.001, 108, 127)


def test_a_note_ends_after_its_duration():
    assert Note(1.5, 0.25, 60, 64).end == 1.75


def test_a_piece_orders_its_notes_by_onset_then_pitch():
    late, high, low = Note(1, 1, 40, 64), Note(0, 1, 72, 64), Note(0, 2, 60, 64)
    assert Piece((late, high, low)).notes == (low, high, late)


def test_a_piece_is_as_long_as_its_last_sounding_note():
    piece = Piece((Note(0, 5, 60, 64), Note(1, 1, 72, 64)))
    assert piece.seconds == 5
    assert len(piece) == 2


def test_a_piece_without_notes_lasts_no_time():
    assert Piece(()).seconds == 0
