"""The user's training, once without each fold in turn and once on everything: logits of models that did not cheat."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from hem_core.dynamics.table import Dynamics
from hem_core.engine.batch import Inputs
from hem_core.engine.extra import Extra
from hem_core.engine.network import Network
from hem_core.engine.progress import Listener
from hem_core.errors import DataError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.mean_dynamics import by_row, mean
from hem_core.folds.training import FOLDER, Trainings, drop_checkpoints, kept
from hem_core.models import train_function
from hem_core.store.atomic import write_arrays
from hem_core.tasks import Task, answers_of, load

__all__ = ["CrossFit", "Everything", "Extra", "cross_fit", "fit_all", "trainings_of"]


@dataclass(frozen=True, eq=False)
class CrossFit:
    """What the models of the folds said of N examples and P extra ones that they were not trained on."""

    logits: np.ndarray
    """(N, W) float32, the raw outputs; NaN rows where the example has no fold or cannot be read."""
    extra_logits: np.ndarray
    """(P, K) float32: by the model of the fold of each one's source."""
    extra_dynamics: Dynamics | None
    """Of the extra examples, each in the training that it was planted in; None when nothing was recorded."""
    dynamics: Dynamics | None
    """Of the N examples, mean over the trainings that had them (a hit: in more than half), for want of `fit_all`'s."""


@dataclass(frozen=True, eq=False)
class Everything:
    """What the model trained on everything said of its own N training examples."""

    logits: np.ndarray
    """(N, W) float32, the raw outputs; NaN rows where the example cannot be read."""
    embeddings: np.ndarray | None
    """(N, D) float16, or float32 where that is too narrow."""
    dynamics: Dynamics | None
    model: nn.Module | None
    """None when an earlier process trained it, of which only the predictions were kept."""


def trainings_of(
    train: str | Callable[..., Any] | train_function.TrainFunction,
    *,
    folder: Path,
    inputs: Inputs | CachedInputs,
    ids: Sequence[str],
    targets: np.ndarray,
    classes: Sequence[str],
    seed: int,
    place: Callable[[nn.Module], Network],
    is_picture: bool = False,
    data_key: str = "",
    weights: np.ndarray | None = None,
    held_out: np.ndarray | None = None,
    task: Task | None = None,
    progress: Listener | None = None,
) -> Trainings:
    """What the trainings on one data set of N examples share, for `cross_fit` and `fit_all`.

    train: `package.module:train`, or the function; see `hem_core.models.train_function`. folder: the run's. data_key: a
    digest of the data set, which the results are kept under. task: classification unless another is given; targets
    (N,) int64 in [0, K), -1 = no label, or floats, NaN = none; weights (N,) for the train function, or None; held_out
    (N,) bool: asked, but in no training; place: a model on its device; is_picture: inputs are (n, H, W, C).
    progress is called with ("fold 2 of 5: training", done, total).
    """
    cached = inputs if isinstance(inputs, CachedInputs) else CachedInputs(inputs, len(ids))
    facts = {"data": data_key, "targets": _digest(targets), "ids": hashlib.sha256("\0".join(ids).encode()).hexdigest()}
    facts |= {"weights": _digest(weights) if weights is not None else None, "is_picture": is_picture}
    facts |= {"held_out": _digest(held_out)} if held_out is not None and held_out.any() else {}
    task = task or load()
    function = train_function.load(train, answers=answers_of(task))
    return Trainings(
        function, folder, cached, ids, targets, classes, seed, place, is_picture, weights, facts, progress, held_out,
        task,
    )  # fmt: skip


def cross_fit(trainings: Trainings, *, fold: np.ndarray, n_folds: int, extra: Extra | None = None) -> CrossFit:
    """Train without each fold in turn and ask each model about the fold that it did not see.

    fold (N,) int64 in [0, n_folds), -1 = neither trained on nor asked; extra: P more examples, each in one training.
    A fold is kept in out_of_sample/fold_k.npz, its recording in out_of_sample/recording_k. Killed at any moment, the
    same call trains only the folds that are not kept.
    Raises DataError for folds that cannot be; ModelError, naming the fold, when a training or its model fails.
    """
    n = len(trainings.ids)
    _check(fold, n_folds, n)
    extra = extra.checked(fold) if extra is not None and len(extra) else None
    n_extra = len(extra) if extra is not None else 0
    logits = np.full((n, trainings.width), np.nan, dtype=np.float32)
    extra_logits = np.full((n_extra, trainings.width), np.nan, dtype=np.float32)
    for each in range(n_folds):
        arrays = _fold(trainings, each, fold, n_folds, extra)
        logits[arrays["rows"]], extra_logits[arrays["extra_rows"]] = arrays["logits"], arrays["extra_logits"]
    recorded = [trainings.dynamics(str(each)) for each in range(n_folds)]
    planted_in = extra.planted_in if extra is not None else np.zeros(0, dtype=np.int64)
    extra_ids = extra.ids if extra is not None else []
    of_rows = mean(recorded, trainings.ids)
    return CrossFit(logits, extra_logits, by_row(recorded, extra_ids, planted_in), of_rows)


