import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from hem_core.cli import hem as command
from hem_core.errors import DataError, HemError, ModelError, RunError
from hem_core.jobs.job import new_job
from hem_core.jobs.start import prepare, start, wait
from hem_core.jobs.state import state
from hem_core.media._train_template import OF_NUMBERS, OF_TEXTS
from hem_core.retrain import stored
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.runs.score import score
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def settings(**more):
    return Settings(**({"set": "hard", "train": "my_training:train", "seeds": 2} | more))


def held_out(workspace):
    return str(workspace / "data" / "held_out.csv")


def test_from_a_set_to_a_report(workspace, make_set):
    make_set()
    found = retrain(workspace, settings(test=held_out(workspace), arms=["control", "random", "curated", "head"]))
    report, plan = found.report, found.plan
    assert found.status == "complete"
    assert plan["test"] == {"how": "file", "what": "150 examples of held_out.csv", "n": 150}
    assert plan["target"]["words"] == "the classes that the set over-represents: ant"
    assert [row["measure"] for row in report["table"]][:3] == ["accuracy", "targeted slice", "balanced accuracy"]
    assert set(report["table"][0]["arms"]) == {"control", "random", "curated", "head"}
    assert set(report["table"][0]["difference"]) == {"curated - control", "curated - random", "head - control"}
    assert all(row["arms"]["curated"]["mean"] > 80 for row in report["table"][:1])
    assert len(report["mcnemar"]) == 2
    assert {row["name"] for row in report["slices"]} >= {"side is left", "side is right"}
    assert report["notes"]
    assert (found.folder / "arms" / "curated" / "seed_1.safetensors").is_file()


def test_the_parts_of_a_report_agree(workspace, make_set):
    make_set()
    found = retrain(workspace, settings(test=held_out(workspace)))
    report, examples = found.report, found.examples()
    assert len(examples) == report["n_test"] == 150
    wrong = examples["wrong_curated"].sum() / 300
    assert report["table"][0]["arms"]["curated"]["mean"] == pytest.approx(100 * (1 - wrong))
    for name in ("fixed", "regressed"):
        assert (examples["flow"] == name).sum() == report["flow"][name]["per_seed"][0]
    gained = (report["flow"]["fixed"]["mean"] - report["flow"]["regressed"]["mean"]) / 1.5
    assert report["table"][0]["difference"]["curated - control"]["mean"] == pytest.approx(gained)
    churn = report["flow"]["churn"]
    assert churn["fixed"]["per_seed"][0] == churn["regressed"]["per_seed"][1]  # there and back
    table = pd.read_parquet(found.folder / "report.parquet")
    assert len(table) == 2 * len(report["table"])
    page = found.html.read_text()
    assert report["verdict"]["sentences"][0] in page
    assert "http" not in page
    assert "<script" not in page


def test_the_runs_of_the_first_seed_open_and_say_the_same(workspace, make_set):
    make_set()
    found = retrain(workspace, settings(test=held_out(workspace)))
    examples = found.examples().set_index("id")
    assert set(found.report["runs"]) == {"control", "random", "curated"}
    assert found.report["runs"]["random"] == found.report["runs"]["control"]  # nothing at random to relabel
    for arm in ("control", "curated"):
        run = open_run(workspace / "runs" / found.report["runs"][arm])
        assert (run.data, run.info["sample"]) == ("blobs-test", "out-of-sample")
        table = run.table().set_index("id")
        assert (table["predicted"] == examples.loc[table.index, f"predicted_{arm}"]).all()


def test_wrong_labels_put_right_teach_and_those_left_out_are_not_taught(workspace, make_set):
    wrong = make_set("wrong", where="label <> true_label")
    left_out = pd.DataFrame({"id": wrong["id"][:10], "why": ["mislabelled"] * 10})
    make_set("fixed", where="label <> true_label OR label = 'ant'", left_out=left_out)
    found = retrain(workspace, settings(set="fixed", test=held_out(workspace), recipe="labels"))
    with np.load(found.folder / "material.npz") as kept:
        assert (kept["curated"] == -1).sum() == 10
        assert ((kept["curated"] != kept["given"]) & (kept["curated"] >= 0)).sum() == 20
    assert any("10 ruled out by people" in note for note in found.plan["notes"])


