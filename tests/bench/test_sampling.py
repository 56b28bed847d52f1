"""The sweep: every setting is one the composer accepts, and a row of the table."""

import pytest

from bench import sampling
from ml.composer import TASTES, Request
from ml.evaluation import Folder, People
from tests.ml.pieces import small_corpus
from tests.ml.tiny import write_tiny_model


@pytest.mark.parametrize("setting", sampling.SETTINGS, ids=lambda setting: setting[0])
def test_a_setting_changes_heads_that_there_are(setting):
    _, tastes, wishes = setting
    assert tastes.keys() <= TASTES.keys()
    Request(60, 1, **wishes)


def test_settings_have_different_names():
    names = [name for name, _, _ in sampling.SETTINGS]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Lines of the table for the first setting and for people, each as cells by the head."""
    folder = tmp_path_factory.mktemp("sweep")
    write_tiny_model(folder / "tiny.keras")
    small_corpus(train=3, validation=8, notes=400).save(folder / "corpus.npz")
    sampling.open_model(folder / "tiny.keras")
    people = People.of(Folder.read(folder / "corpus.npz"))
    report = people.judge([sampling.compose((0, seed)) for seed in (1, 2, 3)])
    lines = [sampling.line(who, report, who) for who in ("composed", "people")]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return report, [dict(zip(sampling.HEAD, row, strict=False)) for row in cells]


def test_a_row_tells_the_settings_figures(rows):
    report, (composed, _) = rows
    assert composed.keys() == set(sampling.HEAD)
    assert float(composed["overlap, mgeval"]) == report["overlap"]["mgeval"]["composed"]["mean"]
    velocity = report["composed"]["features"]["velocity_mean"]
    assert composed["velocity, mean"] == f"{velocity['mean']:.2f} ± {velocity['sd']:.2f}"
    assert int(composed["most repeats"]) <= 6
    assert composed["flagged"] == str(len(report["copying"]["flagged"]))


def test_the_last_row_is_the_peoples_with_the_ceiling(rows):
    report, (_, people) = rows
    assert people["setting"] == "people"
    assert float(people["direct"]) == report["overlap"]["direct"]["people"]["mean"]
    polyphony = report["people"]["features"]["polyphony"]
    assert people["polyphony"].startswith(f"{polyphony['mean']:.2f}")
