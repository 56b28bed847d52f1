"""Make this machine ready: system packages, virtual environment, soundfont, secret key.

Needs nothing but a Python, so that it runs on a bare machine; does only what is missing, so that
it can run before every start. Started by the Makefile:  python3 deploy/setup.py [--dev]
"""

import argparse
import fcntl
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)  # what numpy and TensorFlow have wheels for
SOUNDFONT = "FluidR3_GM.sf2"
SOUNDFONT_PLACES = (
    "/usr/share/sounds/sf2",
    "/usr/share/soundfonts",
    "/usr/local/share/soundfonts",
    "/opt/homebrew/share/soundfonts",
)
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
SOUNDFONT_BY_HAND = f"""\
brew has no package with the soundfont {SOUNDFONT}. Download Debian's package
fluid-soundfont-gm (a .deb file of some 120 MB, from Debian's package pages) and unpack it:

    ar x fluid-soundfont-gm_*.deb && tar -xf data.tar.*
    mv usr/share/sounds/sf2/{SOUNDFONT} soundfont/

or name another copy:  make run SOUNDFONT=/path/to/{SOUNDFONT}"""


def read_env_file(path):
    """The assignments in a `.env` file, by name; quotes removed."""
    if not path.is_file():
        return {}
    line = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
    found = (line.fullmatch(text) for text in path.read_text().splitlines())
    return {match[1]: match[2].strip("'\"") for match in found if match}


def read_environment():
    """The environment as the site will see it: `.env`, then what is really set."""
    env_file = Path(os.environ.get("ENV_FILE") or ROOT / ".env")
    return {**read_env_file(env_file), **os.environ}


def stop(words):
    sys.exit(f"\n{words}\n")


# Python.


def version_of(python):
    """(major, minor) of the interpreter `python`; None if it does not run."""
    question = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    return tuple(map(int, answer.stdout.split())) if answer.returncode == 0 else None


def find_python():
    """The Python for the virtual environment: the running one, if neither too old nor too new."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        python = shutil.which(f"python3.{minor}")
        if python and version_of(python):
            return python
    return stop(
        f"Nocturne needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; python3 is "
        f"{sys.version_info[0]}.{sys.version_info[1]}, and no other was found."
    )


# System packages.


def any_of(*programs):
    return any(shutil.which(program) for program in programs)


def find_soundfont():
    """Where the system keeps the soundfont, or None."""
    places = (Path(folder) / SOUNDFONT for folder in SOUNDFONT_PLACES)
    return next((place for place in places if place.is_file()), None)


def find_browser():
    """A Chromium for the tests: the one in CHROMIUM, of the system, or of playwright; or None."""
    own = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    found = filter(shutil.which, (os.environ.get("CHROMIUM", ""), *BROWSERS, *map(str, own)))
    return next(map(shutil.which, found), None)


def is_ubuntu():
    """Ubuntu's package of Chromium only leads to a snap, which containers cannot install."""
    os_release = Path("/etc/os-release")
    return os_release.is_file() and "\nID=ubuntu\n" in f"\n{os_release.read_text()}\n"


def can_make_venv(python):
    if python != sys.executable:
        return subprocess.run([python, "-c", "import ensurepip"], check=False).returncode == 0
    return importlib.util.find_spec("ensurepip") is not None


def missing_needs(env, python, dev):
    """What this machine lacks: keys of APT and BREW."""
    have_soundfont = (
        env.get("SOUNDFONT") or (ROOT / "soundfont" / SOUNDFONT).exists() or find_soundfont()
    )
    own_redis = not env.get("REDIS_URL") or dev
    needs = {
        "venv": not (ROOT / ".venv/bin/python").exists() and not can_make_venv(python),
        "fluidsynth": not any_of("fluidsynth"),
        "ffmpeg": not (any_of("ffmpeg") and any_of("ffprobe")),
        "redis": own_redis and not any_of("redis-server", "valkey-server"),
        "soundfont": not have_soundfont,
        "chromium": dev and not is_ubuntu() and not find_browser(),
    }
    return [need for need, missing in needs.items() if missing]


# Where a need has several names, the first that the system's lists hold is taken.
APT = {
    "venv": ("python3-venv",),
    "fluidsynth": ("fluidsynth",),
    "ffmpeg": ("ffmpeg",),
    "redis": ("redis-server", "valkey-server"),
    "soundfont": ("fluid-soundfont-gm",),
    "chromium": ("chromium",),
}
BREW = {
    "fluidsynth": ["fluid-synth"],
    "ffmpeg": ["ffmpeg"],
    "redis": ["redis"],
    "chromium": ["--cask", "chromium"],
}


def apt_knows(package):
    """Whether the package can be installed; one that only others mention has no version."""
    answer = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, check=False
    )
    return "Candidate:" in answer.stdout and "Candidate: (none)" not in answer.stdout


