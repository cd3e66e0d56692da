"""The quality of numbers that are given as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hem_core.array_checks import check_lengths, numbers
from hem_core.errors import DataError
from hem_core.tasks import _regression_reasons as why
from hem_core.tasks import _several_numbers as several
from hem_core.tasks._rates_labels import Rated
from hem_core.tasks._residuals import spread_of, squashed
from hem_core.thresholds import WRONG


def rated(labels: Any, predictions: Any, neighbours: np.ndarray | None) -> Rated:
    """labels, predictions (N,), or (N, D) for several numbers of one example; neighbours (N, k) or None.

    The quality is 3 / (3 + conflict) with the `label_conflict` of `_standing`: .5 where the given value is three times
    the usual distance from the prediction and from its neighbours, from where on a label is suspect in a run.
    """
    check_lengths(labels, predictions, "predictions")
    given, predicted = (_read(values, name) for values, name in ((labels, "labels"), (predictions, "predictions")))
    if given.shape != predicted.shape:
        raise DataError(f"labels have the shape {given.shape} and predictions {predicted.shape}; pass the same shape")
    if not len(given):
        return Rated(np.zeros(0), np.zeros(0, bool), np.zeros(0, bool), [], [])
    outputs = tuple(f"y{place}" for place in range(given.shape[1]))
    spreads = [spread_of(column) for column in given.T]
    columns = {several.column(what, output): values[:, place]
               for what, values in (("given_value", given), ("predicted_value", predicted),
                                    ("residual", given - predicted))
               for place, output in enumerate(outputs)}  # fmt: skip
    found = several.standing_of_all(columns, neighbours, outputs, spreads)[0]
    return _rated(found, outputs, labels, predictions)


def _rated(found: Mapping[str, np.ndarray], outputs: tuple[str, ...], labels: Any, predictions: Any) -> Rated:
    conflicts, ratios = (several.stacked(found, name, outputs) for name in ("label_conflict", "residual_ratio"))
    return Rated(
        quality=_quality(found["label_conflict"]),
        is_issue=np.any(why.is_suspect(squashed(ratios), conflicts), axis=1),
        is_contradicted=np.asarray(found["error"]) >= WRONG,
        given=np.asarray(labels).tolist(),
        predicted=np.asarray(predictions).tolist(),
        parts={"numbers": _quality(conflicts)} if len(outputs) > 1 else {},
    )


def _quality(conflict: np.ndarray) -> np.ndarray:
    return why.CONFLICT / (why.CONFLICT + np.asarray(conflict, np.float64))


def _read(values: Any, name: str) -> np.ndarray:
    """(N, D) float64."""
    if np.ndim(values) == 2:
        return numbers(values, name, n_axes=2, shape="(N, D)")
    return numbers(values, name, n_axes=1, shape="(N,) or (N, D)")[:, None]
