import json

import numpy as np
import pandas as pd
import pytest

from hem_core.store.atomic import write_array
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


def choose_format(saved, name):
    """Click a format of the export of a saved set, and wait until it is chosen: the next click sends it along."""
    saved.get_by_text(name, exact=True).click()
    saved.locator("[data-selected]").get_by_text(name, exact=True).wait_for()


def test_from_tags_to_an_exported_folder(site, opened):
    home = open_workspace(site.folder)
    ids = ["animal-001", "animal-002", "animal-003"]
    home.tags().add(home.run("animals").data, ids, "hard", who="anna")
    page = opened("sets")
    page.get_by_text("hard · 3").wait_for()
    page.get_by_role("button", name="Save 3 examples as version 1").click()
    page.get_by_text("Saved hard v1").wait_for()
    choose_format(page.get_by_test_id("stExpander"), "imagefolder")
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Exported,").wait_for(timeout=30_000)
    target = site.folder / "exports" / "hard-v1-imagefolder-parquet"
    page.get_by_text(str(target)).wait_for()
    assert pd.read_parquet(target / "examples.parquet")["id"].tolist() == ids
    assert len(list(target.glob("imagefolder/*/*.png"))) == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as zip").click()
    assert download.value.suggested_filename == "hard-v1-imagefolder-parquet.zip"


def test_a_budget_is_previewed_proven_saved_and_exported_to_files(site, opened):
    rng = np.random.default_rng(0)
    embeddings = np.eye(4)[np.arange(600) % 4] + rng.normal(0, 0.5, (600, 4))
    write_array(site.folder / "runs" / "animals" / "embeddings" / "00000.npy", embeddings.astype(np.float16))
    page = opened("sets")
    page.get_by_text("Everything", exact=True).click()
    number = page.get_by_test_id("stNumberInput").get_by_role("spinbutton")
    number.fill("60")
    number.press("Enter")
    page.get_by_role("button", name="Save 60 examples as version 1").wait_for()
    page.get_by_test_id("stTable").get_by_text("Mean difficulty").wait_for()
    page.get_by_text("compared with 60 random and the 60 hardest of 600").wait_for()
    asked = page.get_by_role("button", name="Prove it")  # unless it went off by itself
    page.get_by_text("points over 60 random examples").or_(asked).first.wait_for(timeout=60_000)
    if asked.count():
        asked.click()
    page.get_by_text("points over 60 random examples").wait_for(timeout=60_000)
    page.get_by_role("tab", name="Left out · 540").click()
    page.get_by_text("540 of 600 candidates, each for one reason").wait_for()
    page.get_by_role("button", name="Save 60 examples as version 1").click()
    saved = page.get_by_test_id("stExpander").first
    saved.get_by_text("60 of everything, by margin, then per class").wait_for()
    saved.get_by_text("points over 60 random examples").wait_for()
    for name in ("coco", "csv"):
        choose_format(saved, name)
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Exported,").wait_for(timeout=60_000)

    version, target = site.folder / "sets" / "hard" / "v1", site.folder / "exports" / "hard-v1-coco-csv-parquet"
    examples = pd.read_parquet(version / "examples.parquet")
    left_out = pd.read_parquet(version / "left_out.parquet")
    manifest = json.loads((version / "manifest.json").read_text())
    assert (len(examples), len(left_out), left_out["id"].isin(examples["id"]).sum()) == (60, 540, 0)
    assert (left_out["why"] != "").all()
    assert examples["weight"].between(1, 4).all()
    assert examples["label"].value_counts().tolist() == [15, 15, 15, 15]
    assert manifest["proof"]["gain"]["low"] <= manifest["proof"]["gain"]["mean"] <= manifest["proof"]["gain"]["high"]
    assert len(pd.read_csv(target / "examples.csv")) == 60
    assert len(list(target.rglob("*.png"))) == 60


def test_answers_of_other_people_come_in_as_verdicts(site, opened):
    page = opened("sets")
    page.get_by_role("button", name="Import labels").click()
    answers = "id,label,who\nanimal-000,dog,ben\nanimal-001,dog,ben\nanimal-999,dog,ben\n"
    file = {"name": "answers.csv", "mimeType": "text/csv", "buffer": answers.encode()}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("3 answers read: 1 keep the label, 1 change it").wait_for()
    home = open_workspace(site.folder)
    state = home.tags().state(home.run("animals").data).set_index("id")
    assert state.loc["animal-000", ["tag", "value", "who"]].tolist() == ["mislabelled", "dog", "ben"]
    assert state.loc["animal-001", "tag"] == "right"


def test_one_click_takes_a_saved_set_to_retraining(site, opened):
    page = opened("sets")
    page.get_by_role("button", name="Save 60 examples as version 1").click()
    page.get_by_role("button", name="Retrain with this set").click()
    page.wait_for_url("**/retrain*")
    page.locator("input[value*='hard v1']").or_(page.get_by_test_id("stSelectbox").get_by_text("hard v1")).wait_for()


@pytest.mark.looks
def test_a_bar_of_the_overview_opens_explore_with_that_reason(opened):
    page = opened()
    bar = page.locator(".st-key-reason_bars_0 .barlayer .point path").first
    box = bar.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/explore?*mislabelled*")


@pytest.mark.looks
def test_run_and_filter_stay_in_the_address_from_page_to_page(opened):
    page = opened('review?rule={"all":[{"column":"label","in":["cat"]}]}&queue=filter')
    page.get_by_text("of 150 reviewed").wait_for()
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Sets").click()
    page.get_by_text("New set").wait_for()
    page.wait_for_url("**/sets?*rule=*")
    page.get_by_text("label is cat").first.wait_for()


@pytest.mark.looks
def test_the_heads_of_the_comparison_stand_above_their_values_and_nothing_sticks_out_of_a_narrow_window(opened):
    page = opened("sets")
    page.set_viewport_size({"width": 900, "height": 800})
    table = page.get_by_test_id("stTable")
    table.get_by_text("Mean difficulty").wait_for()
    left = "cell => cell.querySelector('p').getBoundingClientRect().left"
    heads = table.locator("tr").nth(0).locator("th").all()[1:]
    values = table.locator("tr").nth(1).locator("td").all()
    assert len(heads) == len(values) > 1
    for head, value in zip(heads, values, strict=True):
        assert abs(head.evaluate(left) - value.evaluate(left)) <= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 900
