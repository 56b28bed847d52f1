"""How long a look at an uploaded model takes, and how much memory: good files, and each bad kind.

.venv/bin/python bench/model_uploads.py [--kinds "ZIP bomb,pickle"]

Each file goes through the child process of the site (generator/inspection.py), alone. Seconds are
those on the clock, from the start of the process to its answer; those of processors do not depend
on what else the machine does. Memory is what the child held at most.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SHIPPED = ROOT / "ml" / "weights" / "concert.keras"
LARGEST_UNITS = 2048
MOST_SECONDS, MOST_MEGABYTES = 2, 300  # what is promised, see promise 17


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kinds", help="these only, with commas between")
    options.add_argument("--one", type=Path, help=argparse.SUPPRESS)  # what the rest calls
    options = options.parse_args()
    if options.one:
        print(json.dumps(look_at(options.one)))
        return
    found = []
    print("| file | MB | seconds | of a processor | memory, MB | what is said |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in files(Path(folder), options.kinds):
            told = measured(path)
            found.append(told)
            numbers = (f"{told[key]:.2f}" for key in ("seconds", "cpu"))
            size = f"{path.stat().st_size / 1e6:.1f}"
            print(
                f"| {name} | {size} |",
                " | ".join(numbers),
                f"| {told['mb']:.0f} | {told['said']} |",
            )
            sys.stdout.flush()
    most = {key: max(told[key] for told in found) for key in ("seconds", "cpu", "mb")}
    times = f"{most['seconds']:.2f} s, {most['cpu']:.2f} s of a processor"
    print(f"\n{len(found)} files, at most: {times} (promised: {MOST_SECONDS}), ", end="")
    print(f"{most['mb']:.0f} MB (promised: {MOST_MEGABYTES}).")


def files(folder, wanted):
    """(name, path) of each file; one at a time, since some are large."""
    from ml.architecture import Architecture
    from tests.ml import hostile
    from tests.ml.tiny import random_weights, write_model, write_tiny_model

    path = folder / "model.keras"
    wanted = wanted and set(wanted.split(","))
    if not wanted:
        yield "good: concert", SHIPPED
        largest = Architecture(units=LARGEST_UNITS)
        arrays = random_weights(largest)
        write_model(path, largest, arrays)
        yield "good: the largest network", path
        arrays["velocity_head/vars/1"][-1] = float("nan")
        write_model(path, largest, arrays)
        yield "the largest network, its last number none", path
    write_tiny_model(path)
    members = hostile.members_of(path)
    large = hostile.members_of(SHIPPED)
    for kind in hostile.KINDS:
        if not wanted or kind.name in wanted:
            yield kind.name, hostile.write(kind, path, members)
    if not wanted:
        for kind in hostile.CONTAINERS:
            yield f"{kind.name}, made of concert", hostile.write(kind, path, large)


def measured(path):
    """What `look_at` tells; asked in a small process, whose own memory counts for nothing."""
    command = [sys.executable, __file__, "--one", str(path)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def look_at(path):
    from generator.children import Child

    child = Child("generator.inspection", ValueError, "It takes too long.", "It was ended.")
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        try:
            child.run(Path(folder), {"file": str(path), "card": None}, started + 60)
            said = "–"
        except ValueError as problem:
            said = str(problem)
        seconds = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "mb": used.ru_maxrss / unit,
        "said": said,
    }


if __name__ == "__main__":
    main()
