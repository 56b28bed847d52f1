"""What the page of a ready piece offers to take along, and its score."""

import re

import pytest
from django.utils import timezone

from generator.models import Kind, Rendition, RenditionStatus, Visibility

FIGURES = {"tempo": 92, "key": "E minor", "metre": "3/4", "bars": 40, "width": 840, "height": 992}


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def page(as_alice):
    """The page of a piece, on one line."""
    return lambda piece: text(as_alice.get(f"/compositions/{piece.pk}/"))


def rendition(piece, kind, status=RenditionStatus.READY, **fields):
    return Rendition.objects.create(
        composition=piece,
        kind=kind,
        status=status,
        **{
            "figures": FIGURES if kind == Kind.SCORE else {},
            "file": piece.midi.name,
            "picture": piece.mp3.name if kind == Kind.SCORE else "",
            "finished_at": timezone.now(),
        }
        | fields,
    )


def downloads(page):
    return re.findall(r'href="/compositions/[^/]+/([a-z.0-9]+)\?download" hx-boost="false"', page)


def test_sizes_are_those_of_the_files(page, ready_piece):
    found = page(ready_piece())

    assert 'MP3 <span class="downloads__size">47.1 KB' in found  # 77 frames of 626 bytes
    assert 'MIDI <span class="downloads__size">35 bytes' in found


def test_every_download_is_a_full_page_load(page, ready_piece):
    piece = ready_piece()
    rendition(piece, Kind.SCORE)
    rendition(piece, Kind.WAV)

    assert downloads(page(piece)) == [
        "audio.mp3", "score.mid", "score.musicxml", "score.svg", "settings.json", "audio.wav",
    ]  # fmt: skip


def test_a_file_that_is_gone_has_no_size_and_no_harm_done(page, ready_piece):
    piece = ready_piece()
    piece.mp3.storage.delete(piece.mp3.name)

    assert 'MP3 <span class="downloads__size"></span>' in page(piece)


# The WAV.


def test_a_wav_is_offered_with_its_size_and_its_end(page, ready_piece):
    found = page(ready_piece(duration=60))

    assert 'Prepare the WAV <span class="downloads__size">10.1 MB</span>' in found
    assert "Kept for 7 days: it takes 10.6 MB a minute." in found
    assert "audio.wav" not in found


def test_a_wav_that_is_ready_says_how_long_it_is_kept(page, ready_piece, monkeypatch):
    piece = ready_piece()
    made = rendition(piece, Kind.WAV)

    until = f"{made.kept_until:%-d %B}"
    assert (made.kept_until - made.finished_at).days == 7
    assert f"Kept until {until}, then made again when you ask." in page(piece)


def test_a_wav_that_is_made_is_looked_for(page, ready_piece):
    piece = ready_piece()
    rendition(piece, Kind.WAV, RenditionStatus.QUEUED)

    found = page(piece)

    assert f'hx-get="/compositions/{piece.pk}/renditions/?kind=wav" hx-trigger="every 3s"' in found
    assert "Prepare the WAV" not in found


def test_a_wav_that_failed_says_why_and_can_be_asked_for(page, ready_piece):
    piece = ready_piece()
    rendition(piece, Kind.WAV, RenditionStatus.FAILED, error="The soundfont is <missing>.")

    found = page(piece)

    assert "It could not be made. The soundfont is &lt;missing&gt;." in found
    assert "Prepare the WAV" in found


# The score.


def test_a_score_is_shown_with_words_for_those_who_cannot_see_it(page, ready_piece):
    piece = ready_piece(title="Night “1”")
    rendition(piece, Kind.SCORE)

    found = page(piece)

    picture = re.search(r"<img src=\"/compositions/[^/]+/score.svg\?1\"[^>]*>", found)[0]
    assert 'width="840" height="992" loading="lazy"' in picture
    assert 'alt="The score of Night “1” for piano. E minor, 3/4' in picture
    assert 'class="score__sheet" id="score-now" tabindex="0" role="group" aria-label=' in found
    assert "every 3s" not in found


def test_a_score_that_is_written_is_looked_for(page, ready_piece):
    piece = ready_piece()
    rendition(piece, Kind.SCORE, RenditionStatus.QUEUED)

    found = page(piece)

    assert (
        f'hx-get="/compositions/{piece.pk}/renditions/?kind=score" hx-trigger="every 3s"' in found
    )
    assert "The score is being written." in found
    assert "score.musicxml" not in found


@pytest.mark.parametrize("is_guess", [True, False])
def test_a_beat_that_is_a_guess_is_called_one(page, ready_piece, is_guess):
    piece = ready_piece()
    rendition(piece, Kind.SCORE, figures=FIGURES | {"is_guess": is_guess})

    found = page(piece)

    assert ("beat and bars are a guess." in found) is is_guess


def test_music_too_free_says_so_and_points_to_the_midi_file(page, ready_piece):
    piece = ready_piece()
    rendition(piece, Kind.SCORE, RenditionStatus.TOO_FREE, error="No steady beat goes through it.")

    found = page(piece)

    assert "No steady beat goes through it." in found
    assert "has every note as it is played" in found
    assert 'name="kind" value="score"' not in found  # asking again would not help


def test_a_score_that_failed_can_be_tried_again(page, ready_piece):
    piece = ready_piece()
    rendition(piece, Kind.SCORE, RenditionStatus.FAILED, error="The disk of the server is full.")

    found = page(piece)

    assert "The score could not be written. The disk of the server is full." in found
    assert "Try the score again" in found


def test_an_old_piece_without_score_can_have_one(page, ready_piece):
    assert "Write the score" in page(ready_piece())


def test_a_visitor_may_take_what_is_there_and_is_asked_to_log_in_for_more(client, ready_piece):
    piece = ready_piece(visibility=Visibility.PUBLIC)
    rendition(piece, Kind.WAV)

    found = text(client.get(f"/compositions/{piece.pk}/"))

    assert downloads(found) == ["audio.mp3", "score.mid", "settings.json", "audio.wav"]
    assert "/renditions/" not in found
    assert f'href="/accounts/login/?next=/compositions/{piece.pk}/"' in found


@pytest.mark.parametrize("status", ["queued", "composing", "failed", "cancelled"])
def test_an_unfinished_piece_offers_nothing(page, piece, status):
    found = page(piece(status=status))

    assert downloads(found) == []
    assert 'id="score"' not in found


def test_renditions_cost_the_page_one_query(as_alice, ready_piece, django_assert_max_num_queries):
    piece = ready_piece()
    rendition(piece, Kind.SCORE)
    rendition(piece, Kind.WAV)

    with django_assert_max_num_queries(30) as queries:
        as_alice.get(f"/compositions/{piece.pk}/")

    assert len([q for q in queries if 'FROM "generator_rendition"' in q["sql"]]) == 1
