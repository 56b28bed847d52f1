"""Who may do what in the admin, at every address that it has.

The addresses are read from the URL conf, so that a page or a move that somebody adds is asked for
by itself. Each kind of record needs a furnished row in `furnish`, nothing else.
"""

import hashlib
import logging
import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from generator.admin.staff import StudioAdmin
from generator.models import (
    Audition,
    Composition,
    DataSet,
    Evaluation,
    ModelStatus,
    Status,
    TaskStatus,
    TrainedModel,
    TrainingRun,
)
from tests.conftest import browser_of, person

QUEUES = "admin/queues/"
STANDARD = ("changelist", "add", "history", "delete", "change")
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
# What the moves need besides the address; those that are not named here need nothing.
SENT = {"reason": "It is a copy.", "row": "1", "choice": "A", "post": "yes"}
LOGINS = ("/admin/login/", "/accounts/login/")


def routes(resolver=None, before=""):
    """(route, name) of every page of the admin, as in "admin/generator/audition/<int:pk>/vote/"."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif route.startswith("admin/"):
            yield route, pattern.name or ""


def kind_of(route):
    """The model whose pages the route belongs to, or None."""
    found = [
        kind
        for kind in admin.site._registry
        if route.startswith(f"admin/{kind._meta.app_label}/{kind._meta.model_name}/")
    ]
    return found[0] if found else None


def page_of(name):
    return name.rpartition("_")[2]


def is_studio(kind):
    return isinstance(admin.site._registry[kind], StudioAdmin)


def moves():
    """(route, kind, page) of what our own admin classes add to the pages of a record."""
    for route, name in routes():
        kind = kind_of(route)
        if kind and name and page_of(name) not in STANDARD:
            yield route, kind, page_of(name)


@pytest.fixture(autouse=True)
def _quiet():
    """Hundreds of refusals, each logged with its traceback, would take half of the time."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def rows(trained_model, piece, ready_piece, alice, bob):
    return furnish(trained_model, piece, ready_piece, alice, bob)


def furnish(model, piece, ready_piece, alice, bob):
    """{kind: records in all states that matter to moves}, for every kind in the admin."""
    models = [model, *(TrainedModel(name=status, status=status) for status in ModelStatus)]
    for made in models:
        content = made.name.encode()
        made.sha256 = hashlib.sha256(content).hexdigest()
        made.file.save(f"{made.name}.keras", ContentFile(content))
    bob.is_active = False
    bob.save(update_fields=["is_active"])
    hidden = ready_piece(visibility="public", hidden_at=timezone.now(), hidden_reason="A copy.")
    shown = ready_piece(visibility="public")
    files = {name: getattr(shown, name).name for name in ("mp3", "midi", "notes")}
    auditions = [Audition.objects.create(first_seed=seed, created_by=alice) for seed in (1, 9)]
    for audition in auditions:
        audition.candidates.set(models[:2])
        audition.add_pieces(alice)
    auditions[0].pieces.update(status=Status.READY, duration=2, **files)
    auditions[1].pieces.update(status=Status.FAILED)
    music = [DataSet.objects.create(name=status, status=status) for status in TaskStatus]
    unused = DataSet.objects.create(name="x", status=TaskStatus.DONE, server_folder="waltzes")
    on = {"data_set": music[0]}
    runs = [TrainingRun.objects.create(name=status, status=status, **on) for status in TaskStatus]
    runs[0].folder.mkdir(parents=True)
    runs[0].log.write_text("Epoch 1")
    measured = [Evaluation.objects.create(model=model, status=s, **on) for s in TaskStatus]
    return {
        get_user_model(): [alice, bob],
        Group: [Group.objects.create(name="Listeners")],
        TrainedModel: models,
        Composition: [shown, hidden, piece()],
        Audition: auditions,
        DataSet: [*music, unused],
        TrainingRun: runs,
        Evaluation: measured,
    } | {kind: [] for kind in admin.site._registry if kind._meta.app_label == "axes"}


def addresses(route, rows):
    """The route for each furnished row, or filled with what stands for its parts."""
    kind = kind_of(route)
    if kind and PART.search(route):
        return ["/" + PART.sub(str(row.pk), route) for row in rows[kind]]
    piece = rows[Composition][0]
    parts = {
        "content_type_id": ContentType.objects.get_for_model(piece).pk,
        "object_id": piece.pk,
        "app_label": "generator",
        "url": "no-such-page/",
    }

    def fill(match):
        name = match[1] or match[2]
        return str(parts.get(name, "0" if name.endswith("index") else "none"))

    return ["/" + PART.sub(fill, route).replace("^", "").replace("$", "")]


def pages(rows):
    """(kind, page, address) of every page of a kind of record, for one of the records."""
    for route, name in routes():
        kind = kind_of(route)
        if kind and name:
            yield from ((kind, page_of(name), url) for url in addresses(route, rows)[:1])


def rows_of(kind):
    """All that a move could change."""
    names = [field.name for field in kind._meta.concrete_fields if field.name != "last_login"]
    return list(kind.objects.order_by("pk").values_list(*names))


def snapshot():
    return {kind: rows_of(kind) for kind in admin.site._registry}


def is_sent_to_login(answer):
    return answer.status_code == 302 and answer.url.startswith(LOGINS)


