import io
import zipfile

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from generator.models import DataSet, Evaluation, TaskStatus, TrainingRun
from tests.ml.pieces import write_folder

PAGES = "/admin/generator/dataset/"
WORDS = {"name": "Walks", "licence": "CC0 1.0", "attribution": "Nobody at all", "url": ""}
SUMMARY = {
    "files": 1203,
    "others": 1,
    "missing": 2,
    "bad": 700,
    "duplicates": 1,
    "pieces": {"train": 400, "validation": 102},
    "notes": {"train": 120_000, "validation": 30_000},
    "hours": 12.5,
    "works": 300,
    "composers": [["Frédéric Chopin", 500], ["", 2]],
    "composers_count": 1,
    "split_by": "by work",
    "on_both_sides": 0,
}


def packed(names=("a.mid",)):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name in names:
            zipped.writestr(name, b"MThd")
    return buffer.getvalue()


def sent(data, name="music.zip"):
    return SimpleUploadedFile(name, data)


@pytest.fixture
def folders(tmp_path, settings):
    """Two folders of the server with music, one of them outside those of the settings."""
    write_folder(tmp_path / "data" / "bach" / "fugues", 1)
    write_folder(tmp_path / "private", 1)
    (tmp_path / "data" / "texts").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "private")
    settings.DATA_FOLDERS = [(tmp_path / "data").resolve()]
    return tmp_path


@pytest.fixture
def data_set(dora):
    """A maker of data sets that are done, unless said otherwise."""

    def make(**fields):
        made = DataSet.objects.create(
            **WORDS
            | {"source": "walks.zip", "status": TaskStatus.DONE, "summary": SUMMARY}
            | {"created_by": dora}
            | fields
        )
        made.folder.mkdir(parents=True)
        made.corpus.write_bytes(b"arrays")
        return made

    return make


@pytest.fixture
def pushed(monkeypatch):
    """What was put on queues."""
    jobs = []
    monkeypatch.setattr(
        "generator.queueing.push", lambda function, arguments, **options: jobs.append(arguments)
    )
    return jobs


def complaints(answer):
    """All that the form complains of."""
    form = answer.context["adminform"].form
    return " ".join(str(words) for errors in form.errors.values() for words in errors)


# Bringing music in


def test_a_zip_is_kept_and_queued(
    as_dora, dora, pushed, tmp_path, django_capture_on_commit_callbacks
):
    data = packed()
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_dora.post(f"{PAGES}add/", WORDS | {"archive": sent(data)}, follow=True)
    made = DataSet.objects.get()
    assert answer.redirect_chain[-1][0] == f"{PAGES}{made.pk}/change/"
    assert "It is being checked." in answer.text
    assert made.is_queued
    assert (made.source, made.created_by) == ("music.zip", dora)
    assert made.upload.read_bytes() == data
    assert pushed == [(made.pk, 1)]
    assert LogEntry.objects.get().is_addition()
    assert not list((tmp_path / "studio" / "scratch").iterdir())


def test_a_large_zip_is_kept_whole(as_dora, pushed):
    data = packed() + bytes(1_100_000)  # more than a stranger may send; a comment, to a ZIP
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as zipped:
        zipped.writestr("a.mid", data)
    as_dora.post(f"{PAGES}add/", WORDS | {"archive": sent(buffer.getvalue())})
    assert DataSet.objects.get().upload.read_bytes() == buffer.getvalue()


def test_folders_with_music_are_offered_and_one_is_queued(
    as_dora, folders, pushed, django_capture_on_commit_callbacks
):
    page = as_dora.get(f"{PAGES}add/")
    choices = page.context["adminform"].form.fields["server_folder"].widget.choices
    assert [words for path, words in choices] == ["None", "data", "data/bach", "data/bach/fugues"]
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(f"{PAGES}add/", WORDS | {"server_folder": choices[2][0]})
    made = DataSet.objects.get()
    assert (made.source, made.server_folder) == ("data/bach", str(folders / "data" / "bach"))
    assert pushed == [(made.pk, 1)]


@pytest.mark.parametrize(
    "folder", ["private", "data/../private", "data/link", "data/none", "data/bach/../.."]
)
def test_other_folders_are_refused(as_dora, folders, folder):
    answer = as_dora.post(f"{PAGES}add/", WORDS | {"server_folder": f"{folders}/{folder}"})
    assert "not one below those that DATA_FOLDERS names" in complaints(answer)
    assert not DataSet.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({}, "Choose a ZIP of MIDI files, or a folder", id="neither"),
        pytest.param({"archive": b"no ZIP"}, "not a ZIP file", id="no ZIP"),
        pytest.param({"archive": b""}, "empty", id="empty"),
        pytest.param({"archive": packed(), "both": True}, "either a ZIP or a folder", id="both"),
        pytest.param({"archive": packed(), "licence": ""}, "required", id="no licence"),
        pytest.param({"archive": packed(), "attribution": " "}, "required", id="no attribution"),
        pytest.param({"archive": packed(), "url": "javascript:x"}, "valid URL", id="no address"),
    ],
)
def test_what_is_wrong_is_told(as_dora, folders, fields, words, tmp_path):
    fields = dict(fields)
    if fields.pop("both", False):
        fields["server_folder"] = str(folders / "data")
    if "archive" in fields:
        fields["archive"] = sent(fields["archive"])
    answer = as_dora.post(f"{PAGES}add/", WORDS | fields)
    assert answer.status_code == 200
    assert words in complaints(answer)
    assert not DataSet.objects.exists()
    assert not list((tmp_path / "studio").glob("scratch/*"))


