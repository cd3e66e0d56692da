"""The arms group by group: the worst one first, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hem_core.retrain.report.bootstrap import measured_again
from hem_core.retrain.report.comparison import class_rows, table_of
from hem_core.retrain.report.measures import LEAST_CLASS, MEASURES, Measure, groups, sums
from hem_core.retrain.report.ship_or_hold import Interval
from hem_core.retrain.report.test_predictions import ModelPredictions

WORST = next(at for at, measure in enumerate(MEASURES) if measure.name == "worst class")


def by_group(
    arms: Mapping[str, Sequence[ModelPredictions]], codes: np.ndarray, names: Sequence[str]
) -> dict[str, Any] | None:
    """`worst`, a row of the report's table: accuracy of the worst group; `rows`, one a group, control's worst first.

    Groups of fewer than LEAST_CLASS test examples are not the worst one, and come last, where larger ones are there.
    arms: name -> one `ModelPredictions` (T rows) per seed; codes (T,) int64 in [0, G), -1 = in no group; names (G,).
    None where no test example is in a group.
    """
    if not (codes >= 0).any():
        return None
    parts = groups(np.ones(len(codes), bool), codes, len(names), [])
    summed = [[sums(one, parts) for one in models] for models in arms.values()]
    measure = {WORST: Measure("worst group", "%", True)}
    rows = sorted(
        class_rows(arms, codes, names),
        key=lambda row: (row["n"] < LEAST_CLASS, row["arms"]["control"]["mean"], row["label"]),
    )
    return {"worst": table_of(list(arms), measure, *measured_again(summed, parts))[0], "rows": rows}


def sentence(found: Mapping[str, Any]) -> str:
    """The worst group of control and of curated, for the verdict."""
    row = found["worst"]
    control, curated = (f"{row['arms'][arm]['mean']:.1f}%" for arm in ("control", "curated"))
    gained = Interval(**row["difference"]["curated - control"])
    return f"Accuracy on the worst group: {curated} in curated, {control} in control: {gained}."
