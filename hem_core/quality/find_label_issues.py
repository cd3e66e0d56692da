"""Which labels are probably wrong, as a mask or as indices."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from hem_core.errors import HemError
from hem_core.quality._rated import rated
from hem_core.tasks import DEFAULT

FilterBy = Literal["suspect", "predicted_neq_given", "low_quality"]


def find_label_issues(
    labels: Any,
    pred_probs: Any,
    *,
    task: str = DEFAULT,
    embeddings: Any = None,
    filter_by: FilterBy = "suspect",
    most: int | None = None,
    min_examples_per_class: int = 1,
    return_indices_ranked_by: Literal["label_quality"] | None = None,
) -> np.ndarray:
    """Which examples probably have a wrong label.

    labels, pred_probs, task, embeddings: as in `label_quality`. filter_by: "suspect", the rule
    of the task: the most suspicious labels, as many as another class is predicted for, at least as surely as that class
    is on average, and most neighbours agree; any of the most suspicious tags, as many as the prediction contradicts, at
    least as surely as it is right about that tag on average; a box is more probably wrong than right; a number is three
    times the usual distance from prediction and neighbours. "predicted_neq_given", every label that the prediction
    contradicts; "low_quality", the `most` lowest.
    most: keep so many, those of the lowest quality. min_examples_per_class: of each class so many are not returned, the
    best; where an example has one class.
    Returns a mask (N,) bool, or with return_indices_ranked_by="label_quality" the indices, the lowest quality first;
    ties by index. Raises HemError for another option, DataError as `label_quality`.
    """
    _check(filter_by, most, return_indices_ranked_by)
    found = rated(labels, pred_probs, task, embeddings)
    is_issue = {
        "suspect": found.is_issue,
        "predicted_neq_given": found.is_contradicted,
        "low_quality": np.ones(len(found.quality), bool),
    }[filter_by]
    order = np.argsort(found.quality, kind="stable")
    order = order[is_issue[order]]
    if found.classes is not None:
        order = _sparing(order, found.classes, min_examples_per_class)
    order = order[:most]
    if return_indices_ranked_by is not None:
        return order
    mask = np.zeros(len(found.quality), bool)
    mask[order] = True
    return mask


def _check(filter_by: str, most: int | None, ranked_by: str | None) -> None:
    if filter_by not in get_args(FilterBy):
        raise HemError(f"filter_by must be one of {', '.join(get_args(FilterBy))}; it is {filter_by!r}")
    if filter_by == "low_quality" and most is None:
        raise HemError("filter_by='low_quality' needs most=, how many to return")
    if most is not None and most < 0:
        raise HemError(f"most must be 0 or more; it is {most}")
    if ranked_by not in (None, "label_quality"):
        raise HemError(f"return_indices_ranked_by must be None or 'label_quality'; it is {ranked_by!r}")


def _sparing(order: np.ndarray, classes: np.ndarray, at_least: int) -> np.ndarray:
    """The indices of order, the worst first, without the last of a class of which too few would be left."""
    kept = []
    left = np.bincount(classes)
    for index in order.tolist():
        if left[classes[index]] > at_least:
            left[classes[index]] -= 1
            kept.append(index)
    return np.array(kept, np.int64)
