"""How long pages take while nothing is going on, and while a model is trained and a piece composed.

.venv/bin/python bench/page_times.py [--requests 60] [--pieces 24] [--units 192]

Starts a whole site of its own in a scratch folder, with its real workers. Pages are asked for in
turn, one at a time, over a fresh connection each, and read to the end.
"""

import argparse
import http.client
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import Site  # noqa: E402

PATIENCE = 900  # seconds until the training has begun in earnest
LONGEST = 900  # seconds of the piece that is composed meanwhile
RANGE = "bytes=200000-400000"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=60, help="of every page")
    options.add_argument("--pieces", type=int, default=24, help="in the gallery")
    options.add_argument("--units", type=int, default=192, help="of the network that is trained")
    options = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="nocturne-times-") as folder:
        site = Site(folder)
        site.environment["WEB_WORKERS"] = "2"  # as `make run` has it
        try:
            pages = open_site(site, options.pieces)
            idle, was_idle = measure(site, pages, options.requests), os.getloadavg()[0]
            run = begin_work(site, options.units)
            before = steps(run)
            busy, was_busy = measure(site, pages, options.requests), os.getloadavg()[0]
            learnt = steps(run) - before
        finally:
            site.stop()
    print("| ms: median / 95th percentile / worst | nothing going on | training and composing |")
    print("|---|---|---|")
    for name in pages:
        print(f"| {name} | {in_words(idle[name])} | {in_words(busy[name])} |")
    print(
        f"\n{options.requests} requests of each page; {os.cpu_count()} processors, load "
        f"{was_idle:.1f} and {was_busy:.1f}; the training went {learnt} steps meanwhile."
    )
    if learnt <= 0:
        sys.exit("The training stood still: these are no times of a site that trains.")


def open_site(site, count):
    """Pages by what they are: (path, cookie of who looks, Range or "")."""
    site.run(sys.executable, "deploy/prepare.py")
    site.start_server()
    wishes = [{"title": f"Piece {number}", "seconds": 60} for number in range(count)]
    addresses, cookies = site.furnish(*wishes, staff=["dora"])
    clara, dora = cookies["clara"], cookies["dora"]
    return {
        "gallery": ("/", "", ""),
        "form for a piece": ("/compose/", clara, ""),
        "page of a piece": (addresses[0], clara, ""),
        "My pieces": ("/me/", clara, ""),
        "200 kB out of an MP3": (f"{addresses[0]}audio.mp3", clara, RANGE),
        "front page of the admin": ("/admin/", dora, ""),
        "list of models": ("/admin/generator/trainedmodel/", dora, ""),
        "list of trainings": ("/admin/generator/trainingrun/", dora, ""),
    }


def measure(site, pages, requests):
    """Seconds of every request, by page. The first of each does not count."""
    taken = {name: [] for name in pages}
    for turn in range(requests + 1):
        for name, (path, cookie, part) in pages.items():
            began = time.perf_counter()
            fetch(site, path, cookie, part)
            if turn:
                taken[name].append(time.perf_counter() - began)
    return taken


def fetch(site, path, cookie, part):
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=60)
    headers = {"Accept-Encoding": "gzip"} | ({"Range": part} if part else {})
    if cookie:
        headers["Cookie"] = f"sessionid={cookie}"
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != (206 if part else 200):
        raise RuntimeError(f"{path} answered {answer.status}.")


def in_words(seconds):
    ordered = sorted(seconds)
    high = ordered[math.ceil(0.95 * len(ordered)) - 1]
    figures = (statistics.median(ordered), high, ordered[-1])
    return " / ".join(f"{1000 * figure:.0f}" for figure in figures)


def begin_work(site, units):
    """Let a real training and a long piece begin; the training's row."""
    os.environ.update(site.environment, DJANGO_SETTINGS_MODULE="musicsite.settings")
    import django

    django.setup()
    from generator import jobs, tasks
    from generator.models import Composition, TrainedModel, TrainingRun
    from tests.furnish import person

    run = TrainingRun.objects.create(
        name="Timed", data_set=some_music(), units=units, minutes=60, created_by=person("dora")
    )
    tasks.enqueue(run)
    site.start_worker("training")
    wait_until(lambda: steps(run) > 0, run)
    piece = Composition.objects.create(
        owner=person("clara"), model=TrainedModel.objects.default(), title="Timed", seed=1,
        requested_duration=LONGEST,
    )  # fmt: skip
    jobs.enqueue(piece)
    site.start_worker("composer")
    wait_until(lambda: Composition.objects.filter(pk=piece.pk, progress__gt=0).exists(), run)
    return run


def some_music():
    """A data set as it is once checked: 60 pieces by dice, of three minutes each."""
    import numpy as np

    from bench.stage_music import made_up_notes, waves
    from generator.models import DataSet
    from ml import encoding
    from ml.beginning import from_lists
    from ml.corpus import Corpus
    from ml.notes import Piece

    lists = [(made_up_notes, waves)[seed % 2](seed, 180) for seed in range(60)]
    rows = [encoding.encode(Piece(from_lists(sorted(notes)))) for notes in lists]
    splits = np.array(["validation" if seed % 10 == 0 else "train" for seed in range(60)])
    notes = {
        side: sum(len(one) for one, split in zip(lists, splits, strict=True) if split == side)
        for side in ("train", "validation")
    }
    data_set = DataSet.objects.create(
        name="Dice", source="dice", licence="none", attribution="Nobody", status="done",
        summary={"pieces": {"train": 54, "validation": 6}, "notes": notes, "split_by": "number"},
    )  # fmt: skip
    data_set.folder.mkdir(parents=True)
    Corpus(
        rows=np.concatenate(rows),
        starts=np.cumsum([0, *map(len, rows)]),
        composers=np.array(["Dice"] * 60),
        titles=np.array([f"Throw {seed}" for seed in range(60)]),
        splits=splits,
    ).save(data_set.corpus)
    return data_set


def steps(run):
    """How many steps the training has gone."""
    run.refresh_from_db()
    if run.error:
        raise RuntimeError(f"The training ended: {run.error}")
    return run.progress.get("step", 0)


def wait_until(is_true, run):
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"The work did not begin: {run.status}, {run.progress}.")
        time.sleep(1)


if __name__ == "__main__":
    main()
