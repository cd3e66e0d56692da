"""One run, opened on every page: a number is the same wherever it stands, and the same as its filter by SQL."""

import json

import numpy as np
import pandas as pd
import pytest

from app.views.slices.weak_slices import weak_slices
from hem_core.runs.measured import measured
from hem_core.store import definitions, numbers
from hem_core.store.atomic import write_json, write_table
from hem_core.store.workspace import open_workspace

WRONG_IN_SAMPLE, WRONG = 6, 18
"""Of 60: every tenth by the model itself, e00 to e17 by the head that did not see the example."""


@pytest.fixture
def both_samples(calibrated):
    """`tiny`, in-sample, with a head's predictions beside the model's, and slices that count the head's errors."""
    folder = calibrated()
    home = folder / "runs" / "tiny"
    scores = pd.read_parquet(home / "scores.parquet")
    others = dict(zip(["cat", "**dog**", "<b>fox</b>"], ["**dog**", "<b>fox</b>", "cat"], strict=True))
    is_wrong = np.arange(60) < WRONG
    scores["predicted_oos"] = np.where(is_wrong, scores["label"].map(others), scores["label"])
    scores["label_prob_oos"] = np.float32(0.25)
    scores["predicted_prob_oos"] = np.float32(0.5)
    scores["cluster"] = np.isin(np.arange(60), [*range(10), 58, 59]).astype("i4")
    write_table(home / "scores.parquet", scores)
    weak = pd.read_parquet(home / "slices.parquet").assign(n=12, errors=10, error_rate=10 / 12, ratio=10 / 12 / 0.3)
    write_table(home / "slices.parquet", weak)
    log = open_workspace(folder).tags()
    for k, tag in enumerate(["hard", "skip", "mislabelled", "outlier"]):
        log.add("tiny-data", [f"e{k:02d}"], tag, who="anna")
    log.add("tiny-data", [f"e{k}" for k in range(20, 40)], "hard", who="anna")
    return folder


def metric(test, label):
    return next(one for one in test.metric if one.label.startswith(label))


def words(test):
    kinds = ("markdown", "caption", "text")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind)).replace("\\", "")


def test_errors_are_the_same_on_every_page_and_in_every_filter(show, both_samples):
    run = open_workspace(both_samples).run("tiny")
    assert len(run.rows(where="NOT is_correct")) == len(run.rows(where="predicted <> label")) == WRONG
    assert len(run.rows({"all": [{"column": "is_correct", "in": [False]}]})) == WRONG
    overview = metric(show(both_samples, "overview"), "Error rate")
    assert (overview.label, overview.value) == ("Error rate, out-of-sample", "30.0%")
    assert overview.delta == f"{WRONG} of 60 predicted wrong; {WRONG_IN_SAMPLE} in-sample"
    test = show(both_samples, "slices")
    assert "overall error rate 30.0%" in words(test)
    assert test.dataframe[1].value["error"].mean() == pytest.approx(30)
    for page in ("overview", "slices", "labels", "sets", "retrain"):
        assert "accuracy 70.0%" in words(show(both_samples, page)), page


def test_the_other_sample_has_columns_of_its_own(both_samples):
    run = open_workspace(both_samples).run("tiny")
    assert len(run.rows(where="NOT is_correct_in_sample")) == WRONG_IN_SAMPLE
    assert "predicted_oos" not in run.columns()
    first = run.table(["predicted", "predicted_in_sample", "predicted_prob", "predicted_prob_in_sample"]).iloc[1]
    assert first.tolist() == ["<b>fox</b>", "**dog**", 0.5, pytest.approx(0.9)]


def test_a_slice_counts_what_explore_shows_for_its_rule(show, both_samples):
    run = open_workspace(both_samples).run("tiny")
    shown = show(both_samples, "slices").dataframe[0].value.iloc[0]
    rule = {"all": [{"column": "cluster", "in": [1]}]}
    assert shown["n"] == len(run.rows(rule)) == 12
    assert shown["errors"] == len(run.rows({"all": [*rule["all"], definitions.ERROR]})) == 10


def test_slices_that_count_other_errors_are_looked_for_again(both_samples):
    home = both_samples / "runs" / "tiny"
    weak = pd.read_parquet(home / "slices.parquet")
    write_table(home / "slices.parquet", weak.assign(errors=4))
    run = open_workspace(both_samples).run("tiny")
    found = weak_slices(run.examples).table
    for rule, n, errors in zip(found["rule"], found["n"], found["errors"], strict=True):
        assert n == len(run.rows(rule))
        assert errors == len(run.rows({"all": [*rule["all"], definitions.ERROR]}))


def test_reviewed_is_one_count(show, both_samples):
    assert metric(show(both_samples, "overview"), "Reviewed").value == "4"
    assert metric(show(both_samples, "labels"), "Reviewed").value == "4"
    source = next(one for one in show(both_samples, "sets").button_group if "From" in one.label)
    assert "Reviewed · 4" in source.options[0] if isinstance(source.options[0], str) else source.options[0].content


def test_hard_and_suspected_are_the_filters_of_their_name(show, both_samples):
    run = open_workspace(both_samples).run("tiny")
    test = show(both_samples, "overview")
    assert int(metric(test, "Hard").value) == len(run.rows({"all": [definitions.HARD]}))
    assert int(metric(test, "Hard").value) == len(run.rows(where="reason NOT IN ('easy', 'unsure')"))
    suspects = len(run.rows(where="reason = 'mislabelled'"))
    assert int(metric(test, "Suspected").value) == suspects
    assert int(metric(show(both_samples, "labels"), "Suspects").value) == suspects


@pytest.mark.parametrize("sample", ["out-of-sample", "unknown"])
def test_the_models_own_errors_count_unless_it_is_known_to_have_seen_the_examples(both_samples, sample):
    home = both_samples / "runs" / "tiny"
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", {**info, "sample": sample})
    run = open_workspace(both_samples).run("tiny")
    assert numbers.count(run.examples, definitions.ERROR) == WRONG_IN_SAMPLE
    assert numbers.sample_of_errors(run.examples) == sample


def test_unlabelled_examples_are_neither_right_nor_wrong(both_samples):
    home = both_samples / "runs" / "tiny"
    scores = pd.read_parquet(home / "scores.parquet")
    scores.loc[:9, "label"] = None
    write_table(home / "scores.parquet", scores)
    run = open_workspace(both_samples).run("tiny")
    assert numbers.count(run.examples, definitions.ERROR) == 8  # e10 to e17
    assert measured(run.examples)[0].value == 42 / 50


def test_an_arm_is_neither_the_newest_run_nor_in_the_picker_but_can_be_looked_at(show, workspace, add_run):
    folder = workspace()
    add_run(folder, "hard-v1-curated", data={"name": "tiny-data-test", "source": "npz"})
    write_json(folder / "retrains" / "hard-v1" / "plan.json", {"arms": ["control", "curated"]})
    test = show(folder, "overview")
    assert (test.selectbox[0].value, test.selectbox[0].options) == ("tiny", ["tiny"])
    test = show(folder, "overview", run="hard-v1-curated")
    assert test.selectbox[0].value == "hard-v1-curated"
    assert "test of the retraining hard-v1" in words(test)
