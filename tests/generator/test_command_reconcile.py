import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from generator import reconcile
from tests.generator import fakes

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.usefixtures("disk_database", "redis_server")


def test_it_looks_once(piece, capsys, monkeypatch):
    monkeypatch.setattr(reconcile, "SECOND_LOOK", 0.01)
    piece(queued_at=timezone.now() - timedelta(minutes=5))
    call_command("reconcile", "--once")
    assert capsys.readouterr().out == "1 pieces put back or ended, 0 stray files removed.\n"


def test_it_ends_when_told_to(tmp_path, settings):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "reconcile"],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(tmp_path), "REDIS_URL": settings.REDIS_URL},
    )
    fakes.wait_until(lambda: handles_termination(process.pid))
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def handles_termination(pid):
    """Whether the process has installed a handler of SIGTERM (15)."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & (1 << 14))