def test_labels_put_right_outside_of_the_set_are_right_in_the_curated_arm_alone(workspace, make_set):
    wrong = make_set("wrong", where="label <> true_label")[["id", "true_label"]]
    make_set("plain", where="label = true_label AND label = 'ant'",
             left_out=pd.DataFrame({"id": wrong["id"], "why": "further from the margin"}))  # fmt: skip
    tags = open_workspace(workspace).tags()
    for id, label in wrong.head(3).itertuples(index=False):
        tags.add("blobs", [id], "mislabelled", who="me", value=label)
    found = retrain(workspace, settings(set="plain", test=held_out(workspace), seeds=1))
    assert found.plan["recipe"]["name"] == "labels"
    with np.load(found.folder / "material.npz") as kept:
        changed = np.flatnonzero(kept["curated"] != kept["given"])
        assert (len(changed), kept["in_set"][changed].any(), (kept["curated"] < 0).any()) == (3, False, False)
    assert any(note.startswith("3 labels that people put right outside of the set") for note in found.plan["notes"])


@pytest.mark.parametrize("recipe", ["mix", "weights"])
@pytest.mark.parametrize("function", ["train", "plain"])
def test_a_recipe_reaches_the_function_one_way_or_another(workspace, make_set, recipe, function):
    make_set(weight=2.0)
    train = f"my_training:{function}"
    found = retrain(workspace, settings(train=train, recipe=recipe, seeds=1, arms=["control", "curated"],
                                        test=held_out(workspace)))  # fmt: skip
    by = {("mix", "train"): "by its sampler", ("weights", "train"): "by its weights"}
    words = by.get((recipe, function), "takes neither sampler nor weights")
    assert any(words in note for note in found.report["notes"])
    assert found.report["flow"]["churn"] is None


def test_a_set_that_changes_nothing_is_weighed_and_one_that_does_is_taught_as_it_is(workspace, make_set):
    make_set("plain", where="label = true_label AND label = 'ant'")
    make_set("fixed")
    asked = {"test": held_out(workspace), "seeds": 1, "arms": ["control", "curated"]}
    plain = retrain(workspace, settings(set="plain", **asked))
    assert plain.plan["recipe"]["name"] == "weights"
    with np.load(plain.folder / "material.npz") as kept:  # by the losses of the run, as the set brings none
        assert set(kept["weight"][~kept["in_set"]]) == {1.0}
        assert 1 < kept["weight"][kept["in_set"]].max() <= 4
    assert retrain(workspace, settings(set="fixed", **asked)).plan["recipe"]["name"] == "labels"


def test_of_a_long_tail_the_rare_classes_weigh_more(workspace, make_set):
    make_set("plain", where="label = true_label AND label = 'ant'")
    table = pd.read_csv(workspace / "data" / "blobs.csv")
    table["label"] = np.where(np.arange(300) < 270, "ant", np.where(np.arange(300) < 285, "bee", "cat"))
    table.to_csv(workspace / "data" / "tailed.csv", index=False)
    tailed = str(workspace / "data" / "tailed.csv")
    asked = {"test": held_out(workspace), "seeds": 1, "arms": ["control", "curated"]}
    found = retrain(workspace, settings(set="plain", data=tailed, **asked))
    assert found.plan["recipe"]["name"] == "balanced"
    assert any("reaches 'my_training:train' by its weights" in note for note in found.plan["notes"])


def test_a_drawn_test_is_blind_and_what_it_takes_from_the_set_is_not_trained_on(workspace, make_set):
    chosen = make_set(where="row < 60")
    found = retrain(workspace, settings())
    plan, examples = found.plan, found.examples()
    assert plan["test"]["how"] == "drawn"
    assert plan["test"]["n"] == 60  # a fifth
    n_in_test = chosen["id"].isin(examples["id"]).sum()
    assert 0 < n_in_test < 60
    assert plan["set"]["n_used"] == 60 - n_in_test
    make_set("other", where="row > 200")
    other = retrain(workspace, settings(set="other", arms=["control", "curated"], seeds=1))
    assert sorted(other.examples()["id"]) == sorted(examples["id"])


