"""Attend a running site: say when it answers, ask for showcase pieces on its very first run, and
when `deploy/run.py` has ended, however it ended, kill whatever it left behind.

Started by deploy/run.py with the mark of the run, and not bearing it itself; it notices the end of
deploy/run.py by the end of its standard input.
"""

import http.client
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicsite.settings")

from django.conf import settings  # noqa: E402

PATIENCE = 120  # seconds
MARK = "NOCTURNE_RUN"  # the variable by which processes of one run are known


def has_ended(seconds=None):
    """Wait for the end of deploy/run.py, at most so long. Returns whether it has ended."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def own_host(allowed_hosts):
    """A Host header that the site accepts."""
    host = allowed_hosts[0] if allowed_hosts else "localhost"
    return "localhost" if host == "*" else host.removeprefix(".")


def answers(address, port):
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": own_host(settings.ALLOWED_HOSTS)})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce():
    """Print the address once somebody is at home. Returns whether that came to pass."""
    bind = os.environ.get("BIND", "127.0.0.1")
    address = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(bind, bind.strip("[]"))  # noqa: S104
    deadline = time.monotonic() + PATIENCE
    while not answers(address, settings.PORT):
        if has_ended(0.2):
            return False
        if time.monotonic() > deadline:
            print(f"\n  The site does not answer on port {settings.PORT}.\n", flush=True)
            return False
    host = "localhost" if address in ("127.0.0.1", "::1") else bind
    print(f"\n  Nocturne is at http://{host}:{settings.PORT}/   Ctrl-C stops it.\n", flush=True)
    return True


def ask_for_showcase():
    """Once in the life of a state folder: whoever deletes the pieces shall not get them again."""
    asked = settings.DATA_DIR / "showcase-asked"
    if not settings.SHOWCASE or asked.exists():
        return
    command = [sys.executable, str(ROOT / "manage.py"), "showcase"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode == 0:
        asked.touch()


def kill_leftovers(mark):
    """Kill every process of the run `mark`, such as the job of a worker. Does so on Linux only."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            if wanted in environment:
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at


def main(mark):
    if announce():
        ask_for_showcase()
    has_ended()
    kill_leftovers(mark)


if __name__ == "__main__":
    main(sys.argv[1])
