import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml import metrics, midi
from ml.composer import LONGEST_SECONDS, MOST_ROWS_A_SECOND, Composer, Request, heated
from ml.encoding import KEYS
from ml.notes import Note
from ml.sampler import Taste
from tests.ml.rigged import FREE, composer_that_likes
from tests.ml.tiny import STYLES, write_tiny_model

ROOT = Path(__file__).resolve().parent.parent.parent
UP = KEYS
ALL_DOWN, ALL_UP = range(KEYS), range(UP, UP + KEYS)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    write_tiny_model(path)
    return path


@pytest.fixture(scope="module")
def composer(model):
    return Composer.open(model)


def assert_well_formed(piece, seconds):
    """What holds for every piece, whatever network made it."""
    assert len(piece) > 0
    assert abs(piece.seconds - seconds) <= 2
    assert piece.seconds <= seconds + 1e-9
    assert metrics.pattern_repeats(piece) <= 6
    assert metrics.longest_silence(piece) <= 4
    assert piece.notes[0].onset <= 4
    assert len(piece) <= MOST_ROWS_A_SECOND * (seconds + 2)
    free = {}
    for note in piece.notes:  # no key is struck while it is down
        assert note.onset >= free.get(note.pitch, 0) - 1e-9
        free[note.pitch] = note.end


# The same, and not the same


def test_the_same_request_gives_the_same_notes(composer):
    request = Request(seconds=20, seed=7, style="chopin")
    assert composer.compose(request) == composer.compose(request)


def test_another_composer_of_the_same_file_gives_the_same_notes(composer, model):
    request = Request(seconds=10, seed=3)
    assert Composer.open(model).compose(request) == composer.compose(request)


def test_a_fresh_interpreter_gives_the_same_bytes_and_loads_no_tensorflow(
    composer, model, tmp_path
):
    request = Request(seconds=15, seed=11, style="bach", temperature=1.2)
    midi.write(composer.compose(request), tmp_path / "here.mid")
    script = """
import json, sys
from ml import midi
from ml.composer import Composer, Request
piece = Composer.open(sys.argv[1]).compose(Request(15, 11, style="bach", temperature=1.2))
midi.write(piece, sys.argv[2])
print(json.dumps(sorted({"tensorflow", "keras", "torch", "jax", "django"} & set(sys.modules))))
"""
    elsewhere = tmp_path / "elsewhere.mid"
    answer = subprocess.run(
        [sys.executable, "-c", script, model, elsewhere], cwd=ROOT, env=os.environ,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert elsewhere.read_bytes() == (tmp_path / "here.mid").read_bytes()
    assert json.loads(answer.stdout) == []


def test_somebody_elses_dice_change_nothing(composer, monkeypatch):
    request = Request(seconds=10, seed=5)
    alone = composer.compose(request)
    np.random.seed(99)
    assert composer.compose(request) == alone


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"seed": 2}, id="seed"),
        pytest.param({"style": "bach"}, id="style"),
        pytest.param({"temperature": 1.3}, id="temperature"),
        pytest.param({"energy": 5}, id="energy"),
        pytest.param({"loudness": 1}, id="loudness"),
        pytest.param({"seconds": 11}, id="length"),
    ],
)
def test_another_request_gives_another_piece(composer, other):
    plain = {"seconds": 10, "seed": 1}
    one, two = composer.compose(Request(**plain)), composer.compose(Request(**plain | other))
    assert [note.pitch for note in one.notes] != [note.pitch for note in two.notes]


def test_twenty_seeds_give_twenty_pieces(composer):
    pieces = {composer.compose(Request(seconds=3, seed=seed)).notes for seed in range(20)}
    assert len(pieces) == 20


def test_the_largest_seed_is_a_seed(composer):
    assert len(composer.compose(Request(seconds=2, seed=2**64 - 1)))


# What every piece is like


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("seconds", [1, 1.5, 3, 10, 25.5])
def test_a_piece_ends_by_the_wish(composer, seconds, seed):
    assert_well_formed(composer.compose(Request(seconds=seconds, seed=seed)), seconds)


def test_a_minute_is_a_minute(composer):
    assert_well_formed(composer.compose(Request(seconds=60, seed=1, style="chopin")), 60)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2, 3])
def test_a_piece_is_well_formed_at_any_temperature(composer, temperature):
    piece = composer.compose(Request(seconds=10, seed=1, temperature=temperature))
    assert_well_formed(piece, 10)


OF_ONE_MIND = {
    "one key": composer_that_likes([20], [39, 39 + UP]),
    "the highest key": composer_that_likes([0], [87, 87 + UP]),
    "two alternate keys": composer_that_likes([10], [39, 43, 39 + UP, 43 + UP]),
    "a chord of three": composer_that_likes([0, 50], [39, 43, 46, 39 + UP, 43 + UP, 46 + UP]),
    "long shifts": composer_that_likes([124]),
    "long shifts and quick ends": composer_that_likes([1, 124], [*range(30, 50), *ALL_UP]),
    "onsets alone": composer_that_likes(keys=ALL_DOWN),
    "onsets alone and long shifts": composer_that_likes([124], ALL_DOWN),
    "ends wherever there may be one": composer_that_likes(range(5, 120), ALL_UP),
    "no shift ever": composer_that_likes([0]),
    "no shift ever, upwards": composer_that_likes([0], ALL_DOWN),
    "no wish at all": composer_that_likes(),
}


