"""What is stored of a measurement: nothing that was trained is lost, and what is missing is said."""

import numpy as np
import pytest

from hem_core.advise import advise
from hem_core.advise.bench import Bench
from hem_core.advise.measure import measure_bench
from hem_core.advise.trainable import says_something, train_of
from hem_core.advise.trial_plan import planned
from hem_core.advise.trials import read
from hem_core.errors import ModelError

N = 200


class Trainer:
    """Trains in no time, to an error of the first `share` of the tested rows; fails from its `last` training on."""

    def __init__(self, share=0.5, last=1000):
        self.share, self.last, self.done = share, last, []

    def __call__(self, trial, tested, seed, where):
        if len(self.done) >= self.last:
            raise ModelError(f"{where}: out of memory")
        self.done.append(where)
        return (np.arange(len(tested)) < self.share * len(tested)).astype(float)


@pytest.fixture
def run(predicted):
    labels = ["a", "b"] * (N // 2)
    return predicted(labels, labels, embedding=np.random.default_rng(0).normal(size=(N, 4)))


@pytest.fixture
def bench(run):
    """bench(trainer, train=…): 200 examples in 4 folds; train None: the heads' place."""

    def make(trainer, train="m:train"):
        targets = np.arange(N) % 2
        is_head = train is None
        facts = run, f"'{train}'", is_head, False, trainer, targets, np.arange(N) % 4, np.ones(N, bool), 1 - targets
        return Bench(*facts, {}, train)

    return make


def n_tested(run):
    found = read(run)
    return found.n_tested, {name: int(np.isfinite(error).sum()) for name, error in found.changed.items()}


def test_a_curve_of_the_first_folds_says_so_until_it_is_whole(run, bench):
    killed = Trainer(last=5)  # of 4 folds with 3 sizes each: 37, 75, 150 examples
    with pytest.raises(ModelError):
        measure_bench(bench(killed))
    curve = advise(run).curve
    assert not curve.is_complete
    assert curve.note.startswith("Measured in 1 of 4 folds so far; the measurement can be resumed.")
    resumed = Trainer()
    measure_bench(bench(resumed))
    assert len(killed.done) + len(resumed.done) == 12
    assert advise(run).curve.is_complete
    assert advise(run).curve.note.startswith("Measured on the labels as given")


def test_heads_are_to_be_fitted_until_all_are(run, bench):
    assert says_something(run)
    with pytest.raises(ModelError):
        measure_bench(bench(Trainer(last=5), None))
    assert says_something(run)
    measure_bench(bench(Trainer(), None))
    assert not says_something(run)


def test_changes_and_folds_stay_when_another_call_names_none(run, bench):
    measure_bench(bench(Trainer()), changes=["wrong"])
    again = Trainer()
    measure_bench(bench(again))
    measure_bench(bench(again), folds=1)
    assert again.done == []
    assert n_tested(run) == (N, {"wrong": N})
    assert read(run).is_complete


def test_changes_in_one_fold_leave_the_other_folds_complete_without(run, bench):
    measure_bench(bench(Trainer()), folds=1, changes=["wrong"])
    measure_bench(bench(Trainer()), folds=3)
    assert n_tested(run) == (N * 3 // 4, {"wrong": N // 4})
    assert read(run).is_complete


def test_changes_that_are_not_done_are_said(run, bench):
    measure_bench(bench(Trainer()))
    with pytest.raises(ModelError):
        measure_bench(bench(Trainer(last=1)), changes=["wrong"])
    assert "Measured in all folds, but not yet with every change" in advise(run).curve.note


def test_a_function_that_fails_leaves_the_curve_that_was_there(run, bench):
    measure_bench(bench(Trainer()))
    with pytest.raises(ModelError, match="out of memory"):
        measure_bench(bench(Trainer(last=0), "broken:train"))
    assert planned(run).train == "m:train"
    assert n_tested(run) == (N, {})


def test_a_curve_comes_back_with_its_function(run, bench):
    measure_bench(bench(Trainer(0.5)))
    measure_bench(bench(Trainer(0.25), "other:train"))
    assert advise(run).curve.error[-1] == pytest.approx(0.25, abs=0.02)
    again = Trainer()
    measure_bench(bench(again))
    assert again.done == []
    assert advise(run).curve.error[-1] == pytest.approx(0.5)


def test_a_trained_curve_is_resumed_by_its_function_and_not_replaced_by_heads(run, bench):
    assert train_of(run) is None
    with pytest.raises(ModelError):
        measure_bench(bench(Trainer(last=5)))
    assert train_of(run) == "m:train"
    assert not says_something(run)


def test_a_plan_that_is_no_plan_is_none(run, bench):
    measure_bench(bench(Trainer()))
    path = run.folder / "advise" / "trials.json"
    for text in ("", "[]", "{}", '{"format_version": 2, "run": 3}', path.read_text().replace(run.fingerprint, "0")):
        path.write_text(text)
        assert planned(run) is None