def install_with_apt(needs, python):
    root = [] if os.geteuid() == 0 else ["sudo"]
    update = [*root, "apt-get", "update"]
    install = [*root, "apt-get", "install", "--yes", "--no-install-recommends"]
    choices = {**APT, "venv": (f"{Path(python).name}-venv", *APT["venv"])}
    first = [choices[need][-1 if need == "venv" else 0] for need in needs]
    by_hand = "To install what is missing, run this and try again:\n\n    {} && {}".format(
        " ".join(update), " ".join([*install, *first])
    )
    if root and not may_sudo():
        stop(by_hand)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing with apt-get: {', '.join(first)}", flush=True)
    if subprocess.run(update, env=quiet, check=False).returncode:
        stop(by_hand)
    packages = [next(filter(apt_knows, choices[need]), choices[need][0]) for need in needs]
    if subprocess.run([*install, *packages], env=quiet, check=False).returncode:
        stop(by_hand)


def may_sudo():
    """Whether sudo works here: without a password, or with a person to ask for it."""
    if not any_of("sudo"):
        return False
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return asked.returncode == 0 or sys.stdin.isatty()


def install_with_brew(needs):
    for need in needs:
        if need == "soundfont":
            continue
        command = ["brew", "install", *BREW[need]]
        print("Installing:", " ".join(command), flush=True)
        if subprocess.run(command, check=False).returncode:
            stop(f"To install what is missing, run this and try again:\n\n    {' '.join(command)}")
    if "soundfont" in needs:
        stop(SOUNDFONT_BY_HAND)


def install_needs(env, python, dev):
    needs = missing_needs(env, python, dev)
    if not needs:
        return
    if any_of("apt-get"):
        install_with_apt(needs, python)
    elif any_of("brew"):
        install_with_brew(needs)
    elif sys.platform == "darwin":
        stop(
            "Nocturne installs what it needs with Homebrew; see brew.sh. With it, run:\n\n"
            "    brew install fluid-synth ffmpeg redis"
        )
    else:
        stop(f"Please install with your system's packages, and try again: {', '.join(needs)}.")
    left = missing_needs(env, python, dev)
    if left:
        stop(f"Still missing after installing: {', '.join(left)}.")


# What lies in the working copy and in the state folder.


def requirements_stamp(names, python):
    """Changes whenever the virtual environment must."""
    digest = hashlib.sha256(repr(version_of(python)).encode())
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def make_venv(python, dev):
    """Create .venv and install the requirements, unless this has been done for just these."""
    venv = ROOT / ".venv"
    inside = str(venv / "bin/python")
    if not (venv / "bin/pip").exists() or not version_of(inside):
        print("Making the virtual environment .venv", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=True)
    wanted = {"run": ["requirements.txt", "constraints.txt"]}
    if dev:
        wanted["dev"] = [*wanted["run"], "requirements-dev.txt"]
    stamps = {venv / f"installed-{kind}": names for kind, names in wanted.items()}
    stamps = {stamp: requirements_stamp(names, inside) for stamp, names in stamps.items()}
    if all(stamp.is_file() and stamp.read_text() == text for stamp, text in stamps.items()):
        return
    print("Installing the Python packages; the first time this takes some minutes", flush=True)
    pip = [inside, "-m", "pip", "install", "--disable-pip-version-check"]
    requirements = "requirements-dev.txt" if dev else "requirements.txt"
    if subprocess.run([*pip, "--requirement", requirements], cwd=ROOT, check=False).returncode:
        stop("The Python packages could not be installed; the lines above say why.")
    for stamp, text in stamps.items():
        stamp.write_text(text)


def install_browser():
    """On Ubuntu, let playwright bring its Chromium and the libraries that it needs."""
    if find_browser() or not is_ubuntu():
        return
    command = [str(ROOT / ".venv/bin/python"), "-m", "playwright"]
    command += ["install", "--with-deps", "chromium"]
    if subprocess.run(command, check=False).returncode:
        stop(f"For a browser to test with, run this and try again:\n\n    {' '.join(command)}")


def link_soundfont(env):
    link = ROOT / "soundfont" / SOUNDFONT
    found = find_soundfont()
    if env.get("SOUNDFONT") or link.exists() or not found:
        return
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)  # it may point to where the soundfont once was
    link.symlink_to(found)


def make_state(env):
    """The state folder, closed to other users, and a secret key in it."""
    state = ROOT / Path(env.get("DATA_DIR") or "var").expanduser()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = state / "secret-key"
    if not env.get("SECRET_KEY") and not key_file.exists():
        with os.fdopen(os.open(key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50) + "\n")


def main():
    parser = argparse.ArgumentParser(description="Make this machine ready for Nocturne.")
    parser.add_argument("--dev", action="store_true", help="also for the tests")
    dev = parser.parse_args().dev
    env = read_environment()
    python = find_python()
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second one beside this waits, then finds all done
        install_needs(env, python, dev)
        make_venv(python, dev)
        if dev:
            install_browser()
        link_soundfont(env)
        make_state(env)


if __name__ == "__main__":
    main()
