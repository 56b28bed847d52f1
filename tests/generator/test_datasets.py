import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from generator import datasets, labour, unpack
from generator.models import DataSet
from generator.tasks import TaskError
from ml.__main__ import main
from ml.corpus import Corpus
from ml.encoding import encode
from tests.ml.pieces import walk, write_folder, write_maestro


@pytest.fixture
def data_set(db):
    """A maker of queued data sets, with a ZIP of these files or with a folder."""

    def make(files=None, **fields):
        made = DataSet.objects.create(
            **{"name": "Walks", "source": "walks.zip", "licence": "CC0 1.0", "attribution": "Us"}
            | fields
        )
        if files is not None:
            made.folder.mkdir(parents=True)
            with zipfile.ZipFile(made.upload, "w", zipfile.ZIP_DEFLATED) as zipped:
                for name, data in files.items():
                    zipped.writestr(name, data)
        return made

    return make


class Unpacker:
    """In the place of the child."""

    def run(self, folder, request, deadline, cancelled):
        cancelled()
        answer = unpack.attempt(Path(request["archive"]), folder / "files")
        if "error" in answer:
            raise TaskError(answer["error"])
        return answer


@pytest.fixture
def check(monkeypatch, capsys):
    """Make one attempt in this process: no child has to start."""

    def run(arguments, folder, watch, *, cores, memory):
        watch({})
        if main(arguments):
            raise TaskError(capsys.readouterr().err.splitlines()[-1].removeprefix("ml: "))

    def check(made):
        datasets.check(made.pk, made.attempt)
        made.refresh_from_db()
        return made

    monkeypatch.setattr(labour, "run", run)
    monkeypatch.setattr(datasets, "UNPACKER", Unpacker())
    return check


def files_below(folder):
    """All that lies there, by name in its folder."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture
def walks(tmp_path):
    """Five small MIDI files."""
    write_folder(tmp_path / "walks", 5)
    return files_below(tmp_path / "walks")


@pytest.fixture
def maestro(tmp_path):
    """Files like MAESTRO's ZIP: all in one folder, with its csv."""
    write_maestro(tmp_path / "zip" / "maestro-v3.0.0", ["train"] * 3 + ["validation", "test"])
    return files_below(tmp_path / "zip")


def test_a_zip_becomes_a_corpus_in_a_child(data_set, maestro):
    spoilt = {"maestro-v3.0.0/2004/walk-1.mid": b"no music", "__MACOSX/._a.mid": b"", "a.txt": b""}
    made = data_set(maestro | spoilt)
    datasets.check(made.pk, 1)
    made.refresh_from_db()
    assert (made.status, made.error) == ("done", "")
    corpus = Corpus.load(made.corpus)
    assert corpus.splits.tolist() == ["train", "train", "validation", "test"]
    assert np.array_equal(corpus.piece(0), encode(walk(0)))
    assert made.bad_files == [["maestro-v3.0.0/2004/walk-1.mid", "This is not a MIDI file."]]
    assert made.summary["files"] == 5
    assert made.summary["pieces"] == {"train": 2, "validation": 1, "test": 1}
    assert made.summary["notes"] == {"train": 120, "validation": 60, "test": 60}
    assert made.summary["composers"] == [["Frédéric Chopin", 4]]
    assert made.summary["split_by"] == "by its csv"
    assert not made.upload.exists()
    assert not list(made.folder.glob("work-*"))


def test_copies_are_left_out_and_named(data_set, walks, check):
    made = check(data_set(walks | {"z/again.mid": walks["walk-3.mid"]}))
    assert made.duplicates == [["z/again.mid", "walk-3.mid"]]
    assert made.summary["duplicates"] == 1
    assert made.summary["files"] == 6
    assert made.summary["pieces"] == {"train": 4, "validation": 1}
    assert made.summary["works"] == 5
    assert made.summary["split_by"] == "by work"


def test_what_the_unpacking_refuses_is_named_with_what_cannot_be_read(data_set, walks, check):
    made = check(data_set(walks | {"../a.mid": walks["walk-0.mid"], "b.mid": b"MThd"}))
    assert [name for name, reason in made.bad_files] == ["../a.mid", "b.mid"]
    assert "leads out of the ZIP" in made.bad_files[0][1]
    assert (made.summary["bad"], made.summary["files"]) == (2, 7)
    assert not (made.folder.parent / "a.mid").exists()


