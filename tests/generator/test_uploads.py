from io import BytesIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.urls import resolve

from generator import uploads
from generator.uploads import MOST_BYTES, MOST_MODEL_BYTES
from ml import container, upload

MODELS, DATA_SETS = "/admin/generator/trainedmodel/add/", "/admin/generator/dataset/add/"
LARGE = MOST_BYTES + 1


def received(rf, size):
    """What a view is given of a file of so many bytes."""
    file = SimpleUploadedFile("tune.mid", b"x" * size, "audio/midi")
    return rf.post("/", {"file": file}).FILES["file"]


@pytest.mark.parametrize("size", [1, MOST_BYTES])
def test_a_small_file_arrives_whole(rf, size):
    file = received(rf, size)
    assert (file.name, file.size, file.content_type) == ("tune.mid", size, "audio/midi")
    assert file.read() == b"x" * size


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 5_000_000])
def test_of_a_larger_one_no_more_is_kept_than_its_size(rf, size):
    file = received(rf, size)
    assert file.size == size
    assert len(file.read()) <= MOST_BYTES


def test_a_file_after_a_large_one_arrives_whole(rf):
    files = [SimpleUploadedFile(name, b"x" * size) for name, size in (("a", 3_000_000), ("b", 7))]
    large, small = rf.post("/", {"file": files}).FILES.getlist("file")
    assert (large.size, small.size, small.read()) == (3_000_000, 7, b"x" * 7)


def test_the_composer_allows_as_much():
    assert MOST_BYTES == upload.MOST_BYTES
    assert MOST_MODEL_BYTES == container.MOST_BYTES


# Large files of staff


@pytest.fixture
def send(rf, dora):
    """What the view at `url` is given of the files that somebody, dora by default, sends there."""

    def send(url, field="file", *, user=dora, size=LARGE, times=1):
        files = [SimpleUploadedFile(f"a{i}.bin", b"x" * size) for i in range(times)]
        request = rf.post(url, {field: files, "name": "New"})
        request.user, request.resolver_match = user, resolve(url.partition("?")[0])
        return request.FILES.getlist(field)

    return send


@pytest.mark.parametrize(("url", "field"), [(MODELS, "file"), (DATA_SETS, "archive")])
def test_staff_can_send_a_large_file_to_a_page_that_asks_for_one(send, settings, url, field):
    (file,) = send(url, field)
    assert (file.name, file.size, file.problem) == ("a0.bin", LARGE, "")
    assert file.read() == b"x" * LARGE
    scratch = settings.STUDIO_ROOT / "scratch"
    assert list(settings.STUDIO_ROOT.rglob("*")) == [scratch]  # it lies there without a name


@pytest.mark.parametrize(
    ("url", "field"),
    [
        pytest.param(MODELS, "card", id="another field"),
        pytest.param(MODELS, "archive", id="the field of another page"),
        pytest.param("/admin/generator/trainedmodel/", "file", id="another page"),
        pytest.param("/compose/continue/", "file", id="a page for everybody"),
        pytest.param(f"/compose/?next={MODELS}", "file", id="a page with a long address"),
    ],
)
def test_elsewhere_staff_are_as_everybody_else(send, url, field):
    (file,) = send(url, field)
    assert isinstance(file, InMemoryUploadedFile)
    assert len(file.read()) <= MOST_BYTES


@pytest.mark.parametrize("who", ["nobody", "alice", "eve", "blocked dora"])
def test_nobody_else_can(send, who, alice, dora):
    """Eve is staff without the permission; a blocked account counts for nothing."""
    if who == "eve":
        dora.user_permissions.clear()
    dora.is_active = who != "blocked dora"
    (file,) = send(MODELS, user={"nobody": AnonymousUser(), "alice": alice}.get(who, dora))
    assert isinstance(file, InMemoryUploadedFile)


def test_before_anybody_is_known_a_file_is_small(rf):
    (file,) = rf.post(MODELS, {"file": SimpleUploadedFile("a", b"x" * LARGE)}).FILES.values()
    assert isinstance(file, InMemoryUploadedFile)


def test_beyond_the_limit_nothing_is_kept(send, monkeypatch):
    written = []
    monkeypatch.setattr(uploads, "MOST_MODEL_BYTES", 2_000_000)
    monkeypatch.setattr(uploads, "spool", lambda: Counting(written))
    (file,) = send(MODELS, size=5_000_000)
    assert (file.size, file.problem) == (5_000_000, "This file has more than 2 MB.")
    assert sum(written) <= 2_000_000
    assert file.closed


def test_the_limit_holds_for_all_files_together(send, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_MODEL_BYTES", 2_500_000)
    assert [bool(file.problem) for file in send(MODELS, times=4)] == [False, False, True, True]


def test_the_limit_of_archives_is_a_setting(send, settings):
    settings.MOST_ARCHIVE = 1
    assert send(DATA_SETS, "archive")[0].problem == "This file has more than 1 MB."


@pytest.mark.parametrize("when", ["at the beginning", "while it comes", "at the end"])
def test_a_full_disk_is_said(send, monkeypatch, when):
    monkeypatch.setattr(uploads, "spool", lambda: FullDisk(when))
    assert send(MODELS)[0].problem == "The disk of the server is full."


def test_the_site_knows_who_sends_before_it_reads_the_file(as_dora, as_alice, monkeypatch):
    """All through the middleware, whose CSRF check is the first to read what was sent."""
    taken = []
    monkeypatch.setattr(uploads, "spool", lambda: taken.append("large") or BytesIO())
    for client, most in ((as_alice, 0), (as_dora, 1)):
        client.handler.enforce_csrf_checks = True
        client.cookies["csrftoken"] = "c" * 32
        answer = client.post(MODELS, {"file": SimpleUploadedFile("a", b"x" * LARGE)})
        assert answer.status_code == 403  # there was no token
        assert len(taken) == most


# Writing it down


def test_it_is_written_down_with_its_digest(tmp_path):
    digest = uploads.save(SimpleUploadedFile("a", b"abc"), tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b"abc"
    assert digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_is_not_whole_is_not_written_down(tmp_path):
    file = InMemoryUploadedFile(BytesIO(b"x"), "file", "a", "", LARGE, None)
    with pytest.raises(ValueError, match=r"more than 1 MB\."):
        uploads.save(file, tmp_path / "kept")
    file = SimpleUploadedFile("a", b"abc")
    file.problem = "The disk of the server is full."
    with pytest.raises(ValueError, match="disk of the server is full"):
        uploads.save(file, tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []


class Counting(BytesIO):
    def __init__(self, written):
        super().__init__()
        self.written = written

    def write(self, data):
        self.written.append(len(data))
        return super().write(data)


class FullDisk(BytesIO):
    def __init__(self, when):
        super().__init__()
        self.when = when
        self.fail("at the beginning")

    def fail(self, when):
        if when == self.when:
            raise OSError(28, "No space left on device")

    def write(self, data):
        self.fail("while it comes")
        return super().write(data)

    def seek(self, *place):
        self.fail("at the end")
        return super().seek(*place)
