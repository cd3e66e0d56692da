"""What retrainings and proofs of this run have measured already; read without torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.advise.estimate import Estimate
from hem_core.retrain import stored
from hem_core.retrain.stored import Stored
from hem_core.tasks import is_known, is_same

if TYPE_CHECKING:
    from hem_core.advise.facts import Facts

AS_CORRECTION = ("labels",)
"""Recipes whose curated arm differs by corrected labels alone."""
AS_WEIGHTS = ("balanced", "groups", "weights", "mix")


@dataclass(frozen=True)
class Proof:
    """One retraining: the difference of the run's measure, curated minus control, better = above 0."""

    name: str
    recipe: str
    difference: Estimate
    n_relabelled: int
    """Training examples that the curated arm had with another label."""
    n_dropped: int
    """Training examples that the curated arm had not."""
    n_training: int


def corrections(facts: Facts) -> Proof | None:
    """The newest retraining of this run that corrected labels and changed nothing else; None without one."""
    found = (one for one in _proofs(facts) if one.recipe in AS_CORRECTION and one.n_relabelled)
    return next((one for one in found if not one.n_dropped), None)


def weighings(facts: Facts) -> Proof | None:
    """The newest retraining of this run that weighed examples or classes and changed no label; None without one."""
    found = (one for one in _proofs(facts) if one.recipe in AS_WEIGHTS)
    return next((one for one in found if not one.n_relabelled and not one.n_dropped), None)


def _proofs(facts: Facts) -> Iterator[Proof]:
    """Of this run and in its measure, the newest first."""
    if facts.workspace is None:
        return
    for each in stored.finished(facts.workspace.folder, facts.run.name):
        report = each.report
        if report is None or not report.get("table"):
            continue
        row = report["table"][0]
        difference = _difference(row)
        if row["measure"] != facts.measured.name or difference is None:
            continue
        counts = _counts(each)
        if counts is not None:
            yield Proof(each.name, str(each.plan["recipe"]["name"]), difference, *counts)


def _difference(row: dict[str, Any]) -> Estimate | None:
    found = row["difference"].get("curated - control")
    if not found or found.get("low") is None or found.get("high") is None:
        return None
    ends = (found["mean"], found["low"], found["high"])
    mean, low, high = ends if row["better"] == "higher" else (-ends[0], -ends[2], -ends[1])
    return Estimate(mean, low, high)


def _counts(each: Stored) -> tuple[int, int, int] | None:
    """How many labels differ between the two arms, how many examples one of them lacks, and how many there are; None
    where that is not stored."""
    try:
        with np.load(each.folder / "material.npz", allow_pickle=False) as material:
            given, curated = material["given"], material["curated"]
    except (OSError, ValueError, KeyError):
        return None
    known = is_known(curated)
    return int((known & ~is_same(curated, given)).sum()), int((~known).sum()), len(given)
