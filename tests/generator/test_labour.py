"""Long work in a child process. The child is real; what stands for `ml` obeys the test."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from django.db import OperationalError

from generator import labour
from generator.queueing import StoppedError
from generator.tasks import LostError, StopAskedError, TaskError
from tests.generator import fakes

ROOT = Path(__file__).resolve().parent.parent.parent
ENOUGH = 2**30  # bytes
OBEDIENT = """
import json, os, pathlib, sys, time

order, progress = sys.argv[1], pathlib.Path(sys.argv[-1])

def tell(words):
    part = progress.with_suffix(".part")
    part.write_text(words)
    part.replace(progress)

if order == "say":
    print("forty-two")
elif order == "describe":
    cores, badness = os.sched_getaffinity(0), pathlib.Path("/proc/self/oom_score_adj").read_text()
    told = {"cores": len(cores), "nice": os.nice(0), "badness": int(badness)}
    session = pathlib.Path("/proc/self/autogroup")
    told["session"] = session.read_text().split()[1:] if session.exists() else ["nice", "10"]
    pathlib.Path(os.environ["TMPDIR"], "rubbish").write_text("x")
    print(json.dumps(told | {"environment": dict(os.environ)}))
elif order == "tell":
    tell(sys.argv[2])
    time.sleep(1.2)
elif order == "die":
    os.kill(os.getpid(), 9)
elif order == "crash":
    sys.exit(3)
elif order == "eat":
    food = b"x" * 300_000_000
    time.sleep(60)
elif order == "wait":
    tell(json.dumps({"pid": os.getpid()}))
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        (progress.parent / "put-down").write_text("what there was")
        print("ml: stopped", file=sys.stderr)
        sys.exit(130)
