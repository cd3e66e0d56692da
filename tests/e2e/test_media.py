import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.store.atomic import write_json, write_table
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser
KINDS = ["mislabelled", "outlier", "ambiguous", "rare", "subtle", "easy"]


@pytest.fixture
def retell(site):
    """retell(columns, scores, **info): `animals` with other catalog columns, more scores and another run.json."""

    def change(columns=None, scores=None, data=None, **info):
        home = site.folder / "runs" / "animals"
        known = json.loads((home / "run.json").read_text())
        known["data"] |= data or {}
        write_json(home / "run.json", {**known, "fingerprint": "other", **info})
        if columns:
            catalog = pd.read_parquet(home / "catalog.parquet")[["id", "label"]]
            write_table(home / "catalog.parquet", catalog.assign(**columns))
        table = pq.read_table(home / "scores.parquet")
        for name, values in (scores or {}).items():
            column = values if isinstance(values, pa.Array) else pa.array(values)
            if name in table.column_names:
                table = table.set_column(table.column_names.index(name), name, column)
            else:
                table = table.append_column(name, column)
        write_table(home / "scores.parquet", table)

    return change


def test_texts_are_found_by_their_words_read_on_tiles_and_marked_in_review(retell, opened):
    texts = [f"plain text {k}" for k in range(600)]
    texts[7] = "🎬 a <b>terrible</b> film that I <i>loved</i>"
    marks = [None] * 600
    start = texts[7].index("<i>")
    marks[7] = f"[[4, 19, 1.0], [{start}, {start + 12}, -0.6]]"
    retell({"text": texts}, {"marks": marks}, {"medium": "text", "root": None})
    page = opened("explore")
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.get_by_placeholder("Words or").fill("Terrible")
    page.wait_for_selector(".hem-explorer[data-filtered='1'][data-count='1']")  # and Python has heard of it
    tile = page.locator(".hem-tile").first
    tile.get_by_text(texts[7]).wait_for()
    assert tile.locator("b, i:not([style])").count() == 0
    page.wait_for_url("**run=animals**")  # Python has followed, and nothing on the page moves any more
    tile.dblclick()
    page.wait_for_selector(".hem-drawer[data-shown]")
    assert page.locator(".hem-drawer .frame .text").inner_text() == texts[7]
    page.get_by_role("button", name="Open in Review").click()
    page.wait_for_url("**/review*")
    page.wait_for_selector(".hem-review .frame .text")
    assert page.locator(".hem-review .frame .text").inner_text() == texts[7]
    assert page.locator(".hem-review mark.harder").all_inner_texts() == ["<b>terrible</b>"]
    assert page.locator(".hem-review mark.easier").all_inner_texts() == ["<i>loved</i>"]
    assert page.locator(".hem-review .legend").inner_text() == "words against and for the given label"
    line = page.locator(".hem-review .lines li").first
    assert line.inner_text().split("\n")[1] == "plain text 8"
    words, more = (line.locator(part).bounding_box() for part in ("span", "a.more"))
    assert words["y"] <= more["y"] < words["y"] + words["height"]  # beside the text, not on a line of its own


def test_rows_show_what_is_unusual_and_grey_reasons_where_the_model_is_weak(retell, opened):
    age = np.where(np.arange(600) == 7, 120.0, 30.0 + np.arange(600) % 20)
    port = np.where(np.arange(600) == 7, "<b>C</b>", "S")
    features = [{"name": "port", "kind": "category"}, {"name": "age", "kind": "number"}]
    probs = np.tile(np.float32([0.05, 0.1, 0.05, 0.4, 0.35, 0.05]), (600, 1))
    scores = {
        "reason": ["unsure"] * 600, "reason_prob": probs.max(1), "error_prob": np.full(600, 0.83, "f4"),
        "error_prob_low": np.full(600, 0.71, "f4"), "error_prob_high": np.full(600, 0.9, "f4"),
        "reason_probs": pa.FixedSizeListArray.from_arrays(pa.array(probs.ravel()), 6),
    }  # fmt: skip
    reasons = {"how": "calibrated", "kinds": KINDS, "auroc": 0.72, "n_probes": 480, "is_trusted": False}
    data = {"medium": "row", "root": None, "features": features}
    retell({"age": age, "port": port}, scores, data, reasons=reasons)
    page = opened('review?queue=filter&rule={"all":[{"column":"age","min":100,"max":null}]}')
    page.wait_for_selector(".hem-review .features")
    first = page.locator(".hem-review .features tbody tr").first.locator("th, td")
    assert first.all_inner_texts()[:3] == ["age", "120", "41.5"]
    assert page.locator(".hem-review .features tbody tr").nth(1).locator("td").first.inner_text() == "<b>C</b>"
    assert page.get_by_text("none of 8 have the same").is_visible()
    assert page.locator(".hem-review .why.grey").is_visible()
    assert page.locator(".hem-review .chip").inner_text() == "unsure rare 40% or subtle 35%"
    assert page.locator(".hem-review .reason.top").all_inner_texts() == ["rare\n40%", "subtle\n35%"]
    assert page.get_by_text("a fresh model gets it wrong with probability 83% (71–90%)").is_visible()
    assert page.get_by_text("AUROC .72 < .80: this model cannot tell").is_visible()
    assert page.locator(".hem-review .axis.worst").count() == 1
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.locator(".hem-tile", has_text="<b>C</b>").wait_for()
    assert page.locator(".hem-section.is-grey[data-column=reason]").count() == 1


def test_a_lasso_is_no_review_and_own_tags_are_on_the_tiles(site, opened):
    home = open_workspace(site.folder)
    log, data = home.tags(), home.run("animals").data
    ids = home.run("animals").query(columns=["id"], order="label_suspicion", limit=100)["id"].tolist()
    log.add(data, ids, "hard", who="anna")
    log.add(data, ids[:1], "<i>mine</i>", who="anna")
    page = opened("review")
    page.wait_for_selector(".hem-review .look")
    assert page.locator(".hem-review header.head").get_attribute("data-done") == "0"
    page.get_by_text("hard, keep, with 99 others").wait_for()
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.get_by_label("sort by").select_option("label_suspicion")
    badge = page.locator(".hem-tile .hem-badge").first
    page.wait_for_function("document.querySelector('.hem-tile .hem-badge')?.textContent === 'hard +1'")
    assert badge.get_attribute("title") == "hard, <i>mine</i>"