def test_test_labels_that_people_corrected_are_used_corrected(workspace, make_set):
    make_set()
    tags = open_workspace(workspace).tags()
    tags.add("blobs-test", ["1-0"], "mislabelled", who="me", value="cat")
    found = retrain(workspace, settings(test=held_out(workspace)))
    assert found.examples().set_index("id").loc["1-0", "label"] == "cat"
    assert any(note.startswith("1 test labels that people corrected") for note in found.plan["notes"])


def test_the_targeted_slice_by_a_condition(workspace, make_set):
    make_set()
    found = retrain(workspace, settings(test=held_out(workspace), where="side = 'left' AND x < -1"))
    held = pd.read_csv(held_out(workspace))
    assert found.plan["target"] == {
        "how": "where",
        "words": "side = 'left' AND x < -1",
        "n": int((held["x"] < -1).sum()),
    }


def test_the_same_settings_are_done_once_and_others_get_a_name_of_their_own(workspace, make_set):
    make_set()
    first = retrain(workspace, settings(test=held_out(workspace)))
    written = (first.folder / "report.json").stat().st_mtime_ns
    again = retrain(workspace, settings(test=held_out(workspace)))
    other = retrain(workspace, settings(test=held_out(workspace), seeds=1, arms=["control", "curated"]))
    assert (first.name, again.name, other.name) == ("hard-v1", "hard-v1", "hard-v1-2")
    assert (first.folder / "report.json").stat().st_mtime_ns == written
    with pytest.raises(RunError, match="'hard-v1' was made with other settings; pass another --name"):
        retrain(workspace, settings(test=held_out(workspace), seeds=3, name="hard-v1"))
    assert [one.name for one in stored.list(workspace)] in (["hard-v1-2", "hard-v1"], ["hard-v1", "hard-v1-2"])


REFUSED = [
    ({"recipe": "only"}, {}, "training on the hard set alone forgets the rest of the data; use --recipe mix"),
    (
        {"test": "blobs.csv"},
        {},
        "300 of the 300 test examples are also trained on, .* pass test data that was kept out",
    ),
]


@pytest.mark.parametrize(("asked", "made", "text"), REFUSED)
def test_what_is_refused_says_the_way_out_and_can_be_forced(workspace, make_set, asked, made, text):
    make_set(**made)
    test = str(workspace / "data" / asked.get("test", "held_out.csv"))
    asked = settings(**(asked | {"test": test, "seeds": 1, "arms": ["control", "curated"]}))
    with pytest.raises(RunError, match=text + r".*--force"):
        retrain(workspace, asked)
    assert not stored.list(workspace)
    forced = Settings(**{**asked.__dict__, "force": True})
    found = retrain(workspace, forced)
    assert len(found.plan["forced"]) == 1
    assert "Forced despite" in found.html.read_text()


def test_a_set_mined_where_it_is_tested_is_refused(workspace, make_set):
    table = pd.read_csv(workspace / "data" / "blobs.csv")
    table["split"] = np.where(np.arange(len(table)) % 3 == 0, "Test", "train")
    table.to_csv(workspace / "data" / "blobs.csv", index=False)
    columns = {"feature_columns": "x,y"}
    score(None, workspace / "data" / "blobs.csv", train="my_training:train", oos=2, out=workspace / "runs" / "blobs",
          has_map=False, has_probes=False, columns=columns, overwrite=True)  # fmt: skip
    make_set(where="row < 60")
    with pytest.raises(RunError, match=r"the set holds 20 examples of the test split, such as '0-0'.*split = 'train'"):
        retrain(workspace, settings())
    make_set("fair", where="split = 'train' AND row < 60")
    found = retrain(workspace, settings(set="fair", seeds=1, arms=["control", "curated"]))
    assert found.plan["test"] == {"how": "split", "what": "100 examples whose split is test", "n": 100}


@pytest.mark.parametrize(
    ("n_called_wrong", "where", "text"),
    [
        (30, "row < 100", "about 30% of the 100 examples of the set that nobody reviewed look mislabelled"),
        (60, "row >= 60", "about 20% of the 300 examples of the run that nobody reviewed look mislabelled"),
        (30, "row >= 30", None),
    ],
)
def test_hard_examples_are_not_weighed_up_among_many_wrong_labels(workspace, make_set, n_called_wrong, where, text):
    place = workspace / "runs" / "blobs" / "scores.parquet"
    table = pd.read_parquet(place)
    table["reason"] = np.where(np.arange(300) < n_called_wrong, "mislabelled", "easy")
    table.to_parquet(place)
    make_set(where=where, truth=False)
    asked = {"test": held_out(workspace), "seeds": 1, "arms": ["control", "curated"]}
    if text is None:
        assert retrain(workspace, settings(**asked)).plan["recipe"]["name"] == "weights"
    else:
        with pytest.raises(RunError, match=f"{text}.*review them first, or use --recipe labels"):
            retrain(workspace, settings(**asked))