def post(client, url, **more):
    return client.post(url, SENT | more)


def staff(name, *permissions):
    keeper = person(name, is_staff=True)
    keeper.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return browser_of(keeper)


# The addresses themselves.


def test_every_kind_of_record_in_the_admin_is_furnished(rows):
    assert set(admin.site._registry) <= set(rows)


def test_the_pages_of_the_studio_are_among_those_that_are_asked_for():
    found = {route for route, _ in routes()}
    assert "admin/generator/trainedmodel/<int:pk>/activate/" in found
    assert "admin/queues/queues/<int:queue_index>/empty/" in found
    assert len(list(moves())) > 10


# Who is let in.


def test_visitors_and_people_are_sent_to_the_login(rows):
    ada = browser_of(person("ada"))
    before = snapshot()
    for url in [url for route, _ in routes() for url in addresses(route, rows)[:1]]:
        if url not in ("/admin/login/", "/admin/logout/"):
            assert is_sent_to_login(Client().get(url)), url
            assert is_sent_to_login(post(ada, url)), url
    assert snapshot() == before


def test_staff_without_permissions_come_no_further_than_the_front_door(rows):
    client = staff("erik")
    before = snapshot()
    assert client.get("/admin/").status_code == 200
    for _, _, url in pages(rows):
        done = post(client, url).status_code
        assert done == 403 or (done, client.get(url).status_code) == (405, 403), url
    assert client.get("/admin/generator/").status_code == 404
    assert snapshot() == before
    assert not LogEntry.objects.exists()


def test_who_may_only_look_sees_the_studio_and_changes_nothing(rows):
    client = staff("vera", "view_trainedmodel")
    before = snapshot()
    for kind, page, url in pages(rows):
        chosen = {"action": "delete_selected", "_selected_action": url.split("/")[-3]}
        seen, done = client.get(url).status_code, post(client, url, **chosen).status_code
        if not is_studio(kind):
            assert {seen, done} <= {403, 405}, url
        elif page in ("add", "delete"):
            assert (seen, done) == (403, 403), url
        elif page in ("changelist", "history"):
            assert seen == 200, url
        else:
            assert (seen, done) in ((200, 403), (200, 405), (204, 405), (405, 403)), url
    assert snapshot() == before
    assert not LogEntry.objects.exists()


def test_who_looks_after_models_gets_into_the_studio_and_nowhere_else(as_dora, rows):
    for kind, page, url in pages(rows):
        seen = as_dora.get(url).status_code
        if is_studio(kind):
            assert seen == 200 or page not in STANDARD, url
            assert seen in (200, 204, 405), url
        else:
            assert {seen, post(as_dora, url).status_code} <= {403, 405}, url
    assert as_dora.get("/admin/generator/").status_code == 200
    assert as_dora.get("/admin/accounts/").status_code == 404


def test_the_queues_are_for_superusers_alone(as_dora, rows):
    for route, _ in routes():
        if route.startswith(QUEUES):
            (url,) = addresses(route, rows)
            assert as_dora.get(url).status_code == 403, url
            assert post(as_dora, url).status_code == 403, url


# Moves.


def post_only(rows, client):
    """(kind, page) of every move that is made by POST alone."""
    return {
        (kind, page)
        for route, kind, page in moves()
        for url in addresses(route, rows)[:1]
        if client.get(url).status_code == 405
    }


def test_no_move_is_made_by_get(as_carol, rows):
    before = snapshot()
    refused = {page for _, page in post_only(rows, as_carol)}
    assert {"activate", "retire", "default", "stop", "resume", "vote"} <= refused
    assert snapshot() == before
    assert not LogEntry.objects.exists()


def test_no_move_is_made_without_the_token_of_a_form(carol, as_carol, rows):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = as_carol.cookies
    before = snapshot()
    for _, _, url in pages(rows):
        assert post(strict, url, action="delete_selected").status_code in (403, 405), url
    assert snapshot() == before


def test_every_move_that_is_made_is_logged(as_carol, as_dora, rows):
    """By whoever looks after models; outside the studio by a superuser."""
    made = dict.fromkeys(post_only(rows, as_carol), False)
    for route, kind, page in moves():
        client = as_dora if is_studio(kind) else as_carol
        for url in addresses(route, rows):
            with transaction.atomic():
                before = rows_of(kind)
                assert post(client, url).status_code < 500, url
                is_logged = LogEntry.objects.exists()
                assert is_logged or rows_of(kind) == before, f"{url} changed something unlogged"
                if is_logged and (kind, page) in made:
                    made[kind, page] = True
                transaction.set_rollback(True)
    assert all(made.values()), [key for key, is_made in made.items() if not is_made]


def test_every_record_that_is_deleted_is_logged(as_carol, rows):
    done = set()
    for kind, page, url in pages(rows):
        if page == "delete":
            with transaction.atomic():
                before = rows_of(kind)
                assert post(as_carol, url).status_code < 500, url
                is_logged = LogEntry.objects.exists()
                assert is_logged or rows_of(kind) == before, f"{url} deleted unlogged"
                done |= {kind} if is_logged else set()
                transaction.set_rollback(True)
    assert {Composition, Audition, get_user_model()} <= done
