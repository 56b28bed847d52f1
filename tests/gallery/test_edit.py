import pytest

from gallery.models import Tagging
from generator.models import Visibility

WORDS = {"title": "Slow water", "description": "", "tags": ""}


@pytest.fixture
def edit(as_alice, piece):
    """A maker of requests that change a piece; it returns the answer and the changed piece."""
    made = piece(title="Lantern")

    def send(**changed):
        response = as_alice.post(f"/compositions/{made.pk}/edit/", WORDS | changed)
        made.refresh_from_db()
        return response, made

    return send


def tags_of(piece):
    return Tagging.objects.names_of(piece)


def test_the_form_shows_what_there_is(as_alice, piece):
    made = piece(title="Lantern", description="For the\nevening")
    Tagging.objects.replace(made, ["slow", "rain"])

    page = as_alice.get(f"/compositions/{made.pk}/edit/").text

    assert 'value="Lantern"' in page
    assert "For the\nevening</textarea>" in page
    assert 'value="rain, slow"' in page


def test_the_owner_changes_everything(edit):
    response, made = edit(title="  Slow \n water ", description="Of\r\nrain", tags="Rain, slow")

    assert response["Location"] == f"/compositions/{made.pk}/"
    assert made.title == "Slow water"
    assert made.description == "Of\nrain"
    assert tags_of(made) == ["rain", "slow"]


def test_all_but_the_title_may_be_left_empty(edit):
    edit(description="Words", tags="slow")

    response, made = edit()

    assert response.status_code == 302
    assert made.description == ""
    assert tags_of(made) == []


@pytest.mark.parametrize(
    "sent",
    ["", "   ", "x" * 10_000, "nul\0", "<b>bold</b>", "\u200b\u2800\u0301"],
    ids=["empty", "blank", "too long", "nul", "markup", "invisible"],
)
def test_a_bad_title_is_refused_by_the_field(edit, sent):
    page, made = edit(title=sent, tags="kept")

    assert page.status_code == 200
    assert made.title == "Lantern"
    assert tags_of(made) == []
    assert 'aria-describedby="id_title_helptext id_title_error"' in page.text
    assert 'id="errors" tabindex="-1" autofocus' in page.text
    assert 'value="kept"' in page.text


def test_an_invisible_title_is_refused_in_words(edit):
    page, _ = edit(title="\u200b \u3164")

    assert "There is nothing to see in this title." in page.text


def test_lines_count_as_browsers_count_them(edit):
    lines = ["x" * 99] * 20  # with the ends of lines as one character each 1,999

    response, made = edit(description="\r\n".join(lines))

    assert response.status_code == 302
    assert made.description == "\n".join(lines)


def test_accents_are_kept_composed(edit):
    _, made = edit(title="E\u0301tude", description="For Zoe\u0308")

    assert (made.title, made.description) == ("Étude", "For Zoë")


def test_a_title_is_as_long_as_it_is_kept(edit):
    response, made = edit(title="e\u0301" * 120)

    assert response.status_code == 302
    assert made.title == "é" * 120


def test_a_missing_form_is_refused_in_words(as_alice, piece):
    page = as_alice.post(f"/compositions/{piece().pk}/edit/")

    assert "A piece needs a title." in page.text


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("<script>alert(1)</script>", "A description is plain text"),
        ("x" * 2001, "at most 2000 characters"),
        ("nul\0", "Null characters are not allowed."),
        ("\u202eback", "A description is plain text"),
    ],
    ids=["markup", "too long", "nul", "reversed"],
)
def test_a_bad_description_is_refused_in_words(edit, sent, words):
    page, made = edit(description=sent)

    assert page.status_code == 200
    assert words in page.text
    assert made.description == ""


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Rain,RAIN , rain", ["rain"]),
        (" #slow,, #  left   hand ", ["left hand", "slow"]),
        ("op-9, 1830", ["1830", "op-9"]),
        ("ночь, été, 夜, हिंदी", ["été", "ночь", "हिंदी", "夜"]),
        (",".join("abcdefgh"), list("abcdefgh")),
        ("x" * 30, ["x" * 30]),
    ],
)
def test_tags_are_tidied(edit, sent, kept):
    _, made = edit(tags=sent)

    assert tags_of(made) == kept


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (",".join("abcdefghi"), "These are 9 tags; a piece has at most 8."),
        ("x" * 31, "is longer than 30 characters"),
        ("<b>", "Tags are made of letters, digits, spaces and hyphens"),
        ("a_b", "Tags are made of letters, digits, spaces and hyphens"),
        ("--", "Tags are made of letters, digits, spaces and hyphens"),
        ("nul\0", "Null characters are not allowed."),
        ("x," * 5000, "at most 500 characters"),
    ],
    ids=["nine", "long", "markup", "underscore", "hyphens only", "nul", "far too much"],
)
def test_bad_tags_are_refused_in_words(edit, sent, words):
    page, made = edit(tags=sent)

    assert page.status_code == 200
    assert words in page.text
    assert made.title == "Lantern"
    assert tags_of(made) == []


def test_nothing_else_can_be_sent_along(edit):
    _, made = edit(status="ready", seed="1", visibility="public")

    assert (made.status, made.seed, made.visibility) == ("queued", 7, Visibility.PRIVATE)


def test_the_page_of_the_piece_shows_words_as_text(client, ready_piece):
    made = ready_piece(
        visibility=Visibility.PUBLIC, description="One & two\n\nhttps://example.org\nthree"
    )
    Tagging.objects.replace(made, ["left hand"])

    page = client.get(f"/compositions/{made.pk}/").text

    assert "<p>One &amp; two</p>" in page
    assert "<p>https://example.org<br>three</p>" in page
    assert '<a class="tag" href="/?tag=left%20hand">left hand</a>' in page


def test_another_pieces_tags_stay(edit, piece):
    other = piece()
    Tagging.objects.replace(other, ["slow"])

    edit(tags="rain")

    assert tags_of(other) == ["slow"]


def test_the_old_address_leads_there(as_alice, as_bob, piece):
    made = piece()
    url = f"/compositions/{made.pk}/rename/"

    assert as_alice.get(url)["Location"] == f"/compositions/{made.pk}/edit/"
    assert as_bob.get(url).status_code == 404
    assert as_alice.post(url, {"title": "New"}).status_code == 405
