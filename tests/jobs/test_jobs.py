"""The room of jobs, on a kind that a package brings by one file: real processes, found by whoever looks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hem_core.errors import RunError, TakenError
from hem_core.jobs import start as jobs
from hem_core.jobs.job import listing, new_job, open_job, running
from hem_core.jobs.state import is_running, log_tail, state, title
from hem_core.store.claim import owner

ROOT = Path(__file__).parents[2]


def wait_until(found):
    for _ in range(1000):
        if found():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def begun(job):
    """Start a job that waits; returns its folder's `wait` file."""
    wait = job.workspace / "wait"
    wait.touch()
    assert jobs.start(job, total=4)
    wait_until(lambda: state(job).stage == "waiting")
    return wait


def kill(job):
    os.kill(owner(job.claim)["pid"], signal.SIGKILL)
    jobs.wait(job)


def test_a_kind_of_one_file_runs_in_a_process_of_its_own_and_is_done(counting):
    job = counting()
    assert jobs.start(job)
    jobs.wait(job)
    found = state(job)
    assert (found.status, found.result, found.error) == ("done", {"counted": 3}, "")
    assert (job.workspace / "counted").read_text() == "0\n1\n2\n"
    assert title(job) == "Counting: to 3"
    assert log_tail(job) == "counting"
    assert found.started <= found.ended
    assert [each.name for each in listing(job.workspace)] == ["three"]


def test_a_running_job_says_how_far_it_is(counting):
    job = counting()
    begun(job)
    found = state(job)
    assert (found.status, found.done, found.total, found.share) == ("running", 1, 4, 0.25)
    assert found.can_stop
    assert not found.can_resume
    assert running(job.workspace) == [job]


@pytest.mark.slow
def test_a_killed_job_is_stopped_and_resumed_to_the_same_bytes(counting):
    undisturbed, job = counting("undisturbed", 9, "whole"), counting("killed", 9, "killed")
    jobs.start(undisturbed)
    jobs.wait(undisturbed)
    wait = begun(job)
    kill(job)
    assert state(job).status == "stopped"
    assert state(job).can_resume
    wait.unlink()
    assert jobs.resume(open_job(job.workspace, "counting", "killed"))
    jobs.wait(job)
    assert state(job).status == "done"
    assert (job.workspace / "killed").read_bytes() == (job.workspace / "whole").read_bytes()


@pytest.mark.slow
def test_a_failed_job_shows_its_error_and_the_log_and_runs_again(counting):
    job = counting(n=-1)
    jobs.start(job)
    jobs.wait(job)
    found = state(job)
    assert (found.status, found.error) == ("failed", "cannot count to -1; take a number from 0 on")
    assert log_tail(job) == "counting\ncannot count to -1; take a number from 0 on"
    job = counting(n=2)
    assert jobs.start(job)
    jobs.wait(job)
    assert (state(job).status, state(job).error) == ("done", "")


def test_what_nobody_foresaw_is_named_and_its_traceback_is_in_the_log(counting):
    job = counting(n="three")
    jobs.start(job)
    jobs.wait(job)
    assert state(job).error == "TypeError: '<' not supported between instances of 'str' and 'int'"
    assert "Traceback" in log_tail(job)


@pytest.mark.slow
def test_a_stopped_job_ends_and_can_be_resumed(counting):
    job = counting()
    begun(job)
    jobs.stop(job)
    assert state(job).status == "stopped"
    (job.workspace / "wait").unlink()
    assert jobs.resume(job)
    jobs.wait(job)
    with pytest.raises(RunError, match="there is nothing to resume of Counting: to 3: it is done"):
        jobs.resume(job)


def test_the_same_job_is_never_started_twice(counting):
    job, started = counting(), []
    (job.workspace / "wait").touch()
    threads = [threading.Thread(target=lambda: started.append(jobs.start(job))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [False] * 5 + [True]
    assert not jobs.resume(job)


def test_two_that_would_write_the_same_thing_exclude_each_other_in_words(counting):
    one, other = counting("one"), counting("other")
    begun(one)
    with pytest.raises(
        TakenError, match=r"Counting: to 3 is running since .*counted; wait until it has ended, or stop"
    ):
        jobs.start(other)
    assert open_job(other.workspace, "counting", "other") is None
    elsewhere = counting("elsewhere", file="elsewhere")
    assert jobs.start(elsewhere)


def test_a_folder_that_a_command_writes_is_left_alone(counting, held_by_another):
    job = counting()
    held_by_another(job.workspace / "counted" / "work.process")
    with pytest.raises(TakenError, match=f"process {os.getppid()} is working on .*counted"):
        jobs.start(job)


@pytest.mark.slow
def test_a_job_of_a_server_that_ended_is_found_and_not_begun_twice(counting):
    job = counting()
    (job.workspace / "wait").touch()
    code = (
        "import json, sys; from pathlib import Path; from hem_core.jobs import start; from hem_core.jobs.job import "
        "new_job; assert start.start(new_job(sys.argv[1], 'counting', 'three', json.loads(sys.argv[2])))"
    )
    subprocess.run([sys.executable, "-c", code, str(job.workspace), json.dumps(job.settings)], check=True)
    assert state(job).status == "running"
    assert not jobs.start(job)
    jobs.stop(job)
    assert state(job).status == "stopped"


def test_short_work_in_a_thread_is_done_at_once_and_is_not_stopped(counting):
    job = counting()
    wait = job.workspace / "wait"
    wait.touch()
    assert jobs.start(job, in_thread=True)
    assert not jobs.start(job)
    assert not state(job).can_stop
    with pytest.raises(RunError, match="is done by the app itself"):
        jobs.stop(job)
    wait.unlink()
    jobs.wait(job)
    assert state(job).status == "done"


def test_a_job_is_taken_off_the_list_when_it_has_ended(counting):
    job = counting()
    begun(job)
    with pytest.raises(RunError, match="is running; stop it first"):
        jobs.forget(job)
    (job.workspace / "wait").unlink()
    jobs.wait(job)
    jobs.forget(job)
    assert listing(job.workspace) == []
    assert (job.workspace / "counted").is_file()


def test_a_result_that_was_removed_is_not_done_any_more(counting):
    job = counting()
    jobs.start(job)
    jobs.wait(job)
    (job.workspace / "counted").unlink()
    assert (state(job).status, state(job).ended_well) == ("stopped", True)


def test_a_job_of_a_kind_that_is_not_installed_is_still_listed(counting, monkeypatch):
    job = counting()
    jobs.start(job)
    jobs.wait(job)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if not path.endswith("package")])
    assert state(job).status == "done"
    assert title(job) == "counting: three"


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden"])
def test_a_name_that_no_folder_can_have_is_refused(tmp_path, name):
    with pytest.raises(RunError, match="a job cannot be called"):
        new_job(tmp_path, "scoring", name, {})


def test_a_workspace_that_cannot_be_written_to_is_said_in_a_sentence(counting):
    job = counting()
    (job.workspace / "jobs").write_text("")
    with pytest.raises(RunError, match="nothing can be written to"):
        jobs.start(job)
    assert not is_running(job)
