import music21
import numpy as np
import pytest

from ml import corpus, crew
from ml.corpus import Corpus, Source
from ml.encoding import encode
from ml.findings import Findings
from tests.ml.pieces import small_corpus, walk, write_folder, write_maestro


def source(title, composer="", split="", work=""):
    return Source(f"{title}.mid", composer, title, split, work)


# Slugs and styles


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Frédéric Chopin", "chopin"),
        ("Johann Sebastian Bach", "bach"),
        ("Albeniz", "albeniz"),
        ("Antonín Dvořák", "dvorak"),
        ("Nikolai Rimsky-Korsakov", "rimskykorsakov"),
        ("Franz Schubert / Franz Liszt", ""),
        ("", ""),
        ("  ", ""),
        ("久石譲", ""),
    ],
)
def test_a_slug_is_the_last_name_in_plain_letters(name, slug):
    assert corpus.slug(name) == slug


def with_composers(counts, split="train"):
    names = [name for name, count in counts.items() for _ in range(count)]
    rows = encode(walk(0, notes=2))
    return Corpus.of([(source(str(i), name, split), rows) for i, name in enumerate(names)])


def test_styles_are_the_composers_played_often_most_played_first():
    made = with_composers({"Franz Liszt": 8, "Frédéric Chopin": 9, "Erik Satie": 7})
    assert made.styles() == (("chopin", "Frédéric Chopin"), ("liszt", "Franz Liszt"))


def test_an_arrangement_is_no_style():
    assert with_composers({"Bach / Busoni": 9}).styles() == ()


def test_only_what_is_learnt_from_makes_a_style():
    assert with_composers({"Franz Liszt": 9}, split="validation").styles() == ()


def test_of_two_composers_with_one_last_name_the_most_played_is_a_style():
    made = with_composers({"Carl Philipp Emanuel Bach": 8, "Johann Sebastian Bach": 20})
    assert made.styles() == (("bach", "Johann Sebastian Bach"),)


# Splits


def splits(sources):
    return [one.split for one in corpus.split(sources)]


def test_a_split_that_is_told_stays():
    told = [source(str(i), split=name) for i, name in enumerate(("test", "train", "validation"))]
    assert corpus.split(told) == told


def test_a_split_that_is_not_told_is_the_same_everywhere():
    made = splits([source(f"Walk {i}", "Chopin") for i in range(20)])
    assert [i for i, name in enumerate(made) if name == "validation"] == [6, 16]


def test_the_order_of_the_files_does_not_matter():
    sources = [source(str(i)) for i in range(30)]
    assert splits(sources[::-1]) == splits(sources)[::-1]


@pytest.mark.parametrize(("works", "validate"), [(1, 0), (2, 1), (10, 1), (11, 2), (1000, 100)])
def test_a_tenth_of_the_works_validate(works, validate):
    made = splits([source(str(i)) for i in range(works)])
    assert made.count("validation") == validate
    assert made.count("train") == works - validate


def test_the_pieces_of_a_work_are_never_split():
    sources = [source(str(i), work=str(i % 12)) for i in range(60)]
    sides = {}
    for one in corpus.split(sources):
        sides.setdefault(one.work, set()).add(one.split)
    assert [len(side) for side in sides.values()] == [1] * 12
    assert splits(sources).count("validation") == 10


def test_of_two_works_the_larger_is_learnt_from():
    sources = [source(str(i), work="cycle") for i in range(9)] + [source("A"), source("B")]
    for few in ([*sources[:9], one] for one in sources[9:]):
        assert splits(few) == ["train"] * 9 + ["validation"]


def test_two_performances_of_a_title_are_one_work():
    one = Source("a.mid", "Bach", "Fugue", "")
    other = Source("b.mid", "Bach", "Fugue", "")
    assert splits([one, other, source("C")]) in (
        ["train", "train", "validation"],
        ["validation", "validation", "train"],
    )


def test_each_folder_is_split_by_itself(tmp_path, monkeypatch):
    """Or another folder beside it would move works from one side to the other."""
    monkeypatch.setattr(crew, "FEW", 30)  # no process need start
    write_folder(tmp_path / "a", 10)
    write_folder(tmp_path / "b", 20)
    alone = corpus.prepare([tmp_path / "a"]).splits.tolist()
    assert corpus.prepare([tmp_path / "a", tmp_path / "b"]).splits.tolist()[:10] == alone


# Reading


def test_files_become_rows(tmp_path):
    write_maestro(tmp_path, ["train", "validation", "train"])
    told = []
    made = corpus.prepare([tmp_path], lambda *news: told.append(news))
    assert len(made) == 3
    assert [np.array_equal(made.piece(i), encode(walk(i))) for i in range(3)] == [True] * 3
    assert made.of_split("train").tolist() == [0, 2]
    assert told == [(1, 3, None), (2, 3, None), (3, 3, None)]


def test_several_folders_are_one_corpus(tmp_path):
    write_maestro(tmp_path / "a", ["train"])
    write_maestro(tmp_path / "b", ["test", "validation"])  # the first is that of the other folder
    assert corpus.prepare([tmp_path / "a", tmp_path / "b"]).splits.tolist() == [
        "train",
        "validation",
    ]


def test_a_file_that_cannot_be_read_is_left_out_and_complained_of(tmp_path):
    write_maestro(tmp_path, ["train", "train", "validation"])
    (tmp_path / "2004" / "walk-1.mid").write_text("no music")
    complaints = []
    made = corpus.prepare([tmp_path], lambda done, total, why: complaints.append(why))
    assert made.titles.tolist() == ["Walk 0", "Walk 2"]
    assert [why is None for why in complaints] == [True, False, True]
    assert "walk-1.mid" in complaints[1]


