"""The screen of Explore comes back from its address, and its panes keep the widths that they were given."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.looks]

STATE = """() => {
  const root = document.querySelector('.hem-explorer'), { filtered, selected } = root.dataset;
  return [filtered, selected, document.querySelector('[aria-label="sort by"]').value,
    [...document.querySelectorAll('.hem-tile')].map((one) => one.dataset.row).join(' '),
    document.querySelector('.hem-figure-place').dataset.onScreen,
    document.querySelector('.hem-gallery').offsetWidth, document.querySelector('.hem-filters').offsetWidth];
}"""


def test_a_reload_and_a_copied_link_show_the_same_screen(opened, site):
    page = opened("explore?run=animals", permissions=["clipboard-read", "clipboard-write"])
    page.wait_for_selector(".hem-explorer[data-ready]")
    width = "() => document.querySelector('.hem-gallery').offsetWidth"
    before = page.evaluate(width)
    page.get_by_role("separator", name="width of the gallery").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(width) == before + 16
    page.get_by_role("separator", name="width of the filters").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("tab", name="Embedding map").click()
    search = page.get_by_role("searchbox", name="search")
    search.fill("/animal-(/")
    page.get_by_role("alert").get_by_text("is not a regular expression").wait_for()
    search.fill("/^animal-[0-2]/")
    page.wait_for_selector(".hem-explorer[data-filtered='300'][data-count='300']")
    page.get_by_label("sort by").select_option("margin")
    page.get_by_role("button", name="next page").click()
    page.get_by_role("button", name="zoom in").click()
    page.wait_for_function("new URL(location).searchParams.get('zoom') && new URL(location).searchParams.get('page')")
    page.wait_for_url("**margin**")
    shown = page.evaluate(STATE)
    assert int(shown[4]) < 600  # the zoom hides some
    page.get_by_role("button", name="copy a link").click()
    page.get_by_text("Link copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    page.reload()
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.wait_for_function(f"(wanted) => JSON.stringify(({STATE})()) === JSON.stringify(wanted)", arg=shown)
    page.goto(site.address("overview"))
    page.goto(link)
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.wait_for_function(f"(wanted) => JSON.stringify(({STATE})()) === JSON.stringify(wanted)", arg=shown)