def test_the_word_of_a_model_that_knows_its_examples_by_heart_is_refused(workspace, make_set):
    make_set()
    place = workspace / "runs" / "blobs" / "run.json"
    info = json.loads(place.read_text())
    asked = settings(test=held_out(workspace), seeds=1, arms=["control", "curated"])

    def known(accuracy):
        metrics = [info["metrics"][0] | {"value": accuracy}, *info["metrics"][1:]]
        place.write_text(json.dumps(info | {"sample": "in-sample", "oos": None, "metrics": metrics}))

    known(0.995)
    with pytest.raises(RunError, match=r"right on 99\.5% of its own training .*--oos head"):
        retrain(workspace, asked)
    known(0.9)
    assert retrain(workspace, asked).status == "complete"


def test_a_few_test_examples_that_are_trained_on_too_leave_the_test(workspace, make_set):
    make_set()
    held = pd.read_csv(held_out(workspace))
    known = pd.read_csv(workspace / "data" / "blobs.csv")
    held.loc[3, ["x", "y"]] = known.loc[0, ["x", "y"]]
    held.to_csv(held_out(workspace), index=False)
    found = retrain(workspace, settings(test=held_out(workspace), seeds=1, arms=["control", "curated"]))
    assert found.plan["test"]["n"] == 149
    assert any("1 test examples that are also trained on" in note for note in found.plan["notes"])


def test_what_is_not_there_is_said(workspace, make_set):
    make_set()
    with pytest.raises(DataError, match=r"no set 'soft' in .*there are: hard"):
        retrain(workspace, settings(set="soft"))
    with pytest.raises(DataError, match=r"--test names test data at 'nowhere.csv', which does not exist"):
        retrain(workspace, settings(test="nowhere.csv"))
    (workspace / "data" / "blobs.csv").rename(workspace / "moved.csv")
    with pytest.raises(DataError, match=r"are no longer at .*blobs.csv'; pass their location with --data PATH"):
        retrain(workspace, settings())
    with pytest.raises(DataError, match="lacks 300 of the 300 examples of run 'blobs', such as '0-0'"):
        retrain(workspace, settings(data=held_out(workspace)))
    found = retrain(workspace, settings(data=str(workspace / "moved.csv"), seeds=1, arms=["control", "curated"]))
    assert found.status == "complete"


def test_settings_that_cannot_be():
    for asked, text in (
        ({"arms": ["control", "curated", "magic"]}, "no arm 'magic'; there are: control, random, curated, head"),
        ({"arms": ["curated"]}, "--arms curated lacks control"),
        ({"recipe": "soup"}, "no recipe 'soup'; there are: auto, labels, mix, weights, balanced"),
        ({"seeds": 0}, "--seeds expects a number from 1 on; got 0"),
    ):
        with pytest.raises(RunError, match=text):
            settings(**asked)


def test_a_training_that_fails_leaves_its_line_and_goes_on_when_mended(workspace, make_set, my_training):
    make_set()
    code = my_training / "my_training.py"
    whole = code.read_text()
    (my_training / "broken.py").write_text("def train(dataset, seed):\n    raise ValueError('no gold here')\n")
    with pytest.raises(ModelError, match="control, seed 0: 'broken:train' failed: ValueError: no gold here"):
        retrain(workspace, settings(train="broken:train", test=held_out(workspace)))
    (one,) = stored.list(workspace)
    assert one.status == "failed"
    assert "no gold here" in one.error
    code.write_text(whole)


