import json
import os
import subprocess
import sys

import pytest

from app.views.retrain import report as retrain_report
from app.views.retrain import retrains
from hem_core.alive import process_of
from hem_core.errors import RunError
from hem_core.jobs.job import new_job, open_job
from hem_core.jobs.start import prepare
from hem_core.jobs.work import failed
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace

ARMS, SEEDS = ["control", "random", "curated"], [0, 1]
GONE = 4_194_305
"""A process number above what Linux gives."""


def add_set(folder, name="hard", **manifest):
    examples = open_workspace(folder).run("tiny").query(columns=["id", "label"], limit=6).drop(columns="row")
    return sets.save(folder, name, examples, {"run": "tiny", "rule_in_words": "the **hardest**", **manifest})


def add_plan(folder, name="hard-v1", **changes):
    home = folder / "retrains" / name
    plan = {
        "format_version": 1, "name": name, "set": {"name": "hard", "version": 1, "n": 6}, "run": "tiny",
        "train": "mine:train", "arms": ARMS, "seeds": SEEDS, "recipe": {"name": "mix", "what": "half of each batch"},
        "test": {"how": "drawn", "what": "12 examples, one in 5", "n": 12},
        "target": {"how": "classes", "words": "the classes: **dog**", "n": 4}, "created": "2026-03-01T00:00:00+00:00",
        "forced": [], "notes": [],
    }  # fmt: skip
    write_json(home / "plan.json", {**plan, **changes})
    return home


def add_job(folder, settings):
    """What a retraining was started with by the page, whose process is gone."""
    prepare(new_job(folder, "retraining", "hard-v1", settings), "process")


def add_progress(home, pid, *, finished=(("control", 0), ("control", 1))):
    progress = {"stage": "random, seed 0", "done": 1, "total": 4, "finished": [list(one) for one in finished],
                "n_trainings": 6, "seconds_left": 75.0, "pid": pid, "process": process_of(pid),
                "updated": "2026-03-01T00:01:00+00:00"}  # fmt: skip
    write_json(home / "progress.json", progress)


def difference(mean, low, high):
    return {"mean": mean, "low": low, "high": high}


def add_report(home, *, word="ship"):
    table = [
        {
            "measure": "accuracy", "unit": "%", "better": "higher",
            "arms": {arm: {"mean": mean, "sd": 0.5} for arm, mean in zip(ARMS, (90, 91, 92), strict=True)},
            "difference": {"curated - control": difference(2, 0.5, 3.5), "curated - random": difference(1, -0.5, 2.5)},
        }
    ]  # fmt: skip
    arms = {arm: {"mean": 90.0, "low": 80.0, "high": 95.0} for arm in ARMS}
    counts = {"fixed": {"mean": 3.5, "per_seed": [3, 4]}, "regressed": {"mean": 1.5, "per_seed": [2, 1]}}
    churn = {"fixed": {"mean": 1.0, "per_seed": [1, 1]}, "regressed": {"mean": 1.2, "per_seed": [1, 1]}}
    rules = [{"rule": "accuracy stays **above** −0.2", "passed": True, "value": "+2.00 points"},
             {"rule": "the slice above 0", "passed": word == "ship", "value": "+1.00 points"}]  # fmt: skip
    report = {
        "verdict": {"ship": word == "ship", "word": word, "sentences": ["Ship it.", "By 2 points."], "rules": rules},
        "table": table, "classes": [{"label": "cat", "n": 4, "arms": arms, "difference": -1.0}],
        "slices": [{"name": "night is true", "n": 30, "arms": arms, "difference": 1.0, "p": 0.01, "p_holm": 0.02}],
        "flow": {**counts, "churn": churn}, "mcnemar": [{"seed": 0, "fixed": 3, "regressed": 2, "p": 1.0}],
        "smallest_effect": 1.234, "runs": {arm: f"{home.name}-{arm}" for arm in ARMS}, "n_test": 12,
        "notes": ["All arms train alike."],
    }  # fmt: skip
    write_json(home / "report.json", report)
    (home / "report.html").write_text("<p>report</p>")


def texts(test):
    kinds = ("markdown", "caption", "text", "warning", "error", "info", "subheader", "success")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind)).replace("\\", "")


