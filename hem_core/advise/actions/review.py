"""Review labels: wrong labels that an hour finds, times what a corrected label brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise import proofs
from hem_core.advise.advice import Action
from hem_core.advise.changes import effect
from hem_core.advise.defaults import points_per_corrected_percent
from hem_core.advise.estimate import Estimate, combined
from hem_core.advise.label_noise import found_in_an_hour, wrong_labels
from hem_core.advise.trial_rows import ADDED_WRONG, WRONG
from hem_core.thresholds import SUSPECT

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

WHAT = "the labels that look most suspicious"
RULE = {"all": [{"column": "reason", "in": list(SUSPECT)}]}


def review(facts: Facts) -> list[Action]:
    """One action: the gain of an hour of reviewing the most suspicious labels and training again."""
    own: dict[str, Any] = {"how": f"hem labels {facts.run.folder}", "page": "review", "rule": RULE}
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
    """Points for each 1% of the labels that is corrected, and who says so."""
    proof = proofs.corrections(facts)
    if proof is not None:
        share = 100 * proof.n_relabelled / proof.n_training
        each = Estimate(*(end / share for end in (proof.difference.value, proof.difference.low, proof.difference.high)))
        said = f"{proof.n_relabelled:,} corrected labels brought {proof.difference.value:+.2f} points in '{proof.name}'"
        return each, said
    cost = effect(facts.trials, WRONG) if facts.trials is None or not facts.trials.is_memorised else None
    if cost is not None:
        return _by_trial(cost)
    found = points_per_corrected_percent()
    said = f"1% of the labels corrected brought {found.value:.2f} points in the benchmark ({found.low:.2f} to "
    return found, f"{said}{found.high:.2f}), and nothing is measured on this run yet"


def _by_trial(cost: Estimate) -> tuple[Estimate, str]:
    """What adding wrong labels cost; the first ones cost less than later ones, so that taking as many away brings
    between a third of it, were the loss to grow with their square, and all of it."""
    points = 1 / ADDED_WRONG
    low, value, high = (points * end for end in (-cost.high, -cost.value, -cost.low))
    found = Estimate(value * 2 / 3, min(low, low / 3), max(high, high / 3))
    return found, (
        f"making {ADDED_WRONG:.0%} more of them wrong changed the accuracy by {100 * cost.value:+.2f} points "
        f"({100 * cost.low:+.2f} to {100 * cost.high:+.2f}) in trial trainings"
    )


def _not_known(facts: Facts) -> str:
    why = getattr(facts.task, "not_advised", {}).get("review")
    if why:
        return f"Not known: {why}"
    n = facts.label_errors.n_reviewed
    reviewed = f"only {n:,} labels are reviewed" if n else "no label is reviewed"
    return (
        f"Not known: {reviewed}, and the run has no probes that tell wrong labels apart; review the random part of "
        "the queue, some 100 labels."
    )


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _range(share: Estimate) -> str:
    return f"{100 * share.low:.1f}–{100 * share.high:.1f}"


def _count(found: Estimate) -> str:
    return f"about {found.value:,.0f} ({found.low:,.0f} to {found.high:,.0f})" if np.isfinite(found.value) else "some"
