import io
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import id3
from tests.conftest import MP3_FRAME

SOUND = MP3_FRAME * 77


def retitled(content, title):
    target = io.BytesIO()
    id3.retitle(io.BytesIO(content), target, title)
    return target.getvalue()


def tags_of(path):
    command = ["ffprobe", "-v", "error", "-show_format", "-of", "json", path]
    answer = subprocess.run(command, capture_output=True, check=True)
    return json.loads(answer.stdout)["format"]["tags"]


@pytest.fixture
def tagged(tmp_path):
    """An MP3 with tags, as render.py has FFmpeg write them."""
    path = tmp_path / "tone.mp3"
    said = ["-metadata", "title=For Anna's funeral", "-metadata", "comment=seed 7; style any"]
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1", *said]
    subprocess.run([*command, "-id3v2_version", "3", path], check=True)
    return path


@pytest.mark.parametrize("title", ["Moth", "Étude 夜 🌙", "x" * 120])
def test_players_read_the_new_title_and_the_other_tags(tagged, title):
    content = tagged.read_bytes()
    before = tags_of(tagged)
    tagged.write_bytes(retitled(content, title))
    assert tags_of(tagged) == before | {"title": title}
    assert b"Anna" not in tagged.read_bytes()
    assert "Anna".encode("utf-16-le") not in tagged.read_bytes()


def test_the_sound_is_the_same(tagged):
    content = tagged.read_bytes()
    sound = content[content.index(b"\xff\xfb") :]
    assert retitled(content, "Moth").endswith(sound)


def test_a_file_without_tags_gets_a_title():
    assert retitled(SOUND, "Moth").endswith(SOUND)
    assert retitled(SOUND, "Moth")[:3] == b"ID3"


def test_tags_of_another_kind_are_left_out():
    other = b"ID3" + bytes([4, 0, 0]) + bytes([0, 0, 1, 2]) + b"x" * 130
    assert retitled(other + SOUND, "Moth") == retitled(SOUND, "Moth")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_the_last_title_is_the_only_one(title):
    again = retitled(retitled(SOUND, "For Anna's funeral"), title)
    assert again == retitled(SOUND, title)
    assert again.endswith(SOUND)
