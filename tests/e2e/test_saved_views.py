"""Saved views in a browser: saved in Explore, and opened by somebody else through an address."""

import json
from urllib.parse import quote

import pytest

from hem_core.store import saved_views

pytestmark = pytest.mark.browser


def test_a_view_is_saved_in_explore_and_an_address_opens_it(site, opened):
    hard = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    page = opened(f"explore?rule={quote(json.dumps(hard))}")
    page.wait_for_selector(".hem-explorer[data-ready='true'][data-filtered='60']")
    page.get_by_role("tab", name="Confusion matrix").click()
    page.wait_for_function("() => new URL(location.href).searchParams.get('view')?.includes('matrix')")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save this view as").fill("Hard cells")
    page.get_by_label("Save this view as").press("Enter")
    page.locator(".st-key-view_save button:enabled").click()
    page.get_by_role("button", name="Hard cells").wait_for()
    view = saved_views.load(site.folder, "Hard cells")
    assert (view.filter, view.who) == (hard, "anna")
    other = opened("?saved=Hard%20cells", person="bob")
    other.wait_for_selector(".hem-explorer[data-ready='true'][data-filtered='60']")
    other.get_by_role("tab", name="Confusion matrix", selected=True).wait_for()
    # One click, while Explore is open: the page follows.
    other.goto(site.address("explore"))
    other.wait_for_selector(".hem-explorer[data-ready='true'][data-filtered='600']")
    other.get_by_role("button", name="Views").click()
    other.get_by_role("button", name="Hard cells").click()
    other.wait_for_selector(".hem-explorer[data-filtered='60']")
