"""The page Jobs: every state with what can be done about it, and the sign in the frame."""

import os

import pytest

from hem_core.alive import process_of
from hem_core.jobs import start as jobs
from hem_core.jobs.job import new_job, open_job
from hem_core.jobs.work import done, failed
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.workspace import open_workspace


def begun(folder, kind, called, **settings):
    """A job whose process is gone."""
    job = new_job(folder, kind, called, settings)
    jobs.prepare(job, "process", total=40)
    return job


def running(folder, called="first"):
    """A scoring that a living process is working on."""
    job = begun(folder, "scoring", called, argv=["score", "data.npz", "--out", f"runs/{called}"], cwd=str(folder))
    write_json(job.claim, {"pid": os.getppid(), "process": process_of(os.getppid())})
    progress = {"stage": "score", "done": 1200, "total": 5000, "rate": 350.0, "seconds_left": 12.0}
    write_json(folder / "runs" / called / "progress.json", progress)
    return job


def export_of(folder, formats=("csv",)):
    sets.save(folder, "few", open_workspace(folder).run("tiny").table().head(4), {"run": "tiny"})
    settings = {"set": "few", "version": 1, "formats": list(formats), "data": ""}
    return begun(folder, "export", f"few-v1-{'-'.join(formats)}", **settings)


def said(test):
    kinds = (test.markdown, test.caption, test.subheader, test.error, test.text)
    return "\n".join(one.value for kind in kinds for one in kind).replace("\\", "")


def buttons(test):
    return [one.label for one in test.button]


def click(test, label):
    next(one for one in test.button if one.label == label).click().run()
    assert not test.exception
    return test


def test_without_jobs_it_says_how_to_start_one(show, whole_workspace):
    test = show(whole_workspace, "jobs")
    assert not test.exception
    assert "No background work yet" in said(test)
    assert "hem score DATA" in test.code[0].value


def test_it_is_there_before_the_first_run_is(show, tmp_path):
    running(tmp_path)
    test = show(tmp_path, "jobs")
    assert "Scoring: first" in said(test)
    assert [one.label for one in show(tmp_path, "overview").button] == ["1 job running", "Add data"]


def test_a_running_one_shows_its_rate_and_the_time_left_and_the_command(show, workspace):
    folder = workspace()
    running(folder)
    test = show(folder, "jobs")
    assert not test.exception
    assert "Running · 1" in said(test)
    assert "Scoring: first" in said(test)
    bar = test.get("progress")[0].proto
    assert bar.value == 24
    assert bar.text.replace("\\", "") == "score: 1,200 of 5,000 · 350 a second · about 12 s left"
    assert test.code[0].value == "hem score data.npz --out runs/first"
    assert {"Stop", "Open", "1 job running"} <= set(buttons(test))
    assert "Resume" not in buttons(test)


def test_a_failed_one_shows_its_error_and_its_log(show, workspace):
    folder = workspace()
    job = export_of(folder)
    failed(job, "no picture is left: **none**")
    job.log.write_text("one\ntwo\n")
    test = show(folder, "jobs")
    assert "Failed or stopped · 1" in said(test)
    assert "no picture is left: **none**" in said(test)
    assert test.code[0].value == "one\ntwo"
    assert {"Try again", "Remove"} <= set(buttons(test))


@pytest.mark.slow
def test_a_stopped_one_is_resumed_and_then_done(show, workspace):
    folder = workspace()
    job = export_of(folder)
    test = show(folder, "jobs")
    assert "resumed, it gives the same result" in said(test)
    click(test, "Resume")
    jobs.wait(job)
    test = show(folder, "jobs")
    assert "Done · 1" in said(test)
    assert (folder / "exports" / "few-v1-csv" / "examples.csv").is_file()
    assert "Resume" not in buttons(test)
    click(test, "Remove")
    assert open_job(folder, "export", "few-v1-csv") is None
    assert "No background work yet" in said(test)


def test_open_leads_to_what_it_made(show, workspace, add_run):
    folder = workspace()
    add_run(folder, "second")
    job = begun(folder, "refit", "tiny", n_tags=3)
    done(job, {"n": 60, "changed": 2})
    test = show(folder, "jobs", run="second")
    assert "Refit of the reasons: tiny with 3 tags" in said(test)
    click(test, "Open")
    assert test.query_params["run"] in ("tiny", ["tiny"])


def test_what_is_refused_is_said_on_the_page(show, workspace):
    folder = workspace()
    job = export_of(folder)
    write_json(job.home / "exports" / "few-v1-csv" / "work.process",
               {"pid": os.getppid(), "process": process_of(os.getppid())})  # fmt: skip
    other = begun(folder, "proof", "k", run="tiny", level="examples", n=4)
    write_json(folder / "proofs" / "k.json" / "work.process",
               {"pid": os.getppid(), "process": process_of(os.getppid())})  # fmt: skip
    test = show(folder, "jobs")
    click(test, "Resume")
    assert f"process {os.getppid()} is working on" in said(test)
    assert other.folder.is_dir()


def test_a_read_only_workspace_shows_its_jobs_but_stops_and_resumes_none(show, workspace, read_only):
    folder = workspace()
    running(folder)
    export_of(folder)
    test = show(read_only(folder), "jobs")
    assert not test.exception
    assert "Running · 1" in said(test)
    assert "Failed or stopped · 1" in said(test)
    assert not {"Stop", "Resume", "Try again", "Remove"} & set(buttons(test))


@pytest.mark.parametrize("page", ["overview", "explore", "sets"])
def test_the_frame_says_how_many_jobs_run_only_while_they_do(show, workspace, page):
    folder = workspace()
    assert "1 job running" not in buttons(show(folder, page))
    job = running(folder)
    running(folder, "second")
    test = show(folder, page)
    assert not test.exception
    assert "2 jobs running" in buttons(test)
    job.claim.unlink()
    assert "1 job running" in buttons(show(folder, page))
