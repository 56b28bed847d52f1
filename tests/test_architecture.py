"""The walls between the rooms: who may import whom, and what a web process never loads."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KERAS = ("keras", "tensorflow", "torch", "jax")

# room: what its modules must not import, at the top or inside a function
WALLS = {
    "ml": ("django", "musicsite", "generator", "gallery", "redis", "rq", "django_rq"),
    "generator": ("musicsite", "gallery", *KERAS),
    "gallery": ("musicsite", "ml", "redis", "rq", "django_rq", *KERAS),
    "musicsite": ("ml", "gallery.views", *KERAS),
}
# module: further walls of its own
INNER_WALLS = {
    "generator/audio.py": ("django", "ml", "generator.models"),
    "generator/render.py": ("django", "ml", "generator.models"),
    "generator/children.py": ("django", "ml", "generator.models"),
    "generator/engraving.py": ("django", "ml", "generator.models"),
    "generator/engrave.py": ("django", "generator.models"),
    "generator/models/": ("ml", "generator.jobs", "django_rq", "rq"),
    "generator/forms.py": ("ml",),
    "generator/views/": ("ml", "midi2audio", "pydub"),
    "generator/beginnings.py": ("ml",),
    "generator/admin/": ("ml",),
}
FROM_GENERATOR = ("generator.models",)  # all that the gallery may know of the generator
KERAS_ROOMS = tuple(
    f"ml/{name}.py"
    for name in ("network", "lstm", "neighbourhood", "replicas", "trainer", "training")
)


def imported_names(source):
    """Every module that `source` imports anywhere; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name, walls):
    return any(name == wall or name.startswith(f"{wall}.") for wall in walls)


def forbidden_imports(path, source):
    """The imports in the module at `path`, relative to the root, that its walls forbid."""
    walls = WALLS.get(path.split("/")[0], ())
    walls += sum((more for part, more in INNER_WALLS.items() if path.startswith(part)), ())
    if path.startswith("ml/") and path not in KERAS_ROOMS:
        walls += KERAS
    names = set(imported_names(source))
    wrong = {name for name in names if within(name, walls)}
    if path.startswith("gallery/"):
        wrong |= {
            name
            for name in names
            if within(name, ("generator",)) and not within(name, FROM_GENERATOR)
            if name != "generator" or not names & set(FROM_GENERATOR)
        }
    return sorted(wrong)


def modules():
    paths = (path for room in WALLS for path in sorted((ROOT / room).rglob("*.py")))
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", modules())
def test_a_module_stays_within_its_walls(path):
    assert forbidden_imports(path, (ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        pytest.param("ml/notes.py", "from django.conf import settings", id="ml-django"),
        pytest.param("ml/sampler.py", "import keras", id="keras-in-sampler"),
        pytest.param("ml/sampler.py", "def f():\n    import tensorflow.nn", id="keras-inside"),
        pytest.param("generator/views/takes.py", "import gallery.views", id="generator-gallery"),
        pytest.param("generator/models/trained.py", "import ml.weights", id="models-ml"),
        pytest.param("generator/views/takes.py", "from ml.composer import Composer", id="view-ml"),
        pytest.param("generator/audio.py", "from django.conf import settings", id="audio-django"),
        pytest.param("generator/jobs.py", "import musicsite.settings", id="generator-site"),
        pytest.param("gallery/views.py", "from generator import jobs", id="gallery-jobs"),
        pytest.param("gallery/views.py", "import generator.jobs", id="gallery-jobs-whole"),
        pytest.param("gallery/cover.py", "import ml", id="gallery-ml"),
        pytest.param("musicsite/urls.py", "import ml.midi", id="site-ml"),
    ],
)
def test_a_planted_violation_is_seen(path, source):
    assert forbidden_imports(path, source) != []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        pytest.param("gallery/views.py", "from generator.models import Status", id="models"),
        pytest.param("gallery/views.py", "from generator import models", id="models-module"),
        pytest.param("generator/jobs.py", "def f():\n    from ml import midi", id="jobs-ml"),
        pytest.param("ml/training.py", "import keras", id="training-keras"),
    ],
)
def test_an_open_door_is_no_violation(path, source):
    assert forbidden_imports(path, source) == []


def test_the_site_loads_neither_learning_nor_music():
    """Nor numpy: a web process needs none, and a fork of the worker starts small."""
    script = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
heavy = {"tensorflow", "keras", "music21", "verovio", "numpy", "h5py", "ml", "pydub", "midi2audio"}
print(sorted(heavy & {name.split(".")[0] for name in sys.modules}))
"""
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"