def fit_all(trainings: Trainings, *, again: bool = False) -> Everything:
    """Train on every example that has a label and can be read, and ask the model about all that can be read.

    The predictions are kept in out_of_sample/all.npz, so that the same call after a kill does not train again. The
    model itself is not: `again` calls the function once more, which returns the model from its checkpoint if it takes
    one, and trains it again otherwise.
    Raises ModelError when the training or its model fails.
    """
    path, key = trainings.folder / FOLDER / "all.npz", trainings.key(training="all")
    arrays, model = kept(path, key), None
    if arrays is None or again:
        where = "everything" if arrays is None else "everything again"
        rows, nothing = np.flatnonzero(trainings.trainable), np.zeros(0, dtype=np.int64)
        model, network = trainings.run("all", where, rows, key=key, extra=None, planted=nothing)
        if arrays is None:
            arrays = _predictions(trainings, network, where)
            write_arrays(path, key=np.array(key), **arrays)
    n = len(trainings.ids)
    whole = {name: _spread(arrays[name], arrays["rows"], n) for name in ("logits", "embeddings") if name in arrays}
    return Everything(whole["logits"], whole.get("embeddings"), trainings.dynamics("all"), model)


def _predictions(trainings: Trainings, network: Network, where: str) -> dict[str, np.ndarray]:
    """`rows` that can be read, their `logits` and, where the model has them, their `embeddings`."""
    rows = np.flatnonzero(trainings.cached_inputs.is_good)
    logits, embeddings = trainings.ask(network, where, rows)
    return {"rows": rows, "logits": logits} | ({"embeddings": embeddings} if embeddings is not None else {})


def _fold(
    trainings: Trainings, each: int, fold: np.ndarray, n_folds: int, extra: Extra | None
) -> dict[str, np.ndarray]:
    """The arrays of one fold: `rows` and their `logits`, `extra_rows` and their `extra_logits`."""
    path = trainings.folder / FOLDER / f"fold_{each}.npz"
    key = trainings.key(training=f"{each} of {n_folds}", fold=_digest(fold), extra=extra.digest() if extra else None)
    arrays = kept(path, key)
    if arrays is not None:
        return arrays
    where = f"fold {each + 1} of {n_folds}"
    planted = np.flatnonzero(extra.planted_in == each) if extra is not None else np.zeros(0, dtype=np.int64)
    learned = np.flatnonzero(trainings.trainable & (fold != each) & (fold >= 0))
    _model, network = trainings.run(str(each), where, learned, key=key, extra=extra, planted=planted)
    rows = np.flatnonzero(trainings.cached_inputs.is_good & (fold == each))
    arrays = {"rows": rows, "logits": trainings.ask(network, where, rows)[0]}
    arrays["extra_rows"] = np.zeros(0, dtype=np.int64)
    arrays["extra_logits"] = np.zeros((0, trainings.width), dtype=np.float32)
    if extra is not None:
        arrays["extra_rows"] = np.flatnonzero(fold[extra.source] == each)
        values = extra.values
        arrays["extra_logits"] = trainings.ask(network, where, arrays["extra_rows"], values)[0]
    write_arrays(path, key=np.array(key), **arrays)
    drop_checkpoints(trainings.folder, str(each))
    return arrays


def _check(fold: np.ndarray, n_folds: int, n: int) -> None:
    if n_folds < 2:
        raise DataError(f"cross-fitting wants at least 2 folds; got {n_folds}")
    if fold.shape != (n,) or (n and (fold.min() < -1 or fold.max() >= n_folds)):
        raise DataError(f"fold wants {n} numbers in [0, {n_folds}), or -1; see hem_core.folds.assign.assign")
    empty = np.setdiff1d(np.arange(n_folds), fold)
    if len(empty):
        raise DataError(f"fold {empty[0] + 1} of {n_folds} has no examples; ask for fewer folds")


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(f"{values.dtype}".encode() + np.ascontiguousarray(values).tobytes()).hexdigest()


def _spread(values: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Values of some rows as values of all N, NaN elsewhere."""
    whole = np.full((n, *values.shape[1:]), np.nan, dtype=values.dtype)
    whole[rows] = values
    return whole
