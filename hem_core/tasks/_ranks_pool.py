"""The optional part of a task's contract for tasks that rank the examples of a pool, so that `hem loop` can choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np

UNIFORM = ("random",)
"""The chain of policies of a task that names none."""
Near: TypeAlias = "Callable[[], np.ndarray | None]"
"""Gives the places (N, k) of the nearest neighbours of N examples in a model's embedding; None without an embedding."""


@runtime_checkable
class RanksPool(Protocol):
    """A task without classes that says by which numbers a model's answers to new examples can be ranked.

    Columns are higher where the model is less sure, or further from the label. A task with classes needs none of it:
    its columns are the scores of its logits.
    """

    @property
    def pool_policies(self) -> tuple[str, ...]:
        """The chain of policies that chooses from a pool where the user names none."""
        ...

    @property
    def uncertainties(self) -> Mapping[str, str]:
        """Each column of `unsure` -> what it means; the first one is the default of the policy `margin`."""
        ...

    @property
    def shortcomings(self) -> Mapping[str, str]:
        """Each column of `judged` -> what it means."""
        ...

    def unsure(self, raw: np.ndarray, near: Near) -> Mapping[str, np.ndarray]:
        """Columns (N,) float32 that need no label, of raw outputs (N, W); without those that need neighbours where
        there are none."""
        ...

    def judged(self, raw: np.ndarray, targets: np.ndarray) -> Mapping[str, np.ndarray]:
        """Columns (N,) float32 beside `loss` and `error`, of raw outputs (N, W) and known targets (N,) or (N, K)."""
        ...


def pool_policies(task: Any, of_classes: tuple[str, ...]) -> tuple[str, ...]:
    """The chain of policies that chooses from a pool where the user names none. of_classes: of a task with classes."""
    return getattr(task, "pool_policies", of_classes if "classes" in task.offers else UNIFORM)
