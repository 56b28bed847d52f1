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


def test_a_model_is_shipped():
    assert "concert" in [path.stem for path in WEIGHTS]


def test_its_card_is_of_this_file(model):
    card = cards.read(model.with_suffix(".json"))
    assert card["sha256"] == weights.digest(model) == card["figures"]["sha256"]
    assert model.stat().st_size <= MOST_BYTES


def test_its_figures_beat_both_baselines(model):
    figures = cards.read(model.with_suffix(".json"))["figures"]
    assert figures["nats_per_note"] < figures["baselines"]["markov_2"]
    assert figures["baselines"]["markov_2"] < figures["baselines"]["unigram"]


def test_no_pattern_sounds_more_than_six_times_in_a_row(pieces):
    assert max(map(metrics.pattern_repeats, pieces)) <= 6


def test_there_is_no_long_silence(pieces):
    assert max(map(metrics.longest_silence, pieces)) <= 4


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
