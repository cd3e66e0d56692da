"""The learning curve: the measures of each arm's models at each size, and the paired differences between arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hem_core.stats.mean_interval import mean_interval

MEASURES = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "worst_class": "worst class"}
"""Column -> words; shares in 0 .. 1, higher is better."""
Point = Mapping[str, Any]
"""One model: `arm`, `seed`, `round`, `n` (examples that it was trained on), and the measures."""


def measures(logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Share right of all, mean share right of the classes, and that of the worst class.

    logits (T, K); targets (T,) int64 in [0, K), T at least 1. Classes without a test example do not count.
    """
    is_right = logits.argmax(axis=1) == targets
    counts = np.bincount(targets, minlength=logits.shape[1])
    hits = np.bincount(targets, weights=is_right, minlength=logits.shape[1])
    shares = hits[counts > 0] / counts[counts > 0]
    return {
        "accuracy": float(is_right.mean()),
        "balanced_accuracy": float(shares.mean()),
        "worst_class": float(shares.min()),
    }


def curve(points: Sequence[Point]) -> list[dict[str, Any]]:
    """One entry an arm and round: `n`, and of each measure `mean` and `sd` over the seeds (0 for one seed).

    points: one a model: arm, seed, round, n and the measures.
    """
    entries = []
    for arm, round in dict.fromkeys((point["arm"], point["round"]) for point in points):
        own = [point for point in points if (point["arm"], point["round"]) == (arm, round)]
        spreads = {name: _spread([point[name] for point in own]) for name in MEASURES}
        entries.append({"arm": arm, "round": round, "n": _mean_n(own), "seeds": len(own), **spreads})
    return entries


def differences(points: Sequence[Point], against: str) -> list[dict[str, Any]]:
    """The mined arm minus another one, paired by seed: one entry per round, and a last one for their mean.

    against: "random", compared at the same round, or "all", compared with the one model of all data.
    Returns entries of `round` (a number, at last "mean of rounds"), `n`, and of each measure mean, low, high; empty
    where either arm is not there.
    """
    others = {_place(point, against): point for point in points if point["arm"] == against}
    mined = [point for point in points if point["arm"] == "mined" and _place(point, against) in others]
    if not mined:
        return []
    gaps = {
        (point["seed"], point["round"]): {name: point[name] - others[_place(point, against)][name] for name in MEASURES}
        for point in mined
    }
    rounds, seeds = (list(dict.fromkeys(key[place] for key in gaps)) for place in (1, 0))
    entries: list[dict[str, Any]] = []
    for round in rounds:
        own = [gap for key, gap in gaps.items() if key[1] == round]
        n = _mean_n([point for point in mined if point["round"] == round])
        entries.append({"round": round, "n": n, **_intervals(own)})
    by_seed = [
        {name: float(np.mean([gap[name] for key, gap in gaps.items() if key[0] == seed])) for name in MEASURES}
        for seed in seeds
    ]
    return [*entries, {"round": "mean of rounds", "n": None, **_intervals(by_seed)}]


def _place(point: Point, against: str) -> tuple[int, int]:
    return point["seed"], point["round"] if against == "random" else 0


def _intervals(gaps: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    return {name: _interval([gap[name] for gap in gaps]) for name in MEASURES}


def _interval(gaps: Sequence[float]) -> dict[str, float | None]:
    """One number a seed as `mean`, `low` and `high`; the ends are None for one seed."""
    mean, *ends = mean_interval(gaps)
    low, high = ends if len(gaps) > 1 else (None, None)
    return {"mean": mean, "low": low, "high": high}


def _mean_n(points: Sequence[Point]) -> int:
    return round(float(np.mean([point["n"] for point in points])))


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0}
