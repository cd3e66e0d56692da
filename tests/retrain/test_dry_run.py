"""Counting trainings before they are made, stopping in time, other seeds."""

import numpy as np
import pytest
from typer.testing import CliRunner

from hem_core.cli import hem as command
from hem_core.cli._duration import in_words, seconds_of
from hem_core.engine.budget import Budget
from hem_core.errors import HemError, ModelError, RunError
from hem_core.retrain.dry_run import dry_run
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings

pytestmark = pytest.mark.slow


def settings(**more):
    return Settings(**({"set": "hard", "train": "my_training:train", "seeds": 2} | more))


def files(folder):
    """All but the tag log, which is made when it is first read."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return [path for path in paths if not path.startswith("tags.sqlite")]


def test_a_dry_run_counts_the_trainings_and_writes_nothing(workspace, make_set):
    make_set()
    before = files(workspace)
    found = dry_run(workspace, settings(arms=["control", "random", "curated", "head"]))
    assert found.arms == {"control": 2, "random": 0, "curated": 2, "head": 0}  # labels: random is the control
    assert (found.n_trainings, found.n_done, found.name) == (4, 0, "hard-v1")
    assert found.seconds_each is not None  # the run's own training took it
    assert "the training of run 'blobs' took" in found.timed_by
    assert files(workspace) == before


def test_a_dry_run_refuses_what_a_retraining_refuses(workspace, make_set):
    make_set()
    with pytest.raises(RunError, match="forgets the rest of the data"):
        dry_run(workspace, settings(recipe="only"))


def test_a_budget_stops_before_a_training_that_would_not_end_in_time_and_the_same_call_resumes(workspace, make_set):
    make_set()
    asked = settings(arms=["control", "curated"])
    stopped = retrain(workspace, settings(arms=["control", "curated"], budget=1e-9 + 1e-3))
    assert (stopped.report, stopped.status) == (None, "stopped")
    assert stopped.progress["finished"] == []
    one = retrain(workspace, settings(arms=["control", "curated"], budget=60))
    assert one.status == "complete"
    whole = retrain(workspace, asked)
    assert whole.folder == one.folder


def test_a_dry_run_is_timed_by_the_trainings_that_were_done(workspace, make_set):
    make_set()
    done = retrain(workspace, settings(seeds=1, arms=["control", "curated"]))
    with np.load(done.folder / "arms" / "control" / "seed_0.npz") as kept:
        assert float(kept["seconds"]) > 0
    again = dry_run(workspace, settings(seeds=1, arms=["control", "curated"]))
    assert (again.n_trainings, again.n_done, again.seconds_left) == (2, 2, 0)
    more = dry_run(workspace, settings(seeds=3))
    assert "the trainings of 'hard-v1' took" in more.timed_by


def test_other_seeds_are_other_trainings_and_the_first_makes_the_runs(workspace, make_set):
    make_set()
    found = retrain(workspace, settings(seeds=2, seed=7, arms=["control", "curated"]))
    assert found.plan["seeds"] == [7, 8]
    kept = sorted(path.name for path in (found.folder / "arms" / "control").glob("*.npz"))
    assert kept == ["seed_7.npz", "seed_8.npz"]
    assert set(found.report["runs"]) == {"control", "curated"}
    assert retrain(workspace, settings(seeds=2, arms=["control", "curated"])).folder != found.folder


def test_a_function_that_takes_a_device_is_told_and_one_that_is_not_there_is_refused(workspace, make_set, my_training):
    file = my_training / "my_training.py"
    placed = "\n\ndef placed(dataset, device):\n    assert device == 'cpu'\n    return train(dataset)\n"
    file.write_text(file.read_text() + placed)
    make_set()
    asked = {"train": "my_training:placed", "seeds": 1, "arms": ["control", "curated"]}
    assert retrain(workspace, settings(device="cpu", **asked)).status == "complete"
    with pytest.raises(ModelError, match=r"device 'cuda:99' was requested"):
        retrain(workspace, settings(device="cuda:99", name="other", **asked))


def test_the_command_says_what_it_would_do_and_what_is_left(workspace, make_set):
    make_set()
    words = ["retrain", str(workspace), "--set", "hard", "--train", "my_training:train", "--seeds", "2"]
    dry = CliRunner().invoke(command, [*words, "--dry-run"], env={"COLUMNS": "200"})
    assert dry.exit_code == 0
    assert "4 trainings, 0 of them done" in dry.stderr
    assert "control: 2 trainings" in dry.stderr
    stopped = CliRunner().invoke(command, [*words, "--budget", "0.001s"], env={"COLUMNS": "200"})
    assert stopped.exit_code == 0
    assert "0 of 6 trainings are done; the next one would not end within 0.001s" in stopped.stderr
    assert "run the same command to resume" in stopped.stderr


def test_a_budget_begins_what_is_not_known_and_nothing_that_would_be_late():
    now = [0.0]
    budget = Budget(10, clock=lambda: now[0])
    assert budget.allows(None)
    assert budget.allows(9)
    now[0] = 4
    assert not budget.allows(6)
    assert budget.allows(5)
    now[0] = 10
    assert not budget.allows(None)
    assert Budget(None).allows(1e9)


def test_times_are_read_and_written_as_people_do():
    assert [seconds_of(text, "--budget") for text in ("90s", "30m", "1h30m", "1.5h", "2 min", None)] == [
        90, 1800, 5400, 5400, 120, None,
    ]  # fmt: skip
    for text in ("30", "", "soon", "-5m", "0s", "5x3m", "m"):
        with pytest.raises(HemError, match=r"--budget expects a time such as 90s, 30m or 1h30m; got"):
            seconds_of(text, "--budget")
    assert [in_words(seconds) for seconds in (4.25, 45, 720, 7500)] == ["4.2 s", "45 s", "12 min", "2 h 5 min"]
