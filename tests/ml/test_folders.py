import os

import pytest

from ml import corpus, folders
from ml.findings import Findings
from tests.ml.pieces import write_csv, write_folder, write_maestro


def test_maestros_csv_tells_composer_title_and_split(tmp_path):
    write_maestro(tmp_path, ["train", "validation", "test"])
    found = folders.find(tmp_path)
    assert [one.split for one in found] == ["train", "validation", "test"]
    assert found[1].composer == "Frédéric Chopin"
    assert found[1].title == "Walk 1"
    assert found[1].path == str(tmp_path / "2004" / "walk-1.mid")


def test_piano_midi_des_csv_tells_composer_and_title(tmp_path):
    write_folder(tmp_path / "midis" / "Albeniz", 2)
    name = "midis/Albeniz/WALK-0.MID"
    line = {"composer": "Albeniz", "title": "Espana_Opus_165_Tango", "midi": name}
    other = {"composer": "Nobody", "title": "Tango", "midi": "midis/Albeniz/walk-1.mid"}
    write_csv(tmp_path / "metadata.csv", [line, other])
    found, unknown = folders.find(tmp_path)
    assert (found.composer, found.split) == ("Isaac Albéniz", "")
    assert found.title == "Espana_Opus_165_Tango"
    assert found.work == "Isaac Albéniz: Espana Opus 165"
    assert found.path == str(tmp_path / "midis" / "Albeniz" / "walk-0.mid")
    assert unknown.composer == "Nobody"


def test_the_pieces_of_a_list_of_one_work_are_works(tmp_path):
    write_folder(tmp_path, 3)
    lines = [{"composer": "X", "title": f"Etude {i}", "midi": f"walk-{i}.mid"} for i in range(3)]
    write_csv(tmp_path / "list.csv", lines)
    assert [one.work for one in folders.find(tmp_path)] == ["", "", ""]
    assert len(corpus.prepare([tmp_path]).of_split("validation")) == 1


def test_the_csv_may_begin_with_a_mark(tmp_path):
    write_folder(tmp_path, 1)
    (tmp_path / "list.csv").write_text(
        "\ufeffcomposer,title,midi\nBachmann,Fugue,walk-0.mid\n", "utf-8"
    )
    assert [one.composer for one in folders.find(tmp_path)] == ["Bachmann"]


def test_lines_without_a_file_are_passed_over(tmp_path):
    write_folder(tmp_path, 1)
    names = ["walk-0.mid", "gone.mid", "nowhere/walk-0.mid", ""]
    write_csv(tmp_path / "list.csv", [{"midi": name, "title": "A"} for name in names])
    assert len(folders.find(tmp_path)) == 1


def test_without_csv_all_midi_files_below_are_found(tmp_path):
    write_folder(tmp_path / "a", 2)
    write_folder(tmp_path / "b" / "c", 1)
    (tmp_path / "a" / "walk-0.mid").rename(tmp_path / "a" / "LOUD.MIDI")
    (tmp_path / "notes.txt").write_text("no music")
    assert [one.title for one in folders.find(tmp_path)] == ["LOUD", "walk-1", "walk-0"]


