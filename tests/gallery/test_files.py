"""What is made of a piece besides its MP3 and MIDI file, for whom, and how it is sent."""

import gzip
import json

import pytest
from django.core.files.base import ContentFile

from generator.models import Beginning, Kind, Rendition, RenditionStatus, Visibility

MUSICXML = b"<?xml version='1.0'?><score-partwise/>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
WAV = b"RIFF" + bytes(1000)
ENDINGS = {
    "score.musicxml": ("application/vnd.recordare.musicxml+xml", MUSICXML),
    "score.svg": ("image/svg+xml", SVG),
    "audio.wav": ("audio/wav", WAV),
}


@pytest.fixture
def whole(ready_piece):
    """A maker of pieces with score and WAV."""

    def make(status=RenditionStatus.READY, **fields):
        piece = ready_piece(**fields)
        score = Rendition(composition=piece, kind=Kind.SCORE, status=status)
        score.file.save(f"{piece.folder}/a.musicxml", ContentFile(MUSICXML), save=False)
        score.picture.save(f"{piece.folder}/a.svg", ContentFile(SVG), save=False)
        score.save()
        wav = Rendition(composition=piece, kind=Kind.WAV, status=status)
        wav.file.save(f"{piece.folder}/b.wav", ContentFile(WAV), save=False)
        wav.save()
        return piece

    return make


def content(response):
    return b"".join(response)


@pytest.mark.parametrize("ending", ENDINGS)
def test_everybody_gets_the_files_of_a_public_piece(client, whole, ending):
    made = whole(title="Étude: “Night”", visibility=Visibility.PUBLIC)
    kind, expected = ENDINGS[ending]

    answer = client.get(f"/compositions/{made.pk}/{ending}")

    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert content(answer) == expected
    assert answer["Cache-Control"] == "private, no-cache"
    assert client.get(
        f"/compositions/{made.pk}/{ending}", headers={"If-None-Match": answer["ETag"]}
    ).status_code == 304  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_download_bears_the_title(as_alice, whole, ending):
    made = whole(title="Night")

    answer = as_alice.get(f"/compositions/{made.pk}/{ending}?download")

    extension = ending.rpartition(".")[2]
    assert answer["Content-Disposition"] == f'attachment; filename="Night.{extension}"'


def test_a_wav_can_be_sought_in(as_alice, whole):
    made = whole()

    answer = as_alice.get(f"/compositions/{made.pk}/audio.wav", headers={"Range": "bytes=0-3"})

    assert (answer.status_code, content(answer)) == (206, b"RIFF")


@pytest.mark.parametrize("ending", [*ENDINGS, "settings.json"])
def test_a_strangers_private_piece_has_no_files(as_bob, client, whole, ending):
    made = whole()

    for person in (as_bob, client):
        assert person.get(f"/compositions/{made.pk}/{ending}").status_code == 404


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("status", [s for s in RenditionStatus if s != RenditionStatus.READY])
def test_what_is_not_ready_is_not_found(as_alice, whole, ending, status):
    made = whole(status=status)

    assert as_alice.get(f"/compositions/{made.pk}/{ending}").status_code == 404


@pytest.mark.parametrize("ending", [*ENDINGS, "settings.json"])
def test_an_unfinished_piece_has_none(as_alice, whole, ending):
    made = whole()
    made.status = "rendering"
    made.save(update_fields=["status"])

    assert as_alice.get(f"/compositions/{made.pk}/{ending}").status_code == 404


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_gone_is_not_found(as_alice, whole, ending):
    made = whole()
    for rendition in made.renditions.all():
        for file in rendition.files():
            file.storage.delete(file.name)

    assert as_alice.get(f"/compositions/{made.pk}/{ending}").status_code == 404
    assert as_alice.get(f"/compositions/{made.pk}/").status_code == 200


@pytest.mark.parametrize("ending", ["score.musicxml", "score.svg"])
def test_scores_are_sent_compressed_and_still_not_twice(as_alice, whole, ending):
    url = f"/compositions/{whole().pk}/{ending}"

    answer = as_alice.get(url, headers={"Accept-Encoding": "br, gzip"})

    assert (answer["Content-Encoding"], answer["Vary"]) == ("gzip", "Accept-Encoding, Cookie")
    assert gzip.decompress(content(answer)) == ENDINGS[ending][1]
    headers = {"Accept-Encoding": "br, gzip", "If-None-Match": answer["ETag"]}
    assert as_alice.get(url, headers=headers).status_code == 304
    part = as_alice.get(url, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-3"})
    assert (part.status_code, content(part)) == (206, ENDINGS[ending][1][:4])


def test_a_score_opened_by_itself_may_do_nothing(as_alice, whole):
    policy = as_alice.get(f"/compositions/{whole().pk}/score.svg")["Content-Security-Policy"]

    assert sorted(policy.split("; ")) == ["default-src 'none'", "frame-ancestors 'none'", "sandbox"]


@pytest.mark.parametrize("ending", [*ENDINGS, "settings.json"])
def test_files_reject_post(as_alice, whole, ending):
    assert as_alice.post(f"/compositions/{whole().pk}/{ending}").status_code == 405


def test_the_settings_tell_the_whole_wish(as_alice, ready_piece):
    made = ready_piece(title="Night", seed=9, energy=4, loudness=2, temperature=0.9)

    answer = as_alice.get(f"/compositions/{made.pk}/settings.json?download")

    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == 'attachment; filename="Night.json"'
    told = json.loads(answer.content)
    assert told.items() >= {
        "title": "Night", "model_sha256": "0" * 64, "style": "chopin", "seed": 9,
        "temperature": 0.9, "seconds": 60, "energy": 4, "loudness": 2,
    }.items()  # fmt: skip


def test_settings_without_their_beginning_would_make_another_piece(as_alice, ready_piece):
    made = ready_piece(takeover=3.0)

    page = as_alice.get(f"/compositions/{made.pk}/settings.json")

    assert page.status_code == 404
    assert "goes on from music that is no longer here" in page.text


def test_settings_whose_beginning_lost_its_file_say_so(as_alice, alice, ready_piece):
    music = Beginning.objects.create(
        owner=alice, title="Given", duration=5, note_count=1, midi="b/a.mid", notes="b/a.json"
    )
    made = ready_piece(title="Moth", takeover=3.0, beginning=music)

    page = as_alice.get(f"/compositions/{made.pk}/settings.json?download")

    assert page.status_code == 404
    assert "“Moth” goes on from music that is no longer here" in page.text
    assert "Content-Disposition" not in page
    assert "no-store" in page["Cache-Control"]
