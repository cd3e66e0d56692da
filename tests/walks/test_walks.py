"""From opening a workspace to an exported set and two reviews: one flow, over every kind of data that HEM knows."""

import re

import pandas as pd
import pytest

pytestmark = pytest.mark.walk
LASSO = [(0.02, 0.02), (0.4, 0.02), (0.4, 0.98), (0.02, 0.98)]
HARD = 90
"""Percentile of the difficulty from which on an example is among the hardest tenth."""


def test_a_visitor_gets_from_the_overview_to_an_exported_set_and_reviews_two(walk):
    table = walk.run.table(["id", "difficulty"])
    hard = set(table.loc[table["difficulty"] >= HARD, "id"])
    look_at_the_overview(walk, len(table))
    n = explore_the_hardest(walk, len(hard))
    selected = select_and_ask_why(walk, n)
    exported = save_and_export(walk, selected)
    assert len(exported) == selected
    assert set(exported["id"]) <= hard
    judged = review_two(walk)
    assert set(walk.tags()["id"]) == judged
    numbers_agree(walk, len(table), len(judged))


def look_at_the_overview(walk, n):
    walk.open()
    walk.page.get_by_text(f"{n:,}", exact=True).first.wait_for()
    walk.page.get_by_role("button", name="Explore the hardest tenth").wait_for()
    walk.station("1-overview")


def explore_the_hardest(walk, n):
    """The filter of the button leaves the hardest tenth, as the files of the run have it."""
    walk.page.get_by_role("button", name="Explore the hardest tenth").click()
    walk.page.wait_for_selector(".hem-explorer[data-ready]")
    assert walk.eventually(lambda: walk.number("filtered")) == n
    assert walk.eventually(lambda: walk.number("count") == n)
    walk.station("2-explore")
    return n


def select_and_ask_why(walk, n):
    """A lasso around the left of the map selects some of them, and the panel says what sets them apart, if anything.

    On a page without a map all that is filtered is taken.
    """
    page = walk.page
    if not page.locator(".hem-catcher").count():
        return n
    box = page.locator(".hem-catcher").bounding_box()
    corners = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in LASSO]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    selected = walk.eventually(lambda: walk.number("selected"))
    assert 0 < selected <= n
    walk.eventually(lambda: walk.number("count") == walk.number("scope") == selected)
    page.locator(".hem-why:not(.is-late)").wait_for()
    walk.station("3-why")
    return selected


def save_and_export(walk, n):
    """The set of the selection, saved and written to files: the exported examples."""
    page = walk.page
    page.get_by_role("button", name="Create set").click()
    page.wait_for_url(re.compile("/sets"))
    page.get_by_role("button", name=re.compile(r"^Save [\d,]+ ")).wait_for()
    everything = page.get_by_test_id("stNumberInput").get_by_role("spinbutton").first
    if everything.count():
        everything.fill(str(n))
        everything.press("Enter")
    save = page.get_by_role("button", name=re.compile(rf"^Save {n:,} "))
    save.wait_for()
    walk.station("4-set")
    save.click()
    page.get_by_text(re.compile("Saved .+ v1")).first.wait_for()
    page.get_by_role("button", name="Export", exact=True).first.click()
    page.get_by_text("Exported,").wait_for(timeout=300_000)
    walk.station("5-exported")
    (target,) = (walk.folder / "exports").iterdir()
    return pd.read_parquet(target / "examples.parquet")


def review_two(walk):
    """Two verdicts by keys; the ids that were on screen."""
    page, judged = walk.page, []
    walk.go("Review")
    for done, key in enumerate("21", 1):
        page.wait_for_selector(".hem-review .body[data-id] .look")
        id = walk.eventually(lambda: new_id(page, judged))
        judged.append(id)
        page.keyboard.press(key)
        page.wait_for_selector(f".hem-review header.head[data-waiting='0'][data-done='{done}']")
    walk.station("6-review")
    return set(judged)


def numbers_agree(walk, n, reviewed):
    """Overview and Explore count the same examples, and Overview the reviews."""
    page = walk.page
    walk.go("Overview")
    page.get_by_text(f"{n:,}", exact=True).first.wait_for()
    page.get_by_test_id("stMetric").filter(has_text=re.compile("reviewed", re.IGNORECASE)).get_by_text(
        str(reviewed), exact=True
    ).wait_for()
    walk.station("7-overview")
    walk.open("explore")
    page.wait_for_selector(".hem-explorer[data-ready]")
    assert walk.eventually(lambda: walk.number("count")) == n


def new_id(page, before):
    id = page.locator(".hem-review main.body").get_attribute("data-id")
    return id if id not in before else None
