"""Boxes in a real browser: a cell of the confusion matrix leads to its boxes, and a box is looked at in its image."""

import pytest
import scenes

import hem_core

pytestmark = pytest.mark.browser


def score(folder):
    """The run `scenes` beside the others: 6 given boxes, of which 3 are found; a prediction on nothing, one twice."""
    data = scenes.write(folder / "scenes")
    photos = data / "photos"
    out = folder / "runs" / "scenes"
    hem_core.score(None, data / "annotations.json", predictions=data / "results.json", images=photos, out=out)


def click_cell(page, number):
    """Click the first cell of the matrix with this number."""
    cell = page.locator(".js-plotly-plot .scatterlayer text").get_by_text(number, exact=True).first
    cell.wait_for()
    cell.scroll_into_view_if_needed()
    cell.click(force=True)


def test_a_cell_of_the_matrix_leads_to_its_boxes_and_a_box_into_its_image(site, opened):
    score(site.folder)
    page = opened("detection?run=scenes")
    page.get_by_role("link", name="Detection").wait_for()
    click_cell(page, "2")  # given "cell", predicted "cell": one is right, one is off
    page.wait_for_selector(".hem-explorer[data-ready]")
    explorer = page.locator(".hem-explorer")
    assert explorer.get_attribute("data-filtered") == "2"
    page.get_by_role("button", name="whole image").click()
    page.wait_for_selector(".hem-tile img")
    page.locator(".hem-tile").first.focus()
    page.keyboard.press("e")
    page.wait_for_selector(".hem-enlarged[data-ready]")
    assert "IoU" in page.locator(".hem-enlarged-about dl").inner_text()
    page.keyboard.press("3")
    page.wait_for_selector(".hem-enlarged[data-ready][data-hidden~='others']")
    page.keyboard.press("+")
    assert page.locator(".hem-enlarged").get_attribute("data-zoom") == "1.50"
    before = page.locator(".hem-enlarged").get_attribute("data-row")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(f".hem-enlarged[data-ready]:not([data-row='{before}'])")
    page.keyboard.press("Escape")
    page.wait_for_selector(".hem-enlarged", state="hidden")


def test_the_tab_is_hidden_for_a_run_without_boxes(opened):
    page = opened("?run=animals")
    page.get_by_role("link", name="Explore").wait_for()
    assert page.get_by_role("link", name="Detection").count() == 0
