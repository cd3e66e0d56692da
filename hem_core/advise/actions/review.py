"""Review labels: wrong labels that an hour finds, times what a corrected label brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise import proofs
from hem_core.advise.advice import Action
from hem_core.advise.changes import in_folds, in_points, is_of_one_fold
from hem_core.advise.defaults import points_per_corrected_percent
from hem_core.advise.estimate import Estimate, combined, pooled, rule_of_three
from hem_core.advise.label_noise import found_in_an_hour, wrong_labels
from hem_core.advise.trial_rows import ADDED_WRONG, WRONG
from hem_core.buckets.places import named
from hem_core.tasks import not_advised
from hem_core.thresholds import SUSPECT

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

WHAT = "the labels that look most suspicious"
RULE = {"all": [{"column": "reason", "in": list(SUSPECT)}]}


def review(facts: Facts) -> list[Action]:
    """One action: the gain of an hour of reviewing the most suspicious labels and training again."""
    own: dict[str, Any] = {"how": f"hem labels {named(facts.run.folder)}", "page": "review", "rule": RULE}
    wrong = wrong_labels(facts) if facts.has_classes else None
    if wrong is None:
        return [Action("review", WHAT, _not_known(facts), **own)]
    found = found_in_an_hour(facts, wrong)
    share = f"{_percent(wrong.share.value)} of the labels look wrong ({_range(wrong.share)}, {wrong.source})"
    if found is None:
        way = "score with probes, so that each label has a probability of being wrong"
        return [Action("review", WHAT, f"Not known: {share}, but not which ones; {way}.", **own)]
    slope, source = _points_per_percent(facts)
    gain = combined(lambda hits, points: 100 * hits / facts.run.n * points, found, slope)
    hour = f"an hour finds {_count(found)} of them"
    evidence = f"{share}; {hour}; {source}."
    return [Action("review", WHAT, evidence, gain=gain.value, low=gain.low, high=gain.high, **own)]


def _points_per_percent(facts: Facts) -> tuple[Estimate, str]:
    """Points for each 1% of the labels that is corrected: by the benchmarks, and by what is measured on this run."""
    usual = points_per_corrected_percent()
    own = _by_proof(facts) or _by_trial(facts)
    of_usual = f"{usual.value:.2f} points ({usual.low:.2f} to {usual.high:.2f})"
    if own is None:
        is_one_fold = is_of_one_fold(facts.told_trials, WRONG)
        own_words = (
            "one fold of trial trainings does not count" if is_one_fold else "nothing is measured on this run yet"
        )
        return usual, f"correcting 1% of the labels gained {of_usual} in the benchmarks, and {own_words}"
    found, said = own
    benchmarks = f"the benchmarks, where correcting 1% of the labels gained {of_usual}"
    return pooled(usual, found), f"{said}; combined with {benchmarks}"


def _by_proof(facts: Facts) -> tuple[Estimate, str] | None:
    """What corrected labels brought in a retraining of this run."""
    proof = proofs.corrections(facts)
    if proof is None:
        return None
    share, found = 100 * proof.n_relabelled / proof.n_training, proof.difference
    said = f"{_labels(proof.n_relabelled)} brought {found.value:+.2f} points in the retraining '{proof.name}'"
    slope = Estimate(found.value / share, found.low / share, found.high / share)
    return slope.at_least(100 * rule_of_three(facts.run.n) / share), said


def _by_trial(facts: Facts) -> tuple[Estimate, str] | None:
    """What adding wrong labels cost in trials. The first wrong labels cost less than later ones, so that taking as many
    away brings between a third of that, were the loss to grow with their square, and all of it."""
    cost = in_folds(facts.told_trials, WRONG)
    if cost is None:
        return None
    low, value, high = (end / ADDED_WRONG for end in (-cost.high, -cost.value, -cost.low))
    found = Estimate(value * 2 / 3, min(low, value / 3, value), max(high, value / 3, value))
    changed = f"changed {facts.measured.name} by {in_points(cost)} in trial trainings"
    said = f"making {ADDED_WRONG:.0%} more labels wrong {changed}"
    return found, said


def _labels(n: int) -> str:
    return f"{n:,} corrected label{'s' * (n != 1)}"


def _not_known(facts: Facts) -> str:
    n, why = facts.label_errors.n_reviewed, not_advised(facts.task).get("review")
    if why:
        return f"Not known: {why}."
    reviewed = f"only {n:,} labels are reviewed" if n else "no label is reviewed"
    return (
        f"Not known: {reviewed}, and no planted wrong labels tell how many there are; review the random part of the "
        "queue, some 100 labels."
    )


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _range(share: Estimate) -> str:
    return f"{100 * share.low:.1f}–{100 * share.high:.1f}"


def _count(found: Estimate) -> str:
    return f"about {found.value:,.0f} ({found.low:,.0f} to {found.high:,.0f})" if np.isfinite(found.value) else "some"
