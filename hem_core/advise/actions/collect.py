"""Collect more labelled examples: what the learning curve says of as many as an hour labels, of all, of one class, and
of one weak slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise.advice import Action
from hem_core.advise.estimate import Estimate, combined
from hem_core.advise.label_noise import WrongLabels, wrong_labels
from hem_core.advise.learning_curve import FURTHEST, LEAST_ROWS, gained, laws
from hem_core.buckets.places import named
from hem_core.tasks import not_advised

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts
    from hem_core.advise.trials import Trials

HOW = "hem loop POOL --train MODULE:FUNCTION"
MOST_SLICES = 5
"""Of the weak slices of a run, so many are looked at."""


@dataclass(frozen=True, eq=False)
class Group:
    """Examples that more could be collected of."""

    what: str
    rule: Mapping[str, Any] | None
    rows: np.ndarray
    """Those that were tested."""


@dataclass(frozen=True)
class Hour:
    """What an hour of collecting brings, and how many labels are wrong."""

    n_labels: int
    wrong: WrongLabels | None


def collect(facts: Facts) -> list[Action]:
    """Random examples first; then the class and the slice whose own curve promises the most.

    Which class, and which slice, is chosen by half of its examples and its gain is told by the other half, so that the
    best of many is not the luckiest. What is told is the fall of its own error, as in Slice Tuner (Tae & Whang 2021,
    arXiv:2003.04549): what the other groups lose when one alone grows is not known.
    """
    trials, problem = _usable(facts)
    if trials is None:
        return [
            Action("collect", "more examples", problem, f"hem advise {named(facts.run.folder)} --curve", "add_data")
        ]
    tested = Group("random examples", None, np.flatnonzero(trials.fold >= 0))
    told = facts.told_trials
    assert told is not None
    hour = Hour(facts.labels_per_hour, wrong_labels(facts))
    found = [_random(hour, told, tested)]
    for groups in (_classes(facts, trials), _slices(facts, trials)):
        best = _best(hour, trials, groups)
        found += [_of_group(hour, trials, best)] if best else []
    return found


def _usable(facts: Facts) -> tuple[Trials | None, str]:
    """The trainings of a curve that says something of the model, or why there is none and what to do."""
    why = not_advised(facts.task).get("collect")
    if why or not facts.has_classes:
        return None, f"Not known: {why or 'a learning curve is measured for classes alone'}."
    if facts.trials is None:
        return None, "Not known: no learning curve is measured; it takes trainings on parts of the data."
    if facts.trials.is_memorised:
        return None, (
            "Not known: the only curve is of linear heads on embeddings that were trained on these examples, which is "
            "flatter than the model's; score with --train, and measure the curve of that."
        )
    return facts.trials, ""


def _random(hour: Hour, trials: Trials, group: Group) -> Action:
    """More examples like those there are."""
    own: dict[str, Any] = {"how": HOW, "page": "add_data"}
    gain, added = _gain(hour, trials, group, group.rows)
    if gain is None:
        few = "fewer than 3 sizes could be measured on so few examples; collect some more first"
        if len(group.rows) < LEAST_ROWS:
            few = f"fewer than {LEAST_ROWS} examples were tested; measure more folds, or collect some more first"
        return Action("collect", group.what, f"Not known: {few}.", **own)
    n = trials.n_training
    evidence = (
        f"By the learning curve of {trials.of}, from {n:,} to {n + added:,.0f} training examples; {_before(trials)}."
    )
    ends: dict[str, Any] = {"gain": 100 * gain.value, "low": 100 * gain.low, "high": 100 * gain.high}
    return Action("collect", group.what, evidence, **own, **ends)


def _of_group(hour: Hour, trials: Trials, group: Group) -> Action:
    """More examples of one group: its own error falls, but that of the others rises when one alone grows."""
    rows = group.rows[1::2]
    gain, added = _gain(hour, trials, group, rows)
    assert gain is not None  # it was the best of those whose gain is known
    share = len(group.rows) / trials.n_tested
    error = trials.error[-1, rows].mean()
    value, low, high = (100 * end / share for end in (gain.value, gain.low, gain.high))
    evidence = (
        f"Not known: by its own learning curve {added:,.0f} more lower its error of {error:.1%} "
        f"by {value:.1f} points ({low:.1f} to {high:.1f}), but what the others lose when it alone grows is not "
        "measured; collect it along with the others, or measure it with `hem loop`."
    )
    return Action("collect", group.what, evidence, HOW, "add_data", group.rule)


def _before(trials: Trials) -> str:
    """By how much the last doubling lowered the error."""
    rows = trials.fold >= 0
    drop = trials.error[-2, rows].mean() - trials.error[-1, rows].mean()
    times = trials.sizes[-1] / trials.sizes[-2]
    increase = "doubling" if round(times) == 2 else f"{times:.0f}-fold increase"
    return f"the last {increase} of the data gained {100 * drop:+.2f} points"


def _gain(hour: Hour, trials: Trials, group: Group, rows: np.ndarray) -> tuple[Estimate | None, float]:
    """The drop of the error of all examples, 0 .. 1, and how many examples are added; rows: those that are told by."""
    found = laws(trials, rows)
    share = len(group.rows) / trials.n_tested
    own_size = trials.n_training * share
    added = min(float(hour.n_labels), (FURTHEST - 1) * own_size)
    if found is None:
        return None, added
    own = gained(found, trials.n_training, trials.n_training * (1 + added / own_size))
    if hour.wrong is None:
        return Estimate(*(share * end for end in (own.value, own.low, own.high))), added
    # On wrong labels a model that is right counts as wrong: what is measured falls by 1 - their share as much.
    return combined(lambda drop, labels: share * drop / np.maximum(1 - labels, 0.5), own, hour.wrong.share), added


def _best(hour: Hour, trials: Trials, groups: list[Group]) -> Group | None:
    """The group with the highest gain by the first half of its examples."""
    promised = [(_gain(hour, trials, one, one.rows[::2])[0], one) for one in groups]
    known = [(gain.value, place) for place, (gain, _one) in enumerate(promised) if gain is not None and gain.value > 0]
    return groups[max(known, key=lambda pair: (pair[0], -pair[1]))[1]] if known else None


def _classes(facts: Facts, trials: Trials) -> list[Group]:
    labels = facts.classes_of_rows
    assert labels is not None
    tested = trials.fold >= 0
    names = [name for name in facts.run.classes if name]
    found = [Group(f"class {name}", _rule("label", name), np.flatnonzero(tested & (labels == name))) for name in names]
    return [one for one in found if len(one.rows) >= 2 * LEAST_ROWS]


def _slices(facts: Facts, trials: Trials) -> list[Group]:
    """The weak slices that are no class."""
    if facts.weak_slices is None:
        return []
    found, table = [], facts.weak_slices.head(MOST_SLICES)
    for name, rule in zip(table["name"].tolist(), table["rule"].tolist(), strict=True):
        if [clause.get("column") for clause in rule["all"]] == ["label"]:
            continue
        rows = facts.run.rows(rule)
        found.append(Group(f"examples whose {name}", rule, np.sort(rows[trials.fold[rows] >= 0])))
    return [one for one in found if len(one.rows) >= 2 * LEAST_ROWS]


def _rule(column: str, value: str) -> dict[str, Any]:
    return {"all": [{"column": column, "in": [value]}]}