def train_of(test):
    return next(one.value for one in test.text_input if one.label == "Train function")


def button(test, label):
    return next(one for one in test.button if one.label.startswith(label))


def address(test, name):
    value = test.query_params[name]
    return value[0] if isinstance(value, list) else value


# --- the form ---


def test_without_a_set_the_page_leads_to_sets(show, workspace):
    test = show(workspace(), "retrain")
    assert not test.exception
    assert "No set yet" in texts(test)
    button(test, "Build a set").click().run()
    assert test.session_state["hem_kept_went_to"] == "sets"


def test_without_a_set_a_read_only_workspace_says_that_none_can_be_made(show, workspace, read_only):
    said = texts(show(read_only(workspace()), "retrain"))
    assert "This workspace is read-only" in said
    assert "No set yet" not in said


def test_the_form_knows_the_train_function_and_says_the_test(show, workspace):
    folder = workspace(model={"name": "demo_models.fashion_mnist:model", "hash": "abc"})
    add_set(folder)
    test = show(folder, "retrain")
    assert train_of(test) == "demo_models.fashion_mnist:train"
    assert test.selectbox[1].value == "hard v1"  # 0 is the run picker
    assert "Tested on one in five of the 60 examples" in texts(test)
    assert button(test, "Start 15 trainings")
    assert "control · random · curated, 5 seeds each" in texts(test)


def test_fewer_arms_and_seeds_are_fewer_trainings(show, workspace):
    folder = workspace()
    add_set(folder)
    test = show(folder, "retrain")
    test.number_input[0].set_value(2).run()
    assert button(test, "Start 6 trainings").disabled  # m:model has no train function that is known
    assert "With 2 seeds chance is hard to tell" in texts(test)


def test_labels_alone_of_a_set_that_changes_none_would_be_the_control(show, workspace):
    folder = workspace()
    add_set(folder)
    add_set(folder, "fixed", corrected_labels=2)
    test = show(folder, "retrain")
    assert test.selectbox[1].value == "fixed v1"
    test.selectbox[2].select("labels").run()
    assert "This set changes no label" not in texts(test)
    test.selectbox[1].select("hard v1").run()
    test.selectbox[2].select("labels").run()
    assert "This set changes no label" in texts(test)


def test_a_set_from_the_sets_page_is_the_one_chosen(show, workspace):
    folder = workspace()
    add_set(folder)
    add_set(folder, "other")
    add_report(add_plan(folder))
    test = show(folder, "retrain", retrain="hard-v1")
    test.session_state["hem_kept_retrain_set"], test.session_state["hem_kept_went_to"] = "other v1", "retrain"
    test.run()
    assert test.selectbox[1].value == "other v1"


# --- where it stands ---


def test_a_running_one_shows_each_arm_and_seed_and_the_time_left(show, workspace):
    folder = workspace()
    add_progress(add_plan(folder), os.getpid())
    test = show(folder, "retrain", retrain="hard-v1")
    assert not test.exception
    said = texts(test)
    assert "| control | ✓ | ✓ |" in said
    assert "| random | … | · |" in said
    assert "| curated | · | · |" in said
    assert retrains.status(folder, "hard-v1")["status"] == "running"
    assert button(test, "Stop")


def test_a_stopped_one_goes_on_by_a_button_if_it_was_begun_here(show, workspace):
    folder = workspace()
    add_progress(add_plan(folder), GONE)
    said = texts(show(folder, "retrain", retrain="hard-v1"))
    assert "Stopped. 2 trainings are finished and kept." in said
    assert "started on the command line" in said
    add_job(folder, {"set": "hard v1", "name": "hard-v1"})
    assert button(show(folder, "retrain", retrain="hard-v1"), "Resume")


def test_an_error_is_a_sentence_with_a_way_to_try_again(show, workspace):
    folder = workspace()
    home = add_plan(folder)
    write_json(home / "error.json", {"error": "control, seed 0: 'mine:train' failed: ValueError: **no**"})
    add_job(folder, {"set": "hard v1", "name": "hard-v1"})
    test = show(folder, "retrain", retrain="hard-v1")
    assert "'mine:train' failed: ValueError: **no**" in test.error[0].value.replace("\\", "")
    assert button(test, "Try again")


