"""How many labels are wrong, and how many of them an hour of review finds: by people's verdicts, else by the probes."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise.estimate import Estimate, combined
from hem_core.reasons.wrong_share import LEAST_LEAD, wrong_share
from hem_core.thresholds import SUSPECT, TRUSTED_FROM

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

OFF_BY = 0.05
"""Half the 95% interval of what an estimate by probes is off by, whatever their number: real wrong labels differ from
planted ones, and a weak model takes hard examples for wrong ones. On digits with 0 to 20% of flips it was off by .006
on average (see `reasons/wrong_share.py`), with weaker models by up to .05."""
FLAWED = ("mislabelled", "ambiguous", "outlier", "rare")
"""Kinds of probes that are no sound rows."""


@dataclass(frozen=True)
class WrongLabels:
    """The share of wrong labels with its interval, 0 .. 1, and who says so, in words."""

    share: Estimate
    source: str


def wrong_labels(facts: Facts) -> WrongLabels | None:
    """People's verdicts once they give a narrow interval, else what the probes of the run let conclude; None where
    neither does."""
    found = facts.label_errors
    if found.n_reviewed and found.is_narrow and found.share == found.share:
        return WrongLabels(Estimate(found.share, found.low, found.high), f"by {found.n_reviewed:,} reviewed labels")
    return _by_probes(facts)


def found_in_an_hour(facts: Facts, wrong: WrongLabels) -> Estimate | None:
    """How many wrong labels are among the most suspicious ones that nobody reviewed and an hour suffices for.

    Each label's probability of being wrong is that of its reason, scaled so that together they give the share of wrong
    labels. None where the run has no suspicion or no probabilities.
    """
    prob, suspicion = _probabilities(facts), facts.numbers("label_suspicion")
    is_open = np.isnan(facts.answers) & ~np.isnan(suspicion) & ~np.isnan(prob)
    rows = np.flatnonzero(is_open)
    queue = rows[np.argsort(-suspicion[rows], kind="stable")][: facts.labels_per_hour]
    if not len(queue):
        is_known = bool((~np.isnan(prob) & ~np.isnan(suspicion)).any())
        return Estimate(0.0, 0.0, 0.0) if is_known else None
    n_known = int(np.nansum(facts.answers))  # found already
    n, total = facts.run.n, prob[rows].sum()

    def hits(share: np.ndarray) -> np.ndarray:
        left = np.clip(share * n - n_known, 0, len(rows))
        return np.array([_scaled(prob[queue], one / max(total, 1e-9)) for one in left.tolist()])

    return combined(hits, wrong.share)


def _scaled(prob: np.ndarray, factor: float) -> float:
    return float(np.minimum(1, prob * factor).sum())


def _probabilities(facts: Facts) -> np.ndarray:
    """(N,) probability that the given label is wrong, by its reason, else by what was found in labels of about equal
    suspicion; NaN where neither says anything."""
    kinds: list[str] = facts.run.info.get("reasons", {}).get("kinds") or []
    place = next((kinds.index(name) for name in SUSPECT if name in kinds), None)
    if place is None or not facts.has("reason_probs"):
        return _by_suspicion(facts)
    values = facts.column("reason_probs").tolist()
    return np.array([np.nan if each is None or len(each) <= place else each[place] for each in values], float)


def _by_suspicion(facts: Facts) -> np.ndarray:
    """(N,) the share of wrong labels among the reviewed ones of each stratum of suspicion."""
    suspicion, found = facts.numbers("label_suspicion"), np.full(facts.run.n, np.nan)
    for one in facts.label_errors.strata:
        inside = (suspicion >= one.low_suspicion) & (suspicion <= one.high_suspicion)
        if one.n_reviewed:
            found[inside] = one.n_wrong / one.n_reviewed
    return found


def _by_probes(facts: Facts) -> WrongLabels | None:
    """Rogan and Gladen's estimate with the chance of the count and of both rates; None where the run's probes are not
    to be trusted."""
    reasons: dict[str, Any] = facts.run.info.get("reasons") or {}
    recall, false = reasons.get("recall_mislabelled"), reasons.get("false_mislabelled")
    counts = _probe_counts(facts)
    if recall is None or false is None or counts is None or not facts.has("reason"):
        return None
    if (reasons.get("auroc") or 0) < TRUSTED_FROM or recall - false < LEAST_LEAD:
        return None
    named = float(np.isin(facts.column("reason").astype(str), SUSPECT).mean())
    parts = _share(named, facts.run.n), _share(recall, counts[0]), _share(false, counts[1])
    value = wrong_share(named, reasons)
    found = combined(_corrected, *parts, Estimate(0.0, -OFF_BY, OFF_BY))
    share = Estimate(value, min(found.low, value), max(found.high, value))
    return WrongLabels(share, f"by {counts[0]:,} planted wrong labels")


def _corrected(named: np.ndarray, recall: np.ndarray, false: np.ndarray, off_by: np.ndarray) -> np.ndarray:
    """As `wrong_share`."""
    return np.clip((named - false) / np.maximum(recall - false, LEAST_LEAD) + off_by, 0, 1)


def _probe_counts(facts: Facts) -> tuple[int, int] | None:
    """How many planted wrong labels and how many sound rows the two rates are of; None where they are not stored."""
    try:
        with np.load(facts.run.folder / "reason_rows.npz", allow_pickle=False) as stored:
            kinds = stored["kinds"].astype(str)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    n_wrong, n_sound = int(np.isin(kinds, SUSPECT).sum()), int((~np.isin(kinds, FLAWED)).sum())
    return (n_wrong, n_sound) if n_wrong and n_sound else None


def _share(value: float, n: float) -> Estimate:
    from hem_core.stats.wilson import wilson

    low, high = (float(end) for end in wilson(value * n, n))
    return Estimate(value, min(low, value), max(high, value))
