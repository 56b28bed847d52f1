"""The models in the repository: their cards tell the truth, and they play."""

from pathlib import Path

import numpy as np
import pytest

from ml import cards, metrics, weights
from ml.composer import Composer, Request

WEIGHTS = sorted((Path(__file__).parents[2] / "ml" / "weights").glob("*.keras"))
MOST_BYTES = 40_000_000
PIECES = 20
SECONDS = 60


@pytest.fixture(scope="module", params=WEIGHTS, ids=lambda path: path.stem)
def model(request):
    return request.param


@pytest.fixture(scope="module")
def pieces(model):
    composer = Composer.open(model)
    return [composer.compose(Request(SECONDS, seed)) for seed in range(1, PIECES + 1)]


def test_two_models_are_shipped_and_one_of_them_may_earn_money():
    licences = {path.stem: cards.read(path.with_suffix(".json"))["licence"] for path in WEIGHTS}
    assert licences == {"concert": "CC BY-NC-SA 4.0", "open": "CC BY-SA 3.0 DE"}


def test_its_card_is_of_this_file(model):
    card = cards.read(model.with_suffix(".json"))
    assert card["sha256"] == weights.digest(model) == card["figures"]["sha256"]
    assert model.stat().st_size <= MOST_BYTES


def test_its_figures_beat_both_baselines(model):
    figures = cards.read(model.with_suffix(".json"))["figures"]
    assert figures["nats_per_note"] < figures["baselines"]["markov_2"]
    assert figures["baselines"]["markov_2"] < figures["baselines"]["unigram"]


def test_its_clips_overlap_with_those_of_people(model):
    """Nine tenths of the area that people share with people; of concert three quarters at least."""
    overlap = cards.read(model.with_suffix(".json"))["figures"]["overlap"]["mgeval"]
    assert overlap["composed"]["mean"] >= 0.9 * overlap["people"]["mean"]
    if model.stem == "concert":
        assert overlap["composed"]["mean"] >= 0.75


def test_it_copies_no_more_than_people_do(model):
    copied = cards.read(model.with_suffix(".json"))["figures"]["copying"]["exact_16"]
    assert copied["most"] <= copied["people_95th"]


def test_its_card_tells_how_to_make_it_again(model):
    card = cards.read(model.with_suffix(".json"))
    assert "python -m ml train" in card["trained"]["command"]
    assert card["trained"]["revision"]
    assert card["trained"]["versions"].keys() == {"tensorflow", "keras", "numpy", "music21"}
    assert card["history"][-1]["step"] == card["trained"]["steps"]
    assert card["limits"]


def test_no_pattern_sounds_more_than_six_times_in_a_row(pieces):
    assert max(map(metrics.pattern_repeats, pieces)) <= 6


def test_there_is_no_long_silence(pieces):
    assert max(map(metrics.longest_silence, pieces)) <= 4


def test_no_note_hangs(pieces):
    assert max(map(metrics.hanging_notes, pieces)) == 0


def test_it_plays_four_to_twenty_notes_a_second(pieces):
    densities = [metrics.notes_per_second(piece) for piece in pieces]
    assert 4 <= np.mean(densities) <= 20


def test_every_piece_ends_within_two_seconds_of_the_wish(pieces):
    assert max(abs(piece.seconds - SECONDS) for piece in pieces) <= 2


def test_the_last_chord_rings(pieces):
    """No key is struck in the last second, and some are held through it."""
    for piece in pieces:
        assert max(note.onset for note in piece.notes) <= piece.seconds - 1
        assert any(n.duration >= 1 and n.end == piece.seconds for n in piece.notes)


def test_all_pieces_differ(pieces):
    assert len({piece.notes for piece in pieces}) == PIECES
