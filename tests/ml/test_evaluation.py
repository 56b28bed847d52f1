"""What is measured of whom. The figures themselves are tested where they are computed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ml import copying, corpus, encoding, metrics, reading
from ml.composer import Composer
from ml.evaluation import (
    COMPARING,
    COMPOSING,
    FITTING,
    MEASURING,
    NO_MUSIC,
    Folder,
    Music,
    People,
    compose,
    evaluate,
)
from ml.forward import Forward
from tests.ml.pieces import small_corpus, walk, write_folder, write_maestro
from tests.ml.rigged import composer_that_likes, no_weights
from tests.ml.tiny import tiny_architecture


def long_walk(seed, notes=400):
    """80 s of a walk: two clips' worth and more."""
    return walk(seed, notes)


def music(seeds, works=None):
    rows = [encoding.encode(long_walk(seed)) for seed in seeds]
    return Music(rows, np.array(works or [f"work {seed}" for seed in seeds]))


@pytest.fixture(scope="module")
def people():
    """20 performances of 18 works, held against 5 others that were learnt."""
    works = [f"work {seed % 18}" for seed in range(20)]
    return People.of(Folder(heard=music(range(100, 105)), unheard=music(range(20), works)))


def of_rows(music):
    return [rows.tolist() for rows in music.rows]


# Folders


def test_a_csv_tells_what_was_heard(tmp_path):
    write_maestro(tmp_path, ["train", "validation", "train", "test"])
    folder = Folder.read(tmp_path)
    assert len(folder.heard) == 2
    # As pieces of one cycle they were one work, and then there were no two to tell apart.
    assert folder.unheard.works.tolist() == ["Frédéric Chopin: Walk 1", "Frédéric Chopin: Walk 3"]


def test_pieces_under_one_catalogue_number_are_one_work():
    made = small_corpus()
    titles = [f"Etude Op. {10 if i % 2 else 25} No. {i}" for i in range(len(made))]
    made = replace(made, titles=np.array(titles), composers=np.array(["Chopin"] * len(made)))
    works = Music.of(made, range(len(made))).works
    assert set(works) == {"Chopin: Etude Op. 10", "Chopin: Etude Op. 25"}


def test_what_was_heard_is_not_read_where_it_is_not_asked_for(tmp_path):
    write_maestro(tmp_path, ["train", "validation"])
    seen = []
    folder = Folder.read(tmp_path, heard=False, on_file=lambda *told: seen.append(told))
    assert (len(folder.heard), len(folder.unheard)) == (0, 1)
    assert seen == [(1, 1, None)]


@pytest.mark.parametrize("heard", [True, False])
def test_where_all_was_heard_all_is_measured(tmp_path, heard):
    write_maestro(tmp_path, ["train"] * 3)
    folder = Folder.read(tmp_path, heard=heard)
    assert (len(folder.heard), len(folder.unheard)) == (0, 3)


def test_where_no_csv_splits_all_is_measured(tmp_path):
    write_folder(tmp_path, 10)
    assert len(Folder.read(tmp_path).unheard) == 10


def test_or_what_prepare_would_set_aside(tmp_path):
    write_folder(tmp_path, 10)
    folder = Folder.read(tmp_path, split=True)
    assert (len(folder.heard), len(folder.unheard)) == (9, 1)


def test_a_corpus_is_measured_like_its_folder(tmp_path):
    write_maestro(tmp_path, ["train"] * 3 + ["validation"] * 2)
    corpus.prepare([tmp_path]).save(tmp_path / "corpus.npz")
    one, two = Folder.read(tmp_path), Folder.read(tmp_path / "corpus.npz")
    assert of_rows(one.heard) == of_rows(two.heard)
    assert of_rows(one.unheard) == of_rows(two.unheard)
    assert one.unheard.works.tolist() == two.unheard.works.tolist()


def test_a_corpus_of_training_alone_is_measured_whole(tmp_path):
    small_corpus(train=4, validation=0).save(tmp_path / "corpus.npz")
    folder = Folder.read(tmp_path / "corpus.npz")
    assert (len(folder.heard), len(folder.unheard)) == (0, 4)


def test_spoilt_validation_files_do_not_let_training_be_measured(tmp_path):
    write_maestro(tmp_path, ["train", "train", "validation"])
    (tmp_path / "2004" / "walk-2.mid").write_text("no music")
    with pytest.raises(ValueError, match="None of the files"):
        Folder.read(tmp_path)


def test_another_file_is_no_corpus(tmp_path):
    (tmp_path / "figures.json").write_text("{}")
    with pytest.raises(ValueError, match="no corpus"):
        Folder.read(tmp_path / "figures.json")


# People


def test_people_are_two_clips_of_each_performance(people):
    assert len(people.clips) == 40
    first = metrics.excerpt(encoding.decode(music([0]).rows[0]))
    assert people.clips.of(np.array([0])).features == pytest.approx(
        np.array([metrics.features(clip) for clip in metrics.clips(first)])
    )


def test_their_shares_are_of_whole_performances(people):
    learnt = copying.Learnt.of(map(copying.melody_of_rows, music(range(100, 105)).rows))
    shares = learnt.shares(copying.melody_of_rows(music([3]).rows[0]))
    assert {name: found[3] for name, found in people.shares.items()} == shares


def test_the_bound_is_the_95th_percentile():
    shares = {"exact_16": np.arange(101.0)}
    assert People(None, None, None, shares).bounds() == {"exact_16": 95}


