"""Planted wrong tags: how often a tag that is as suspicious as this one was one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.stats.auroc import auroc
from hem_core.tasks._multilabel_scores import support
from hem_core.thresholds import TRUSTED_FROM

SHARE = 0.05
"""Share of the given tags that is removed in the probes, and as many that are not given are added."""
LEAST = 20
"""With fewer probes of a kind nothing is calibrated."""
KINDS = ("given without support", "missing")


@dataclass(frozen=True, eq=False)
class Probed:
    """What the probes say of N examples with K tags."""

    prob: np.ndarray
    """(N, K) in 0 .. 1: of planted wrong tags and all others that are as suspicious, the share that was planted; NaN
    where the tag is not known or too few probes could be planted."""
    info: Mapping[str, Any]
    """`reasons` of run.json, without the names of the kinds."""


def probed(given: np.ndarray, probs: np.ndarray, *, seed: int = 0) -> Probed:
    """Remove 5% of the given tags and add as many, and see how their suspicion differs from that of the others.

    given (N, K): 1 yes, 0 no, NaN unknown; probs (N, K) of a model. The two kinds are calibrated apart, by an isotonic
    curve: an added tag stands among the given ones, a removed one among the many that are not.
    """
    prob = np.full(given.shape, np.nan)
    chance = np.random.default_rng(seed)
    n = round(SHARE * int((given > 0).sum()))
    aurocs: list[float] = []
    for is_added in (True, False) if n >= LEAST else ():
        shown = 1.0 if is_added else 0.0  # what a planted tag looks like
        others = np.flatnonzero((given == shown).reshape(-1))
        sources = np.flatnonzero((given == 1 - shown).reshape(-1))
        planted = chance.choice(sources, min(n, len(sources)), replace=False)
        own = 1 - support(np.full(given.shape, shown), probs).reshape(-1)
        if len(planted) < LEAST or not len(others):
            continue
        prob.reshape(-1)[others] = _share(own[planted], own[others])
        aurocs.append(auroc(own[planted], own[others]))
    return Probed(prob, _info(aurocs, n))


def _share(planted: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(O,) of the planted and the others as suspicious, the share that was planted; it rises with the suspicion."""
    from sklearn.isotonic import IsotonicRegression

    values = np.concatenate([planted, others])
    is_planted = np.concatenate([np.ones(len(planted)), np.zeros(len(others))])
    curve = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(values, is_planted)
    return curve.predict(others)


def _info(aurocs: list[float], n: int) -> dict[str, Any]:
    nothing = dict.fromkeys(("macro_f1", "balanced_accuracy", "ece"))
    if len(aurocs) < len(KINDS):
        note = f"Too few tags to plant {LEAST} wrong ones of each kind: simple rules name the reasons."
        return {
            "how": "rules",
            "auroc": None,
            "is_trusted": None,
            "n_probes": 0,
            "n_tagged": 0,
            **nothing,
            "note": note,
        }
    mean = round(float(np.mean(aurocs)), 4)
    is_trusted = mean >= TRUSTED_FROM
    note = "" if is_trusted else "This model finds few of the wrong tags that were planted: do not rely on the reasons."
    found = {"how": "calibrated", "auroc": mean, "is_trusted": is_trusted, "n_probes": 2 * n, "n_tagged": 0}
    found["spoiled"] = "wrong tags"
    return {**found, **nothing, "note": note}
