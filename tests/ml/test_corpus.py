import os

import music21
import numpy as np
import pytest

from ml import corpus
from ml.corpus import Corpus, Source
from ml.encoding import encode
from tests.ml.pieces import small_corpus, walk, write_csv, write_folder, write_maestro


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


# Finding files


def test_maestros_csv_tells_composer_title_and_split(tmp_path):
    write_maestro(tmp_path, ["train", "validation", "test"])
    found = corpus.find(tmp_path)
    assert [one.split for one in found] == ["train", "validation", "test"]
    assert found[1].composer == "Frédéric Chopin"
    assert found[1].title == "Walk 1"
    assert found[1].path == str(tmp_path / "2004" / "walk-1.mid")


def test_piano_midi_des_csv_tells_composer_and_title(tmp_path):
    write_folder(tmp_path / "midis" / "Albeniz", 1)
    name = "midis/Albeniz/WALK-0.MID"
    line = {"composer": "Albeniz", "title": "Espana_Opus_165_Tango", "midi": name}
    other = {"composer": "Nobody", "title": "Tango", "midi": name}
    write_csv(tmp_path / "metadata.csv", [line, other])
    found, unknown = corpus.find(tmp_path)
    assert (found.composer, found.split) == ("Isaac Albéniz", "")
    assert found.title == "Espana_Opus_165_Tango"
    assert found.work == "Isaac Albéniz: Espana Opus 165"
    assert found.path == str(tmp_path / "midis" / "Albeniz" / "walk-0.mid")
    assert unknown.composer == "Nobody"


def test_the_pieces_of_a_list_of_one_work_are_works(tmp_path):
    write_folder(tmp_path, 3)
    lines = [{"composer": "X", "title": f"Etude {i}", "midi": f"walk-{i}.mid"} for i in range(3)]
    write_csv(tmp_path / "list.csv", lines)
    assert [one.work for one in corpus.find(tmp_path)] == ["", "", ""]
    assert len(corpus.prepare([tmp_path]).of_split("validation")) == 1


def test_the_csv_may_begin_with_a_mark(tmp_path):
    write_folder(tmp_path, 1)
    (tmp_path / "list.csv").write_text(
        "\ufeffcomposer,title,midi\nBachmann,Fugue,walk-0.mid\n", "utf-8"
    )
    assert [one.composer for one in corpus.find(tmp_path)] == ["Bachmann"]


def test_lines_without_a_file_are_passed_over(tmp_path):
    write_folder(tmp_path, 1)
    names = ["walk-0.mid", "gone.mid", "nowhere/walk-0.mid", ""]
    write_csv(tmp_path / "list.csv", [{"midi": name, "title": "A"} for name in names])
    assert len(corpus.find(tmp_path)) == 1


def test_without_csv_all_midi_files_below_are_found(tmp_path):
    write_folder(tmp_path / "a", 2)
    write_folder(tmp_path / "b" / "c", 1)
    (tmp_path / "a" / "walk-0.mid").rename(tmp_path / "a" / "LOUD.MIDI")
    (tmp_path / "notes.txt").write_text("no music")
    assert [one.title for one in corpus.find(tmp_path)] == ["LOUD", "walk-1", "walk-0"]


@pytest.mark.parametrize("name", ["a.mid", "b.MIDI", "c.rmi", "d.kar", "e.smf"])
def test_midi_files_go_by_several_names(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert [one.title for one in corpus.find(tmp_path)] == [name[0]]


def test_only_files_are_midi_files(tmp_path):
    write_folder(tmp_path, 1)
    (tmp_path / "folder.mid").mkdir()
    os.mkfifo(tmp_path / "pipe.mid")  # to open one waits until somebody writes
    assert [one.title for one in corpus.find(tmp_path)] == ["walk-0"]


def test_a_csv_that_lists_no_midi_file_does_not_hide_them(tmp_path):
    write_folder(tmp_path, 2)
    write_csv(tmp_path / "other.csv", [{"fruit": "apple", "price": "2"}])
    assert len(corpus.find(tmp_path)) == 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"midi\n\xff\xfe\xfa.mid\n", id="no UTF-8"),
        pytest.param(b"midi\n" + b"x" * 200_000, id="a field too long"),
    ],
)
def test_a_csv_that_cannot_be_read_is_a_value_error(tmp_path, data):
    (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(ValueError, match=r"list\.csv"):
        corpus.find(tmp_path)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_midi_files_is_a_value_error(tmp_path, folder):
    with pytest.raises(ValueError, match="no MIDI files"):
        corpus.find(tmp_path / folder)


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


def test_two_performances_of_a_title_are_one_work():
    one = Source("a.mid", "Bach", "Fugue", "")
    other = Source("b.mid", "Bach", "Fugue", "")
    assert splits([one, other, source("C")]) in (
        ["train", "train", "validation"],
        ["validation", "validation", "train"],
    )


def test_each_folder_is_split_by_itself(tmp_path):
    """Or another folder beside it would move works from one side to the other."""
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
    write_maestro(tmp_path / "b", ["validation"])
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
    assert "not one piano note" in answer


def test_a_file_that_is_gone_is_complained_of(tmp_path):
    assert "gone.mid" in corpus.read_midi(Source(str(tmp_path / "gone.mid"), "", "", ""))


def test_many_files_are_read_by_several_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "FEW", 0)
    write_maestro(tmp_path, ["train", "validation", "train"])
    told = []
    made = corpus.prepare([tmp_path], lambda *news: told.append(news))
    assert [np.array_equal(made.piece(i), encode(walk(i))) for i in range(3)] == [True] * 3
    assert told == [(1, 3, None), (2, 3, None), (3, 3, None)]


def die(source):
    os.abort()


def test_a_reading_process_that_dies_is_a_value_error(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "FEW", 0)
    with pytest.raises(ValueError, match="ended from outside"):
        corpus.read([source("A")], read_one=die)


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
    assert "a.musicxml" in corpus.read_score(Source(str(tmp_path / "a.musicxml"), "", "", ""))


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
