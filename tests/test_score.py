"""Score and WAV in the browser, made by the real worker."""

import io
import wave
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import expect_in_time

BAR = 1500  # milliseconds of a bar of three crotchets
PATIENCE = 90_000  # milliseconds for a score or a WAV, on a busy machine


def waltz(bars):
    """A bass, two chords and a tune, on the beat: [[onset, duration, pitch, velocity], …]."""
    notes = []
    for bar in range(bars):
        start, bass = bar * BAR, (36, 43, 41, 43)[bar % 4]
        notes.append([start, 480, bass, 70])
        for beat in (1, 2):
            notes += [[start + beat * 500, 400, bass + step, 55] for step in (12, 16, 19)]
            notes.append([start + beat * 500, 480, 72 + (bar * 2 + beat) % 8, 80])
        notes.append([start, 480, 76, 85])
    return notes


@pytest.fixture(scope="module")
def worker(site):
    site.start_worker()


@pytest.fixture
def piece(site, worker):
    """A maker of finished pieces whose MIDI file is real: (address, clara's cookie)."""

    def make(title):
        wish = {"title": title, "seconds": 18, "notes": waltz(12), "real_midi": True}
        (address,), cookies = site.furnish(wish)
        return address, cookies["clara"]

    return make


def test_a_score_is_written_and_shown_without_a_reload(piece, open_page):
    address, cookie = piece("A waltz")
    page = open_page(cookie)
    page.goto(address)
    page.evaluate("document.documentElement.dataset.stays = 'here'")
    page.get_by_role("button", name="Write the score").click()
    expect(page.get_by_text("The score is being written.")).to_be_visible()

    picture = page.get_by_role("img", name="The score of A waltz for piano.")
    expect(picture).to_be_visible(timeout=PATIENCE)

    picture.scroll_into_view_if_needed()
    expect_in_time(picture, "img => img.complete && img.naturalWidth > 300")
    assert page.locator("html").get_attribute("data-stays") == "here"
    expect(page.locator("#announcement")).to_have_text("The score is ready.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download MusicXML").click()
    assert download.value.suggested_filename == "A waltz.musicxml"
    assert b"<score-partwise" in Path(download.value.path()).read_bytes()
    expect(page.get_by_role("link", name="Download the Score")).to_be_visible()


def test_the_score_stands_alone_too(piece, open_page):
    address, cookie = piece("Alone")
    page = open_page(cookie)
    page.goto(address)
    page.get_by_role("button", name="Write the score").click()
    expect(page.get_by_role("img", name="The score of Alone")).to_be_visible(timeout=PATIENCE)

    page.goto(f"{address}score.svg")

    assert page.evaluate("document.documentElement.tagName") == "svg"
    assert page.locator("svg").first.bounding_box()["width"] > 300


def test_a_wav_is_made_by_keyboard_and_is_as_long_as_the_piece(piece, open_page):
    address, cookie = piece("By keyboard")
    page = open_page(cookie)
    page.goto(address)
    page.get_by_role("button", name="Prepare the WAV").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The WAV is being made")).to_be_focused()

    link = page.get_by_role("link", name="Download WAV")
    expect(link).to_be_focused(timeout=PATIENCE)  # where the button was
    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename == "By keyboard.wav"
    data = Path(download.value.path()).read_bytes()
    assert data[:4] == b"RIFF"
    with wave.open(io.BytesIO(data)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert 17.5 < seconds < 20


def test_without_script_the_form_is_sent_and_the_page_loaded_again(piece, open_page):
    address, cookie = piece("By hand")
    page = open_page(cookie, java_script_enabled=False)
    page.goto(address)
    page.get_by_role("button", name="Prepare the WAV").click()
    assert page.url.endswith(f"{address}#wav")

    link = page.get_by_role("link", name="Download WAV")
    again = page.get_by_role("link", name="Load the page again")
    expect(link.or_(again)).to_be_visible()  # a short piece may be through already
    for _ in range(PATIENCE // 1000):
        if again.count() == 0:
            break
        page.wait_for_timeout(1000)
        again.click()
    expect(link).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_score_is_scrolled_within_its_sheet(piece, open_page, width):
    address, cookie = piece(f"Wide {width}")
    page = open_page(cookie, viewport={"width": width, "height": 800})
    page.goto(address)
    page.get_by_role("button", name="Write the score").click()
    sheet = page.get_by_role("group", name="The score, to scroll")
    expect(sheet).to_be_visible(timeout=PATIENCE)

    sheet.focus()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect_in_time(sheet, "s => s.querySelector('img').offsetWidth >= 540 || innerWidth > 600")
