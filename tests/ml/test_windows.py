import numpy as np
import pytest
from hypothesis import given, settings

from ml import features
from ml.encoding import KEYS, SHIFT_CENTRE, encode
from ml.features import ANY, BEGIN
from ml.listener import Listener
from ml.windows import Variety, Windows, ahead, tail
from tests.ml.pieces import any_pieces, small_corpus

LANES, LENGTH = 3, 25


def windows(seed=1, length=LENGTH, **variety):
    corpus = small_corpus()
    numbers = [1, 0] * (len(corpus) // 2)
    pieces = corpus.of_split("train")
    variety = Variety(**variety)
    return Windows(corpus, pieces, numbers.__getitem__, LANES, length, variety, seed)


def passages_of(batches):
    """The rows of every passage that the batches show, put together again, with its inputs."""
    begun, over = [[] for _ in range(LANES)], []
    for inputs, rows, weights in batches:
        for lane in range(LANES):
            if inputs["keep"][lane] == 0:
                over.append(begun[lane])
                begun[lane] = []
            begun[lane].append({name: inputs[name][lane] for name in inputs})
            begun[lane][-1] |= {"rows": rows[lane], "weights": weights[lane]}
    joined = []
    for parts in filter(None, over):
        real = np.concatenate([part["weights"] for part in parts]) == 1
        joined.append(
            {
                name: np.concatenate([part[name] for part in parts])[real]
                for name in (
                    "before",
                    "rows",
                    "keys",
                    "clock",
                    "rhythm",
                    "motifs",
                    "wish",
                    "ending",
                )
            }
        )
    return joined


@pytest.fixture(scope="module")
def passages():
    source = windows()
    return passages_of([next(source) for _ in range(80)])


@pytest.fixture(scope="module")
def works():
    corpus = small_corpus()
    return [corpus.piece(i) for i in corpus.of_split("train")]


@pytest.fixture(scope="module")
def ends(works):
    """All that `tail` may leave of a work, as bytes."""
    return {tail(work, start).tobytes() for work in works for start in range(len(work))}


def test_a_batch_has_the_shapes_that_training_takes():
    inputs, rows, weights = next(windows())
    shapes = {name: (array.shape, array.dtype.name) for name, array in inputs.items()}
    assert shapes == {
        "before": ((LANES, LENGTH, 3), "int32"),
        "rows": ((LANES, LENGTH, 3), "int32"),
        "keys": ((LANES, LENGTH, 88, 12), "float32"),
        "clock": ((LANES, LENGTH, 17), "float32"),
        "rhythm": ((LANES, LENGTH, 101, 7), "float32"),
        "motifs": ((LANES, LENGTH, 88, 7), "float32"),
        "wish": ((LANES, LENGTH, 3), "int32"),
        "ending": ((LANES, LENGTH, 4), "float32"),
        "keep": ((LANES, 1), "float32"),
    }
    assert rows is inputs["rows"]
    assert weights.shape == (LANES, LENGTH)


def test_a_lane_goes_on_where_it_stopped(passages, ends):
    assert len(passages) > 20
    assert all(passage["rows"].astype(np.uint8).tobytes() in ends for passage in passages)


def test_most_passages_are_whole_pieces(passages, works):
    lengths = {len(work) for work in works}
    whole = sum(len(passage["rows"]) in lengths for passage in passages[LANES:])
    assert whole >= len(passages) / 2


def test_before_is_the_row_before_and_at_first_the_beginning(passages):
    for passage in passages:
        assert passage["before"][0].tolist() == BEGIN.tolist()
        assert np.array_equal(passage["before"][1:], passage["rows"][:-1])


@pytest.mark.parametrize("name", ["keys", "clock", "rhythm", "motifs"])
def test_what_is_heard_is_that_of_playing_the_rows(passages, name):
    for passage in passages:
        told = features.inputs(Listener(1).play(passage["rows"][None]))
        assert np.array_equal(passage[name], getattr(told, name)[0])


def test_keep_is_0_exactly_when_another_passage_begins():
    source = windows()
    left = np.zeros(LANES, int)
    for _ in range(60):
        inputs, _, weights = next(source)
        assert (inputs["keep"][:, 0] == (left > 0)).all()
        left = np.array([len(passage) for passage in source.passages])
        assert (weights.sum(axis=1) == LENGTH)[left > 0].all()


def test_weights_pad_the_end_of_a_passage():
    source = windows(length=50)
    batches = [next(source) for _ in range(20)]
    for inputs, rows, weights in batches:
        assert set(np.unique(weights)) <= {0, 1}
        assert (np.diff(weights, axis=1) <= 0).all()
        assert not rows[weights == 0].any()
        assert not inputs["wish"][weights == 0].any()
    assert any((weights == 0).any() for _, _, weights in batches)


def test_a_wish_is_told_or_left_open_for_a_whole_passage(passages):
    styles = [set(passage["wish"][:, 0].tolist()) for passage in passages]
    assert all(len(style) == 1 for style in styles)
    assert {1} in styles
    assert {ANY} in styles
    for level in (1, 2):
        open_ones = [not passage["wish"][:, level].any() for passage in passages]
        told = [passage["wish"][:, level].all() for passage in passages]
        assert all(a or b for a, b in zip(open_ones, told, strict=True))
        assert any(open_ones)
        assert any(told)


def test_half_of_the_passages_are_told_nothing(passages):
    untold = [not (p["wish"].any() or p["ending"].any()) for p in passages]
    assert 0.35 < np.mean(untold) < 0.75


def test_the_time_left_falls_to_the_last_row_or_is_not_told(passages):
    timed = [passage for passage in passages if passage["ending"].any()]
    assert 0.25 < len(timed) / len(passages) < 0.7
    for passage in timed:
        seconds = features.seconds_of(passage["rows"])
        left = seconds[-1] - np.concatenate([[0], seconds[:-1]])
        assert passage["ending"] == pytest.approx(features.ending(left))


def test_transposition_moves_all_keys_of_a_passage_alike(ends):
    source = windows(semitones=5)
    moves = set()
    for passage in passages_of([next(source) for _ in range(60)]):
        fitting = [up for up in range(-5, 6) if moved(passage["rows"], -up).tobytes() in ends]
        assert fitting
        moves |= set(fitting)
    assert len(moves) > 5


def moved(rows, semitones):
    rows = rows.astype(int)
    down = rows[:, 1] < KEYS
    rows[:, 1] = rows[:, 1] % KEYS + semitones + np.where(down, 0, KEYS)
    return rows.astype(np.uint8)


def test_a_piece_is_transposed_as_far_as_its_keys_stay_on_the_piano():
    source = windows(semitones=3)
    whole = np.array([[0, 0, 9], [5, 87, 9], [5, KEYS, 0], [5, 87 + KEYS, 0]], np.uint8)
    assert all(np.array_equal(source.transposed(whole), whole) for _ in range(20))
    low = np.array([[0, 1, 9], [5, 1 + KEYS, 0]], np.uint8)
    moves = {tuple(source.transposed(low)[:, 1].tolist()) for _ in range(200)}
    assert moves == {(key, key + KEYS) for key in (0, 1, 2, 3, 4)}


def test_a_stretched_piece_is_the_same_music_at_another_pace(works):
    source = windows(stretch=0.1)
    paces = []
    for _ in range(30):
        rows = source.stretched(works[0])
        assert np.array_equal(rows[:, 1:], works[0][:, 1:])
        paces.append(features.seconds_of(rows)[-1] / features.seconds_of(works[0])[-1])
        even = features.seconds_of(rows) - paces[-1] * features.seconds_of(works[0])
        assert np.abs(even).max() < 0.02
    assert 0.89 < min(paces) < 0.93
    assert 1.07 < max(paces) < 1.11
    assert np.array_equal(windows().stretched(works[0]), works[0])


@settings(max_examples=30, deadline=None)
@given(any_pieces())
def test_a_stretched_piece_can_be_played(piece):
    """Nothing is struck that is down, nothing ends that is up, whatever falls into one tick."""
    rows = windows(stretch=0.5, semitones=5).stretched(encode(piece))
    down = Listener(1).play(rows[None]).down[0]
    sounding = down[np.arange(len(rows)), rows[:, 1] % KEYS]
    assert (sounding == (rows[:, 1] >= KEYS)).all()


def test_the_same_seed_gives_the_same_windows():
    one, two, other = windows(seed=5), windows(seed=5), windows(seed=6)
    batches = [[next(source)[1] for _ in range(8)] for source in (one, two, other)]
    assert np.array_equal(batches[0], batches[1])
    assert not np.array_equal(batches[0], batches[2])


def test_every_piece_comes_once_before_any_comes_again(monkeypatch):
    monkeypatch.setattr("ml.windows.ENDING_SHARE", 0)
    source = windows()
    source.to_come = []
    drawn = []
    source.style_number = lambda piece: drawn.append(piece) or 0
    for _ in range(16):
        source.begin()
    assert sorted(drawn[:8]) == sorted(drawn[8:]) == list(range(8))


def test_windows_made_ahead_are_the_same_in_the_same_order():
    plain, early = windows(seed=3), ahead(windows(seed=3))
    for _ in range(12):
        (_, rows, _), (_, ours, _) = next(plain), next(early)
        assert np.array_equal(rows, ours)


def test_the_tail_from_the_first_row_is_the_whole():
    rows = np.array([[0, 39, 9], [5, 39 + KEYS, 0]], np.uint8)
    assert tail(rows, 0) is rows


def test_the_tail_has_no_ends_of_notes_that_began_before():
    rows = np.array(
        [
            [0, 39, 9],
            [10, 43, 9],
            [10, 39 + KEYS, 0],
            [10, 39, 9],
            [10, 43 + KEYS, 0],
            [10, 39 + KEYS, 0],
        ],
        np.uint8,
    )
    assert tail(rows, 2).tolist() == [[0, 39, 9], [20, 39 + KEYS, 0]]


def test_a_tail_of_orphans_alone_is_the_whole():
    rows = np.array([[0, 39, 9], [5, 43, 9], [5, 39 + KEYS, 0], [5, 43 + KEYS, 0]], np.uint8)
    assert tail(rows, 2) is rows


@settings(max_examples=30, deadline=None)
@given(any_pieces())
def test_any_tail_begins_at_once_with_an_onset_and_no_end_is_an_orphan(piece):
    rows = encode(piece)
    for start in range(0, len(rows), 3):
        rest = tail(rows, start)
        assert rest[0, 0] == 0
        down = Listener(1).play(rest[None]).down[0]
        sounding = down[np.arange(len(rest)), rest[:, 1] % KEYS]
        assert (sounding == (rest[:, 1] >= KEYS)).all()


def test_the_corpus_stays_as_it_was():
    corpus = small_corpus()
    before = corpus.rows.copy()
    source = Windows(corpus, corpus.of_split("train"), lambda piece: 0, 4, 20, Variety(5, 0.05), 1)
    for _ in range(40):
        next(source)
    assert np.array_equal(corpus.rows, before)
    assert SHIFT_CENTRE[0] == 0