# Judgement


@pytest.fixture(scope="module")
def report(people):
    """Of three walks like those of the people, and one that was copied out of what was learnt."""
    pieces = [metrics.excerpt(long_walk(seed)) for seed in (50, 51, 52, 102)]
    return people.judge(pieces)


def test_every_piece_is_described(report):
    assert [sample["seed"] for sample in report["samples"]] == [1, 2, 3, 4]
    described = metrics.describe(metrics.excerpt(long_walk(51)))
    assert report["samples"][1].items() >= described.items()


def test_the_set_stands_beside_people(report, people):
    assert report["composed"].keys() == {"pieces", "different", "clips", "features"}
    assert [report["composed"][name] for name in ("pieces", "different", "clips")] == [4, 4, 8]
    assert report["people"]["performances"] == 20
    velocity = report["people"]["features"]["velocity_mean"]
    column = list(metrics.FEATURES).index("velocity_mean")
    assert velocity["mean"] == pytest.approx(people.clips.features[:, column].mean(), abs=1e-3)
    assert report["overlap"]["clip_seconds"] == 30
    for kind in ("mgeval", "direct"):
        scores = report["overlap"][kind]
        assert 0.5 < scores["composed"]["mean"] <= 1
        assert 0.5 < scores["people"]["mean"] <= 1
        assert scores["by_feature"].keys() == metrics.FEATURES.keys()


def test_a_copied_piece_is_found_out(report):
    honest, copied = report["samples"][0], report["samples"][3]
    assert copied["copying"] == dict.fromkeys(copied["copying"], 100)
    assert len(copied["flagged"]) == 4
    assert honest["copying"]["exact_32"] == 0
    assert 4 in report["copying"]["flagged"]
    assert report["copying"]["exact_32"]["composed"] == 25
    assert report["copying"]["exact_32"]["most"] == 100


def test_pieces_that_are_the_same_are_counted_once(people):
    piece = metrics.excerpt(long_walk(50))
    assert people.judge([piece, piece])["composed"]["different"] == 1


def test_where_nothing_was_heard_nothing_can_be_copied():
    people = People.of(Folder(NO_MUSIC, music(range(8))))
    report = people.judge([metrics.excerpt(long_walk(seed)) for seed in range(50, 54)])
    assert "copying" not in report
    assert "flagged" not in report["samples"][0]
    assert report["overlap"]


def test_of_too_few_people_no_overlap_is_told():
    people = People.of(Folder(NO_MUSIC, music([1])))
    assert people.judge([metrics.excerpt(long_walk(2))])["overlap"] is None


def test_performances_shorter_than_a_clip_are_no_people():
    people = People.of(Folder(NO_MUSIC, Music([encoding.encode(walk(1))], np.array(["walk"]))))
    report = people.judge([metrics.excerpt(long_walk(2))])
    assert report["people"] == {"performances": 1, "clips": 0, "features": {}}


def test_a_report_is_json(report):
    assert json.loads(json.dumps(report)) == report


# Small networks on little music: whatever there is too little of, the rest is told


def few(count, notes):
    rows = [encoding.encode(walk(seed, notes)) for seed in range(count)]
    return Music(rows, np.array([f"work {seed}" for seed in range(count)], str))


@pytest.mark.parametrize(
    ("heard", "unheard", "told"),
    [
        (few(3, 60), few(1, 300), {"baselines", "copying"}),
        (few(2, 3), few(1, 1), {"baselines", "copying"}),  # shorter than any run, or any clip
        (NO_MUSIC, few(2, 60), {"baselines"}),
        (NO_MUSIC, few(1, 1), set()),
    ],
    ids=["one to foretell", "a few notes", "no training", "a single note"],
)
def test_of_very_little_music_there_are_still_figures(heard, unheard, told):
    composer = composer_that_likes(shifts=(40, 50), keys=range(176))
    report = evaluate(composer, Folder(heard, unheard), chains=True, samples=2)
    assert told == {"baselines", "copying"} & report.keys()
    assert report["overlap"] is None
    assert report["composed"]["pieces"] == 2
    json.dumps(report, allow_nan=False)
    tables = reading.tables(report | {"model": "tiny"})
    assert all(len(row) == len(table[0]) for table in tables for row in table)
    assert all(reading.remarks(report))


def test_a_network_without_numbers_is_no_model():
    weights = no_weights()
    weights["shift_head/vars/1"][:] = np.nan
    composer = Composer(Forward(tiny_architecture(), weights))
    with pytest.raises(ValueError, match="foretells nothing"):
        evaluate(composer, Folder(NO_MUSIC, few(1, 10)))


def test_every_stage_is_told_in_its_order():
    told = []
    composer = composer_that_likes(shifts=(40, 50), keys=range(176))
    folder = Folder(few(1, 60), few(2, 60))
    evaluate(composer, folder, True, 1, lambda what, share: told.append(what))
    assert list(dict.fromkeys(told)) == [MEASURING, FITTING, COMPOSING, COMPARING]


# Composing


def test_a_piece_is_composed_for_each_seed():
    told = []
    composer = composer_that_likes(shifts=(40, 50), keys=range(176))
    pieces = compose(composer, [3, 4], lambda *progress: told.append(progress))
    assert [round(piece.seconds) for piece in pieces] == [60, 60]
    assert pieces[0] != pieces[1]
    assert told == [("Composing", 0.5), ("Composing", 1)]
