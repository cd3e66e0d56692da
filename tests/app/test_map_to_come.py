"""A run that is opened before its map is there: the pages say so, and draw themselves again when it is."""

import json
import os

import pytest

from app.wire.explorer_data import explorer_data
from hem_core.alive import process_of
from hem_core.jobs.job import open_job
from hem_core.store.atomic import write_json
from hem_core.store.claim import FILE
from hem_core.store.map_pending import COMPUTING, INTERRUPTED
from hem_core.store.run import open_run


@pytest.fixture
def early(workspace):
    """The folder of a workspace whose run waits for its map; this process is at work on it."""
    folder = workspace(pending=["map"], missing={"map": COMPUTING})
    home = folder / "runs" / "tiny"
    (home / "projection.parquet").rename(home / "later")
    write_json(home / FILE, {"pid": os.getpid(), "process": process_of(os.getpid()), "since": 0})
    write_json(home / "progress.json", {"stage": "map", "done": 120, "total": 500})
    return folder


def finish(folder):
    home = folder / "runs" / "tiny"
    (home / "later").rename(home / "projection.parquet")
    info = json.loads((home / "run.json").read_text())
    info = {name: value for name, value in info.items() if name != "pending"}
    write_json(home / "run.json", {**info, "missing": {}, "fingerprint": "whole"})


def words(test):
    return " ".join(item.value.replace("\\", "") for item in test.caption)


def test_overview_says_how_far_the_map_is_and_no_more_once_it_is_there(show, early):
    test = show(early, "overview")
    assert not test.exception
    assert not test.error
    assert f"{COMPUTING} 120 of 500 steps." in words(test)
    assert not any("Missing" in item.label for item in test.expander)
    finish(early)
    assert COMPUTING not in words(test.run())


def test_a_map_that_nobody_computes_any_more_is_said_to_be_interrupted(show, early):
    (early / "runs" / "tiny" / FILE).unlink()
    assert INTERRUPTED in words(show(early, "overview"))


def test_explore_draws_without_an_error_and_knows_why_there_is_no_map(show, early):
    test = show(early, "explore")
    assert not test.exception
    assert not test.error
    missing = explorer_data(open_run(early / "runs" / "tiny").examples)["missing"]
    assert missing["map_pending"].startswith(COMPUTING)
    finish(early)
    assert "map_pending" not in explorer_data(open_run(early / "runs" / "tiny").examples)["missing"]


def test_a_map_that_was_interrupted_is_computed_on_overview(show, early):
    """The run of this test is no real one, so its map fails: what is seen here is that the job was started."""
    (early / "runs" / "tiny" / FILE).unlink()
    test = show(early, "overview")
    next(button for button in test.button if button.label == "Compute the map").click().run()
    assert open_job(early, "projection", "tiny") is not None
