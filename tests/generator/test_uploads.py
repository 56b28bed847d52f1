import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from generator.uploads import MOST_BYTES
from ml import upload


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