def test_a_file_without_notes_is_complained_of(tmp_path):
    corpus.midi.write(walk(0, notes=0), tmp_path / "empty.mid")
    answer = corpus.read_midi(Source(str(tmp_path / "empty.mid"), "", "", ""))
    assert answer == "There is not one piano note in it."


def test_a_file_that_is_gone_is_complained_of(tmp_path):
    answer = corpus.read_midi(Source(str(tmp_path / "gone.mid"), "", "", ""))
    assert answer == "The file cannot be opened: No such file or directory."


def test_many_files_are_read_by_several_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "FEW", 0)
    write_maestro(tmp_path, ["train", "validation", "train"])
    told = []
    made = corpus.prepare([tmp_path], lambda *news: told.append(news))
    assert [np.array_equal(made.piece(i), encode(walk(i))) for i in range(3)] == [True] * 3
    assert told == [(1, 3, None), (2, 3, None), (3, 3, None)]


def test_of_copies_the_first_is_kept(tmp_path):
    write_folder(tmp_path, 3)
    corpus.midi.write(walk(1), tmp_path / "b.mid", title="Another name, and so other bytes")
    (tmp_path / "walk-3.mid").write_bytes((tmp_path / "walk-0.mid").read_bytes())
    complaints, found = [], Findings()
    made = corpus.prepare([tmp_path], lambda done, total, why: complaints.append(why), found)
    assert sorted(made.titles.tolist()) == ["b", "walk-0", "walk-2"]
    assert found.duplicates == [("walk-1.mid", "b.mid"), ("walk-3.mid", "walk-0.mid")]
    assert complaints[-1] == "walk-3.mid: the same music as walk-0.mid"


def test_a_side_of_nothing_but_bad_files_is_chosen_anew(tmp_path):
    write_folder(tmp_path, 4)
    before = corpus.prepare([tmp_path])
    (held_out,) = before.titles[before.of_split("validation")].tolist()
    (tmp_path / f"{held_out}.mid").write_text("no music")
    made = corpus.prepare([tmp_path])
    assert (len(made.of_split("train")), len(made.of_split("validation"))) == (2, 1)


def test_copies_are_not_on_both_sides_though_the_csv_says_so(tmp_path):
    write_maestro(tmp_path, ["train", "validation", "validation"])
    first = tmp_path / "2004" / "walk-0.mid"
    (tmp_path / "2004" / "walk-1.mid").write_bytes(first.read_bytes())
    made = corpus.prepare([tmp_path])
    assert made.titles.tolist() == ["Walk 0", "Walk 2"]


def test_nothing_but_spoilt_files_is_a_value_error(tmp_path):
    (tmp_path / "a.mid").write_text("no music")
    with pytest.raises(ValueError, match="None of the files"):
        corpus.prepare([tmp_path])


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_corpus_without_one_split_is_a_value_error(tmp_path, split):
    write_maestro(tmp_path, [split])
    with pytest.raises(ValueError, match="too few pieces"):
        corpus.prepare([tmp_path])


def test_scores_of_music21_are_there_for_a_bare_machine():
    found = corpus.scores()
    assert len(found) == corpus.MOST_SCORES
    assert {one.composer for one in found} == {"Bach"}
    chorale = Source(str(music21.corpus.getWork("bwv66.6")), "Bach", "bwv66.6", "")
    rows = corpus.read_score(chorale)
    assert corpus.encoding.note_count(rows) == 156  # 165, of which 9 in unison
    assert set(rows[rows[:, 1] < 88, 2].tolist()) == {16}


def test_a_score_that_cannot_be_read_is_complained_of(tmp_path):
    (tmp_path / "a.musicxml").write_text("<score-partwise/>")
    answer = corpus.read_score(Source(str(tmp_path / "a.musicxml"), "", "", ""))
    assert answer == "There is not one note in it."


# Saving


@pytest.mark.parametrize("name", ["corpus.npz", "corpus"])
def test_what_is_saved_is_loaded(tmp_path, name):
    made = small_corpus()
    made.save(tmp_path / name)
    again = Corpus.load(tmp_path / name)
    for field in Corpus.__annotations__:
        assert np.array_equal(getattr(again, field), getattr(made, field))
    assert again.rows.dtype == np.uint8


def whole_file(tmp_path):
    small_corpus().save(tmp_path / "whole.npz")
    return (tmp_path / "whole.npz").read_bytes()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path, whole: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path, whole: path.write_text("no arrays"), id="text"),
        pytest.param(lambda path, whole: path.write_bytes(whole[:500]), id="cut off"),
        pytest.param(
            lambda path, whole: path.write_bytes(whole[:200] + bytes(50) + whole[250:]), id="spoilt"
        ),
        pytest.param(lambda path, whole: np.savez(path.open("wb"), rows=[1]), id="other arrays"),
        pytest.param(lambda path, whole: np.save(path.open("wb"), [1]), id="one array"),
        pytest.param(lambda path, whole: path.mkdir(), id="folder"),
        pytest.param(lambda path, whole: None, id="gone"),
    ],
)
def test_another_file_is_no_corpus(tmp_path, spoil):
    path = tmp_path / "corpus.npz"
    spoil(path, whole_file(tmp_path))
    with pytest.raises(ValueError, match="no corpus made by"):
        Corpus.load(path)


def test_a_corpus_never_runs_code(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("code was run",))

    arrays = {field: np.zeros(1) for field in Corpus.__annotations__}
    arrays["titles"] = np.array([Trap()], dtype=object)
    np.savez(tmp_path / "trap.npz", **arrays)
    with pytest.raises(ValueError, match="no corpus made by"):
        Corpus.load(tmp_path / "trap.npz")
