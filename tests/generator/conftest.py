"""Redis, a worker, a database on disk and a model file, for tests of what runs between them."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest
import redis
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connections

from generator import jobs, queueing, renditions
from generator.models import Audition, Beginning, Kind, ModelStatus, Rendition, TrainedModel
from tests.conftest import STYLES, browser_of, person, wait_for
from tests.generator import fakes
from tests.ml.tiny import write_tiny_model

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def _queue_of_its_own():
    queueing.queue.cache_clear()
    yield
    queueing.queue.cache_clear()


@pytest.fixture
def redis_server(settings):
    """A Redis of this test alone, on a private socket; `settings` point to it."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    with tempfile.TemporaryDirectory(
        prefix="nocturne-"
    ) as folder:  # short: a socket's path must be
        socket = f"{folder}/redis.sock"
        options = ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder]
        with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
            settings.REDIS_URL = f"unix://{socket}"
            url = f"unix://{socket}?socket_timeout=1&socket_connect_timeout=1"
            queues = settings.RQ_QUEUES.items()
            settings.RQ_QUEUES = {name: options | {"URL": url} for name, options in queues}
            try:
                with redis.Redis.from_url(url) as client:
                    wait_for(client)
                yield server
            finally:
                server.kill()


@pytest.fixture
def fake_composer(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml.composer", fakes.fake_module())


@pytest.fixture
def fake_render(monkeypatch):
    monkeypatch.setattr(jobs.audio, "render", fakes.fake_render)


@pytest.fixture
def fake_renditions(monkeypatch):
    monkeypatch.setattr(renditions.engraving, "engrave", fakes.fake_engrave)
    monkeypatch.setattr(renditions.audio, "render_wav", fakes.fake_render_wav)
    monkeypatch.setattr(renditions, "LOOK_EVERY", 0)


@pytest.fixture
def wanted(ready_piece):
    """A maker of renditions that wait, each of a piece of its own."""

    def make(kind=Kind.SCORE, **fields):
        return Rendition.objects.create(composition=ready_piece(), kind=kind, **fields)

    return make


@pytest.fixture
def weights(trained_model, tmp_path):
    """The model of `trained_model` with a real file of a tiny network."""
    path = tmp_path / "tiny.keras"
    write_tiny_model(path)
    trained_model.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    trained_model.file.save("tiny.keras", ContentFile(path.read_bytes()))
    return trained_model


@pytest.fixture
def beginning(alice):
    """A maker of beginnings, a scale with two notes a second; alice's unless said otherwise."""

    def make(seconds=20, notes=None, **fields):
        scale = [[500 * step, 500, 60 + step % 12, 70] for step in range(2 * seconds)]
        music = {"duration": seconds, "notes": scale if notes is None else notes}
        kept = {"owner": alice, "title": "A scale", "duration": seconds} | fields
        made = Beginning(note_count=len(music["notes"]), **kept)
        content = {"music.mid": b"MThd", "notes.json": json.dumps(music).encode()}
        names = [
            default_storage.save(f"{made.folder}/{name}", ContentFile(data))
            for name, data in content.items()
        ]
        made.midi, made.notes = names
        made.save()
        return made

    return make


@pytest.fixture
def shims(tmp_path, monkeypatch):
    """Put a script in the place of a program: shims("ffmpeg", "exit 1")."""
    folder = tmp_path / "shims"

    def put(program, script):
        fakes.write_shim(folder, program, script)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return put


@pytest.fixture
def models(trained_model):
    """The default model, a draft and a retired one; the last knows no Chopin."""
    more = {"Salon": (ModelStatus.DRAFT, STYLES), "Tavern": (ModelStatus.RETIRED, STYLES[:1])}
    return [trained_model] + [
        TrainedModel.objects.create(
            name=name, file=f"{name.lower()}.keras", sha256=name[0] * 64, licence="CC0",
            status=status, styles=styles,
        )
        for name, (status, styles) in more.items()
    ]  # fmt: skip


@pytest.fixture
def audition(dora, models):
    """A maker of auditions of two models, without jobs; dora's and blind unless said otherwise."""

    def make(person=dora, candidates=None, **wish):
        wish = {"first_seed": 100, "seconds": 10} | wish
        return Audition.objects.request(person, uuid.uuid4(), candidates or models[:2], **wish)

    return make


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory, django_db_blocker):
    """A database file with all tables and no rows."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    with django_db_blocker.unblock(), DatabaseAt(path):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture
def disk_database(db, migrated_database, tmp_path, settings, django_db_blocker):
    """A database on disk, where threads and other processes see the same rows.

    Name it by `usefixtures`, so that it stands before people and pieces are made.
    """
    path = tmp_path / "nocturne.sqlite3"
    shutil.copy(migrated_database, path)
    settings.DATA_DIR = tmp_path
    with django_db_blocker.unblock(), DatabaseAt(path):
        yield path


class DatabaseAt:
    """Let the default connection, of every thread, lead to another SQLite file."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.values = connections.settings["default"]
        self.name, self.saved = self.values["NAME"], connections["default"]
        self.values["NAME"] = str(self.path)
        del connections["default"]
        ContentType.objects.clear_cache()  # the ids of one database are not those of another

    def __exit__(self, *problem):
        connections["default"].close()
        self.values["NAME"] = self.name
        connections["default"] = self.saved
        ContentType.objects.clear_cache()


@pytest.fixture
def start_worker(disk_database, redis_server, settings, tmp_path):
    """Start worker processes: start_worker("--burst", SECONDS_A_NOTE="0.1")."""
    started = []

    def start(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.generator.fake_worker", *arguments],
            cwd=ROOT,
            env=os.environ
            | {
                "DATA_DIR": str(tmp_path),
                "REDIS_URL": settings.REDIS_URL,
                "SOUNDFONT": str(settings.SOUNDFONT),
            }
            | environment,
            stderr=(tmp_path / "worker.log").open("ab"),
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def draft_model(trained_model, settings):
    """A draft with a file, beside the default model."""
    weights, folder = b"weights", Path(settings.MODELS_ROOT)
    folder.mkdir(parents=True)
    (folder / "second.keras").write_bytes(weights)
    return TrainedModel.objects.create(
        name="Second try",
        file="second.keras",
        sha256=hashlib.sha256(weights).hexdigest(),
        size=14_873_065,
        licence="CC BY 4.0",
        training_data="Some music",
        credit="Its players",
        figures={"nats_per_note": 8.123, "notes_per_second": 1725},
    )


@pytest.fixture
def as_vera(db):
    """Staff who may look at models, and change nothing."""
    vera = person("vera", is_staff=True)
    vera.user_permissions.set(Permission.objects.filter(codename="view_trainedmodel"))
    return browser_of(vera)
