"""The optional part of a task's contract for tasks that rate labels given as arrays, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, eq=False)
class Rated:
    """What is known of the labels of N examples."""

    quality: np.ndarray
    """(N,) float64 in 0 .. 1: 1 = the label is fine, 0 = it is surely wrong."""
    is_issue: np.ndarray
    """(N,) bool: the label is probably wrong, by a rule of the task."""
    is_contradicted: np.ndarray
    """(N,) bool: the prediction differs from the label."""
    given: Sequence[Any]
    """(N,) the labels as they came."""
    predicted: Sequence[Any]
    """(N,) what is predicted, in the form of the labels."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """Kind -> qualities of the parts of the examples: an array (N, K), or a list of N arrays."""
    classes: np.ndarray | None = None
    """(N,) int64, the class of each label, where an example has one class; None for other tasks."""


@runtime_checkable
class RatesLabels(Protocol):
    """A task that rates labels given as arrays. One with classes needs none of it: their ranks are made of scores."""

    rates_by_neighbours: bool
    """Whether the nearest neighbours of the examples say something of their labels."""

    def rate_labels(self, labels: Any, predictions: Any, neighbours: np.ndarray | None) -> Rated:
        """labels and predictions in the shapes that `hem_core.label_quality` names; neighbours (N, k) or None.

        Raises DataError for shapes and values that cannot be read.
        """
        ...
