import pandas as pd
import pytest

from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


def test_from_tags_to_an_exported_folder(site, opened):
    home = open_workspace(site.folder)
    ids = ["animal-001", "animal-002", "animal-003"]
    home.tags().add(home.run("animals").data, ids, "hard", who="anna")
    page = opened("sets")
    page.get_by_text("hard · 3").wait_for()
    page.get_by_role("button", name="Save 3 examples as version 1").click()
    page.get_by_text("Saved hard v1").wait_for()
    page.get_by_test_id("stExpander").get_by_text("imagefolder", exact=True).click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Exported,").wait_for(timeout=30_000)
    target = site.folder / "exports" / "hard-v1-imagefolder-parquet"
    assert page.get_by_text(str(target)).is_visible()
    assert pd.read_parquet(target / "examples.parquet")["id"].tolist() == ids
    assert len(list(target.glob("imagefolder/*/*.png"))) == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as zip").click()
    assert download.value.suggested_filename == "hard-v1-imagefolder-parquet.zip"


def test_a_bar_of_the_overview_opens_explore_with_that_reason(opened):
    page = opened()
    bar = page.locator(".st-key-reason_bars_0 .barlayer .point path").first
    box = bar.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/explore?*mislabelled*")


def test_run_and_filter_stay_in_the_address_from_page_to_page(opened):
    page = opened('review?rule={"all":[{"column":"label","in":["cat"]}]}&queue=filter')
    page.get_by_text("of 150 reviewed").wait_for()
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Sets").click()
    page.get_by_text("New set").wait_for()
    page.wait_for_url("**/sets?*rule=*")
    page.get_by_text("label is cat").first.wait_for()
