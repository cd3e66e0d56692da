"""All numbers of the report, from the predictions of the models of every arm and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

from hem_core.retrain.report.bootstrap import interval, measured_again
from hem_core.retrain.report.measures import GRADED, MEASURES, groups, sums
from hem_core.retrain.report.slices import Slice, holm
from hem_core.retrain.report.test_predictions import ModelPredictions
from hem_core.retrain.report.verdict import Interval, verdict
from hem_core.stats.mcnemar import mcnemar
from hem_core.stats.wilson import wilson

POWER = 2.8
"""Standard errors from which a difference is found in 80 of 100 comparisons at 5%: 1.96 + 0.84."""


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
    measures = dict(enumerate(MEASURES)) if classes else GRADED
    names, n_seeds = list(arms), len(arms["control"])
    of_class = targets if classes else np.zeros(len(targets), np.int64)  # all are of one
    parts = groups(is_target, of_class, max(1, len(classes)), [each.rows for each in slices])
    point, draws = measured_again([[sums(one, parts) for one in arms[arm]] for arm in names], parts)
    place = {arm: at for at, arm in enumerate(names)}
    pairs = [("curated", "control"), ("curated", "random"), ("head", "control")]
    pairs = [pair for pair in pairs if all(arm in place for arm in pair)]
    table = []
    for at, measure in measures.items():
        values = {arm: point[place[arm], :, at] for arm in names}
        if not np.isfinite(np.concatenate(list(values.values()))).all():
            continue  # no slice is large enough
        differences = {}
        for one, other in pairs:
            gained = draws[:, place[one], at] - draws[:, place[other], at]
            low, high = interval(gained)
            mean = float(values[one].mean() - values[other].mean())
            differences[f"{one} - {other}"] = {"mean": mean, "low": low, "high": high}
        table.append(
            {
                "measure": measure.name,
                "unit": measure.unit,
                "better": "higher" if measure.is_higher_better else "lower",
                "arms": {arm: {"mean": float(v.mean()), "sd": _sd(v)} for arm, v in values.items()},
                "difference": differences,
            }
        )
    overall, target = (Interval(**row["difference"]["curated - control"]) for row in table[:2])
    flow = _flow(arms["control"], arms["curated"])
    churn = flow["churn"]["regressed"]["mean"] if flow["churn"] else None
    spread = float(np.std(draws[:, place["curated"], 0] - draws[:, place["control"], 0]))
    words = {"n_seeds": n_seeds, "target_words": target_words, "measure": measures[0].name}
    return {
        "verdict": verdict(overall, target, flow["regressed"]["mean"], churn, **words),
        "table": table,
        "classes": _classes(arms, targets, classes),
        "slices": _slices(arms, slices),
        "flow": flow,
        "mcnemar": [
            {"seed": seed, "fixed": fixed, "regressed": regressed, "p": mcnemar(fixed, regressed)}
            for seed, (fixed, regressed) in enumerate(
                zip(flow["fixed"]["per_seed"], flow["regressed"]["per_seed"], strict=True) if classes else ()
            )
        ],
        "smallest_effect": POWER * spread,
        "temperature": {
            arm: float(np.mean([one.temperature for one in each])) for arm, each in arms.items() if classes
        },
    }


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _flow(before: Sequence[ModelPredictions], after: Sequence[ModelPredictions]) -> dict[str, Any]:
    """Fixed and regressed test examples, seed by seed, compared with those between one control and the next."""
    changed = [_changes(one.is_right, other.is_right) for one, other in zip(before, after, strict=True)]
    n = len(before)
    churned = [_changes(before[k].is_right, before[(k + 1) % n].is_right) for k in range(n)] if n > 1 else []
    return _counted(changed) | {"churn": _counted(churned) if churned else None}


def _changes(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    return int((~before & after).sum()), int((before & ~after).sum())


def _counted(pairs: list[tuple[int, int]]) -> dict[str, Any]:
    return {
        name: {"mean": float(np.mean([pair[at] for pair in pairs])), "per_seed": [pair[at] for pair in pairs]}
        for at, name in enumerate(("fixed", "regressed"))
    }


def _classes(
    arms: Mapping[str, Sequence[ModelPredictions]], targets: np.ndarray, classes: Sequence[str]
) -> list[dict[str, Any]]:
    rows = [(name, np.flatnonzero(targets == k)) for k, name in enumerate(classes)]
    return [{"label": name} | _accuracies(arms, at) for name, at in rows if len(at)]


def _slices(arms: Mapping[str, Sequence[ModelPredictions]], slices: Sequence[Slice]) -> list[dict[str, Any]]:
    """Each slice with its accuracies and an exact sign test over its examples, all seeds together, after Holm."""
    wrong = {arm: np.sum([~one.is_right for one in arms[arm]], axis=0) for arm in ("control", "curated")}
    p = []
    for each in slices:
        gained = wrong["control"][each.rows] - wrong["curated"][each.rows]
        better, worse = int((gained > 0).sum()), int((gained < 0).sum())
        p.append(float(binomtest(better, better + worse).pvalue) if better + worse else 1.0)
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
