"""What holds for every page: the frame, the policy, the pages for errors."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(r"<style|\sstyle=|\son\w+=|hx-on|javascript:|<script(?![^>]*\ssrc=)", re.I)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_no_inline_script_or_style(template):
    assert not INLINE.search(template.read_text())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_load_nothing_from_other_hosts(template):
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", template.read_text())


@pytest.mark.parametrize("style", sorted((ROOT / "static").rglob("*.css")), ids=lambda p: p.name)
def test_styles_load_nothing_from_other_hosts(style):
    assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", style.read_text())


@pytest.mark.parametrize("url", ["/", "/compose/", "/me/", "/accounts/"])
def test_every_page_has_its_frame(as_alice, trained_model, url):
    page = as_alice.get(url).text

    assert page.count("<h1") == 1
    assert page.count("<main ") == 1
    assert '<a class="skip-link" href="#main">' in page
    assert '<html lang="en">' in page
    assert page.count('aria-current="page"') == 1


def test_htmx_is_told_to_evaluate_nothing(client, db):
    page = client.get("/").text

    assert '"allowEval": false, "includeIndicatorStyles": false' in page
    assert "htmx-2.min.js" in page


def test_htmx_comes_before_nothing_that_blocks(client, db):
    scripts = re.findall(r"<script [^>]*>", client.get("/").text)

    assert [tag for tag in scripts if not re.search("defer|module|theme.js", tag)] == []


def test_what_is_not_there_says_so(client, db):
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert "Nothing sounds here" in response.text


def test_a_stale_form_says_so(ready_piece, alice):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    response = strict.post(f"/compositions/{ready_piece().pk}/publish/")

    assert response.status_code == 403
    assert "This form has gone stale" in response.text


@pytest.mark.parametrize("name", ["400.html", "403.html", "500.html"])
def test_error_pages_need_no_request(name):
    assert "To the gallery" in render_to_string(name)


def test_fields_have_labels_and_their_hints(as_alice, trained_model):
    page = as_alice.post("/compose/", {"duration": "1", "temperature": "9"}).text

    for name in ("duration", "temperature"):
        assert f'<label class="field__label" for="id_{name}"' in page or f'for="id_{name}"' in page
        assert f'aria-describedby="id_{name}_helptext id_{name}_error"' in page
        assert f'id="id_{name}_error"' in page
        assert f'id="id_{name}_helptext"' in page
        assert f'<a href="#id_{name}">' in page
