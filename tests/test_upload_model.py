"""In a browser: a model is brought in, once a good one and once a bad one."""

import numpy as np
from playwright.sync_api import expect

from tests.ml import hostile
from tests.ml.tiny import write_tiny_model

IGNORED = np.zeros(500_000, np.float32)  # 2 MB: more than anybody else may send
PATIENCE = 20_000  # milliseconds
ADD = "/admin/generator/trainedmodel/add/"


def test_a_good_model_becomes_a_draft_and_a_bad_one_is_refused(site, open_page, tmp_path):
    _, cookies = site.furnish(staff=["dora"])
    page = open_page(cookies["dora"])
    good, bad = tmp_path / "good.keras", tmp_path / "bad.keras"
    write_tiny_model(good, seed=5)
    larger = hostile.with_arrays(lambda file: file.create_dataset("optimizer", data=IGNORED))
    good.write_bytes(larger(hostile.members_of(good)))
    kinds = {kind.name: kind for kind in hostile.KINDS}
    hostile.write(kinds["Lambda layer"], bad, hostile.members_of(good))

    page.goto(ADD)
    page.get_by_label("Model").set_input_files(bad)
    page.get_by_label("Name").fill("Salon")
    page.get_by_label("Licence").fill("CC0")
    page.get_by_label("Training data").fill("Forty waltzes")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("a Lambda layer, which is a program")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_label("Training data")).to_have_value("Forty waltzes")

    page.get_by_label("Model").set_input_files(good)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Salon is here, as a draft")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Activate")).to_be_visible(timeout=PATIENCE)