"""


@pytest.fixture
def _obedient(tmp_path, monkeypatch):
    """In the place of `ml`, whose imports take seconds."""
    root = tmp_path / "root"
    (root / "ml").mkdir(parents=True)
    (root / "generator").symlink_to(ROOT / "generator")
    (root / "ml" / "__init__.py").touch()
    (root / "ml" / "__main__.py").write_text(OBEDIENT)
    monkeypatch.setattr(labour, "ROOT", root)
    monkeypatch.setattr(labour, "LOOK_EVERY", 0.1)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "task"


def ignore(progress):
    pass


def run(folder, *arguments, watch=ignore, memory=ENOUGH):
    return labour.run(list(arguments), folder, watch, cores=1, memory=memory)


def once_begun(raised):
    """A watch that raises as soon as the child has told something."""

    def watch(progress):
        if progress:
            raise raised

    return watch


# The real thing


def test_the_programs_own_sentence_is_told(folder, tmp_path):
    """After a real run of a real command, which finds nothing to read."""
    arguments = ["prepare", str(tmp_path / "nowhere"), "--output", str(tmp_path / "corpus.npz")]
    with pytest.raises(TaskError, match="nowhere") as refusal:
        run(folder, *arguments)
    assert not str(refusal.value).startswith("ml:")


# What it is given


@pytest.mark.usefixtures("_obedient")
def test_what_it_printed_is_returned_and_what_was_asked_is_logged(folder):
    assert run(folder, "say", "it") == "forty-two\n"
    assert (folder / "log").read_text() == "$ python -m ml say it\n"


@pytest.mark.usefixtures("_obedient")
def test_it_has_no_secrets_and_bounds_of_its_own(folder, monkeypatch):
    for secret in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
        monkeypatch.setenv(secret, "secret")
    told = json.loads(run(folder, "describe"))
    assert "secret" not in told["environment"].values()
    assert not {"SECRET_KEY", "DATABASE_URL"} & told["environment"].keys()
    assert told["environment"]["HOME"] == told["environment"]["TMPDIR"] == str(folder / "tmp")
    assert (told["cores"], told["badness"]) == (1, 1000)
    assert told["nice"] == min(os.nice(0) + 10, 19)
    assert told["session"] == ["nice", "10"]  # where Linux has such groups


@pytest.mark.usefixtures("_obedient")
def test_what_it_wrote_for_itself_goes(folder):
    (folder / "tmp").mkdir(parents=True)
    (folder / "tmp" / "of a dead attempt").touch()
    run(folder, "describe")
    assert sorted(path.name for path in folder.iterdir()) == ["log", "printed"]


# What it tells


@pytest.mark.usefixtures("_obedient")
def test_its_progress_is_told_but_not_that_of_the_attempt_before(folder):
    folder.mkdir()
    (folder / "progress.json").write_text('{"share": 0.9}')
    told = []
    run(folder, "tell", '{"share": 0.5, "loss": NaN}', watch=told.append)
    assert told[0] == {}
    assert told[-1] == {"share": 0.5, "loss": None}  # no NaN: a database would not take it
    assert {"share": 0.9} not in told


@pytest.mark.usefixtures("_obedient")
def test_a_busy_database_does_not_end_the_work(folder, monkeypatch):
    told, closed = [], []
    monkeypatch.setattr(labour, "close_old_connections", lambda: closed.append(True))

    def watch(progress):
        told.append(progress)
        if len(told) == 2:
            raise OperationalError("database is locked")

    run(folder, "tell", '{"share": 0.5}', watch=watch)
    assert told[-1] == {"share": 0.5}
    assert closed == [True]  # lest a broken one be used for ever


@pytest.mark.usefixtures("_obedient")
@pytest.mark.parametrize(
    ("order", "sentence"),
    [("die", "ran out of memory"), ("crash", r"ended by itself \(status 3\)")],
)
def test_a_child_that_dies_without_a_word(folder, order, sentence):
    with pytest.raises(TaskError, match=sentence):
        run(folder, order)


@pytest.mark.usefixtures("_obedient")
def test_the_log_does_not_grow_for_ever(folder, monkeypatch):
    monkeypatch.setattr(labour, "LONGEST_LOG", 100)
    folder.mkdir()
    (folder / "log").write_text("x" * 1000)
    run(folder, "say")
    assert (folder / "log").read_text() == "x" * 50 + "$ python -m ml say\n"


# How it ends


@pytest.fixture
def _as_in_a_job():
    """RQ's jobs ignore SIGINT, which children inherit."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_obedient", "_as_in_a_job")
@pytest.mark.parametrize("reason", [StopAskedError, StoppedError])
def test_it_may_put_down_what_it_has(folder, reason):
    with pytest.raises(reason):
        run(folder, "wait", watch=once_begun(reason()))
    assert (folder / "put-down").read_text() == "what there was"


@pytest.mark.usefixtures("_obedient")
def test_who_asked_to_stop_beforehand_waits_for_no_child(folder):
    def watch(progress):
        raise StopAskedError

    with pytest.raises(StopAskedError):
        run(folder, "wait", watch=watch)
    assert not folder.exists()


@pytest.mark.usefixtures("_obedient")
def test_lost_work_is_ended_at_once(folder):
    """Its successor may be at work in the same folder."""
    with pytest.raises(LostError):
        run(folder, "wait", watch=once_begun(LostError()))
    assert not (folder / "put-down").exists()


@pytest.mark.usefixtures("_obedient")
def test_a_child_that_eats_too_much_is_ended(folder):
    with pytest.raises(TaskError, match="more memory than the 100 MB that are allowed"):
        run(folder, "eat", memory=100 * 2**20)


@pytest.mark.usefixtures("_obedient")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_it_dies_with_whoever_started_it(folder):
    forking = multiprocessing.get_context("fork")
    parent = forking.Process(target=run, args=(folder, "wait"))
    parent.start()
    progress = folder / "progress.json"
    fakes.wait_until(progress.exists)
    pid = json.loads(progress.read_text())["pid"]
    assert fakes.is_alive(pid)
    parent.kill()
    parent.join()
    fakes.wait_until(lambda: not fakes.is_alive(pid))