def test_one_that_was_refused_can_be_changed_or_forced(show, workspace):
    folder = workspace()
    add_set(folder)
    asked = {"set": "hard v1", "train": "mine:train", "test": None, "arms": ["control", "curated"], "seeds": 3,
             "where": None, "recipe": "weights", "name": "hard-v1"}  # fmt: skip
    add_job(folder, asked)
    refused = "about 25% look mislabelled (or go on all the same with --force)"
    failed(open_job(folder, "retraining", "hard-v1"), refused)
    test = show(folder, "retrain", retrain="hard-v1")
    assert retrains.names(folder) == ["hard-v1"]
    assert button(test, "Start anyway")
    button(test, "Change the settings").click().run()
    assert retrains.names(folder) == []
    assert train_of(test) == "mine:train"
    assert (test.number_input[0].value, test.selectbox[2].value) == (3, "weights")
    assert button(test, "Start 6 trainings")


@pytest.mark.slow
def test_a_retraining_in_a_process_of_its_own_fails_with_a_sentence(workspace, monkeypatch):
    folder = workspace()
    add_set(folder)
    settings = {"set": "hard v1", "train": "no_such_module:train", "arms": ARMS, "seeds": 1}
    name = retrains.start(folder, settings)
    assert name == "hard-v1"
    assert retrains.status(folder, name)["status"] in ("starting", "failed")
    retrains.wait(folder, name)
    found = retrains.status(folder, name)
    assert found["status"] == "failed"
    assert "cannot import 'no_such_module'" in found["error"]
    assert retrains.free_name(folder, "hard v1") == "hard-v1-2"


def test_only_the_process_that_wrote_the_note_is_stopped(workspace):
    folder = workspace()
    home = add_plan(folder)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        add_progress(home, process.pid)
        note = json.loads((home / "progress.json").read_text())
        write_json(home / "progress.json", {**note, "process": "another"})
        retrains.stop(folder, "hard-v1")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        write_json(home / "progress.json", note)
        retrains.stop(folder, "hard-v1")
        assert process.wait(timeout=10) != 0
    assert retrains.status(folder, "hard-v1")["status"] == "stopped"


def test_one_that_was_not_begun_here_cannot_be_continued_here(workspace):
    folder = workspace()
    add_plan(folder)
    with pytest.raises(RunError, match="settings of 'hard-v1' are not here; run the `hem retrain` command again"):
        retrains.go_on(folder, "hard-v1")


# --- the report ---


def test_the_verdict_stands_first_with_each_rule_and_its_value(show, workspace):
    folder = workspace()
    add_report(add_plan(folder), word="hold")
    test = show(folder, "retrain", retrain="hard-v1")
    assert not test.exception
    said = texts(test)
    assert said.index("Ship it.") < said.index("What changed")
    assert ":green[:material/check:] accuracy stays **above** −0.2" in said
    assert ":red[:material/close:] the slice above 0" in said
    assert "of 12 test examples" in said
    assert "difference of 1.23 points" in said
    assert [metric.value for metric in test.metric] == ["3.5", "1.5"]
    assert [metric.delta for metric in test.metric] == ["a change of seed: 1.0", "a change of seed: 1.2"]


def test_the_paired_table_has_every_arm_and_both_differences(show, workspace):
    folder = workspace()
    add_report(add_plan(folder))
    paired, classes, mcnemar, slices, *_ = [one.value for one in show(folder, "retrain", retrain="hard-v1").dataframe]
    assert paired.iloc[0].tolist() == [
        "accuracy, % ↑", "90.00 ± 0.50", "91.00 ± 0.50", "92.00 ± 0.50", "+2.00 (+0.50 to +3.50)",
        "+1.00 (−0.50 to +2.50)",
    ]  # fmt: skip
    assert classes.columns.tolist() == ["class", "n", "control, %", "random, %", "curated, %", "difference"]
    assert mcnemar.iloc[0].tolist() == [0, 3, 2, 1.0]
    assert slices.iloc[0]["slice"] == "night is true"


