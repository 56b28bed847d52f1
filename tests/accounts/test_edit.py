import pytest
from django.contrib.auth import get_user_model


def save(client, about="I play at night.", **more):
    return client.post("/accounts/edit/", {"about": about} | more)


def test_a_visitor_is_asked_to_log_in(client):
    assert client.get("/accounts/edit/").url == "/accounts/login/?next=/accounts/edit/"


def test_it_saves_words_and_the_wish_for_mail(as_alice, alice):
    page = as_alice.get("/accounts/edit/")
    assert 'name="mail_when_ready"' in page.text
    answer = save(as_alice, mail_when_ready="on")
    assert answer.url == "/accounts/"
    alice.refresh_from_db()
    assert alice.about == "I play at night."
    assert alice.mail_when_ready
    assert "I play at night." in as_alice.get("/accounts/").text


def test_mail_can_be_switched_off_again(as_alice, alice):
    save(as_alice, mail_when_ready="on")
    save(as_alice, about="")
    alice.refresh_from_db()
    assert not alice.mail_when_ready
    assert alice.about == ""


def test_lines_count_as_people_count_them(as_alice, alice):
    """Browsers send each end of a line as two characters."""
    lines = "\r\n".join(["nine char"] * 30)  # 299 characters, and 328 as they come
    assert save(as_alice, lines).status_code == 302
    alice.refresh_from_db()
    assert alice.about == lines.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("about", "words"),
    [
        pytest.param("x" * 301, "300 characters", id="long"),
        pytest.param("<b>me</b>", "Plain words only", id="markup"),
        pytest.param("me\u202eyou", "Plain words only", id="turned-round"),
        pytest.param("me\x00", "Null characters", id="null"),
    ],
)
def test_wrong_words_are_refused_and_kept_for_mending(as_alice, alice, about, words):
    page = save(as_alice, about)
    assert page.status_code == 200
    assert words in str(page.context["form"].errors["about"])
    alice.refresh_from_db()
    assert alice.about == ""


def test_nothing_else_can_be_changed(as_alice, alice):
    save(as_alice, username="eve", email="eve@example.org", is_staff="on")
    person = get_user_model().objects.get(pk=alice.pk)
    assert (person.username, person.email, person.is_staff) == ("alice", alice.email, False)
