"""The learning curve: the measures of each arm's models at each size, and the paired differences between arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hem_core.loop.measures import OF_CLASSES, Measure
from hem_core.stats.mean_interval import mean_interval

Point = Mapping[str, Any]
"""One model: `arm`, `seed`, `round`, `n` (examples that it was trained on), and the columns of the measures."""


def curve(points: Sequence[Point], measures: Sequence[Measure] = OF_CLASSES) -> list[dict[str, Any]]:
    """One entry an arm and round: `n`, and of each measure `mean` and `sd` over the seeds (0 for one seed).

    points: one a model: arm, seed, round, n and the measures.
    """
    entries = []
    for arm, round in dict.fromkeys((point["arm"], point["round"]) for point in points):
        own = [point for point in points if (point["arm"], point["round"]) == (arm, round)]
        spreads = {each.column: _spread([point[each.column] for point in own]) for each in measures}
        entries.append({"arm": arm, "round": round, "n": _mean_n(own), "seeds": len(own), **spreads})
    return entries


def differences(
    points: Sequence[Point], against: str, measures: Sequence[Measure] = OF_CLASSES
) -> list[dict[str, Any]]:
    """The mined arm minus another one, paired by seed: one entry per round, and a last one for their mean.

    against: "random", compared at the same round, or "all", compared with the one model of all data.
    Returns entries of `round` (a number, at last "mean of rounds"), `n`, and of each measure mean, low, high; empty
    where either arm is not there.
    """
    others = {_place(point, against): point for point in points if point["arm"] == against}
    mined = [point for point in points if point["arm"] == "mined" and _place(point, against) in others]
    if not mined:
        return []
    names = [each.column for each in measures]
    gaps = {
        (point["seed"], point["round"]): {name: point[name] - others[_place(point, against)][name] for name in names}
        for point in mined
    }
    rounds, seeds = (list(dict.fromkeys(key[place] for key in gaps)) for place in (1, 0))
    entries: list[dict[str, Any]] = []
    for round in rounds:
        own = [gap for key, gap in gaps.items() if key[1] == round]
        n = _mean_n([point for point in mined if point["round"] == round])
        entries.append({"round": round, "n": n, **_intervals(own)})
    by_seed = [
        {name: float(np.mean([gap[name] for key, gap in gaps.items() if key[0] == seed])) for name in names}
        for seed in seeds
    ]
    return [*entries, {"round": "mean of rounds", "n": None, **_intervals(by_seed)}]


def _place(point: Point, against: str) -> tuple[int, int]:
    return point["seed"], point["round"] if against == "random" else 0


def _intervals(gaps: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    return {name: _interval([gap[name] for gap in gaps]) for name in gaps[0]}


def _interval(gaps: Sequence[float]) -> dict[str, float | None]:
    """One number a seed as `mean`, `low` and `high`; the ends are None for one seed."""
    mean, *ends = mean_interval(gaps)
    low, high = ends if len(gaps) > 1 else (None, None)
    return {"mean": mean, "low": low, "high": high}


def _mean_n(points: Sequence[Point]) -> int:
    return round(float(np.mean([point["n"] for point in points])))


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0}
