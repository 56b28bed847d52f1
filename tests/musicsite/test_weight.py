"""What a page makes a phone load."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

MOST_BYTES = 100_000  # of our own style sheets and scripts together


def own_files(html):
    """Style sheets and scripts of a page that are ours, not a package's."""
    names = re.findall(r'(?:href|src|data-script)="/static/((?:css|js)/[^"?]+)"', html)
    return [Path(finders.find(name)) for name in names]


@pytest.mark.parametrize(
    "url", ["/", "/compose/", "/me/", "/me/favourites/", "/me/bin/", "/beginnings/", "/accounts/"]
)
def test_no_page_loads_much_style_and_script(as_alice, trained_model, url):
    files = own_files(as_alice.get(url).content.decode())

    weights = {file.name: file.stat().st_size for file in files}
    assert len(weights) > 5
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_a_piece_loads_no_more(client, ready_piece):
    html = client.get(ready_piece(visibility="public").get_absolute_url()).content.decode()

    assert sum(file.stat().st_size for file in own_files(html)) <= MOST_BYTES


@pytest.mark.parametrize("url", ["/", "/accounts/login/"])
def test_no_script_holds_up_the_first_paint(client, db, url):
    scripts = re.findall(r"<script\b[^>]*>", client.get(url).content.decode())

    assert scripts
    at_once = [s for s in scripts if "defer" not in s and 'type="module"' not in s]
    assert at_once == []


def test_a_remembered_theme_is_there_before_any_script(client, db):
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/").content.decode()


def test_a_theme_that_is_none_is_not_believed(client, db):
    client.cookies["theme"] = "x onload=alert(1)"
    assert '<html lang="en">' in client.get("/").content.decode()
