"""Record the training of a scikit-learn classifier, epoch by epoch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from hem_core.dynamics import boosting
from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError, ModelError

T = TypeVar("T")


def fit(
    estimator: T, inputs: Any, targets: Any, ids: Sequence[str], recorder: Recorder | str | Path, *, epochs: int = 20
) -> T:
    """Fit a classifier and record what it makes of every example after each epoch.

        model = fit(SGDClassifier(loss="log_loss"), X, y, ids, "dynamics")

    estimator: one that learns in passes, or a Pipeline that ends in one. `partial_fit` with `max_iter` (SGDClassifier,
    Perceptron, MLPClassifier): an epoch is a pass over the data; tol and early_stopping do not end the training.
    `warm_start` (LogisticRegression, forests): an epoch is one more iteration of `max_iter`, or one of `epochs` equal
    parts of `n_estimators`. Boosted trees are fitted as they are, and their rounds are recorded, see `boosting`.
    inputs: N rows as its `fit` takes them; targets (N,) labels; ids N strings, or integers; recorder: a Recorder, or
    its folder; epochs 1 or more. Targets are recorded as places in `classes_`, which are sorted.
    Logits are logarithms of `predict_proba`, else the values of `decision_function`; each epoch costs one prediction of
    all N rows. Returns the same estimator, fitted.
    Raises ModelError where it learns in one pass, DataError for shapes and numbers of epochs that do not fit.
    """
    recorder = recorder if isinstance(recorder, Recorder) else Recorder(recorder)
    targets = np.asarray(targets)
    if targets.shape != (len(ids),):
        raise DataError(f"targets must have shape ({len(ids)},), one for each id; these are {targets.shape}")
    if epochs < 1:
        raise DataError(f"epochs expects a number from 1; got {epochs}")
    last: Any = estimator[-1] if hasattr(estimator, "named_steps") else estimator  # pyright: ignore[reportIndexIssue]
    if boosting.has_rounds(last):
        estimator.fit(inputs, targets)  # pyright: ignore[reportAttributeAccessIssue]
        boosting.record(estimator, inputs, targets, ids, recorder)
        return estimator
    rows = inputs if last is estimator else estimator[:-1].fit_transform(inputs, targets)  # pyright: ignore[reportIndexIssue]
    classes = np.unique(targets)
    labels = torch.from_numpy(np.searchsorted(classes, targets))
    for epoch in _epochs(last, rows, targets, classes, epochs):
        with recorder.epoch(epoch):
            recorder.log(ids, torch.from_numpy(_logits(last, rows)), labels)
    return estimator


def _epochs(last: Any, rows: Any, targets: NDArray[Any], classes: NDArray[Any], epochs: int) -> Iterator[int]:
    """Trains the estimator by an epoch before each number, from 0."""
    settings = last.get_params()
    if hasattr(last, "partial_fit") and "max_iter" in settings:
        for epoch in range(epochs):
            last.partial_fit(rows, targets, classes=classes)
            yield epoch
        return
    grows = "n_estimators" in settings
    if "warm_start" not in settings or not (grows or "max_iter" in settings):
        raise ModelError(
            f"{type(last).__name__} learns in one pass, so it has no epochs to record; expected a classifier with "
            "partial_fit and max_iter, or with warm_start, boosted trees, or a Pipeline that ends in one"
        )
    restored = {name: settings[name] for name in ("warm_start", "max_iter") if name in settings}
    sizes = _parts(settings["n_estimators"], epochs) if grows else [1] * epochs
    try:
        for epoch, size in enumerate(sizes):
            last.set_params(warm_start=True, **{"n_estimators" if grows else "max_iter": size})
            _fit_quietly(last, rows, targets)
            yield epoch
    finally:
        last.set_params(**restored)


def _parts(total: int, n: int) -> list[int]:
    """Sizes of a growing ensemble, the last one whole."""
    return sorted({max(1, round(total * part / n)) for part in range(1, n + 1)})


def _fit_quietly(last: Any, rows: Any, targets: NDArray[Any]) -> None:
    """One iteration never converges, which scikit-learn would say in every epoch."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        last.fit(rows, targets)


def _logits(last: Any, rows: Any) -> NDArray[np.float32]:
    """(N, K), K in the order of `classes_`; the one value of two classes is that of the second."""
    if hasattr(last, "predict_proba"):
        probs = last.predict_proba(rows)
        return np.log(np.maximum(probs, np.finfo(probs.dtype).tiny)).astype(np.float32)
    values = np.asarray(last.decision_function(rows), np.float32)
    return values if values.ndim == 2 else np.stack([np.zeros_like(values), values], axis=1)
