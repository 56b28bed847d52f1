"""`make run` without the set-up before it: the real processes, in a state folder of their own."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy import attend, run

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A running `deploy/run.py`."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "deploy/run.py"],
                cwd=ROOT,
                env=os.environ | {"DATA_DIR": str(folder), "PORT": str(port), "SHOWCASE": "0"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for_address(self):
        deadline = time.monotonic() + 120  # a busy machine
        while f"Nocturne is at http://localhost:{self.port}/" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def read(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")

    def get(self, path):
        return self.read(path)[0]

    def members(self):
        """The processes that carry this run's mark."""
        mark = f"{attend.MARK}={self.process.pid}-".encode()
        return [folder.name for folder in Path("/proc").glob("[0-9]*") if has_mark(folder, mark)]

    def assert_gone(self, seconds=10):
        deadline = time.monotonic() + seconds
        while self.members():
            assert time.monotonic() < deadline, self.members()
            time.sleep(0.1)


def has_mark(folder, mark):
    try:
        return mark in (folder / "environ").read_bytes()
    except OSError:
        return False


@pytest.fixture
def start(tmp_path_factory):
    folder, sites = tmp_path_factory.mktemp("site"), []

    def start_site(port=None):
        sites.append(Site(folder, port or free_port()))
        return sites[-1]

    yield start_site
    for site in sites:
        if site.process.poll() is None:
            site.process.terminate()
            site.process.wait(20)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_it_starts_stops_and_starts_again_even_after_a_kill(start):
    site = start()
    site.wait_for_address()
    assert site.get("/healthz") == 200
    status, page = site.read("/")
    assert status == 200
    for address in re.findall(r'"(/static/[^"]+)"', page):
        assert site.get(address) == 200, address
    assert (site.folder / "redis.sock").is_socket()
    assert len(site.members()) >= 4

    second = start()
    assert second.process.wait(30) == 1
    assert "A site is running already" in second.log.read_text()
    assert site.get("/healthz") == 200

    site.process.kill()
    site.process.wait()
    site.assert_gone()

    site = start()
    site.wait_for_address()
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(20) == 0
    site.assert_gone(seconds=1)


def test_a_taken_port_is_explained(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        site = start(port)
        assert site.process.wait(30) == 1
    assert f"make run PORT={port + 1}" in site.log.read_text()


def test_a_wrong_setting_is_explained_in_one_line(tmp_path):
    answer = subprocess.run(
        [sys.executable, "deploy/run.py"], cwd=ROOT, env=os.environ | {"PORT": "eighty"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 1
    assert answer.stderr == "PORT must be a whole number.\n"


def test_a_named_redis_is_not_started(monkeypatch):
    assert "redis" in run.processes()
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    assert "redis" not in run.processes()


def test_there_are_as_many_composers_as_wished(settings):
    settings.COMPOSERS = 3
    assert {"composer.1", "composer.2", "composer.3"} <= set(run.processes())


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        (["a.example", "b"], "a.example"),
        ([".example"], "example"),
        (["*"], "localhost"),
        ([], "localhost"),
    ],
)
def test_the_site_is_asked_under_a_name_that_it_knows(allowed, host):
    assert attend.own_host(allowed) == host


def test_the_showcase_is_asked_for_once(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.SHOWCASE = tmp_path, True
    asked = []

    def answer_with(status):
        def pretend(command, **options):
            asked.append(command[-1])
            return subprocess.CompletedProcess(command, status)

        monkeypatch.setattr(attend.subprocess, "run", pretend)

    answer_with(1)
    attend.ask_for_showcase()
    answer_with(0)
    attend.ask_for_showcase()
    attend.ask_for_showcase()
    assert asked == ["showcase", "showcase"]


def test_the_showcase_can_be_turned_off(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.SHOWCASE = tmp_path, False
    monkeypatch.setattr(attend.subprocess, "run", pytest.fail)
    attend.ask_for_showcase()
