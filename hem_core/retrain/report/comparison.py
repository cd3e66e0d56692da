"""All numbers of the report, from the predictions of the models of every arm and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hem_core.retrain.report.bootstrap import measured_again
from hem_core.retrain.report.measures import GRADED, MEASURES, Measure, groups, of_numbers, sums
from hem_core.retrain.report.ship_or_hold import Interval, verdict
from hem_core.retrain.report.slices import Slice
from hem_core.retrain.report.test_predictions import ModelPredictions
from hem_core.stats.holm import holm
from hem_core.stats.mcnemar import mcnemar
from hem_core.stats.paired import known_interval
from hem_core.stats.wilson import wilson

POWER = 2.8
"""Standard errors from which a difference is found in 80 of 100 comparisons at 5%: 1.96 + 0.84."""
PAIRS = (("curated", "control"), ("curated", "random"), ("curated", "base"), ("head", "control"))
"""The arms whose difference is reported: what is compared, and with what."""


def comparison(
    arms: Mapping[str, Sequence[ModelPredictions]],
    targets: np.ndarray,
    classes: Sequence[str],
    slices: Sequence[Slice],
    is_target: np.ndarray,
    target_words: str,
) -> dict[str, Any]:
    """The report without the description of what was compared: verdict, table, classes, slices, flow, mcnemar.

    arms: name -> one `ModelPredictions` (T rows) per seed, control and curated among them; targets (T,) int64;
    is_target (T,) bool. Values in the unit of their measure, differences of percentages in points.
    classes: () for a task without them; then there is no table of classes, no McNemar test and no temperature.
    """
    numbers = next(one.numbers for models in arms.values() for one in models)
    graded = of_numbers(numbers) | GRADED if numbers is not None else GRADED
    measures = dict(enumerate(MEASURES)) if classes else graded
    of_class = targets if classes else np.zeros(len(targets), np.int64)  # all are of one
    parts = groups(is_target, of_class, max(1, len(classes)), [each.rows for each in slices])
    spreads = numbers.spreads if numbers is not None else ()
    summed = [[sums(one, parts) for one in models] for models in arms.values()]
    point, draws = measured_again(summed, parts, spreads=spreads)
    table = table_of(list(arms), measures, point, draws)
    judged = [row for row in table if row["unit"] == "%"][:2]  # accuracy or 1 − error, and that of the slice
    overall, target = (Interval(**row["difference"]["curated - control"]) for row in judged)
    flow = _flow(arms["control"], arms["curated"])
    churn = flow["churn"]["regressed"]["mean"] if flow["churn"] else None
    words = {"n_seeds": len(arms["control"]), "target_words": target_words, "measure": measures[0].name}
    return {
        "verdict": verdict(overall, target, flow["regressed"]["mean"], churn, **words),
        "table": table,
        "classes": class_rows(arms, targets, classes),
        "slices": _slices(arms, slices),
        "flow": flow,
        "mcnemar": _mcnemar(flow) if classes else [],
        "smallest_effect": smallest_effect(list(arms), draws),
        "temperature": {
            arm: float(np.mean([one.temperature for one in each])) for arm, each in arms.items() if classes
        },
    }


def table_of(
    names: list[str], measures: Mapping[int, Measure], point: np.ndarray, draws: np.ndarray
) -> list[dict[str, Any]]:
    """One row a measure: its mean and spread in each arm, and its differences between arms with their intervals.

    names: of the A arms; measures: by their place among the M of point (A, S, M) and draws (B, A, M). A measure that
    is not known of every model has no row: no slice is large enough.
    """
    rows = []
    for at, measure in measures.items():
        values = dict(zip(names, point[:, :, at], strict=True))
        if not np.isfinite(point[:, :, at]).all():
            continue
        rows.append(
            {
                "measure": measure.name,
                "unit": measure.unit,
                "better": "higher" if measure.is_higher_better else "lower",
                "arms": {arm: _spread(v) for arm, v in values.items()},
                "difference": _differences(values, dict(zip(names, draws[:, :, at].T, strict=True))),
            }
        )
    return rows


def _differences(
    values: Mapping[str, np.ndarray], draws: Mapping[str, np.ndarray]
) -> dict[str, dict[str, float | None]]:
    """What one arm gains over another in a measure, for the pairs whose arms both exist.

    values: of each arm, (S,) by seed; draws: of each arm, (B,) by bootstrap draw. The ends of the interval are None
    where one example alone carries the measure.
    """
    found = {}
    for one, other in PAIRS:
        if one in values and other in values:
            mean = float(values[one].mean() - values[other].mean())
            low, high = known_interval(draws[one] - draws[other])
            found[f"{one} - {other}"] = {"mean": mean, "low": low, "high": high}
    return found


def _mcnemar(flow: Mapping[str, Any]) -> list[dict[str, Any]]:
    """McNemar's test of curated against control, seed by seed."""
    changes = zip(flow["fixed"]["per_seed"], flow["regressed"]["per_seed"], strict=True)
    return [
        {"seed": seed, "fixed": fixed, "regressed": regressed, "p": mcnemar(fixed, regressed)}
        for seed, (fixed, regressed) in enumerate(changes)
    ]


