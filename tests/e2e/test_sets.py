import time

import pandas as pd
import pytest

from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


def test_from_tags_to_an_exported_folder(page, serve, workspace):
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    log.add(data, ["e01", "e02", "e03"], "hard", who="anna")
    page.goto(f"{serve(folder)}/sets")
    page.get_by_text("hard · 3").wait_for()
    page.get_by_role("button", name="Save 3 examples as version 1").click()
    page.get_by_text("Saved hard v1").wait_for()
    page.get_by_test_id("stExpander").get_by_text("imagefolder", exact=True).click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Exported,").wait_for(timeout=30_000)
    target = folder / "exports" / "hard-v1-imagefolder-parquet"
    assert page.get_by_text(str(target)).is_visible()
    assert pd.read_parquet(target / "examples.parquet")["id"].tolist() == ["e01", "e02", "e03"]
    assert len(list(target.glob("imagefolder/*/*.png"))) == 3
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as zip").click()
    assert download.value.suggested_filename == "hard-v1-imagefolder-parquet.zip"


def test_a_bar_of_the_overview_opens_explore_with_that_reason(page, serve, workspace):
    page.goto(serve(workspace()))
    bars = page.locator(".st-key-reason_bars_0 .barlayer .point path")
    bars.first.wait_for()
    bars.first.click()
    page.wait_for_url("**/explore?*")
    for _ in range(50):
        if "mislabelled" in page.url:
            break
        time.sleep(0.1)
    assert "mislabelled" in page.url


def test_run_and_filter_stay_in_the_address_from_page_to_page(page, serve, workspace):
    address = serve(workspace())
    page.goto(f'{address}/review?rule={{"all":[{{"column":"label","in":["cat"]}}]}}&queue=filter')
    page.wait_for_selector(".hem-review .look")
    assert "20 reviewed" in page.locator(".hem-review header.head").inner_text()
    page.get_by_test_id("stTopNavLinkContainer").get_by_text("Sets").click()
    page.get_by_text("New set").wait_for()
    page.wait_for_url("**/sets?*rule=*")
    assert "label is cat" in page.get_by_text("label is cat").first.inner_text()