def test_what_was_forced_is_said_above_the_verdict(show, workspace):
    folder = workspace()
    add_report(add_plan(folder, forced=["training on the hard set alone"]))
    assert "Forced despite: training on the hard set alone" in texts(show(folder, "retrain", retrain="hard-v1"))


@pytest.mark.slow
def test_fixed_and_regressed_open_compare_on_control_and_curated(show, workspace, add_run):
    folder = workspace()
    add_report(add_plan(folder))
    test = show(folder, "retrain", retrain="hard-v1")
    assert button(test, "Look at the 3 of seed 0").disabled  # the runs are not there
    for arm in ("control", "curated"):
        add_run(folder, f"hard-v1-{arm}")
    test = show(folder, "retrain", retrain="hard-v1")
    button(test, "Look at the 2 of seed 0").click().run()
    assert (address(test, "run"), address(test, "against")) == ("hard-v1-curated", "hard-v1-control")
    assert (address(test, "cell"), test.session_state["hem_kept_went_to"]) == ("regressed", "compare")


def test_of_boxes_fixed_and_regressed_are_called_boxes(show, workspace):
    folder = workspace()
    home = add_plan(folder)
    add_report(home)
    report = json.loads((home / "report.json").read_text())
    write_json(home / "report.json", {**report, "flow_of": "boxes"})
    test = show(folder, "retrain", retrain="hard-v1")
    assert button(test, "Look at the 3 of seed 0").help.startswith("The boxes that are fixed")
    assert "boxes of 12 test examples" in texts(test)


def test_earlier_retrainings_are_listed_with_their_verdict(show, workspace):
    folder = workspace()
    add_set(folder)
    add_report(add_plan(folder))
    add_progress(add_plan(folder, "hard-v1-2", created="2026-04-01T00:00:00+00:00"), GONE)
    table = show(folder, "retrain").dataframe[0].value
    assert table[["name", "set", "verdict", "gain"]].values.tolist() == [
        ["hard-v1-2", "hard v1", "stopped", "–"],
        ["hard-v1", "hard v1", "ship", "+2.00 (+0.50 to +3.50)"],
    ]


def test_a_name_from_the_address_that_is_not_there_is_said(show, workspace):
    assert "There is no retraining gone" in texts(show(workspace(), "retrain", retrain="gone"))


def test_an_interval_has_a_true_minus_and_a_dash_when_unknown():
    assert retrain_report.interval(difference(-0.5, -1, 0)) == "−0.50 (−1.00 to +0.00)"
    assert retrain_report.interval(None) == "–"


# --- what can be told without torch ---


def test_the_train_function_is_read_off_the_model_without_importing_it(tmp_path):
    def of(model):
        return retrains.train_function(Run(tmp_path, {"model": {"name": model}}))

    assert of("demo_models.digits:train") == "demo_models.digits:train"
    assert of("demo_models.digits:model") == "demo_models.digits:train"
    assert of("demo_models._fit:model") == ""
    assert of("no_such_package.module:model") == ""
    assert of("weights.safetensors") == ""
    code = (
        "import sys; from pathlib import Path; from app.views.retrain import retrains; "
        "from hem_core.store.run import Run; "
        "run = Run(Path(), {'model': {'name': 'demo_models.digits:model'}}); "
        "print(retrains.train_function(run), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["demo_models.digits:train", "False"]


def test_the_test_data_in_words(workspace):
    run = open_workspace(workspace()).run("tiny")
    assert retrains.test_words(run, "").startswith("one in five of the 60 examples, drawn")
    assert retrains.test_words(run, "held/out.npz") == "out.npz, as given"
    named = Run(run.folder, {**run.info, "data": {**run.info["data"], "test": "/data/test.npz"}})
    assert retrains.test_words(named, "") == "test.npz, held out, named by the run"


def test_a_split_column_is_the_test(workspace):
    import pyarrow.parquet as pq

    from hem_core.store.atomic import write_table

    folder = workspace()
    path = folder / "runs" / "tiny" / "catalog.parquet"
    table = pq.read_table(path).to_pandas()
    write_table(path, table.assign(split=["train"] * 50 + ["val"] * 10))
    assert retrains.test_words(open_workspace(folder).run("tiny"), "").startswith(
        "the examples whose split is validation"
    )
