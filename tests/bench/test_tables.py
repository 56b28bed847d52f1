"""`make evaluate`: from what evaluate printed to the tables of a document."""

import json
import subprocess
from pathlib import Path

import pytest

from bench import tables

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = """# How well

<!-- figures: open -->
<!-- end -->

Words between.

<!-- figures: concert -->
old figures
<!-- end -->

Last words.
"""


def report(model="concert.keras", nats=7.6):
    return {
        "model": model,
        "nats_per_note": nats,
        "by_field": {"shift": 3.0, "key": 3.0, "velocity": 1.6},
        "corrections": {"shift": 0.017},
        "notes": 1000,
        "files": 3,
        "baselines": {"unigram": 17.3, "markov_2": 14.8},
    }


@pytest.fixture
def remake(tmp_path):
    """Write the tables of some reports into a document; what it says then."""
    document = tmp_path / "music.md"
    document.write_text(DOCUMENT)

    def remake(*reports):
        paths = []
        for number, found in enumerate(reports):
            paths.append(tmp_path / f"{number}.json")
            paths[-1].write_text(json.dumps(found))
        tables.main([str(document), *map(str, paths)])
        return document.read_text()

    return remake


def test_old_figures_give_way_to_new_ones(remake):
    text = remake(report())
    assert "old figures" not in text
    assert "| **concert** | **7.60** | **1.877** |" in text
    assert text.endswith("<!-- end -->\n\nLast words.\n")
    assert "<!-- figures: open -->\n<!-- end -->\n\nWords between." in text


def test_every_model_has_its_own_place(remake):
    text = remake(report(), report("open.keras", 9.3))
    opened, concert = text.split("Words between.")
    assert "**9.30**" in opened
    assert "**7.60**" not in opened
    assert "**7.60**" in concert


def test_remade_figures_can_be_remade(remake):
    assert remake(report()) == remake(report())


def test_the_model_stands_among_what_others_report(remake):
    rows = [line.split(" | ") for line in remake(report()).splitlines() if line.startswith("| ")]
    nats = [float(cells[1].strip("*≈ ")) for cells in rows[2:]]
    assert nats == sorted(nats, reverse=True)
    assert {17.3, 7.97, 7.6, 7.43} <= set(nats)


def test_others_trained_on_other_data_do_not_stand_beside_the_open_model(remake):
    assert "≈" not in remake(report("open.keras"))


def test_a_document_without_the_marks_is_left_alone(remake, tmp_path):
    with pytest.raises(SystemExit, match="figures: tiny"):
        remake(report("tiny.keras"))
    assert (tmp_path / "music.md").read_text() == DOCUMENT


def test_the_documents_have_the_marks_of_all_shipped_models():
    text = (ROOT / "docs/music.md").read_text()
    for model in (ROOT / "ml/weights").glob("*.keras"):
        assert tables.replaced(text, model.stem, ["| new |"]) != text


def test_make_evaluate_measures_every_shipped_model_by_its_own_data():
    plan = subprocess.run(
        ["make", "--dry-run", "evaluate", "DATA=/music", "SAMPLES=3"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "-m ml evaluate /music/maestro-v3 --model ml/weights/concert.keras" in plan
    assert "--samples 3 --json" in plan
    reports = [f"var/figures/{path.stem}.json" for path in (ROOT / "ml/weights").glob("*.keras")]
    last = plan.splitlines()[-1]
    assert "bench/tables.py docs/music.md" in last
    assert all(report in last for report in reports)
