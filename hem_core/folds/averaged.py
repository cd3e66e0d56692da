"""The predictions of several models for the same examples as those of one: the mean of their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.errors import HemError
from hem_core.tasks import Averages, Task


def averaging(task: Task, option: str) -> Averages:
    """The task. Raises HemError, naming the option, for one whose raw outputs have no mean."""
    if not isinstance(task, Averages):
        raise HemError(
            f"task '{task.name}' cannot average the predictions of several models, which {option} needs; "
            "omit the option"
        )
    return task


class Averaged:
    """The mean of raw outputs (N, W) that are added one after the other; two arrays are held, however many they are.

    Reference: Lakshminarayanan et al. 2017, arXiv:1612.01474.
    """

    def __init__(self, task: Task) -> None:
        self._task, self._n = task, 0
        self._only: np.ndarray | None = None
        self._total: Any = None

    def add(self, raw: np.ndarray) -> None:
        """raw (N, W); its NaN stay NaN."""
        self._n += 1
        if self._n == 1:
            self._only = raw
            return
        votes = averaging(self._task, "--repeats").votes
        if self._n == 2:
            assert self._only is not None
            self._total, self._only = votes(self._only), None
        self._total += votes(raw)

    @property
    def raw(self) -> np.ndarray:
        """(N, W): what the task reads as the mean; a single one as it was added."""
        if self._only is not None:
            return self._only
        return averaging(self._task, "--repeats").raw_of_votes(self._total / self._n)
