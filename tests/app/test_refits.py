import os
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from app.views.overview import refits
from hem_core.jobs import start as jobs
from hem_core.jobs.job import new_job
from hem_core.jobs.state import state
from hem_core.store.atomic import write_json
from hem_core.store.claim import owner
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace


def tag(folder):
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    for k in range(6):
        log.add(data, [f"e{k:02d}"], "ambiguous", who="anna")
    log.add(data, ["e10"], "skip", who="anna")


def buttons(test):
    return [one for one in test.button if "efit" in one.label]


@pytest.mark.slow
def test_a_refit_runs_beside_the_server_and_says_how_many_reasons_changed(refittable):
    tag(refittable)
    before = open_run(refittable / "runs" / "tiny")
    reasons = before.table(["reason"])["reason"]
    assert refits.state(before) == {"status": "none"}
    refits.start(before, 6)
    assert refits.state(before) == {"status": "running", "n_tags": 6}
    refits.wait(before)
    after = open_run(before.folder)
    changed = int((after.table(["reason"])["reason"] != reasons).sum())
    assert refits.state(after) == {"status": "done", "n_tags": 6, "n": 60, "changed": changed}
    assert changed > 0
    assert after.fingerprint != before.fingerprint
    assert after.info["reasons"]["n_tagged"] == 6


@pytest.mark.slow
def test_a_refit_that_is_killed_and_resumed_ends_with_the_same_bytes(refittable, tmp_path):
    tag(refittable)
    whole, killed = (Path(shutil.copytree(refittable, tmp_path / name / "work")) for name in ("whole", "killed"))
    jobs_of = [new_job(home, "refit", "tiny", {"n_tags": 6}) for home in (whole, killed)]
    for job in jobs_of:
        jobs.start(job)
    while state(jobs_of[1]).stage == "starting":
        time.sleep(0.005)
    os.kill(owner(jobs_of[1].claim)["pid"], signal.SIGKILL)
    for job in jobs_of:
        jobs.wait(job)
    assert [state(job).status for job in jobs_of] == ["done", "stopped"]
    assert jobs.resume(jobs_of[1])
    jobs.wait(jobs_of[1])
    assert state(jobs_of[1]).result["n"] == 60
    first, second = (home / "runs" / "tiny" for home in (whole, killed))
    for name in ("scores.parquet", "run.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_refit_that_cannot_be_done_says_why(refittable):
    run = open_run(refittable / "runs" / "tiny")
    write_json(run.folder / "run.json", {**run.info, "status": "running"})
    refits.start(run, 1)
    refits.wait(run)
    found = refits.state(run)
    assert found["status"] == "failed"
    assert "is not complete" in found["error"]


def test_the_button_counts_the_tags_that_say_why(show, refittable):
    assert buttons(show(refittable, "overview")) == []
    tag(refittable)
    (button,) = buttons(show(refittable, "overview"))
    assert button.label == "Refit reasons with 6 tags"


@pytest.mark.slow
def test_the_page_tells_of_a_finished_refit_and_does_not_wait_for_a_running_one(show, refittable):
    tag(refittable)
    run = open_run(refittable / "runs" / "tiny")
    test = show(refittable, "overview")
    (button,) = buttons(test)
    button.click().run()
    assert not test.exception
    assert [one.disabled for one in buttons(test)] in ([True], [False])
    refits.wait(run)
    test = show(refittable, "overview")
    assert any("of 60 reasons changed with 6 tags" in one.value for one in test.caption)
    assert buttons(test)[0].label == "Refit reasons with 6 tags"


@pytest.mark.parametrize(("tag", "n"), [("hard", 1), ("outlier", 1), ("skip", 0), ("duplicate", 0)])
def test_verdicts_that_say_nothing_of_the_reason_are_not_counted(tag, n):
    assert len(refits.useful(pd.DataFrame({"tag": [tag]}, index=["a"]))) == n


def test_a_run_without_kept_features_cannot_be_refitted(calibrated):
    run = open_run(calibrated() / "runs" / "tiny")
    assert not refits.is_possible(run, run.examples)
