"""What keeps a child process within bounds; how it ends with its parent, test_audio.py shows."""

import json
import os
import subprocess
import sys
import threading

from generator import children


def test_the_child_is_limited(tmp_path):
    script = """
import resource
from generator import children
children.limit_resources(300)
names = ("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_AS")
print([resource.getrlimit(getattr(resource, name))[0] for name in names])
"""
    answer = subprocess.run(
        [sys.executable, "-c", script],
        cwd=children.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout) == [300, 200 * 2**20, 0, 2**30]


def test_the_child_kills_its_group_when_the_lifeline_ends(monkeypatch):
    """Here with a pipe in the place of standard input, and a note instead of the kill."""
    killed = threading.Event()
    reader, writer = os.pipe()
    saved = os.dup(0)
    os.dup2(reader, 0)
    monkeypatch.setattr(children.os, "killpg", lambda group, number: killed.set())
    try:
        children.die_with_parent()
        assert not killed.wait(0.2)
        os.close(writer)
        assert killed.wait(5)
    finally:
        os.dup2(saved, 0)
        for descriptor in (saved, reader):
            os.close(descriptor)
