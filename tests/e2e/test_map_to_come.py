"""A run that is opened before its map is there: Explore says so, and the map appears by itself."""

import json
import os
from pathlib import Path

import pytest

from hem_core.alive import process_of
from hem_core.store.atomic import write_json
from hem_core.store.claim import FILE
from hem_core.store.map_pending import COMPUTING

pytestmark = pytest.mark.browser


@pytest.fixture
def early(site):
    """The run `animals` before its map: this process is at work on it. Returns its folder."""
    home = site.folder / "runs" / "animals"
    (home / "projection.parquet").rename(home / "later")
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", info | {"pending": ["map"], "missing": {"map": COMPUTING}, "fingerprint": "early"})
    write_json(home / FILE, {"pid": os.getpid(), "process": process_of(os.getpid()), "since": 0})
    return home


def finish(home):
    """What a process that has computed the map does: the table first, then run.json."""
    (home / "later").rename(home / "projection.parquet")
    info = json.loads((home / "run.json").read_text())
    del info["pending"]
    write_json(home / "run.json", info | {"missing": {}, "fingerprint": "whole"})
    (home / FILE).unlink()


def picture(page, name):
    """Kept where $HEM_PICTURES says, for whoever wants to look."""
    if os.environ.get("HEM_PICTURES"):
        page.screenshot(path=str(Path(os.environ["HEM_PICTURES"]) / f"{name}.png"))


def test_the_map_appears_by_itself_and_the_view_and_the_other_parts_stay(opened, early):
    page = opened("explore")
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.get_by_role("tab", name="Embedding map").click()
    page.get_by_text(COMPUTING).wait_for()
    picture(page, "explore_before_the_map")
    page.get_by_role("tab", name="Confusion matrix").click()
    page.wait_for_selector("[data-matrix=drawn]")
    page.get_by_role("tab", name="Embedding map").click()
    page.get_by_text(COMPUTING).wait_for()
    page.wait_for_function("new URLSearchParams(location.search).get('view')?.includes('embedding')")
    finish(early)
    page.get_by_text(COMPUTING).wait_for(state="detached")
    page.wait_for_selector(".hem-explorer[data-ready] .hem-catcher")
    assert page.get_by_role("tab", name="Embedding map").get_attribute("aria-selected") == "true"
    picture(page, "explore_with_the_map")


def test_overview_says_that_the_map_is_to_come_until_it_is_there(opened, early):
    page = opened("overview")
    page.get_by_text(COMPUTING).wait_for()
    page.get_by_text("Model, data, checkpoint").wait_for()
    picture(page, "overview_before_the_map")
    finish(early)
    page.get_by_text(COMPUTING).wait_for(state="detached")
    page.get_by_text("Model, data, checkpoint").first.wait_for()
