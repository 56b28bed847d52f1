import pytest
from django.core import checks

from generator.checks import check_weights


def issues():
    """Ids of all that the generator's checks complain about."""
    found = checks.run_checks()
    return {issue.id: issue for issue in found if issue.id.startswith("generator.")}


@pytest.fixture(autouse=True)
def _models(settings):
    settings.MODELS_ROOT.mkdir(parents=True)
    (settings.MODELS_ROOT / "concert.keras").write_bytes(b"weights")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Let these be the only programs on the path."""

    def have(*names):
        folder = tmp_path / "programs"
        folder.mkdir()
        for name in names:
            (folder / name).symlink_to("/bin/true")
        monkeypatch.setenv("PATH", str(folder))

    return have


def test_a_complete_machine_has_no_issues():
    assert issues() == {}


@pytest.mark.parametrize(
    ("present", "expected", "package"),
    [
        (["ffmpeg", "ffprobe"], "generator.W001", "fluidsynth"),
        (["fluidsynth", "ffprobe"], "generator.W002", "ffmpeg"),
        (["fluidsynth", "ffmpeg"], "generator.W002", "ffmpeg"),
    ],
    ids=["no-fluidsynth", "no-ffmpeg", "no-ffprobe"],
)
def test_a_missing_program_is_named(programs, present, expected, package):
    programs(*present)
    found = issues()
    assert list(found) == [expected]
    assert package in found[expected].hint


def test_a_missing_soundfont_is_named(settings, tmp_path):
    settings.SOUNDFONT = tmp_path / "none.sf2"
    found = issues()
    assert list(found) == ["generator.W003"]
    assert found["generator.W003"].msg.startswith("The soundfont none.sf2 is missing.")
    assert "SOUNDFONT" in found["generator.W003"].hint


def test_a_missing_model_is_named(settings, tmp_path, monkeypatch):
    (settings.MODELS_ROOT / "concert.keras").unlink()
    monkeypatch.setattr("generator.checks.WEIGHTS", tmp_path / "none")
    (issue,) = check_weights(None)
    assert issue.id == "generator.W004"
    assert "ml train" in issue.hint