@pytest.mark.parametrize("rigged", OF_ONE_MIND.values(), ids=OF_ONE_MIND)
def test_a_network_of_one_mind_neither_loops_nor_falls_silent(rigged):
    for seed in range(2):
        assert_well_formed(rigged.compose(Request(seconds=12, seed=seed)), 12)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("a chord of three", "749b122d41674097"),
        ("long shifts and quick ends", "384bd1176504175f"),
        ("no wish at all", "5a5771f27b804671"),
    ],
)
def test_pieces_stay_as_they_were(name, digest):
    """Networks whose sums no processor rounds: what was made once can be made again."""
    notes = OF_ONE_MIND[name].compose(Request(seconds=12, seed=1)).notes
    assert hashlib.sha256(repr(notes).encode()).hexdigest().startswith(digest)


def test_all_keys_held_for_minutes_are_no_dead_end():
    rigged = OF_ONE_MIND["onsets alone and long shifts"]
    assert_well_formed(rigged.compose(Request(seconds=300, seed=1)), 300)


def test_one_key_alone_sounds_six_times_before_another(composer):
    piece = OF_ONE_MIND["one key"].compose(Request(seconds=30, seed=1))
    pitches = [note.pitch for note in piece.notes]
    assert pitches[:6] == [60] * 6
    assert pitches[6] != 60
    assert pitches.count(60) > len(pitches) / 2


def test_onsets_follow_within_a_few_seconds():
    piece = OF_ONE_MIND["long shifts"].compose(Request(seconds=60, seed=1))
    before_coda = [note.onset for note in piece.notes if note.onset < 54]
    assert max(np.diff(before_coda)) <= 3 + 1e-9


def test_what_still_sounds_rings_until_the_end():
    piece = OF_ONE_MIND["onsets alone"].compose(Request(seconds=10, seed=1))
    assert piece.seconds == 10
    assert sum(note.end == 10 for note in piece.notes) > 5


def test_no_key_is_struck_in_the_last_half_second():
    piece = composer_that_likes([5], ALL_DOWN).compose(Request(seconds=10, seed=1))
    assert piece.notes[-1].onset <= 9.5


def test_a_trimmed_taste_of_keys_lifts_them_no_later():
    """What goes up is trimmed apart from what goes down; else few would be lifted."""
    free, trimmed = (
        composer_that_likes([5], range(30, 40), {**FREE, "key": Taste(top_p=top_p)}, lifting=-1)
        for top_p in (1, 0.3)
    )
    down = [
        sum(note.duration for note in composer.compose(Request(60, 1)).notes) / 60
        for composer in (free, trimmed)
    ]
    assert down[1] == pytest.approx(down[0], abs=0.5)


def test_notes_are_notes_of_a_piano(composer):
    piece = composer.compose(Request(seconds=10, seed=1))
    assert all(type(note) is Note and type(note.pitch) is int for note in piece.notes)


# Progress


def test_progress_rises_to_at_most_1(composer):
    told = []
    composer.compose(Request(seconds=10, seed=1), lambda share, draft: told.append(share))
    assert len(told) > 20
    assert told == sorted(told)
    assert 0 <= told[0] <= 0.1
    assert told[-1] == 1


def test_listening_to_the_progress_changes_nothing(composer):
    request = Request(seconds=10, seed=1)
    assert composer.compose(request, lambda share, draft: draft()) == composer.compose(request)


def test_what_progress_raises_stops_the_work(composer):
    told = []

    def stop(share, draft):
        told.append(share)
        if len(told) == 5:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        composer.compose(Request(seconds=600, seed=1), stop)
    assert len(told) == 5


# Requests


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"seconds": 0.9}, id="too short"),
        pytest.param({"seconds": LONGEST_SECONDS + 1}, id="too long"),
        pytest.param({"seconds": -60}, id="negative"),
        pytest.param({"seconds": float("nan")}, id="no number"),
        pytest.param({"seed": -1}, id="negative seed"),
        pytest.param({"seed": 2**64}, id="seed of 65 bits"),
        pytest.param({"temperature": 0.09}, id="too cold"),
        pytest.param({"temperature": 3.1}, id="too hot"),
        pytest.param({"temperature": float("nan")}, id="no temperature"),
        pytest.param({"energy": 6}, id="too much energy"),
        pytest.param({"loudness": -1}, id="softer than soft"),
    ],
)
def test_a_request_out_of_bounds_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"lies in|lasts"):
        Request(**{"seconds": 60, "seed": 1} | wrong)


@pytest.mark.parametrize("style", ["liszt", "Chopin", "any", " "])
def test_a_style_that_the_network_does_not_know_is_a_value_error(composer, style):
    with pytest.raises(ValueError, match="does not know the style"):
        composer.compose(Request(seconds=10, seed=1, style=style))


def test_rhythm_is_heated_only_half_the_way():
    tastes = {name: Taste(0.8, 0.9) for name in ("shift", "key", "velocity")}
    hot = heated(tastes, 2)
    assert [hot[name].temperature for name in tastes] == pytest.approx([1.2, 1.6, 1.6])
    assert {taste.top_p for taste in hot.values()} == {0.9}


# Opening


def test_it_tells_the_styles_of_its_file(composer):
    assert composer.styles == STYLES


def test_a_file_of_the_right_digest_is_opened(model):
    assert Composer.open(model, hashlib.sha256(model.read_bytes()).hexdigest()).styles == STYLES


def test_a_file_of_another_digest_is_a_value_error(model):
    with pytest.raises(ValueError, match=r"tiny\.keras has changed"):
        Composer.open(model, "0" * 64)


@pytest.mark.parametrize("sha256", ["", "0" * 64], ids=["unchecked", "checked"])
def test_a_file_that_is_gone_is_a_value_error(tmp_path, sha256):
    with pytest.raises(ValueError, match=r"gone\.keras"):
        Composer.open(tmp_path / "gone.keras", sha256)
