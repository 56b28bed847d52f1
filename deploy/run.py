"""Start the whole site on this machine, and stop all of it again. Started by `make run`."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import redis
from honcho.environ import parse_procfile
from honcho.manager import Manager

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicsite.settings")

from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402

from deploy.attend import MARK, kill_leftovers  # noqa: E402

STOPPED_BY_HAND = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def hold_state_folder(folder):
    """Keep a second site out of the folder. Returns the lock, held until the file is closed."""
    lock = (folder / "run.lock").open("w")
    deadline = time.monotonic() + 3  # seconds; what a killed run left is being ended by attend.py
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                sys.exit(
                    f"A site is running already in {folder}. "
                    "For a second one:  make run PORT=8001 DATA_DIR=another-folder"
                )
            time.sleep(0.2)


def refuse_taken_port(bind, port):
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind.strip("[]"), port))
        except OSError as problem:
            sys.exit(
                f"The site cannot listen on {bind}:{port} ({problem.strerror}). "
                f"Choose another port:  make run PORT={port + 1}"
            )


def own_redis():
    """Whether Redis is ours to start: nobody named another."""
    return not os.environ.get("REDIS_URL")


def stop_orphaned_redis():
    """End a Redis that outlived a killed run: two would spoil one log."""
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).shutdown()
    except (redis.ConnectionError, redis.TimeoutError):
        pass  # there is none, as it should be


def processes():
    """Name and command of every process, as the Procfile says."""
    found = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    if not own_redis():
        del found["redis"]
    composer = found.pop("composer")
    for number in range(1, settings.COMPOSERS + 1):
        found[f"composer.{number}"] = composer
    return found


class SiteManager(Manager):
    def kill(self):
        """Kill what has not ended 5 s after being told to; the jobs of workers as well.

        A job is in a process group of its own, which honcho does not know but would wait for.
        """
        super().kill()
        kill_leftovers(os.environ[MARK])


def serve():
    """Run all processes until told to stop, or until the web server ends. Returns the status."""
    manager = SiteManager()
    for name, command in processes().items():
        manager.add_process(name, command)
    # A session of its own: Ctrl-C must not reach the one that clears up afterwards.
    attendant = subprocess.Popen(
        [sys.executable, "deploy/attend.py", os.environ[MARK]],
        env={name: value for name, value in os.environ.items() if name != MARK},
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    os.register_at_fork(after_in_child=attendant.stdin.close)  # its end must mean our end alone
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        manager.loop()
    finally:
        attendant.stdin.close()
        attendant.wait()
    return 0 if manager.returncode in STOPPED_BY_HAND else manager.returncode


def main():
    os.chdir(ROOT)
    try:
        port = settings.PORT  # the first look at the settings; this reads .env, too
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
    bind = os.environ.setdefault("BIND", "127.0.0.1")
    os.environ |= {
        "DATA_DIR": str(settings.DATA_DIR),
        MARK: f"{os.getpid()}-{time.time_ns()}",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    lock = hold_state_folder(settings.DATA_DIR)
    refuse_taken_port(bind, port)
    if own_redis():
        stop_orphaned_redis()
    if subprocess.run([sys.executable, "deploy/prepare.py"], check=False).returncode:
        sys.exit("The site could not be prepared; the lines above say why.")
    status = serve()
    lock.close()
    sys.exit(status)


if __name__ == "__main__":
    main()
