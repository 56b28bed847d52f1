"""Files with Range: RFC 9110, sections 13 and 14."""

import io

import pytest
from django.utils.http import http_date

from gallery import media
from gallery.media import Span, file_name
from generator.models import Composition, Visibility


@pytest.fixture
def url(ready_piece):
    made = ready_piece(title="Étude: “Night/Day”", visibility=Visibility.PUBLIC)
    return f"/compositions/{made.pk}/audio.mp3"


@pytest.fixture
def whole(client, url):
    return b"".join(client.get(url))


def body(response):
    return b"".join(response) if response.streaming else response.content


def test_the_whole_file(client, url, whole):
    response = client.get(url)

    assert response.status_code == 200
    assert response["Content-Type"] == "audio/mpeg"
    assert response["Accept-Ranges"] == "bytes"
    assert int(response["Content-Length"]) == len(whole) > 40_000
    assert response["ETag"].startswith('"')
    assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=500-999", 500, 999),
        ("bytes=500-", 500, -1),
        ("bytes=0-", 0, -1),
        ("bytes=-1", -1, -1),
        ("bytes=-500", -500, -1),
        ("bytes=-999999999", 0, -1),
        ("bytes=100-999999999", 100, -1),
        ("BYTES=1-2", 1, 2),
        ("bytes=0000001-2", 1, 2),
    ],
)
def test_one_range(client, url, whole, asked, first, last):
    size = len(whole)
    start, end = first % size, last % size

    response = client.get(url, headers={"Range": asked})

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {start}-{end}/{size}"
    assert int(response["Content-Length"]) == end - start + 1
    assert body(response) == whole[start : end + 1]


def test_the_last_byte_can_be_asked_for_by_number(client, url, whole):
    last = len(whole) - 1

    response = client.get(url, headers={"Range": f"bytes={last}-{last}"})

    assert response.status_code == 206
    assert body(response) == whole[-1:]


@pytest.mark.parametrize("asked", ["bytes=SIZE-", "bytes=99999999999-", "bytes=-0"])
def test_beyond_the_end_is_not_satisfiable(client, url, whole, asked):
    response = client.get(url, headers={"Range": asked.replace("SIZE", str(len(whole)))})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(whole)}"
    assert body(response) == b""


@pytest.mark.parametrize(
    "asked",
    [
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-1",
        "bytes=1-2,4-5",
        "bytes=1-2,",
        "bytes=--5",
        "bytes=1.5-2",
        "bytes=+1-2",
        "bytes = 1-2",
        "bytes=١-٢",
        "bytes=" + "9" * 5000 + "-",
        "lines=1-2",
        "0-10",
    ],
)
def test_what_is_malformed_or_not_offered_gets_the_whole_file(client, url, whole, asked):
    response = client.get(url, headers={"Range": asked})

    assert response.status_code == 200
    assert "Content-Range" not in response
    assert body(response) == whole


def test_if_range_with_our_etag_continues(client, url):
    etag = client.get(url)["ETag"]

    response = client.get(url, headers={"Range": "bytes=0-9", "If-Range": etag})

    assert response.status_code == 206


def test_if_range_with_our_date_continues(client, url):
    date = client.get(url)["Last-Modified"]

    response = client.get(url, headers={"Range": "bytes=0-9", "If-Range": date})

    assert response.status_code == 206


@pytest.mark.parametrize("validator", ['"another"', "W/ETAG", http_date(0), "nonsense"])
def test_if_range_of_another_copy_gets_the_whole_file(client, url, whole, validator):
    validator = validator.replace("ETAG", client.get(url)["ETag"])

    response = client.get(url, headers={"Range": "bytes=0-9", "If-Range": validator})

    assert response.status_code == 200
    assert body(response) == whole


def test_an_outdated_copy_is_not_refused_for_its_range(client, url):
    headers = {"Range": "bytes=99999999999-", "If-Range": '"another"'}

    assert client.get(url, headers=headers).status_code == 200


