"""The drawer of Explore in a real browser: one example large beside the map, judged by the keys of Review."""

import pytest

from hem_core.store.tags import open_tags

pytestmark = pytest.mark.browser


def said(site):
    state = open_tags(site.folder / "tags.sqlite").state("animals")
    return dict(zip(state["id"], state["tag"], strict=True))


def test_an_example_opens_beside_the_map_and_is_judged_there_and_on_its_tile(site, opened):
    page = opened("explore?run=animals")
    page.wait_for_selector(".hem-explorer[data-ready]")
    shown = page.locator(".hem-drawer .body[data-id]")

    def order():
        page.wait_for_function("[...document.querySelectorAll('.hem-tile')].every((one) => one.dataset.id)")
        return page.locator(".hem-tile").evaluate_all("(all) => all.map((one) => one.dataset.id)")

    def opens(id):
        page.wait_for_function("(id) => new URL(location).searchParams.get('example') === id", arg=id)
        page.wait_for_selector(".hem-drawer[data-shown]")
        assert shown.get_attribute("data-id") == id

    first, second, third, fourth, *_ = order()
    page.locator(f"[data-id='{first}']").dblclick()
    opens(first)
    assert page.locator(".hem-figure").is_visible()
    page.keyboard.press("ArrowRight")
    opens(second)
    page.keyboard.press("2")  # hard, and on to the next
    opens(third)
    page.locator(f"[data-id='{second}'] .hem-badge", has_text="hard").wait_for()
    page.reload()
    opens(third)
    page.keyboard.press("Escape")
    page.wait_for_selector(".hem-drawer", state="hidden")
    page.wait_for_function("(id) => document.activeElement.dataset.id === id", arg=third)
    assert "example=" not in page.url
    page.keyboard.press("5")  # on the tile
    page.wait_for_function("(id) => document.activeElement.dataset.id === id", arg=fourth)
    page.locator(f"[data-id='{third}'] .hem-badge", has_text="outlier").wait_for()
    page.wait_for_selector(".hem-kept[data-waiting='0']", state="attached")
    assert said(site) == {second: "hard", third: "outlier"}
    page.keyboard.press("u")
    page.locator(".hem-badge", has_text="outlier").wait_for(state="hidden")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open in Review").click()
    page.wait_for_url("**/review*")
    page.wait_for_selector(".hem-review .body[data-id]")