def smallest_effect(names: list[str], draws: np.ndarray) -> float | None:
    """The difference in the first measure that these models and this test can find; draws (B, A, M). None where one
    example alone carries the measure."""
    gained = draws[:, names.index("curated"), 0] - draws[:, names.index("control"), 0]
    return POWER * float(np.std(gained)) if np.isfinite(gained).all() else None


def _spread(values: np.ndarray) -> dict[str, Any]:
    """What a measure is in one arm; values (S,) by seed."""
    return {"mean": float(values.mean()), "sd": _sd(values), "per_seed": values.tolist()}


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _flow(before: Sequence[ModelPredictions], after: Sequence[ModelPredictions]) -> dict[str, Any]:
    """Fixed and regressed test examples, seed by seed, compared with those between one control and the next."""
    changed = [_changes(one.is_right, other.is_right) for one, other in zip(before, after, strict=True)]
    n = len(before)
    churned = [_changes(before[k].is_right, before[(k + 1) % n].is_right) for k in range(n)] if n > 1 else []
    return counted(changed) | {"churn": counted(churned) if churned else None}


def _changes(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    return int((~before & after).sum()), int((before & ~after).sum())


def counted(pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """Numbers of fixed and regressed ones, a pair a seed, with their mean."""
    return {
        name: {"mean": float(np.mean([pair[at] for pair in pairs])), "per_seed": [pair[at] for pair in pairs]}
        for at, name in enumerate(("fixed", "regressed"))
    }


def class_rows(
    arms: Mapping[str, Sequence[ModelPredictions]], targets: np.ndarray, classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Each class that occurs with its accuracies; targets (T,) int64, classes: names of their numbers."""
    rows = [(name, np.flatnonzero(targets == k)) for k, name in enumerate(classes)]
    return [{"label": name} | _accuracies(arms, at) for name, at in rows if len(at)]


def _slices(arms: Mapping[str, Sequence[ModelPredictions]], slices: Sequence[Slice]) -> list[dict[str, Any]]:
    """Each slice with its accuracies and an exact sign test over its examples, all seeds together, after Holm."""
    wrong = {arm: np.sum([~one.is_right for one in arms[arm]], axis=0) for arm in ("control", "curated")}
    p = []
    for each in slices:
        gained = wrong["control"][each.rows] - wrong["curated"][each.rows]
        better, worse = int((gained > 0).sum()), int((gained < 0).sum())
        p.append(mcnemar(better, worse))
    adjusted = holm(p)
    found = [
        {"name": each.name} | _accuracies(arms, each.rows) | {"p": one, "p_holm": after}
        for each, one, after in zip(slices, p, adjusted, strict=True)
    ]
    return sorted(found, key=lambda row: (row["arms"]["control"]["mean"], row["name"]))


def _accuracies(arms: Mapping[str, Sequence[ModelPredictions]], rows: np.ndarray) -> dict[str, Any]:
    """n, and each arm's accuracy (1 − error) on these rows in %: mean over seeds, with the Wilson interval of one."""
    found = {}
    for arm, models in arms.items():
        share = float(np.mean([one.credit[rows].mean() for one in models]))
        low, high = wilson(share * len(rows), len(rows))
        found[arm] = {"mean": 100 * share, "low": 100 * float(low), "high": 100 * float(high)}
    gained = found["curated"]["mean"] - found["control"]["mean"]
    return {"n": len(rows), "arms": found, "difference": gained}
