"""A training with every real part: from a ZIP of MIDI files to a piece that somebody gets of the
new model; stopped, resumed, and going on after its worker was killed.
"""

import io
import os
import re
import signal
import sys
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ml import midi
from tests.ml.pieces import walk

PATIENCE = 600_000  # milliseconds: trainings stand behind all else, and here all else is busy, too
FOUND_DEAD = """
from generator import tasks
from generator.models import TrainingRun
TrainingRun.objects.filter(status="running").update(heartbeat_at="2026-01-01T00:00Z")
assert tasks.put_back_silent() == 1
"""


@pytest.fixture(scope="module")
def people(site):
    """The workers run; the cookies of staff and of a member."""
    site.start_worker("studio")
    _, cookies = site.furnish(staff=["dora"], people=["walter"])
    return cookies


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A ZIP of ten pieces of twelve seconds."""
    folder, packed = tmp_path_factory.mktemp("midi"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for number in range(10):
            path = folder / f"walk-{number}.mid"
            midi.write(walk(number), path)
            zipped.write(path, path.name)
    return {"name": "walks.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}


@pytest.fixture
def staff(people, open_page):
    return open_page(people["dora"])


@pytest.fixture(scope="module")
def music(site, people, archive, chromium):
    """The address where a training on the ZIP's music is asked for, once it is checked."""
    context = chromium.new_context(base_url=site.url)
    context.add_cookies([{"name": "sessionid", "value": people["dora"], "url": site.url}])
    page = context.new_page()
    page.goto("/admin/generator/dataset/add/")
    page.get_by_label("Name:").fill("Walks")
    page.get_by_label("Licence:").fill("CC0 1.0")
    page.get_by_label("Attribution:").fill("Walked by Ann Author.")
    page.get_by_label("ZIP of MIDI files:").set_input_files(archive)
    page.locator("[name=_save]").click()
    expect(page.locator(".task__status")).to_have_text("Done", timeout=PATIENCE)
    number = re.search(r"/dataset/(\d+)/", page.url)[1]
    context.close()
    return f"/admin/generator/trainingrun/add/?data_set={number}"


def ask_for_training(page, address, name, **numbers):
    """Ask for the smallest of networks."""
    page.goto(address)
    page.get_by_label("Name:").fill(name)
    page.get_by_label("Another number of units").check()
    page.locator("[name=units]").fill("8")
    for field, number in numbers.items():
        page.locator(f"[name={field}]").fill(str(number))
    page.locator("[name=_save]").click()


def wait_for(page, status):
    """The page comes anew by itself when the state changes."""
    expect(page.locator(".task__status")).to_have_text(status, timeout=PATIENCE)


def heard(page):
    """How many notes it has heard in training, once it tells."""
    told = page.locator(".studio__brief div", has_text="Heard").locator("dd")
    expect(told).to_contain_text("notes", timeout=PATIENCE)
    return int(told.inner_text().removesuffix(" notes").replace(",", ""))


def test_from_a_zip_to_a_piece_by_the_new_model(site, people, music, staff, open_page):
    worker = site.start_worker("training")
    ask_for_training(staff, music, "Walking", epochs=20)
    wait_for(staff, "Done")
    expect(staff.locator(".curves svg").first).to_be_visible()
    expect(staff.locator(".studio__log")).to_contain_text("$ python -m ml train ")
    worker.terminate()

    staff.get_by_role("link", name="Walking", exact=True).click()
    expect(staff.locator(".studio")).to_contain_text("Walked by Ann Author.")
    staff.get_by_role("button", name="Activate").click()
    staff.get_by_role("button", name="Make default").click()
    expect(staff.locator(".messagelist")).to_contain_text("composes now when nobody chooses")

    site.start_worker()
    member = open_page(people["walter"])
    member.goto("/compose/")
    member.get_by_label("Length in seconds", exact=True).fill("10")
    member.get_by_role("button", name="Compose", exact=True).click()
    play = member.get_by_role("main").get_by_role("button", name=re.compile("^Play "))
    expect(play).to_be_visible(timeout=PATIENCE)
    expect(member.get_by_role("main")).to_contain_text("Walked by Ann Author.")


def test_it_is_stopped_resumed_and_goes_on_after_its_worker_was_killed(site, music, staff):
    worker = site.start_worker("training")
    ask_for_training(staff, music, "A long walk", minutes=60)
    heard(staff)
    staff.get_by_role("button", name="Stop").click()
    wait_for(staff, "Stopped")
    kept = heard(staff)
    draft = staff.get_by_role("link", name="A long walk", exact=True)
    expect(draft).to_be_visible()

    staff.get_by_role("button", name="Resume").click()
    wait_for(staff, "Running")
    expect(staff.locator("#task")).to_contain_text("Training,", timeout=PATIENCE)
    assert heard(staff) >= kept

    children = kill(worker)
    site.run(sys.executable, "manage.py", "shell", "--no-imports", "-c", FOUND_DEAD)
    wait_for(staff, "Queued")
    assert all(map(ends, children))
    site.start_worker("training")
    wait_for(staff, "Running")
    expect(staff.locator("#task")).to_contain_text("Training,", timeout=PATIENCE)
    assert heard(staff) >= kept


def kill(worker):
    """Kill a worker and its job without a word; what the job had started dies by itself."""
    jobs = children_of(worker.pid)
    labourers = [child for job in jobs for child in children_of(job)]
    assert len(labourers) == 1
    for pid in (worker.pid, *jobs):
        os.kill(pid, signal.SIGKILL)
    worker.wait()
    return labourers


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ends(pid):
    """Whether it comes to its end soon: it stands behind all else for the processors."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # nobody has buried it yet
            return True
        time.sleep(0.2)
    return False
