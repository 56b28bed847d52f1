"""A list costs the same number of queries whether it shows ten pieces or a thousand."""

import datetime
import uuid

import pytest
from django.utils import timezone

from gallery.models import Favourite, Play, Tagging
from generator.models import Beginning, Composition, Status, TrainedModel, Visibility
from tests.conftest import browser_of

LISTS = {
    "/": 5,  # styles and models, names of models, tags, how many, the page
    "/?q=noc+chopin&style=chopin&length=medium&model=Concert&tag=slow&sort=liked": 5,
    "/people/alice/": 10,  # the person, whether published, how many, plays, hearts; then as above
    "/feed/": 1,
    "/people/alice/feed/": 3,
}
OWN_LISTS = {
    "/": 7,  # session and person come first
    "/me/": 8,  # and the number of each state
    "/me/?state=public&sort=played&page=2": 8,
    "/me/?state=making": 8,
    "/me/?state=stopped": 8,
    "/me/favourites/": 7,
    "/me/favourites/?q=noc&length=medium&model=Concert&tag=slow&sort=played": 7,
    "/me/bin/": 4,
    "/beginnings/": 4,
}
TAKES, LOGINS = 3, 3  # session and person come first


@pytest.fixture(params=[10, 1000])
def many(request, alice, bob, trained_model, ready_piece):
    """So many pieces on each list, with plays, hearts and tags, by two people and two models."""
    other = TrainedModel.objects.create(
        name="Open", status="active", file="open.keras", sha256="1" * 64
    )
    sound = ready_piece(visibility=Visibility.PUBLIC)
    now = timezone.now()
    shared = {
        "status": Status.READY,
        "visibility": Visibility.PUBLIC,
        "published_at": now,
        "duration": 90,
        "mp3": sound.mp3.name,
        "seed": 7,
    }
    made = [
        Composition(
            owner=alice if number % 2 else bob,
            model=trained_model if number % 3 else other,
            style=["", "bach", "chopin"][number % 3],
            title=f"Nocturne {number}",
            **shared,
        )
        for number in range(request.param)
    ]
    made += [
        Composition(owner=alice, model=other, title="Gone", deleted_at=now, **shared)
        for _ in range(request.param)
    ]
    made += [
        Composition(owner=alice, model=other, title="Not ready", seed=7, status=status)
        for status in (Status.QUEUED, Status.FAILED)
        for _ in range(request.param)
    ]
    made = Composition.objects.bulk_create(made)
    Beginning.objects.bulk_create(
        Beginning(owner=alice, title="Brought", duration=20, note_count=1)
        for _ in range(request.param)
    )
    Favourite.objects.bulk_create(Favourite(user=alice, composition=piece) for piece in made)
    Play.objects.bulk_create(
        Play(composition=piece, listener=name, day=datetime.date(2026, 1, 1))
        for piece in made
        for name in "ab"
    )
    Tagging.objects.bulk_create(
        Tagging(composition=piece, name=name) for piece in made for name in ("slow", "night")
    )
    return request.param


def test_a_visitor_costs_a_constant_number(client, many, django_assert_num_queries):
    for url, queries in LISTS.items():
        with django_assert_num_queries(queries, info=url):
            assert client.get(url).status_code == 200


def test_an_owner_costs_a_constant_number(as_alice, many, django_assert_num_queries):
    for url, queries in OWN_LISTS.items():
        with django_assert_num_queries(queries, info=url):
            page = as_alice.get(url).context["page"]
        assert page.paginator.count >= many / 2


@pytest.mark.parametrize("takes", [2, 4])
@pytest.mark.parametrize("status", [Status.READY, Status.QUEUED])
def test_takes_cost_a_constant_number(
    as_alice, ready_piece, takes, status, django_assert_num_queries
):
    key = uuid.uuid4()
    made = [ready_piece(request_key=key, take=take, status=status) for take in range(1, takes + 1)]

    with django_assert_num_queries(TAKES):
        assert as_alice.get(made[0].takes_url).status_code == 200


@pytest.mark.parametrize("logins", [1, 20])
def test_logins_cost_a_constant_number(as_alice, alice, logins, django_assert_num_queries):
    for _ in range(logins):
        browser_of(alice)

    with django_assert_num_queries(LOGINS):
        assert as_alice.get("/accounts/sessions/").text.count("<li") >= logins
