"""Weigh classes or groups: where classes are very unequal, or a slice is much weaker than the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise import proofs
from hem_core.advise.advice import Action
from hem_core.advise.changes import balanced, effect, in_folds, in_points, is_of_one_fold
from hem_core.advise.trial_rows import BALANCED
from hem_core.buckets.places import named
from hem_core.retrain.groups import MOST_VALUES
from hem_core.retrain.long_tail import is_long_tailed
from hem_core.tasks import not_advised

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

TIMES = 2.0
"""How many times the overall error rate a slice must at least have to be named."""
OF_CLASSES = "class-balanced losses gained 3.5 points of balanced accuracy in the benchmark (1.9 to 5.1; 100 to 1)"
"""The row ClassBalancedLoss of "A long tail" in benchmarks/RESULTS.md; a test compares them."""


def weigh(facts: Facts) -> list[Action]:
    """One action: the classes of a long tail, else the weakest slice, else that there is nothing to weigh."""
    why = not_advised(facts.task).get("weigh")
    if why:
        return [Action("weigh", "examples", f"Not known: {why}.", page="retrain")]
    what, evidence, how, rule = _target(facts)
    proof = proofs.weighings(facts)
    own: dict[str, Any] = {"how": how, "page": "retrain", "rule": rule}
    trial = effect(facts.told_trials, BALANCED)
    if proof is None and trial is not None:
        said = _by_trial(facts)
        ends: dict[str, Any] = {"gain": 100 * trial.value, "low": 100 * trial.low, "high": 100 * trial.high}
        return [Action("weigh", "the rarer classes", said, **(own | {"rule": None}), **ends)]
    if proof is None and is_of_one_fold(facts.told_trials, BALANCED):
        evidence = "trial trainings in one fold cannot separate an effect from chance; measure at least 2 folds."
    if proof is None:
        return [Action("weigh", what, f"Not known: {evidence}", **own)]
    found = proof.difference
    said = f"The retraining '{proof.name}' (recipe {proof.recipe}) changed {facts.measured.name} by {found.value:+.2f}"
    return [Action("weigh", what, f"{said} points.", gain=found.value, low=found.low, high=found.high, **own)]


def _by_trial(facts: Facts) -> str:
    """What class weights did to accuracy, and to that of the average class, in the trainings of the folds."""
    labels, raw = facts.classes_of_rows, in_folds(facts.trials, BALANCED)
    assert labels is not None
    assert raw is not None
    assert facts.trials is not None
    rise = balanced(facts.trials, BALANCED, labels)
    return (
        f"In trial trainings, class weights changed accuracy by {in_points(raw)}, and the mean over the "
        f"classes by {100 * rise:+.2f}."
    )


def _target(facts: Facts) -> tuple[str, str, str, dict[str, Any] | None]:
    """What to weigh, what is known of it, the command, and the rule of the slice."""
    retrain = f"hem retrain {_home(facts)} --set NAME --train MODULE:FUNCTION"
    counts = _counts(facts)
    if len(counts) and is_long_tailed(counts):
        times = counts.max() / counts.min()
        of_classes = _balanced_accuracy(facts)
        said = (
            f"the largest class is {times:,.0f} times the smallest, and balanced accuracy is {of_classes:.1%}; "
            f"{OF_CLASSES}, which can cost accuracy; try it with `hem retrain --recipe balanced`."
        )
        return "the rare classes", said, f"{retrain} --recipe balanced", None
    weak = _weakest(facts)
    if weak is not None:
        said = (
            f"the error rate of {weak['name']} is {weak['ratio']:.1f} × the overall rate ({weak['error_rate']:.1%} of "
            f"{weak['n']:,}); a retraining that weighs it measures the gain."
        )
        return f"examples whose {weak['name']}", said, f"{retrain} {_way(facts, weak['rule'])}", weak["rule"]
    said = f"{_nothing_found(facts, counts)}; a retraining with weights would measure the gain."
    return "classes or groups", said, f"{retrain} --recipe weights", None


def _nothing_found(facts: Facts, counts: np.ndarray) -> str:
    """What was looked at without finding anything to weigh, in words."""
    slices = (
        f"no slice has {TIMES:g} × the overall error rate"
        if facts.weak_slices is not None
        else "no slices were looked for"
    )
    if len(counts) < 2:
        return slices
    return f"the largest class is {counts.max() / counts.min():.1f} times the smallest, and {slices}"


def _way(facts: Facts, rule: Mapping[str, Any]) -> str:
    """The option of a retraining that weighs a slice: by its column, where that is the user's own and makes groups."""
    for clause in rule["all"]:
        name = str(clause.get("column"))
        if (
            "in" in clause
            and name not in ("label", "cluster")
            and facts.has(name)
            and _n_values(facts, name) <= MOST_VALUES
        ):
            return f"--group {name}"
    return "--recipe weights"


def _n_values(facts: Facts, name: str) -> int:
    return len({str(value) for value in facts.column(name).tolist() if value is not None})


def _home(facts: Facts) -> str:
    return named(facts.workspace.folder) if facts.workspace is not None else "WORKSPACE"


def _counts(facts: Facts) -> np.ndarray:
    labels = facts.classes_of_rows
    return np.zeros(0) if labels is None else np.unique(labels[labels != ""], return_counts=True)[1]


def _balanced_accuracy(facts: Facts) -> float:
    """Mean over the classes of the share that is right."""
    labels, wrong = facts.classes_of_rows, facts.is_wrong
    assert labels is not None
    known = (labels != "") & ~np.isnan(wrong)
    return 1 - float(np.mean([wrong[known & (labels == name)].mean() for name in np.unique(labels[known])]))


def _weakest(facts: Facts) -> dict[str, Any] | None:
    """The most important weak slice with at least TIMES the overall error rate."""
    if facts.weak_slices is None:
        return None
    table = facts.weak_slices
    strong = table.loc[table["ratio"] >= TIMES, :]
    return dict(strong.iloc[0]) if len(strong) else None