def kill_when(process, folder, ready):
    for _ in range(600):
        if ready(stored.Stored(folder)):
            break
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_process_goes_on_to_the_same_report(workspace, make_set, my_training):
    make_set()
    code = my_training / "my_training.py"
    code.write_text(code.read_text().replace("    return model", "    import time; time.sleep(0.3)\n    return model"))
    asked = {"set": "hard", "train": "my_training:train", "test": held_out(workspace), "seeds": 2, "recipe": "mix"}
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{my_training}", "OMP_NUM_THREADS": "1"}

    def process(name):
        job = new_job(workspace, "retraining", name, asked | {"name": name})
        prepare(job, "process")
        start = [sys.executable, "-m", "hem_core.jobs", str(job.folder), str(workspace)]
        return subprocess.Popen(start, env=environment, stderr=subprocess.PIPE)

    whole = process("whole")
    assert whole.wait() == 0, whole.stderr.read()
    folder = workspace / "retrains" / "killed"
    first = process("killed")
    kill_when(first, folder, lambda one: len((one.progress or {}).get("finished", [])) == 1)
    assert stored.Stored(folder).status == "stopped"
    kept = sorted(folder.glob("arms/*/*.npz"))
    stamps = [path.stat().st_mtime_ns for path in kept]
    last = process("killed")
    assert last.wait() == 0, last.stderr.read()
    assert [path.stat().st_mtime_ns for path in kept] == stamps  # nothing was trained twice
    one, other = (stored.open(workspace, name) for name in ("whole", "killed"))
    reports = [{**each.report, "runs": None} for each in (one, other)]
    assert reports[0] == reports[1]
    assert one.examples().equals(other.examples())
    assert not list(folder.glob(".*.tmp"))
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in one.folder.iterdir())


def test_a_retraining_as_a_job_keeps_why_it_was_refused(workspace, make_set, my_training, monkeypatch):
    make_set()
    monkeypatch.setenv("PYTHONPATH", str(my_training))
    refused = new_job(
        workspace, "retraining", "hard-v1", {"set": "hard", "train": "my_training:train", "recipe": "only"}
    )
    misspelt = new_job(workspace, "retraining", "other", {"sett": 1})
    for job in (refused, misspelt):
        assert start(job)
        wait(job)
    assert "forgets the rest" in state(refused).error
    assert "a retraining takes set, train, test" in state(misspelt).error


def test_two_processes_do_not_work_on_one_retraining(workspace, make_set):
    make_set()
    asked = settings(test=held_out(workspace))
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    try:
        found = retrain(workspace, asked)
        (found.folder / "report.json").unlink()
        (found.folder / "progress.json").write_text(json.dumps({"pid": sleeper.pid}))
        with pytest.raises(RunError, match=f"process {sleeper.pid} is working on the retraining 'hard-v1'"):
            retrain(workspace, asked)
    finally:
        sleeper.kill()
        sleeper.wait()
    assert retrain(workspace, asked).status == "complete"


def test_the_command_prints_the_verdict_and_the_place_of_the_report(workspace, make_set):
    make_set()
    words = ["retrain", workspace, "--set", "hard", "--train", "my_training:train", "--test", held_out(workspace),
             "--seeds", "2"]  # fmt: skip
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "curated - control (95%)" in done.output
    assert "the interval of overall accuracy stays above" in done.output
    assert "report.html" in done.output
    failed = CliRunner().invoke(command, ["retrain", "nowhere", "--set", "x", "--train", "a:b"])
    assert isinstance(failed.exception, HemError)


def test_the_file_that_the_app_gives_to_start_from_runs_as_it_stands(workspace, make_set, my_training):
    make_set()
    (my_training / "mine_from_the_app.py").write_text(OF_NUMBERS)
    found = retrain(workspace, settings(train="mine_from_the_app:train", test=held_out(workspace), seeds=1))
    sys.modules.pop("mine_from_the_app", None)
    assert found.report["table"][0]["arms"]["control"]["mean"] > 60


def test_the_file_for_texts_runs_as_it_stands(tmp_path):
    scope = {}
    exec(OF_TEXTS, scope)
    words = ["good film", "bad film", "good day", "bad day"] * 5

    class Questions:
        targets = [0, 1, 0, 1] * 5

        def __len__(self):
            return len(words)

        def __getitem__(self, index):
            return words[index], self.targets[index]

    model = scope["train"](Questions(), seed=1, weights=torch.ones(20))
    assert model.predict(["good good", "bad bad"]).tolist() == [0, 1]
