"""Each action from facts that a reader can check in the head."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hem_core.advise.actions
from hem_core import folder
from hem_core.advise import Action, advise
from hem_core.advise.actions.collect import collect
from hem_core.advise.actions.review import review
from hem_core.advise.actions.stop import stop
from hem_core.advise.actions.train import train
from hem_core.advise.actions.weigh import OF_CLASSES, weigh
from hem_core.advise.defaults import CORRECTED, points_per_corrected_percent
from hem_core.advise.error_parts import error_parts
from hem_core.advise.facts import Facts
from hem_core.errors import HemError
from hem_core.labels.audit_sample import frame
from hem_core.store.atomic import write_arrays, write_json
from hem_core.store.workspace import open_workspace
from hem_core.testing import check_action

pytestmark = pytest.mark.slow
RESULTS = (Path(__file__).parents[2] / "benchmarks" / "RESULTS.md").read_text("utf-8")


@pytest.fixture
def run(predicted):
    """400 examples of two classes; of the first 80 the label is 'a' and the prediction 'b', the others are right."""
    labels = ["a"] * 200 + ["b"] * 200
    return predicted(labels, ["b"] * 80 + labels[80:])


def facts(run, labels_per_hour=100):
    return Facts.of(run, labels_per_hour)


def judge(run, wrong, right, tag="right", *, is_drawn=False):
    """Verdicts on single examples, by row; is_drawn: an audit drew them."""
    rule = json.dumps({"audit": frame(run.examples).key}) if is_drawn else ""
    log, ids = open_workspace(run.folder).tags(), run.table(["id"])["id"]
    for rows, verdict in ((wrong, "mislabelled"), (right, tag)):
        for row in rows:
            log.add(run.data, [ids[row]], verdict, who="eve", rule=rule)


def retrained(run, recipe, mean, low, high, *, n_relabelled=20, n_dropped=0, measure="accuracy"):
    """The files of a finished retraining of a run, as `hem retrain` writes them."""
    home = open_workspace(run.folder).folder / "retrains" / f"{recipe}-v1"
    plan = {"format_version": 1, "run": run.name, "created": "2026-01-01", "recipe": {"name": recipe}}
    difference = {"curated - control": {"mean": mean, "low": low, "high": high}}
    row = {"measure": measure, "unit": "%", "better": "higher", "difference": difference}
    write_json(home / "plan.json", plan)
    given = np.zeros(400, np.int64)
    curated = np.where(np.arange(400) < n_relabelled, 1, 0)
    curated[400 - n_dropped :] = -1
    write_arrays(home / "material.npz", given=given, curated=curated)
    write_json(home / "report.json", {"table": [row]})


def curve(run, trials, shares, **more):
    """The run with a curve on its examples."""
    found = facts(run)
    vars(found)["trials"] = trials(shares, n=run.n, n_training=run.n, **more)
    return found


@pytest.mark.parametrize("name", folder.names(hem_core.advise.actions))
def test_every_action_keeps_its_promises(name, run):
    check_action(name, run.folder)


def test_nothing_is_known_of_labels_that_nobody_reviewed_without_probes(run):
    found = review(facts(run))[0]
    assert not found.is_known
    assert "no label is reviewed" in found.evidence
    assert "review the random part of the queue" in found.evidence


def test_review_gains_what_an_hour_finds_times_what_a_corrected_label_brings(run):
    judge(run, wrong=range(40), right=range(80, 200))  # the suspects are all wrong, the others all right
    found = review(facts(run, labels_per_hour=30))[0]
    usual = points_per_corrected_percent()
    assert found.gain == pytest.approx(100 * 30 / 400 * usual.value, rel=0.15)  # the next 30 are suspects too
    assert found.low == pytest.approx(100 * 30 / 400 * usual.low, abs=0.3)
    assert "by 160 reviewed labels" in found.evidence
    assert "nothing is measured on this run yet" in found.evidence


def test_an_hour_finds_no_more_than_there_is(run):
    judge(run, wrong=range(80), right=range(80, 400))
    found = review(facts(run, labels_per_hour=400))[0]
    assert found.gain == pytest.approx(0, abs=1e-9)


def test_wrong_labels_that_were_found_are_not_found_again(run):
    judge(run, wrong=range(40), right=[*range(40, 60), *range(80, 400)])  # two thirds of the suspects were wrong
    found = review(facts(run, labels_per_hour=400))[0]
    left = 20 * 2 / 3  # 20 suspects are left
    assert found.gain == pytest.approx(100 * left / 400 * points_per_corrected_percent().value, rel=0.1)


def test_a_retraining_of_this_run_says_what_a_corrected_label_brings(run):
    judge(run, wrong=range(40), right=range(80, 200))
    before = review(facts(run, labels_per_hour=30))[0].gain
    retrained(run, "labels", 25.0, 24.9, 25.1, n_relabelled=100)  # of 400 labels: a point for each percent
    found = review(facts(run, labels_per_hour=30))[0]
    assert found.gain == pytest.approx(7.5, rel=0.15)
    assert found.gain > 5 * before
    assert "100 corrected labels brought +25.00 points in the retraining 'labels-v1'" in found.evidence


def test_a_retraining_or_a_trial_that_changed_nothing_is_no_certainty(run, trials):
    judge(run, wrong=range(40), right=range(80, 200))
    trial = curve(run, trials, [0.4, 0.3, 0.25, 0.2], n_folds=2, wrong=0.2)  # no prediction is another one
    assert "changed accuracy by +0.00 points (-0.75 to +0.75)" in review(trial)[0].evidence  # 3 of 400
    retrained(run, "labels", 0.0, 0.0, 0.0, n_relabelled=1)
    found = review(facts(run))[0]
    assert found.is_known
    assert found.low < found.high
    assert "; 1 corrected label brought +0.00 points" in found.evidence


def test_a_retraining_that_changed_something_else_too_says_nothing_of_one_change(run):
    judge(run, wrong=range(40), right=range(80, 200))
    retrained(run, "labels", 25.0, 24.9, 25.1, n_relabelled=100, n_dropped=1)
    assert "nothing is measured on this run yet" in review(facts(run))[0].evidence
    retrained(run, "balanced", 1.5, 0.5, 2.5, n_relabelled=1)
    assert not weigh(facts(run))[0].is_known
    retrained(run, "balanced", 1.5, 0.5, 2.5, n_relabelled=0, n_dropped=1)
    assert not weigh(facts(run))[0].is_known


def test_a_retraining_in_another_measure_does_not_count(run):
    retrained(run, "balanced", 5.0, 4.9, 5.1, n_relabelled=0, measure="mAP50")
    assert not weigh(facts(run))[0].is_known


def test_what_wrong_labels_cost_in_trials_counts_with_the_benchmarks(run, trials):
    judge(run, wrong=range(40), right=range(80, 200))
    with_cost = curve(run, trials, [0.4, 0.3, 0.25, 0.2], wrong=0.3)  # 10 points for a tenth of the labels
    found = review(with_cost)[0]
    assert found.gain > review(facts(run))[0].gain
    assert "making 10% more labels wrong changed accuracy by -10.00 points" in found.evidence


def test_collect_gains_what_the_curve_falls_by(run, trials):
    shares = [0.05 + 4 / size for size in (50, 100, 200, 400)]  # 4 more points of error for half the data
    found = collect(curve(run, trials, shares, sizes=(50, 100, 200, 400)))[0]
    assert found.what == "random examples"
    assert found.gain == pytest.approx(100 * (4 / 400 - 4 / 500), abs=0.15)
    assert found.low <= found.gain <= found.high
    assert "from 400 to 500 training examples" in found.evidence


def test_collect_names_the_class_whose_own_curve_falls(run, trials):
    found = collect(curve(run, trials, [0.4, 0.2, 0.1, 0.05], sizes=(50, 100, 200, 400)))
    assert [one.what for one in found] == ["random examples", "class a"]  # all that is wrong is in the first half
    assert found[1].rule == {"all": [{"column": "label", "in": ["a"]}]}
    assert not found[1].is_known  # what the other class loses is not measured
    assert "100 more lower its error of 10.0%" in found[1].evidence


def test_collect_of_too_few_tested_examples_says_so(run, trials):
    found = curve(run, trials, [0.4, 0.3, 0.2], sizes=(1, 2, 4))
    fold = np.where(np.arange(run.n) < 20, 0, -1)
    vars(found)["trials"] = replace(found.trials, fold=fold)
    assert "Not known: fewer than 30 examples were tested" in collect(found)[0].evidence


def test_wrong_labels_hide_a_part_of_what_collecting_gains(run, trials):
    plain = collect(curve(run, trials, [0.4, 0.3, 0.25, 0.22]))[0].gain
    judge(run, wrong=range(80), right=range(80, 400))
    assert collect(curve(run, trials, [0.4, 0.3, 0.25, 0.22]))[0].gain == pytest.approx(plain / 0.8, rel=0.01)


def test_collect_without_a_curve_or_with_memorised_embeddings_is_not_known(run, trials):
    assert "no learning curve is measured" in collect(facts(run))[0].evidence
    found = curve(run, trials, [0.3, 0.2, 0.1], sizes=(1, 2, 4))
    vars(found)["trials"] = replace(found.trials, is_memorised=True)
    assert "were trained on these examples" in collect(found)[0].evidence


def test_a_long_tail_is_to_be_weighed_and_the_measure_that_gains_is_named(predicted):
    labels = ["a"] * 200 + ["b"] * 10
    run = predicted(labels, ["a"] * 205 + ["b"] * 5)  # half of the rare class is wrong
    found = weigh(facts(run))[0]
    assert not found.is_known
    assert "the largest class is 20 times the smallest, and balanced accuracy is 75.0%" in found.evidence
    assert found.how.endswith("--recipe balanced")


def test_a_weak_slice_of_a_column_is_a_group_to_train_for(predicted, tmp_path):
    labels = ["a"] * 200 + ["b"] * 200
    wrong = np.isin(np.arange(400), [*range(60), *range(200, 260)])
    guesses = np.where(wrong, np.where(np.array(labels) == "a", "b", "a"), labels)
    sides = np.where(np.isin(np.arange(400), [*range(80), *range(200, 280)]), "left", "right")
    found = weigh(facts(predicted(labels, guesses.tolist(), side=sides)))[0]
    assert found.what == "examples whose side is left"
    assert "the error rate of side is left is 2.5 × the overall rate (75.0% of 160)" in found.evidence
    assert found.how.endswith("--group side")


def test_a_weak_slice_of_numbers_is_no_group(predicted):
    labels = ["a"] * 200 + ["b"] * 200
    row = np.arange(400) % 200
    guesses = np.where(row < 60, np.where(np.array(labels) == "a", "b", "a"), labels)
    found = weigh(facts(predicted(labels, guesses.tolist(), age=row / 7)))[0]
    assert found.what.startswith("examples whose age up to")
    assert found.how.endswith("--recipe weights")


def test_what_was_not_looked_at_is_not_denied(predicted):
    labels = ["a"] * 360 + ["b"] * 40
    run = predicted(labels, labels)
    said = weigh(facts(run))[0].evidence
    assert "the largest class is 9.0 times the smallest, and no slice has 2 × the overall error rate" in said
    (run.folder / "slices.parquet").unlink()
    assert "and no slices were looked for" in weigh(facts(run))[0].evidence


def test_gains_of_a_long_tail_are_told_in_balanced_accuracy(predicted, trials):
    labels = ["a"] * 200 + ["b"] * 20
    run = predicted(labels, [*labels[:-10], *["a"] * 10])  # all of a are right, and half of b
    found = curve(run, trials, [0.4, 0.3, 0.2, 0.1], longer=0.0)  # the last 22 errors, all of a, are gone
    assert found.measured.name == "balanced accuracy"
    assert "balanced accuracy 75.0%" in found.measured.words
    assert train(found)[0].gain == pytest.approx(100 * (22 / 200 + 0) / 2)
    assert "changed balanced accuracy by +5.50 points" in train(found)[0].evidence


def test_weighing_gains_what_a_retraining_or_a_trial_measured(run, trials):
    found = weigh(curve(run, trials, [0.4, 0.3, 0.25, 0.2], balanced=0.23))[0]
    assert found.gain == pytest.approx(-3)
    retrained(run, "balanced", 1.5, 0.5, 2.5, n_relabelled=0)
    found = weigh(facts(run))[0]
    assert (found.gain, found.low, found.high) == (1.5, 0.5, 2.5)


def test_a_longer_training_gains_what_a_trial_measured(run, trials):
    assert "record the training" in train(facts(run))[0].evidence
    found = train(curve(run, trials, [0.4, 0.3, 0.25, 0.2], longer=0.15))[0]
    assert found.gain == pytest.approx(5)
    assert found.is_above_zero


def test_trials_of_one_fold_are_not_known(run, trials):
    judge(run, wrong=range(40), right=range(80, 200))
    found = curve(run, trials, [0.4, 0.3, 0.2], sizes=(1, 2, 4), n_folds=1, longer=0.1, balanced=0.1, wrong=0.3)
    for one in (*train(found), *weigh(found)):
        assert not one.is_known
        assert one.evidence.startswith("Not known: trial trainings in one fold")
    assert "and one fold of trial trainings does not count" in review(found)[0].evidence


def test_stop_says_whether_anything_else_is_shown_to_gain(run):
    gains = Action("review", "labels", "Seen.", gain=1.0, low=0.5, high=2.0)
    within = Action("collect", "more", "Seen.", gain=1.0, low=-0.5, high=2.0)
    unknown = Action("train", "longer", "Not known: so.")

    def said(*others):
        return stop(replace(facts(run), others=list(others)))[0].evidence

    assert said(within, gains) == "Not yet: the interval of review (labels) lies above 0."
    assert said(within) == "Nothing else has an interval above 0."
    assert said(within, unknown) == "Nothing that is known has an interval above 0; not known: train."


def test_the_highest_gain_comes_first_and_what_is_not_known_last(run):
    retrained(run, "balanced", 1.5, 0.5, 2.5, n_relabelled=0)
    found = advise(run).actions
    assert [one.name for one in found] == ["weigh", "stop", "collect", "review", "train"]
    assert found[1].evidence == "Not yet: the interval of weigh (examples whose label is a) lies above 0."


def test_the_error_splits_where_the_curve_levels_off(predicted, trials):
    labels = ["a"] * 4000 + ["b"] * 4000
    run = predicted(labels, ["b"] * 1600 + labels[1600:])
    flat = curve(run, trials, [0.202, 0.201, 0.2, 0.2], sizes=(4000, 8000, 16_000, 32_000))
    parts = error_parts(flat)
    assert parts.error.value == pytest.approx(0.2)
    assert parts.irreducible.value == pytest.approx(0.2, abs=0.01)
    assert parts.reducible.value == pytest.approx(0, abs=0.01)
    assert "levels off" in parts.how


def test_a_curve_of_few_examples_does_not_say_where_it_levels_off(run, trials):
    parts = error_parts(curve(run, trials, [0.4, 0.3, 0.25, 0.2]))
    assert (parts.reducible, parts.irreducible) == (None, None)
    assert parts.how.startswith("Not known: between ")


def test_people_say_which_errors_have_no_right_answer(run):
    judge(run, wrong=range(20), right=range(20, 80), tag="ambiguous", is_drawn=True)  # 60 of 80 wrong predictions
    parts = error_parts(facts(run))
    assert parts.irreducible.value == pytest.approx(0.2 * 0.75)
    assert parts.reducible.value == pytest.approx(0.2 * 0.25)
    assert "by 80 judged wrong predictions, drawn at random, 60 of them ambiguous" in parts.how


def test_verdicts_that_were_not_drawn_at_random_say_nothing_of_the_other_errors(run):
    judge(run, wrong=range(20), right=range(20, 80), tag="ambiguous")
    parts = error_parts(facts(run))
    assert (parts.reducible, parts.irreducible) == (None, None)
    assert "Of the 80 that people looked at, 60 are ambiguous or out of place." in parts.how


def test_what_can_be_removed_is_not_known_without_a_curve_or_verdicts(run):
    parts = error_parts(facts(run))
    assert (parts.reducible, parts.irreducible, parts.wrong_labels) == (None, None, None)
    assert "hem advise RUN --curve" in parts.how


def test_no_label_an_hour_is_refused(run):
    with pytest.raises(HemError, match="--labels-per-hour is 0; a person gives 1"):
        advise(run, labels_per_hour=0)


def test_the_default_of_a_corrected_label_is_that_of_the_benchmark():
    tables = RESULTS.split("### Which labels are looked at")[1].split("\n### ")[0]
    rows = re.findall(r"\| all labels put right \| [^|]+ \| \**([+-][\d.]+) \[([+-][\d.]+), ([+-][\d.]+)\]", tables)
    assert [tuple(map(float, row)) for row in rows] == [(one.gain, one.low, one.high) for one in CORRECTED]
    assert tables.count("10% of the labels flipped") == len(CORRECTED)


def test_the_sentence_on_weights_of_classes_is_that_of_the_benchmark():
    table = RESULTS.split("### A long tail")[1].split("\n### ")[0]
    gain, low, high = re.search(
        r"\| ClassBalancedLoss \| [^|]+ \| \*\*\+([\d.]+) \[\+([\d.]+), \+([\d.]+)\]", table
    ).groups()
    assert f"gained {gain} points of balanced accuracy in the benchmark ({low} to {high};" in OF_CLASSES


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_what_cannot_be_said_of_other_tasks_comes_with_the_way_to_know_it(task, tmp_path):
    import pandas as pd

    import hem_core

    table = pd.DataFrame({"id": [f"e{row}" for row in range(60)]})
    if task == "regression":
        table = table.assign(label=np.arange(60.0), prediction=np.arange(60.0) + 1)
    else:
        table = table.assign(label=[["a", "b"], ["b"]] * 30, prob_a=0.25, prob_b=0.75)
    table.to_parquet(tmp_path / "some.parquet")
    options = {"sample": "out-of-sample", "has_map": False}
    run = hem_core.score(None, tmp_path / "some.parquet", task=task, out=tmp_path / "w/runs/some", **options)
    found = {one.name: one for one in advise(run).actions}
    assert set(found) == {"collect", "review", "stop", "train", "weigh"}
    assert not any(found[name].is_known for name in ("collect", "review", "train", "weigh"))
    assert "`hem loop` measures" in found["collect"].evidence
    assert "`hem retrain`" in found["review"].evidence
    json.dumps([one.evidence for one in found.values()])
