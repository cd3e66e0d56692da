"""scikit-learn's breast cancer: 569 tumours, 30 measurements, and boosted trees, whose rounds are the epochs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from torch import Tensor

from demo_models._data import Rows
from demo_models._examples import Dataset
from demo_models._fit import Progress
from hem_core import Recorder
from hem_core.dynamics import boosting

ROUNDS = 50
OOS = 5


def load(data: Path | None = None) -> Rows:
    """The table that ships with scikit-learn."""
    known: Any = load_breast_cancer(as_frame=True)
    return Rows(known["data"], known["target"].to_numpy(np.int64), [str(name) for name in known["target_names"]])


def train(
    dataset: Dataset,
    *,
    seed: int = 0,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    weights: Tensor | None = None,
) -> GradientBoostingClassifier:
    """Gradient boosting of small trees; what each round said of the examples is recorded when all are grown."""
    frame, targets = dataset.frame(), np.asarray(dataset.targets)
    trees = GradientBoostingClassifier(
        n_estimators=ROUNDS, max_depth=2, subsample=0.5, max_features="sqrt", random_state=seed
    )
    trees.fit(frame, targets, sample_weight=None if weights is None else weights.numpy(), monitor=_monitor(progress))
    if recorder:
        boosting.record(trees, frame, targets, dataset.ids, recorder)
    return trees


def _monitor(progress: Progress | None) -> Callable[..., None] | None:
    """What scikit-learn calls after each round; a true answer would stop it."""
    return None if progress is None else lambda number, *_rest: progress(number + 1, ROUNDS)
