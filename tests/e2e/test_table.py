"""The table of Explore in a real browser: sorted by its headers, picked, and filtered like every other view."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.looks]


def test_the_table_sorts_picks_and_opens_what_the_other_views_show(opened):
    page = opened("explore?run=animals")
    page.wait_for_selector(".hem-explorer[data-ready]")
    explorer, rows = page.locator(".hem-explorer"), page.locator(".hem-table-layer .hem-table-row")
    page.get_by_role("tab", name="Table").click()
    page.wait_for_selector(".hem-table[data-filled='0 600']")

    def cells(k):
        return rows.nth(k).locator(".hem-cell").all_inner_texts()[1:]

    page.locator("[data-field=id] button").click()
    page.wait_for_selector(".hem-table[data-filled='0 600'] [data-field=id][aria-sort=ascending]")
    page.wait_for_function("document.querySelector('.hem-table-layer .hem-table-row').innerText.includes('animal-000')")
    rows.nth(1).click()
    rows.nth(4).click(modifiers=["Shift"])
    page.wait_for_selector(".hem-explorer[data-scope='4']")
    page.keyboard.press("End")
    page.wait_for_function("document.activeElement.innerText.includes('animal-599')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hem-drawer [data-id='animal-599']")
    page.keyboard.press("Escape")
    last = page.locator(".hem-table-layer .hem-table-row", has_text="animal-599")
    last.press("e")
    page.wait_for_selector(".hem-enlarged:not([hidden])[data-ready]")
    page.keyboard.press("Escape")
    last.press("m")
    page.wait_for_selector(".hem-explorer[data-selected='60']")
    page.keyboard.press("Escape")
    page.wait_for_selector(".hem-explorer[data-selected='0']")
    page.locator("[data-column=reason] .hem-line", has_text="mislabelled").click()
    page.wait_for_function("document.querySelector('.hem-table').getAttribute('aria-rowcount') < 100")
    shown = explorer.get_attribute("data-filtered")
    page.wait_for_selector(f".hem-table[data-filled='0 {shown}']")
    assert "mislabelled" in cells(0)
    page.reload()
    page.wait_for_selector(f".hem-table[data-filled='0 {shown}'] [data-field=id][aria-sort=ascending]")
