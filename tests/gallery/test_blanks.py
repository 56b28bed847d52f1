"""Fields left blank leave no trace in the address of a list, with or without script."""

import pytest

from generator.models import Visibility

LISTS = ["/", "/people/alice/", "/me/", "/me/favourites/", "/me/bin/", "/beginnings/"]


@pytest.fixture(autouse=True)
def _alice_is_known(ready_piece):
    ready_piece(visibility=Visibility.PUBLIC)


@pytest.mark.parametrize("url", LISTS)
def test_what_was_left_blank_leaves_the_address(as_alice, url):
    answer = as_alice.get(f"{url}?q=&style=&length=&model=&tag=&sort=&state=&page=2")

    assert (answer.status_code, answer["Location"]) == (302, f"{url}?page=2")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("url", LISTS)
def test_where_all_was_left_blank_nothing_is_left(as_alice, url):
    assert as_alice.get(f"{url}?q=&style=%20%20")["Location"] == url


@pytest.mark.parametrize("url", LISTS)
def test_what_was_asked_for_is_led_nowhere(as_alice, url):
    asked = "q=rain&style=bach&length=short&model=Concert&tag=slow&sort=liked&page=1"

    for query in ("", "?", f"?{asked}"):
        assert as_alice.get(f"{url}{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("q=%C3%89tude+%26+%23&style=", "q=%C3%89tude+%26+%23"),
        ("q=&q=rain", "q=rain"),
        ("q=&download", "download="),
        ("style=&q=%FF", "q=%EF%BF%BD"),
    ],
)
def test_what_else_was_said_stays(client, query, left):
    assert client.get(f"/?{query}")["Location"] == f"/?{left}"


def test_htmx_is_led_too(client):
    asking = {"HX-Request": "true", "HX-Boosted": "true"}

    assert client.get("/?q=rain&tag=", headers=asking)["Location"] == "/?q=rain"


def test_so_is_who_asks_for_the_head_alone(client):
    assert client.head("/?q=rain&tag=")["Location"] == "/?q=rain"


@pytest.mark.parametrize("name", ["%3Fq", "alice%23", "%25", "%C3%A9", "%20"])
def test_it_leads_to_the_same_page_whatever_a_name_holds(client, name):
    """Names have no such letters; addresses may."""
    assert client.get(f"/people/{name}/?q=")["Location"] == f"/people/{name}/"
