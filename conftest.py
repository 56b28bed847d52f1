"""The tests' own environment, settled before Django reads it.

Nothing of the developer's environment or `.env` reaches them, and nothing of theirs his `var/`.
"""

import os
import re
import tempfile
from pathlib import Path

import django

EXAMPLE = Path(__file__).with_name(".env.example").read_text()
for name in re.findall(r"^#(\w+)=", EXAMPLE, re.MULTILINE):
    os.environ.pop(name, None)
for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):  # `make test` is no parent of a make in a test
    os.environ.pop(name, None)

state = tempfile.TemporaryDirectory(prefix="nocturne-tests-")  # removed when the process ends
Path(state.name, "static").mkdir()  # else WhiteNoise warns that it is not there
os.environ |= {
    "DATA_DIR": state.name,
    "DJANGO_SETTINGS_MODULE": "musicsite.settings",
    "ENV_FILE": os.devnull,
    "SECRET_KEY": "a key for tests that nobody else uses, fifty characters long",
}
django.setup()
