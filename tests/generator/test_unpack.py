import io
import os
import stat
import struct
import zipfile

import pytest

from generator import unpack
from generator.unpack import RefusedError


@pytest.fixture
def unzip(tmp_path):
    """Unpack what is in memory; what is told, and the files by name."""

    def unzip(data):
        archive, target = tmp_path / "music.zip", tmp_path / "deep" / "files"
        archive.write_bytes(data)
        target.parent.mkdir()
        told = unpack.unpack(archive, target)
        outside = {p for p in tmp_path.rglob("*") if not p.is_relative_to(target)}
        assert outside == {archive, target.parent}
        files = {p.relative_to(target).as_posix(): p for p in target.rglob("*") if p.is_file()}
        return told, {name: path.read_bytes() for name, path in files.items()}

    return unzip


def packed(*members, method=zipfile.ZIP_DEFLATED):
    """A ZIP of (name or ZipInfo, bytes)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as zipped:
        for name, data in members:
            zipped.writestr(name, data, method)
    return buffer.getvalue()


def with_mode(name, mode):
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    return member


def encrypted(data):
    """The same ZIP, saying that its first member is encrypted."""
    data = bytearray(data)
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def damaged():
    return packed(("a.mid", b"MThd" * 9), method=zipfile.ZIP_STORED).replace(b"MThdM", b"oopsM")


def reason(told):
    ((_, reason),) = told["bad"]
    return reason


def test_music_and_lists_are_written_and_nothing_else(unzip):
    names = ["a.mid", "b/c.MIDI", "b/list.csv", "é.kar", "read.me", "run.py", ".hidden.mid"]
    names += ["__MACOSX/._a.mid", "b/", "more.zip"]
    told, files = unzip(packed(*((name, name.encode()) for name in names)))
    assert sorted(files) == ["a.mid", "b/c.MIDI", "b/list.csv", "é.kar"]
    assert files["a.mid"] == b"a.mid"
    assert told == {"files": 4, "others": 5, "bad": [], "bad_count": 0}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../a.mid", "out of the ZIP"),
        ("b/../../a.mid", "out of the ZIP"),
        ("/etc/a.mid", "out of the ZIP"),
        ("C:/a.mid", "out of the ZIP"),
        ("b//a.mid", "none that can be kept"),
        ("./a.mid", "none that can be kept"),
        ("a\n.mid", "none that can be kept"),
        ("a" * 300 + ".mid", "too long"),
        ("d/" * 20 + "a.mid", "too deep"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(unzip, name, words):
    told, files = unzip(packed((name, b"MThd")))
    assert words in reason(told)
    assert files == {}


def test_a_name_with_backslashes_is_refused(unzip):
    name = "..|a.mid"  # zipfile would write none
    told, files = unzip(packed((name, b"MThd")).replace(b"..|a.mid", b"..\\a.mid"))
    assert "out of the ZIP" in reason(told)
    assert files == {}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_stay_unmade(unzip, kind):
    told, files = unzip(packed((with_mode("a.mid", kind | 0o777), b"/etc/passwd")))
    assert "a link or something else" in reason(told)
    assert files == {}


def test_plain_files_of_any_mode_are_written(unzip):
    _, files = unzip(packed((with_mode("a.mid", stat.S_IFREG), b"MThd")))
    assert files == {"a.mid": b"MThd"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(encrypted(packed(("a.mid", b"MThd"))), "encrypted", id="encrypted"),
        pytest.param(packed(("a.mid", b"MThd"), method=zipfile.ZIP_LZMA), "plain ZIP", id="LZMA"),
        pytest.param(packed(("a.mid", bytes(2_000_000))), "no music is", id="ratio"),
        pytest.param(packed(("a.mid", bytes(20_000_001))), "more than 20 MB", id="size"),
        pytest.param(
            packed(("a.mid", b"MThd" * 9), method=0).replace(b"MThdM", b"oopsM"),
            "damaged",
            id="CRC",
        ),
    ],
)
def test_members_that_cannot_be_read_are_told(unzip, data, words):
    told, files = unzip(data)
    assert words in reason(told)
    assert files == {}


def test_a_file_larger_than_it_says_is_refused(unzip):
    data = bytearray(packed(("a.mid", os.urandom(150_000)), method=zipfile.ZIP_STORED))
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 90_000)
    told, files = unzip(bytes(data))
    assert "damaged" in reason(told)
    assert files == {}


def test_of_two_files_with_one_name_the_first_is_kept(unzip):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("a.mid", b"one"), ("a.mid", b"two"), ("A.MID", b"three"))
    told, files = unzip(data)
    assert files == {"a.mid": b"one"}
    assert [why for _, why in told["bad"]] == ["There is another file of this name in the ZIP."] * 2


def test_a_folder_named_like_a_file_is_refused(unzip):
    told, files = unzip(packed(("a.mid", b"one"), ("a.mid/b.mid", b"two")))
    assert files == {"a.mid": b"one"}
    assert "cannot be written" in reason(told)


def test_many_bad_files_are_counted_and_some_told(unzip, monkeypatch):
    monkeypatch.setattr(unpack, "MOST_TOLD", 2)
    told, _ = unzip(packed(*((f"../{i}.mid", b"") for i in range(5))))
    assert (len(told["bad"]), told["bad_count"]) == (2, 5)


@pytest.mark.parametrize(
    ("bound", "most", "words"),
    [("MOST_TOTAL", 1500, "Unpacked, this ZIP"), ("MOST_MEMBERS", 1, "more than 1 files")],
)
def test_too_much_of_all_is_refused(unzip, monkeypatch, bound, most, words):
    monkeypatch.setattr(unpack, bound, most)
    with pytest.raises(RefusedError, match=words):
        unzip(packed(("a.mid", bytes(1000)), ("b.mid", bytes(1000))))


@pytest.mark.parametrize(
    "data",
    [b"", b"no ZIP", packed(("a.mid", b"MThd"))[:-30], b"PK\5\6" + bytes(17)],
    ids=["empty", "text", "cut off", "half an end"],
)
def test_what_is_no_zip_is_refused(unzip, data):
    with pytest.raises(RefusedError, match="not a ZIP file, or it is damaged"):
        unzip(data)


def test_a_full_disk_is_told(unzip, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unpack, "copy", full)
    with pytest.raises(RefusedError, match="disk of the server is full"):
        unzip(packed(("a.mid", b"MThd")))
