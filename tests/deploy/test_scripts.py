"""The small scripts that keep, start and stop single processes."""

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def test_keep_starts_a_command_again_until_told_to_stop(tmp_path):
    count = tmp_path / "count"
    count.touch()
    command = [ROOT / "deploy/keep", "sh", "-c", f"echo x >> {count}; exit 3"]
    kept = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
    wait_until(lambda: len(count.read_text().split()) >= 2)
    os.killpg(kept.pid, signal.SIGTERM)
    words, _ = kept.communicate(timeout=5)
    assert "ended with status 3; starting it again" in words


def test_keep_passes_the_signal_on_and_waits_for_an_orderly_end(tmp_path):
    ended = tmp_path / "ended"
    script = f"trap 'sleep 0.3; touch {ended}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    command = [ROOT / "deploy/keep", "sh", "-c", script]
    kept = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert kept.stdout.readline() == "up\n"
    os.killpg(kept.pid, signal.SIGTERM)
    kept.communicate(timeout=5)
    assert ended.exists()


def test_our_redis_listens_on_a_private_socket_only_and_logs_every_change(private_redis):
    config = private_redis.config_get("*")
    assert config["port"] == "0"
    assert config["appendonly"] == "yes"
    socket = Path(config["unixsocket"])
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_our_redis_remembers_after_a_restart(tmp_path_factory):
    import redis

    folder = tmp_path_factory.mktemp("redis")
    client = redis.Redis.from_url(f"unix://{folder}/redis.sock")

    def answers():
        try:
            return client.ping()
        except redis.ConnectionError:
            return False

    for expected in (None, b"kept"):
        server = subprocess.Popen(
            [ROOT / "deploy/redis"], env=os.environ | {"DATA_DIR": str(folder)}
        )
        wait_until(answers)
        assert client.get("word") == expected
        client.set("word", "kept")
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize("tool", ["run", "test", "admin", "setup", "check", "format"])
def test_the_makefile_has_the_usual_targets(tool):
    plan = subprocess.run(
        ["make", "--dry-run", tool], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert plan.returncode == 0, plan.stderr


def test_make_hands_settings_on(tmp_path):
    makefile = (ROOT / "Makefile").read_text() + "\nshow:\n\t@echo $$PORT $$DATA_DIR\n"
    (tmp_path / "Makefile").write_text(makefile)
    shown = subprocess.run(
        ["make", "show", "PORT=8001", "DATA_DIR=/a"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.split() == ["8001", "/a"]


def test_admin_without_terminal_or_variables_says_what_it_needs():
    environment = {name: value for name, value in os.environ.items() if "SUPERUSER" not in name}
    answer = subprocess.run(
        [ROOT / "deploy/admin"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 1
    assert "DJANGO_SUPERUSER_PASSWORD" in answer.stderr
