"""The set-up on machines that lack this or that; every program it calls is a fake on the PATH."""

import io
import os
import stat
import sys

import pytest

from deploy import setup

CHMOD = "/bin/chmod"
PROGRAMS = ["fluidsynth", "ffmpeg", "ffprobe", "redis-server", "chromium"]


class Machine:
    """A machine with a PATH of fakes, which write down how they were called."""

    def __init__(self, folder):
        self.bin, self.log, self.root = folder / "bin", folder / "log", folder / "site"
        for made in (self.bin, self.root):
            made.mkdir()
        self.has(*PROGRAMS)
        (self.root / "soundfont").mkdir()
        self.soundfont = folder / "share" / setup.SOUNDFONT
        self.soundfont.parent.mkdir()
        self.soundfont.touch()

    def has(self, *programs, does="exit 0"):
        for program in programs:
            path = self.bin / program
            path.write_text(f'#!/bin/sh\necho "{program} $*" >> {self.log}\n{does}\n')
            path.chmod(0o755)

    def lacks(self, *programs):
        for program in programs:
            (self.bin / program).unlink()

    def has_apt(self, knows=("redis-server",)):
        """apt-get puts an empty program where a package of that name is to be installed."""
        self.has(
            "apt-get",
            does=f"for package; do case $package in fluidsynth|ffmpeg|*-server|chromium)\n"
            f"  echo '#!/bin/sh' > {self.bin}/$package\n"
            f"  {CHMOD} +x {self.bin}/$package;; esac; done",
        )
        cases = "|".join(knows)
        self.has("apt-cache", does=f'case $2 in {cases}|fluidsynth|ffmpeg|chromium)\n'
                 "  echo '  Candidate: 1.0';; *) echo '  Candidate: (none)';; esac")  # fmt: skip

    def calls(self, program):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if line.split()[0] == program]

    def install(self, dev=False, **env):
        setup.install_needs(env, sys.executable, dev)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine that lacks nothing, where we are root."""
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setattr(setup, "ROOT", machine.root)
    monkeypatch.setattr(setup, "SOUNDFONT_PLACES", [str(machine.soundfont.parent)])
    monkeypatch.setattr(setup, "can_make_venv", lambda python: True)
    monkeypatch.setattr(setup, "is_ubuntu", lambda: False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return machine


def test_where_nothing_is_missing_nothing_is_installed(machine):
    machine.has_apt()
    machine.install(dev=True)
    assert machine.calls("apt-get") == []


def test_root_installs_with_apt_what_is_missing_and_no_more(machine):
    machine.has_apt()
    machine.lacks("fluidsynth", "redis-server")
    machine.install()
    assert machine.calls("apt-get") == [
        "apt-get update",
        "apt-get install --yes --no-install-recommends fluidsynth redis-server",
    ]


def test_valkey_is_taken_where_there_is_no_redis(machine):
    machine.has_apt(knows=["valkey-server"])
    machine.lacks("redis-server")
    machine.install()
    assert machine.calls("apt-get")[-1].endswith(" valkey-server")


def test_an_ordinary_person_installs_with_sudo(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine.has_apt()
    machine.has("sudo", does='[ "$1" = -n ] && exit 0; exec "$@"')
    machine.lacks("ffmpeg")
    machine.install()
    assert machine.calls("sudo")[-1].startswith("sudo apt-get install --yes")
    assert machine.calls("apt-get") != []


@pytest.mark.parametrize("sudo", ["missing", "wants a password"])
def test_where_it_may_not_install_it_prints_the_line_and_stops(machine, monkeypatch, sudo):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    machine.has_apt()
    machine.lacks("ffmpeg")
    machine.soundfont.unlink()
    if sudo == "wants a password":
        machine.has("sudo", does="exit 1")
    with pytest.raises(SystemExit) as stopped:
        machine.install()
    assert (
        "sudo apt-get update && sudo apt-get install --yes --no-install-recommends "
        "ffmpeg fluid-soundfont-gm\n" in stopped.value.code
    )
    assert machine.calls("apt-get") == []


def test_an_apt_that_fails_leads_to_the_same_line(machine):
    machine.has_apt()
    machine.has("apt-get", does="exit 100")
    machine.lacks("ffmpeg")
    with pytest.raises(SystemExit, match="apt-get install --yes --no-install-recommends ffmpeg"):
        machine.install()


def test_a_package_that_brings_nothing_is_noticed(machine):
    machine.has_apt()
    machine.has("apt-get")
    machine.lacks("ffmpeg")
    with pytest.raises(SystemExit, match="Still missing after installing: ffmpeg"):
        machine.install()


def test_chromium_is_for_the_tests_only(machine):
    machine.has_apt()
    machine.lacks("chromium")
    machine.install()
    assert machine.calls("apt-get") == []
    machine.install(dev=True)
    assert machine.calls("apt-get")[-1].endswith(" chromium")


def test_on_ubuntu_playwright_brings_the_browser(venv, monkeypatch):
    monkeypatch.setattr(setup, "is_ubuntu", lambda: True)
    setup.install_browser()
    venv.lacks("chromium")
    assert setup.missing_needs({}, sys.executable, dev=True) == []
    setup.install_browser()
    assert venv.calls("python") == ["python -m playwright install --with-deps chromium"]


def test_a_browser_is_found_by_name_by_variable_or_with_playwright(machine, monkeypatch, tmp_path):
    assert setup.find_browser() == str(machine.bin / "chromium")
    own = tmp_path / ".cache/ms-playwright/chromium-1/chrome-linux/chrome"
    own.parent.mkdir(parents=True)
    (machine.bin / "chromium").rename(own)
    assert setup.find_browser() == str(own)
    machine.has("my-browser")
    monkeypatch.setenv("CHROMIUM", str(machine.bin / "my-browser"))
    assert setup.find_browser() == str(machine.bin / "my-browser")
    monkeypatch.delenv("CHROMIUM")
    own.unlink()
    assert setup.find_browser() is None


def test_a_named_redis_needs_none_of_our_own_but_the_tests_do(machine):
    machine.lacks("redis-server")
    assert setup.missing_needs({"REDIS_URL": "redis://h"}, sys.executable, dev=False) == []
    assert setup.missing_needs({"REDIS_URL": "redis://h"}, sys.executable, dev=True) == ["redis"]


def test_a_named_soundfont_needs_no_package(machine):
    machine.soundfont.unlink()
    assert setup.missing_needs({"SOUNDFONT": "/a.sf2"}, sys.executable, dev=False) == []
    assert setup.missing_needs({}, sys.executable, dev=False) == ["soundfont"]


def test_a_python_that_cannot_make_environments_needs_a_package(machine, monkeypatch):
    monkeypatch.setattr(setup, "can_make_venv", lambda python: False)
    assert setup.missing_needs({}, sys.executable, dev=False) == ["venv"]


def test_brew_installs_and_the_soundfont_is_explained(machine):
    machine.has("brew", does=f"echo '#!/bin/sh' > {machine.bin}/fluidsynth\n"
                f"{CHMOD} +x {machine.bin}/fluidsynth")  # fmt: skip
    machine.lacks("fluidsynth")
    machine.install()
    assert machine.calls("brew") == ["brew install fluid-synth"]
    machine.soundfont.unlink()
    with pytest.raises(SystemExit, match=r"ar x fluid-soundfont-gm_\*\.deb"):
        machine.install()


def test_a_brew_that_fails_leads_to_the_line(machine):
    machine.has("brew", does="exit 1")
    machine.lacks("ffmpeg")
    with pytest.raises(SystemExit, match="brew install ffmpeg"):
        machine.install()


def test_without_any_known_installer_it_names_what_is_missing(machine, monkeypatch):
    machine.lacks("fluidsynth", "ffmpeg")
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SystemExit, match=r"try again: fluidsynth, ffmpeg\."):
        machine.install()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SystemExit, match="brew install fluid-synth ffmpeg redis"):
        machine.install()


# Python and its packages.


def test_the_running_python_is_taken_if_it_fits(machine):
    assert setup.find_python() == sys.executable


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_looked_for_if_not(machine, monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 to 3\.13"):
        setup.find_python()
    machine.has("python3.12", does="echo 3 12")
    assert setup.find_python() == str(machine.bin / "python3.12")


@pytest.fixture
def venv(machine):
    """A machine with an environment whose Python is a fake; its pip always succeeds."""
    folder = machine.root / ".venv/bin"
    folder.mkdir(parents=True)
    machine.has("python", does='[ "$1" = -c ] && echo 3 12; exit 0')
    for name in ("python", "pip"):
        (folder / name).symlink_to(machine.bin / "python")
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        (machine.root / name).write_text("django\n")
    return machine


def pip_calls(machine):
    return [call for call in machine.calls("python") if " -m pip install " in call]


def test_packages_are_installed_once(venv):
    setup.make_venv(sys.executable, dev=False)
    setup.make_venv(sys.executable, dev=False)
    (call,) = pip_calls(venv)
    assert call.endswith("--requirement requirements.txt")


@pytest.mark.parametrize("changed", ["requirements.txt", "constraints.txt"])
def test_packages_are_installed_again_when_they_change(venv, changed):
    setup.make_venv(sys.executable, dev=False)
    (venv.root / changed).write_text("django==5.2\n")
    setup.make_venv(sys.executable, dev=False)
    assert len(pip_calls(venv)) == 2


def test_the_packages_of_the_tests_include_the_others(venv):
    setup.make_venv(sys.executable, dev=True)
    setup.make_venv(sys.executable, dev=False)
    (call,) = pip_calls(venv)
    assert call.endswith("--requirement requirements-dev.txt")


def test_a_failed_installation_is_tried_again(venv):
    venv.has("python", does='[ "$1" = -c ] && echo 3 12 && exit 0; exit 1')
    for _ in range(2):
        with pytest.raises(SystemExit, match="could not be installed"):
            setup.make_venv(sys.executable, dev=False)
    assert len(pip_calls(venv)) == 2


def test_a_broken_environment_is_made_anew(venv, monkeypatch):
    (venv.root / ".venv/bin/pip").unlink()
    venv.has("python3.12")
    setup.make_venv(str(venv.bin / "python3.12"), dev=False)
    assert venv.calls("python3.12") == [f"python3.12 -m venv --clear {venv.root}/.venv"]


# Soundfont and state.


def test_the_systems_soundfont_is_linked(machine):
    setup.link_soundfont({})
    link = machine.root / "soundfont" / setup.SOUNDFONT
    assert link.readlink() == machine.soundfont


def test_a_link_to_nowhere_is_renewed(machine):
    link = machine.root / "soundfont" / setup.SOUNDFONT
    link.symlink_to("/nowhere")
    setup.link_soundfont({})
    assert link.exists()


def test_a_soundfont_of_ones_own_is_left_alone(machine):
    own = machine.root / "soundfont" / setup.SOUNDFONT
    own.write_bytes(b"my own")
    setup.link_soundfont({})
    assert own.read_bytes() == b"my own"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_written_once_and_for_us_alone(machine):
    setup.make_state({})
    state, key_file = machine.root / "var", machine.root / "var/secret-key"
    key = key_file.read_text().strip()
    assert len(key) >= 50
    assert (mode(state), mode(key_file)) == (0o700, 0o600)
    setup.make_state({})
    assert key_file.read_text().strip() == key


def test_a_given_key_needs_no_file(machine):
    setup.make_state({"SECRET_KEY": "given"})
    assert not (machine.root / "var/secret-key").exists()


def test_the_state_may_lie_elsewhere(machine, tmp_path):
    setup.make_state({"DATA_DIR": str(tmp_path / "a/b")})
    assert (tmp_path / "a/b/secret-key").exists()


def test_the_env_file_is_read_as_the_site_reads_it(tmp_path, monkeypatch):
    env_file = tmp_path / "env"
    env_file.write_text(
        "# a remark\n\nDATA_DIR=/a\nexport REDIS_URL='redis://h'\n"
        'PORT = "81"\n#HTTPS=1\nnonsense\n'
    )
    expected = {"DATA_DIR": "/a", "REDIS_URL": "redis://h", "PORT": "81"}
    assert setup.read_env_file(env_file) == expected
    assert setup.read_env_file(tmp_path / "none") == {}
    monkeypatch.setenv("ENV_FILE", str(env_file))
    monkeypatch.setenv("DATA_DIR", "/b")
    assert setup.read_environment()["DATA_DIR"] == "/b"
    assert setup.read_environment()["REDIS_URL"] == "redis://h"