def test_long_lists_are_cut_and_counted(data_set, walks, check, monkeypatch):
    monkeypatch.setattr(datasets, "MOST_TOLD", 2)
    made = check(data_set(walks | {f"bad-{i}.mid": b"" for i in range(5)}))
    assert len(made.bad_files) == 2
    assert made.summary["bad"] == 5


def test_a_folder_of_the_server_is_read_where_it_is(data_set, tmp_path, check, settings):
    settings.DATA_FOLDERS = [tmp_path]
    write_folder(tmp_path / "mine", 4)
    made = check(data_set(server_folder=str(tmp_path / "mine"), source="mine"))
    assert made.is_done
    assert len(list((tmp_path / "mine").iterdir())) == 4
    assert len(Corpus.load(made.corpus)) == 4


def test_a_folder_that_is_no_longer_allowed_is_not_read(data_set, tmp_path, check, settings):
    settings.DATA_FOLDERS = [tmp_path / "other"]
    write_folder(tmp_path / "mine", 4)
    made = check(data_set(server_folder=str(tmp_path / "mine")))
    assert made.is_failed
    assert made.error == "This folder is gone, or is no longer below one of DATA_FOLDERS."


def test_with_nothing_to_learn_from_the_bad_files_are_told_all_the_same(data_set, check):
    made = check(data_set({"a.mid": b"no music", "b/../c.mid": b""}))
    assert made.is_failed
    assert [name for name, reason in made.bad_files] == ["b/../c.mid", "a.mid"]
    assert made.error == "None of the files could be read."
    assert made.upload.exists()  # to look at it, or to try again
    assert not made.corpus.exists()


def test_a_zip_that_is_none_fails_with_a_sentence(data_set, check):
    made = data_set({})
    made.upload.write_bytes(b"no ZIP")
    assert check(made).error == "This is not a ZIP file, or it is damaged."


def test_a_zip_that_is_gone_fails_with_a_sentence(data_set, check):
    assert "is gone" in check(data_set()).error


def test_a_check_that_is_to_stop_keeps_the_zip_and_begins_anew(data_set, walks, check, monkeypatch):
    made = data_set(walks)
    run = labour.run

    def stopped(arguments, folder, watch, **bounds):
        DataSet.objects.filter(pk=made.pk).update(stop_asked=True)
        watch({"what": "Reading files", "share": 0.5, "done": 6, "total": 12})

    monkeypatch.setattr(labour, "run", stopped)
    assert check(made).is_stopped
    assert made.progress["what"] == "Reading file 6 of 12"
    assert made.upload.exists()
    assert made.restart()
    monkeypatch.setattr(labour, "run", run)
    assert check(made).is_done


def test_what_a_killed_worker_left_goes(data_set, walks, check):
    made = data_set(walks)
    left = made.folder / "work-of-the-dead"
    (left / "files").mkdir(parents=True)
    assert check(made).is_done
    assert not left.exists()


def test_an_attempt_that_lost_its_row_keeps_nothing(data_set, walks, check, monkeypatch):
    made = data_set(walks)
    run = labour.run

    def lose(arguments, folder, watch, **bounds):
        run(arguments, folder, watch, **bounds)
        DataSet.objects.filter(pk=made.pk).update(token=None)

    monkeypatch.setattr(labour, "run", lose)
    check(made)
    assert made.is_running  # another's by now
    assert not made.corpus.exists()
    assert made.upload.exists()


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("data", True),
        ("data/below", True),
        ("data/below/../..", False),
        ("outside", False),
        ("data/link", False),
        ("data/none", False),
        ("data/file.mid", False),
        ("data/\0", False),
        ("database", False),
    ],
)
def test_only_folders_below_those_of_the_settings_are_allowed(name, allowed, tmp_path, settings):
    settings.DATA_FOLDERS = [tmp_path / "data"]
    for folder in ("data/below", "outside", "database"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "data" / "file.mid").write_bytes(b"")
    assert datasets.is_allowed(tmp_path / name) is allowed


def test_an_empty_zip_has_no_music(data_set, check):
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    made = data_set({})
    made.upload.write_bytes(buffer.getvalue())
    assert check(made).error == "There are no MIDI files in walks.zip."
