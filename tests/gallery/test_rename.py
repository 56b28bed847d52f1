import pytest


def test_the_form_shows_the_title(as_alice, piece):
    made = piece(title="Lantern")

    assert 'value="Lantern"' in as_alice.get(f"/compositions/{made.pk}/rename/").text


def test_the_owner_renames(as_alice, piece):
    made = piece(title="Lantern")

    response = as_alice.post(f"/compositions/{made.pk}/rename/", {"title": "  Slow \n water "})

    made.refresh_from_db()
    assert response["Location"] == f"/compositions/{made.pk}/"
    assert made.title == "Slow water"


@pytest.mark.parametrize(
    "sent",
    [{}, {"title": ""}, {"title": "   "}, {"title": "x" * 10_000}, {"title": "nul\0"}],
    ids=["missing", "empty", "blank", "too long", "nul"],
)
def test_a_bad_title_is_refused_by_the_field(as_alice, piece, sent):
    made = piece(title="Lantern")

    page = as_alice.post(f"/compositions/{made.pk}/rename/", sent)

    made.refresh_from_db()
    assert page.status_code == 200
    assert made.title == "Lantern"
    assert 'aria-describedby="id_title_helptext id_title_error"' in page.text
    assert 'id="id_title_error"' in page.text
    assert 'id="errors" tabindex="-1" autofocus' in page.text


def test_nothing_else_can_be_sent_along(as_alice, piece):
    made = piece()

    as_alice.post(
        f"/compositions/{made.pk}/rename/", {"title": "New", "status": "ready", "seed": "1"}
    )

    made.refresh_from_db()
    assert (made.title, made.status, made.seed) == ("New", "queued", 7)


def test_a_missing_title_is_asked_for_in_words(as_alice, piece):
    made = piece()

    page = as_alice.post(f"/compositions/{made.pk}/rename/", {"title": ""})

    assert "A piece needs a title." in page.text
