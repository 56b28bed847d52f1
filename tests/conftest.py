"""Three people, a model and pieces; and for every test a cheap hasher and folders of its own."""

import json
import os
import subprocess
import time
from pathlib import Path

import hypothesis
import pytest
import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from generator.models import Composition, ModelStatus, Status, TrainedModel, Visibility
from tests.browser import chromium, open_page, prepared, site, stage  # noqa: F401  fixtures for all

# The same examples each time, so that a test is red for a reason in the change at hand. Others are
# looked for by HYPOTHESIS_PROFILE=explore.
hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("explore", print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

PASSWORD = "correct horse battery"
STYLES = [["bach", "Johann Sebastian Bach"], ["chopin", "Frédéric Chopin"]]
NOTES = {"duration": 2.0, "notes": [[0, 500, 60, 64], [500, 500, 64, 72], [1000, 1000, 67, 80]]}
MIDI = bytes.fromhex(  # one middle C of a second, at 480 ticks a crotchet
    "4d546864000000060000000101e0 4d54726b0000000d 00903c40 8740803c00 00ff2f00"
)
MP3_FRAME = bytes.fromhex("fffbb000") + bytes(622)  # 192 kbit/s at 44.1 kHz, silent


def pytest_xdist_auto_num_workers():
    """Half as many processes again as cores: a test waits much, for its browser or its worker."""
    return (os.cpu_count() or 2) * 3 // 2


def pytest_collection_modifyitems(items):
    """What takes a browser and minutes comes first, or one process would do it alone at the end."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


@pytest.fixture(autouse=True)
def _site_of_its_own(settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MODELS_ROOT = tmp_path / "models"
    settings.STUDIO_ROOT = tmp_path / "studio"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def person(name, **fields):
    return get_user_model().objects.create_user(
        name, email=f"{name}@example.org", password=PASSWORD, **fields
    )


@pytest.fixture
def alice(db):
    """The owner."""
    return person("alice")


@pytest.fixture
def bob(db):
    """The stranger."""
    return person("bob")


@pytest.fixture
def dora(db):
    """Staff who look after the models, and nothing else."""
    keeper = person("dora", is_staff=True)
    wanted = ("view_trainedmodel", "change_trainedmodel")
    keeper.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return keeper


@pytest.fixture
def carol(db):
    """Staff, and superuser."""
    return person("carol", is_staff=True, is_superuser=True)


def browser_of(user):
    client = Client()
    client.force_login(user)
    session = client.session
    session.note_use("")  # what the first request after a login does
    session.save()
    return client


@pytest.fixture
def as_alice(alice):
    return browser_of(alice)


@pytest.fixture
def as_bob(bob):
    return browser_of(bob)


@pytest.fixture
def as_dora(dora):
    return browser_of(dora)


@pytest.fixture
def as_carol(carol):
    return browser_of(carol)


@pytest.fixture
def private_redis(settings, tmp_path_factory):
    """A real Redis, just as the site starts it, for this test alone. Yields a client."""
    folder = tmp_path_factory.mktemp("redis")
    script = Path(__file__).resolve().parent.parent / "deploy/redis"
    server = subprocess.Popen([script], env=os.environ | {"DATA_DIR": str(folder)})
    url = f"unix://{folder}/redis.sock?socket_timeout=5"
    settings.REDIS_URL = url
    queues = settings.RQ_QUEUES.items()
    settings.RQ_QUEUES = {name: options | {"URL": url} for name, options in queues}
    with redis.Redis.from_url(url) as client:
        wait_for(client)
        yield client
    server.terminate()
    server.wait(10)


def wait_for(client):
    for _ in range(100):
        try:
            return client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
    raise AssertionError("Redis has not answered within 5 s.")


@pytest.fixture
def trained_model(db):
    """The default model; a row without weights."""
    return TrainedModel.objects.create(
        name="Concert",
        file="concert.keras",
        sha256="0" * 64,
        licence="CC BY-NC-SA 4.0",
        training_data="MAESTRO v3, training split",
        styles=STYLES,
        status=ModelStatus.ACTIVE,
        is_default=True,
        is_shipped=True,
    )


@pytest.fixture
def piece(alice, trained_model):
    """A maker of pieces, queued and alice's unless said otherwise."""

    def make(**fields):
        wish = {"owner": alice, "model": trained_model, "title": "Nocturne", "seed": 7}
        return Composition.objects.create(**wish | fields)

    return make


@pytest.fixture
def ready_piece(piece):
    """A maker of finished pieces with small real files; private unless said otherwise."""

    def make(**fields):
        result = {"style": "chopin", "duration": 2.0, "note_count": 3}
        if fields.get("visibility") == Visibility.PUBLIC:
            result["published_at"] = timezone.now()  # as if by the button
        made = piece(**result | {"status": Status.READY, "progress": 1} | fields)
        folder = f"compositions/{made.pk}"
        made.mp3.save(f"{folder}/test.mp3", ContentFile(MP3_FRAME * 77), save=False)  # 2 s
        made.midi.save(f"{folder}/test.mid", ContentFile(MIDI), save=False)
        made.notes.save(f"{folder}/test.json", ContentFile(json.dumps(NOTES).encode()), save=False)
        made.save(update_fields=["mp3", "midi", "notes"])
        return made

    return make
