"""Training dynamics of boosted trees: a round of boosting is an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hem_core.dynamics._assemble import measures
from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.table import Dynamics
from hem_core.errors import DataError, ModelError

MOST_EPOCHS = 50


def staged(
    estimator: Any,
    inputs: Any,
    targets: Any,
    ids: Sequence[str],
    *,
    classes: Sequence[str] | None = None,
    every: int | None = None,
) -> Dynamics:
    """The dynamics of each example, round by round, in a fitted ensemble of boosted trees.

    estimator: scikit-learn's GradientBoosting, HistGradientBoosting or AdaBoost classifier, XGBoost's, LightGBM's or
    CatBoost's scikit-learn classifier, or a Pipeline that ends in one. inputs: the N rows it was trained on, as its
    `predict_proba` takes them; targets (N,): labels as in its `classes_`, or with `classes` indices into these names;
    ids N.
    every: keep each so many-th round and the last; None = evenly, MOST_EPOCHS at most.
    Returns Dynamics whose epochs are the kept rounds; logits are logarithms of the probabilities.
    Raises ModelError where an estimator has no rounds, DataError for targets it does not know.
    """
    labels = columns_of(estimator, targets, ids, classes)
    epochs = [measures(logits, labels) for _round, logits in rounds(estimator, inputs, every=every)]
    return Dynamics(list(ids), *np.stack(epochs, axis=2), are_rounds=True)


def record(
    estimator: Any,
    inputs: Any,
    targets: Any,
    ids: Sequence[str],
    recorder: Recorder,
    *,
    classes: Sequence[str] | None = None,
    every: int | None = None,
) -> None:
    """Log what `staged` returns to a Recorder, one epoch a kept round; arguments and errors are its own."""
    import torch

    recorder.are_rounds = True
    labels = torch.from_numpy(columns_of(estimator, targets, ids, classes))
    for epoch, (_round, logits) in enumerate(rounds(estimator, inputs, every=every)):
        with recorder.epoch(epoch):
            recorder.log(ids, torch.from_numpy(logits), labels)


def rounds(estimator: Any, inputs: Any, *, every: int | None = None) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(round from 1, log-probabilities (N, K) after it) of the kept rounds; K in the order of `classes_`."""
    last = _last_step(estimator)
    if last is not estimator:
        inputs = estimator[:-1].transform(inputs)
    total = _total(last)
    every = -(-total // MOST_EPOCHS) if every is None else every
    if every < 1:
        raise DataError(f"every expects a number of rounds from 1; got {every}")
    for number, probs in _stages(last, inputs, total, every):
        yield number, np.log(np.maximum(probs, np.finfo(np.float32).tiny)).astype(np.float32)


def has_rounds(estimator: Any) -> bool:
    """Whether it is, fitted or not, a kind of estimator that `rounds` takes; a Pipeline is not asked for its last."""
    return any(hasattr(type(estimator), name) for name in ("staged_predict_proba", "get_booster", "booster_"))


def columns_of(
    estimator: Any, targets: Any, ids: Sequence[str], classes: Sequence[str] | None = None
) -> NDArray[np.int64]:
    """The column of `predict_proba` (N,) that each target means; by value, never by position."""
    targets = np.asarray(targets)
    if targets.shape != (len(ids),):
        raise DataError(f"targets must have shape ({len(ids)},), one for each id; these are {targets.shape}")
    column_of = {label: column for column, label in enumerate(np.asarray(_last_step(estimator).classes_).tolist())}
    labels = targets.tolist() if classes is None else [classes[target] for target in targets]
    if classes is not None and not column_of.keys() & set(classes):
        labels = targets.tolist()  # an estimator that was trained on the indices themselves
    wrong = next((row for row, label in enumerate(labels) if label not in column_of), None)
    if wrong is not None:
        raise DataError(
            f"example '{ids[wrong]}' has the target {labels[wrong]!r}; the estimator knows "
            f"{', '.join(map(repr, list(column_of)[:10]))}; pass the names that the targets index as classes=[…]"
        )
    return np.array([column_of[label] for label in labels], np.int64)


def _stages(last: Any, inputs: Any, total: int, every: int) -> Iterator[tuple[int, NDArray[np.floating]]]:
    if hasattr(last, "staged_predict_proba"):
        for number, probs in enumerate(last.staged_predict_proba(inputs), 1):
            if number % every == 0 or number == total:
                yield number, probs
        return
    for number in sorted({*range(every, total + 1, every), total}):
        if hasattr(last, "get_booster"):
            yield number, last.predict_proba(inputs, iteration_range=(0, number))
        else:
            yield number, last.predict_proba(inputs, num_iteration=number)


def _last_step(estimator: Any) -> Any:
    return estimator[-1] if hasattr(estimator, "named_steps") else estimator


def _total(last: Any) -> int:
    """How many rounds were trained."""
    if hasattr(last, "get_booster"):
        return last.get_booster().num_boosted_rounds()
    if hasattr(last, "booster_"):
        return last.booster_.current_iteration()
    if hasattr(last, "staged_predict_proba"):
        for name in ("n_iter_", "n_estimators_", "tree_count_"):
            if hasattr(last, name):
                return int(getattr(last, name))
        return len(last.estimators_)
    raise ModelError(
        f"{type(last).__name__} has no rounds of boosting; expected a fitted GradientBoosting, HistGradientBoosting, "
        "AdaBoost, XGBoost, LightGBM or CatBoost classifier, or a Pipeline that ends in one"
    )