@pytest.mark.parametrize("name", ["a.mid", "b.MIDI", "c.rmi", "d.kar", "e.smf"])
def test_midi_files_go_by_several_names(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert [one.title for one in folders.find(tmp_path)] == [name[0]]


def test_only_files_are_midi_files(tmp_path):
    write_folder(tmp_path, 1)
    (tmp_path / "folder.mid").mkdir()
    os.mkfifo(tmp_path / "pipe.mid")  # to open one waits until somebody writes
    assert [one.title for one in folders.find(tmp_path)] == ["walk-0"]


def test_a_csv_that_lists_no_midi_file_does_not_hide_them(tmp_path):
    write_folder(tmp_path, 2)
    write_csv(tmp_path / "other.csv", [{"fruit": "apple", "price": "2"}])
    assert len(folders.find(tmp_path)) == 2


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
        folders.find(tmp_path)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_midi_files_is_a_value_error(tmp_path, folder):
    with pytest.raises(ValueError, match="no MIDI files"):
        folders.find(tmp_path / folder)


@pytest.mark.parametrize("inside", ["maestro-v3.0.0", "all/maestro-v3.0.0"])
def test_a_csv_below_the_folder_tells_of_what_lies_beside_it(tmp_path, inside):
    write_maestro(tmp_path / inside, ["train", "validation"])
    found = folders.find(tmp_path)
    assert [one.split for one in found] == ["train", "validation"]
    assert str(found[1]) == f"{inside}/2004/walk-1.mid"


def test_two_collections_have_each_their_csv(tmp_path):
    write_maestro(tmp_path / "a", ["train"])
    write_folder(tmp_path / "b", 1)
    write_csv(tmp_path / "b" / "list.csv", [{"midi": "walk-0.mid", "title": "Own"}])
    write_folder(tmp_path / "c", 1)
    found = folders.find(tmp_path)
    assert [(one.title, one.split) for one in found] == [
        ("Walk 0", "train"),
        ("Own", ""),
        ("walk-0", ""),
    ]


def test_what_a_csv_lists_and_what_is_there_are_compared(tmp_path):
    write_maestro(tmp_path, ["train", "validation", "test"])
    (tmp_path / "2004" / "walk-2.mid").rename(tmp_path / "2004" / "other.mid")
    found = Findings()
    assert len(folders.find(tmp_path, found)) == 2
    assert (found.files, found.missing) == (3, 1)
    assert found.bad == [("2004/other.mid", "maestro.csv does not list it.")]


def test_a_file_listed_twice_is_read_once(tmp_path):
    write_folder(tmp_path, 1)
    write_csv(tmp_path / "list.csv", [{"midi": "walk-0.mid", "title": name} for name in "AB"])
    assert [one.title for one in folders.find(tmp_path)] == ["A"]


@pytest.mark.parametrize("name", ["{}/out.mid", "../out.mid", "a/../../out.mid", "a\0.mid"])
def test_a_csv_leads_nowhere_else(tmp_path, name):
    write_folder(tmp_path / "in", 1)
    (tmp_path / "in" / "walk-0.mid").rename(tmp_path / "out.mid")
    (tmp_path / "in" / "a").mkdir()
    (tmp_path / "in" / "list.csv").write_text(f"midi\n{name.format(tmp_path)}\n")
    with pytest.raises(ValueError, match="no MIDI files"):
        folders.find(tmp_path / "in")


def test_a_name_too_long_for_a_disk_is_missing(tmp_path):
    write_folder(tmp_path, 1)
    write_csv(tmp_path / "list.csv", [{"midi": "a" * 500}, {"midi": "walk-0.mid"}])
    assert len(folders.find(tmp_path)) == 1


def test_what_systems_put_beside_music_is_none(tmp_path):
    for folder in (".", "__MACOSX", ".git"):
        write_folder(tmp_path / folder, 1)
    (tmp_path / "._walk-0.mid").write_bytes(b"")
    assert [str(one) for one in folders.find(tmp_path)] == ["walk-0.mid"]


def test_without_csv_folders_tell_composers_and_names_tell_works(tmp_path):
    for place in ("Bach/Partita", "Mozart", "Nobody"):
        write_folder(tmp_path / place, 2)
    (tmp_path / "Bach/Partita/walk-0.mid").rename(tmp_path / "Bach/Partita/01.mid")
    (tmp_path / "Mozart/walk-0.mid").rename(tmp_path / "Mozart/mz_331_1.mid")
    (tmp_path / "Mozart/walk-1.mid").rename(tmp_path / "Mozart/mz_331_2.mid")
    assert [(one.composer, one.work) for one in folders.find(tmp_path)] == [
        ("Johann Sebastian Bach", "Johann Sebastian Bach: Partita"),
        ("Johann Sebastian Bach", ""),
        ("Wolfgang Amadeus Mozart", "Wolfgang Amadeus Mozart: mz 331"),
        ("Wolfgang Amadeus Mozart", "Wolfgang Amadeus Mozart: mz 331"),
        ("", ""),
        ("", ""),
    ]


def test_more_files_than_anybody_has_are_a_value_error(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_FILES", 2)
    write_folder(tmp_path, 3)
    with pytest.raises(ValueError, match="more than 2 MIDI files"):
        folders.find(tmp_path)
