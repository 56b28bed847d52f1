"""In a browser: a model is brought in, after a bad file of each kind was refused."""

import numpy as np
from playwright.sync_api import expect

from tests.ml import hostile
from tests.ml.tiny import write_tiny_model

IGNORED = np.zeros(500_000, np.float32)  # 2 MB: more than anybody else may send
PATIENCE = 20_000  # milliseconds
ADD = "/admin/generator/trainedmodel/add/"
BAD = (  # one of each kind, no two with the same sentence in a row; test_weights.py has them all
    "text", "pickle", "npz with a pickle", "cut off late", "extra member", "ZIP bomb",
    "Lambda layer", "wrong shape", "64 bits", "huge shape", "gzip filter", "soft link",
    "kept in another file", "external link", "put together of others",
)  # fmt: skip


def test_bad_files_are_refused_with_the_reason_and_a_good_one_becomes_a_draft(
    site, open_page, tmp_path
):
    _, cookies = site.furnish(staff=["dora"])
    page = open_page(cookies["dora"])
    good, bad = tmp_path / "good.keras", tmp_path / "bad.keras"
    write_tiny_model(good, seed=5)
    larger = hostile.with_arrays(lambda file: file.create_dataset("optimizer", data=IGNORED))
    good.write_bytes(larger(hostile.members_of(good)))
    kinds = {kind.name: kind for kind in hostile.KINDS}

    page.goto(ADD)
    page.get_by_label("Name").fill("Salon")
    page.get_by_label("Licence").fill("CC0")
    page.get_by_label("Training data").fill("Forty waltzes")
    for name in BAD:
        hostile.write(kinds[name], bad, hostile.members_of(good))
        page.get_by_label("Model").set_input_files(bad)
        page.get_by_role("button", name="Upload").click()
        refusal = page.locator("#content .errorlist")
        expect(refusal).to_contain_text(kinds[name].sentence, timeout=PATIENCE)
    expect(page.get_by_label("Training data")).to_have_value("Forty waltzes")

    page.get_by_label("Model").set_input_files(good)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Salon is here, as a draft")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Activate")).to_be_visible(timeout=PATIENCE)