def test_a_zip_that_is_too_large_is_refused(as_dora, settings):
    settings.MOST_ARCHIVE = 1
    answer = as_dora.post(f"{PAGES}add/", WORDS | {"archive": sent(packed() + bytes(1_000_000))})
    assert "more than 1 MB" in complaints(answer)
    assert not DataSet.objects.exists()


def test_a_name_is_given_once(as_dora, data_set):
    data_set()
    answer = as_dora.post(f"{PAGES}add/", WORDS | {"archive": sent(packed())})
    assert "already exists" in complaints(answer)


def test_strangers_bring_nothing(as_alice):
    answer = as_alice.post(f"{PAGES}add/", WORDS | {"archive": sent(packed())})
    assert answer.status_code == 302
    assert not DataSet.objects.exists()


# The page


def test_its_page_tells_what_is_in_it(as_dora, data_set):
    made = data_set(bad_files=[["<b>.mid", "It is cut off."]], duplicates=[["a.mid", "b.mid"]])
    page = as_dora.get(f"{PAGES}{made.pk}/change/").text
    for words in (
        "12.5",
        "120,000",
        "Frédéric Chopin",
        "It is split by work.",
        "2 files that the csv lists are not there",
        "1 other file of the ZIP is neither MIDI nor csv",
        "Bad files: 700",
        "The first 1 of them",
        "&lt;b&gt;.mid",
        "Copies: 1",
        f"/admin/generator/trainingrun/add/?data_set={made.pk}",
    ):
        assert words in page
    assert "Check again" not in page  # its ZIP is gone
    assert 'name="archive"' not in page


def test_a_failed_one_shows_its_bad_files_and_what_the_check_said(as_dora, data_set):
    made = data_set(
        status=TaskStatus.FAILED,
        error="None of the files could be read.",
        bad_files=[["a.mid", "It is cut off."]],
        summary=SUMMARY | {"pieces": {}, "notes": {}, "bad": 1},
    )
    (made.folder / "log").write_text("Left out: a.mid")
    page = as_dora.get(f"{PAGES}{made.pk}/change/").text
    for words in ("None of the files could be read.", "It is cut off.", "Left out: a.mid"):
        assert words in page
    assert "Train on it" not in page
    assert "Try again" in page


def test_a_queued_one_has_nothing_to_tell_yet(as_dora, data_set):
    made = data_set(status=TaskStatus.QUEUED, summary={})
    page = as_dora.get(f"{PAGES}{made.pk}/change/").text
    assert f"{PAGES}{made.pk}/state/" in page
    assert "Bad files" not in page


def test_words_can_be_put_better(as_dora, data_set):
    made = data_set()
    better = {"name": "Scales", "licence": "CC BY 4.0", "attribution": "Us", "url": ""}
    as_dora.post(f"{PAGES}{made.pk}/change/", better | {"source": "x", "server_folder": "/etc"})
    made.refresh_from_db()
    assert (made.name, made.licence, made.attribution) == ("Scales", "CC BY 4.0", "Us")
    assert (made.source, made.server_folder) == ("walks.zip", "")


def test_the_list_has_figures_and_filters(as_dora, data_set):
    data_set()
    page = as_dora.get(f"{PAGES}?status__exact=done&o=3&q=walks").text
    for words in ("12.5", "150,000", "502", "700"):
        assert words in page
    assert as_dora.get(f"{PAGES}?created_by__password=x").status_code in (302, 400)


# Checking again


def test_a_folder_is_checked_again(as_dora, data_set, pushed, django_capture_on_commit_callbacks):
    made = data_set(server_folder="/data/walks")
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(f"{PAGES}{made.pk}/check-again/")
    made.refresh_from_db()
    assert made.is_queued
    assert pushed == [(made.pk, 2)]
    assert made.corpus.exists()  # until there is another


def test_a_zip_is_not_checked_again(as_dora, data_set):
    made = data_set()
    answer = as_dora.post(f"{PAGES}{made.pk}/check-again/", follow=True)
    assert "Its ZIP is gone" in answer.text
    made.refresh_from_db()
    assert made.is_done


@pytest.mark.parametrize(
    ("status", "moved"), [("queued", False), ("stopped", False), ("failed", False), ("done", True)]
)
def test_no_training_that_may_go_on_gets_other_music(data_set, status, moved):
    made = data_set(server_folder="/data/walks")
    TrainingRun.objects.create(name="Run", data_set=made, status=status)
    assert made.check_again() is moved


def test_no_evaluation_gets_other_music(data_set, trained_model):
    made = data_set(server_folder="/data/walks")
    Evaluation.objects.create(model=trained_model, data_set=made)
    assert not made.check_again()


# Deleting


def test_it_is_deleted_with_its_files(as_dora, data_set, django_capture_on_commit_callbacks):
    made = data_set()
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(f"{PAGES}{made.pk}/delete/", {"post": "yes"})
    assert not DataSet.objects.exists()
    assert not made.folder.exists()
    assert LogEntry.objects.get().is_deletion()


def test_one_in_use_is_kept_with_the_reason(as_dora, data_set, trained_model):
    made = data_set()
    TrainingRun.objects.create(name="Run", data_set=made)
    Evaluation.objects.create(model=trained_model, data_set=made)
    page = as_dora.get(f"{PAGES}{made.pk}/delete/").text
    assert "1 training learnt from it: delete them first." in page
    assert "1 evaluation measured by it" in page
    assert "1 training" in as_dora.post(f"{PAGES}{made.pk}/delete/", {"post": "yes"}).text
    assert DataSet.objects.exists()
    assert made.corpus.exists()


def test_one_that_is_being_checked_is_kept(as_dora, data_set):
    made = data_set(status=TaskStatus.RUNNING)
    assert "stop that first" in as_dora.get(f"{PAGES}{made.pk}/delete/").text
