"""Everything that is known of labels given as arrays, by the task that they are of."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core import tasks
from hem_core.errors import DataError, HemError
from hem_core.tasks import Rated, RatesLabels

K = 15
"""Neighbours of an example, as in a run."""


def rated(labels: Any, predictions: Any, task: str, embeddings: Any = None) -> Rated:
    """The labels of N examples, rated by HEM's scores. Raises HemError for a task that cannot rate arrays."""
    found = tasks.load(task)
    has_classes = "classes" in found.offers
    if not has_classes and not isinstance(found, RatesLabels):
        raise HemError(f"task '{task}' rates no arrays; score its data with hem_core.score")
    near = None
    if embeddings is not None:
        if isinstance(found, RatesLabels) and not found.rates_by_neighbours:
            raise HemError(f"the quality of labels of task '{task}' is not measured by embeddings; omit them")
        near = graph_of(embeddings, len(labels)).indices
    if isinstance(found, RatesLabels):
        return found.rate_labels(labels, predictions, near)
    from hem_core.quality._class_labels import rated as of_classes

    return of_classes(found, labels, predictions, near)


def graph_of(embeddings: Any, n: int) -> Any:
    """The nearest neighbours of N examples; see `hem_core.embeddings.neighbours`."""
    from hem_core.embeddings.neighbours import neighbours

    rows = np.asarray(embeddings)
    if rows.ndim != 2 or len(rows) != n:
        raise DataError(f"embeddings must have the shape (N, D), a row each of {n:,} examples; they have {rows.shape}")
    return neighbours(rows, K)
