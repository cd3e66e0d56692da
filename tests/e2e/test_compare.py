import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from app.views.compare.flows import COLOURS
from hem_core.store.atomic import write_json, write_table

pytestmark = pytest.mark.browser
IS_DRAWN = """(colour) => {
  const plot = document.querySelector("[class*=st-key-density] .js-plotly-plot");
  const isIdle = document.querySelector("[data-test-script-state=notRunning]");
  return Boolean(isIdle) && plot?.data?.at(-1)?.marker.color === colour;
}"""


def add_run(folder, name):
    """A later run over the pictures of `animals`: right but for every twentieth, half of them wrong before too."""
    home = folder / "runs" / name
    shutil.copytree(folder / "runs" / "animals", home)
    table = pq.read_table(home / "scores.parquet").to_pandas()
    was_right = table["is_correct"].to_numpy()
    wrong = np.r_[np.flatnonzero(was_right)[:6], np.flatnonzero(~was_right)[:9]]
    table["is_correct"] = True
    table.loc[wrong, "is_correct"] = False
    table["predicted"] = np.where(table["is_correct"], table["label"], table["label"].shift(1, fill_value="hen"))
    table["difficulty"] = table["difficulty"].to_numpy()[::-1]
    write_table(home / "scores.parquet", table)
    info = json.loads((home / "run.json").read_text())
    later = {"name": name, "created": "2026-02-02T03:04:05Z", "fingerprint": "later", "accuracy": 585 / 600}
    write_json(home / "run.json", {**info, **later})
    return int((~was_right).sum())


def test_from_the_matrix_and_the_map_to_the_examples_in_explore(site, opened):
    fixed = add_run(site.folder, "later") - 9
    page = opened("compare")
    page.get_by_text("of 600 · regressed: right before, wrong after").wait_for()
    page.wait_for_url("**/compare?run=later&against=animals")
    page.wait_for_function("document.querySelectorAll('.hem-cmp a').length === 6")
    page.wait_for_function("document.querySelector('.hem-cmp a img').complete")
    assert page.locator(".hem-cmp a img").first.evaluate("picture => picture.naturalWidth") > 0
    fields = page.locator("[class*=st-key-flow_matrix] .barlayer .point path")
    fields.nth(3).wait_for()
    box = fields.nth(3).bounding_box()
    page.mouse.click(box["x"] + 12, box["y"] + 12)
    page.get_by_text("of 600 · fixed: wrong before, right after").wait_for()
    page.wait_for_url("**cell=fixed")
    map_ = page.locator("[class*=st-key-density] .nsewdrag").first
    page.get_by_text("fixed in colour").wait_for()
    page.wait_for_function(IS_DRAWN, arg=COLOURS["fixed"])
    box = map_.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=6)
    page.mouse.up()
    page.get_by_text("selected on the map").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("selected on the map").wait_for(state="detached")
    page.get_by_role("button", name="Open in Explore").click()
    page.get_by_role("heading", name=f"{fixed} filtered of 600 examples").wait_for()