def test_an_unchanged_file_is_not_sent_again(client, url):
    first = client.get(url)

    for headers in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": f'"other", W/{first["ETag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        response = client.get(url, headers=headers)
        assert response.status_code == 304
        assert response["ETag"] == first["ETag"]
        assert body(response) == b""


def test_a_changed_precondition_is_refused(client, url):
    assert client.get(url, headers={"If-Match": '"another"'}).status_code == 412


def test_head_tells_what_get_would_send(client, url):
    told, sent = client.head(url), client.get(url)

    assert told.status_code == 200
    assert body(told) == b""
    for header in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges", "Last-Modified"):
        assert told[header] == sent[header]


def test_head_knows_no_range(client, url, whole):
    response = client.head(url, headers={"Range": "bytes=0-9"})

    assert response.status_code == 200
    assert int(response["Content-Length"]) == len(whole)


def test_post_is_refused(client, url):
    assert client.post(url).status_code == 405


def test_another_attempt_has_another_etag(client, ready_piece):
    tags = set()
    for _ in range(2):
        made = ready_piece(visibility=Visibility.PUBLIC)
        tags.add(client.get(f"/compositions/{made.pk}/audio.mp3")["ETag"])

    assert len(tags) == 2


def test_a_lost_file_is_not_found(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)
    made.mp3.storage.delete(made.mp3.name)

    assert client.get(f"/compositions/{made.pk}/audio.mp3").status_code == 404


def test_a_span_reads_its_bytes_only_and_closes_its_file():
    file = io.BytesIO(b"0123456789")
    span = Span(file, start=2, length=5)

    blocks = [span.read(3), span.read(3), span.read(3)]
    span.close()

    assert blocks == [b"234", b"56", b""]
    assert file.closed


def test_the_player_gets_it_inline_and_a_download_as_attachment(client, url):
    inline, attached = client.get(url), client.get(f"{url}?download=1")

    name = "filename*=utf-8''%C3%89tude%20%E2%80%9CNight%20Day%E2%80%9D.mp3"
    assert inline["Content-Disposition"] == f"inline; {name}"
    assert attached["Content-Disposition"] == f"attachment; {name}"


def test_the_score_is_a_midi_file(client, ready_piece):
    made = ready_piece(title="Lantern", visibility=Visibility.PUBLIC)

    response = client.get(f"/compositions/{made.pk}/score.mid?download")

    assert response["Content-Type"] == "audio/midi"
    assert response["Content-Disposition"] == 'attachment; filename="Lantern.mid"'
    assert body(response).startswith(b"MThd")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nocturne", "Nocturne.mp3"),
        ("a/b\\c:d*e?f<g>h|i", "a b c d e f g h i.mp3"),
        ("../../etc/passwd", "etc passwd.mp3"),
        ("line\r\nbreak", "line break.mp3"),
        ("...", "Nocturne.mp3"),
        ("", "Nocturne.mp3"),
        ("x" * 500, "x" * 80 + ".mp3"),
        ("Étude", "Étude.mp3"),
    ],
)
def test_names_that_every_file_system_takes(title, name):
    assert file_name(title, "mp3") == name


@pytest.mark.parametrize("name", ["CON", "nul", "Aux.rain", "com1", "LPT9 .x", "COM¹"])
def test_names_that_windows_keeps_for_itself_are_not_given(name):
    assert file_name(name, "mp3") == f"Nocturne {name}.mp3"


@pytest.mark.parametrize("name", ["Console", "Nula", "A CON", "com", "COM10"])
def test_names_like_those_are_as_good_as_others(name):
    assert file_name(name, "mp3") == f"{name}.mp3"


def test_a_file_that_goes_between_two_looks_is_not_found(client, url, monkeypatch):
    def meanwhile(request, size, *validators):
        Composition.objects.get().remove_files()

    monkeypatch.setattr(media, "requested_span", meanwhile)

    assert client.get(url).status_code == 404
