import json
import re
import textwrap

import numpy as np
import pytest

from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser

TRAINING = """
    import time

    import torch
    from torch import nn


    def train(dataset, *, seed=0, progress=None):
        torch.manual_seed(seed)
        images, targets = zip(*[(dataset[at][0], int(dataset[at][1])) for at in range(len(dataset))])
        inputs = torch.stack([torch.as_tensor(image).float().flatten() for image in images])
        model = nn.Sequential(nn.Flatten(), nn.Linear(inputs.shape[1], 4))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), torch.tensor(targets)).backward()
            optimizer.step()
            time.sleep(0.2)
        return model
"""


def make_data(folder):
    """The pictures of `animals` as the file that its run was scored from."""
    images, info = np.load(folder / "data" / "animals.npy"), folder / "runs" / "animals" / "run.json"
    ids = np.array([f"animal-{k:03d}" for k in range(len(images))])
    path = folder / "data" / "animals.npz"
    classes = json.loads(info.read_text())["classes"]
    np.savez(path, images=images, labels=np.arange(len(images)) % 4, ids=ids, classes=np.array(classes))
    known = json.loads(info.read_text())
    write_json(info, {**known, "data": {**known["data"], "source": str(path)}})


def test_started_left_and_read(site, opened):
    home = open_workspace(site.folder)
    examples = home.run("animals").query(columns=["id", "label"], limit=40).drop(columns="row")
    sets.save(site.folder, "hard", examples, {"run": "animals", "rule_in_words": "forty"})
    make_data(site.folder)
    (site.folder / "mine.py").write_text(textwrap.dedent(TRAINING))
    page = opened("retrain")
    page.get_by_role("textbox", name="Train function").fill("mine:train")
    page.get_by_role("textbox", name="Train function").press("Enter")
    seeds = page.get_by_role("spinbutton", name="Seeds")
    seeds.fill("2")
    seeds.press("Enter")
    page.get_by_role("button", name="Start 6 trainings").click()
    page.wait_for_url("**retrain=hard-v1*")
    page.get_by_text("of 6 trainings").wait_for(timeout=90_000)
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Overview").click()  # it goes on when left
    page.get_by_text("Model, data, checkpoint").wait_for()
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Retrain").click()
    page.get_by_text("What changed").wait_for(timeout=120_000)
    for said in ("The rules were fixed before anything was trained.", "Paired table", "How it was done"):
        page.get_by_text(said).first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="report.html").click()
    assert download.value.suggested_filename == "hard-v1.html"
    page.get_by_role("button", name=re.compile("Look at the|Compare: none")).last.click()
    page.wait_for_url("**/compare?run=hard-v1-curated&against=hard-v1-control&cell=regressed*")
    page.get_by_text("What follows is of the models of seed 0 alone.").wait_for()
    page.get_by_text("Accuracy before, seed 0, hard-v1-control").wait_for()
    page.goto(site.url)  # the arms are not the newest run
    page.wait_for_url("**/?run=animals*")
