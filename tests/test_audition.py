"""From one click to the names: a blind audition of the models that come with the program."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import RUNS, expect_in_time

SLOWEST = 300_000  # milliseconds for eight pieces of ten seconds on a busy machine


@pytest.fixture
def page(site, open_page):
    _, cookies = site.furnish(staff=["dora"])
    site.start_worker()
    return open_page(cookies["dora"], viewport={"width": 390, "height": 844})


def test_staff_hear_two_models_blind_and_then_see_which_they_liked(page):
    page.goto("/admin/generator/audition/add/")
    names = [
        words.split(" (")[0] for words in page.locator(".audition__choice label").all_inner_texts()
    ]
    page.get_by_label("Length in seconds").fill("10")
    page.get_by_role("button", name="Audition them").click()

    # The first row comes by itself, while the others are still being made.
    first = page.locator("#row-1")
    vote = first.get_by_role("group", name="Which of row 1 do you like best?")
    expect(page.locator("#audition-count")).to_contain_text("0 of 8 pieces are ready.")
    expect(vote).to_be_visible(timeout=SLOWEST)
    expect(first.get_by_role("img", name="Piano roll")).to_have_count(2)
    told = page.locator("#content").inner_html()
    assert not [name for name in names if re.search(rf"\b{name}\b", told, re.IGNORECASE)]

    # One sounds at a time.
    sounds = first.locator("audio")
    for sound in (sounds.nth(0), sounds.nth(1)):
        sound.evaluate("a => a.play()")
        expect_in_time(sound, RUNS)
    expect_in_time(sounds.nth(0), "a => a.paused")

    # A vote by keyboard leaves the music on, and what is new is said above the rows.
    vote.get_by_label("B", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(first.get_by_text("Your vote on row 1 is kept.")).to_be_visible()
    expect_in_time(sounds.nth(1), "a => !a.paused || a.ended")

    expect(page.locator("#audition-count")).to_contain_text("8 of 8", timeout=SLOWEST)
    expect(page.locator("[hx-get]")).to_have_count(0)
    for row, choice in ((2, "A"), (3, "B"), (4, "No difference")):
        vote = page.locator(f"#row-{row}")
        vote.get_by_label(choice, exact=True).check()
        vote.get_by_role("button", name=f"Vote on row {row}").click()
    expect(page.get_by_role("heading", name="What staff thought")).to_be_visible()
    liked = page.locator("#piece-1B .audition__model").inner_text()
    assert liked in names
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.goto("/admin/generator/trainedmodel/")
    page.get_by_role("link", name=liked, exact=True).click()
    expect(page.locator("#content")).to_contain_text(re.compile("preferred [123] of 4 times"))
