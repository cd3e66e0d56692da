"""The user's training, once without each fold in turn and once on everything: logits of models that did not cheat."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hem_core.dynamics.table import Dynamics
from hem_core.engine.batch import Inputs
from hem_core.engine.extra import Extra
from hem_core.engine.network import Network
from hem_core.engine.progress import Listener
from hem_core.errors import DataError
from hem_core.folds.averaged import Averaged
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.mean_dynamics import MeanDynamics, by_row
from hem_core.folds.repeat import Repeat, digest, repeats_of
from hem_core.folds.training import FOLDER, Trainings, keep, kept
from hem_core.models import train_function
from hem_core.tasks import Task, answers_of, is_known, load

__all__ = ["CrossFit", "Everything", "Extra", "cross_fit", "fit_all", "trainings_of"]


@dataclass(frozen=True, eq=False)
class CrossFit:
    """What the models of the folds said of N examples and P extra ones that they were not trained on."""

    logits: np.ndarray
    """(N, W) float32, the raw outputs; NaN rows where the example has no fold or cannot be read. Of several repeats
    what stands for their mean, see `hem_core.folds.averaged`."""
    extra_logits: np.ndarray
    """(P, K) float32: by the model of the fold of each one's source."""
    extra_dynamics: Dynamics | None
    """Of the extra examples, each in the training that it was planted in; None when nothing was recorded."""
    dynamics: Dynamics | None
    """Of the N examples, mean over the trainings that had them (a hit: in more than half)."""
    accuracies: np.ndarray
    """(E,) training accuracy of each epoch, mean over the trainings; (0,) when nothing was recorded."""
    single_dynamics: Dynamics | None = None
    """Of the N examples, each in one training of a repeat, as `extra_dynamics` are: a mean over more trainings sways
    less, so the two cannot be compared. None without extra examples, or when nothing was recorded."""
    losses: np.ndarray | None = None
    """(N, R) float32: the loss of each of several repeats alone; NaN where it is not known. None for a single one."""
    errors: np.ndarray | None = None
    """(N, R): the error of each repeat alone."""


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
    facts = {"data": data_key, "targets": digest(targets), "ids": hashlib.sha256("\0".join(ids).encode()).hexdigest()}
    facts |= {"weights": digest(weights) if weights is not None else None, "is_picture": is_picture}
    facts |= {"held_out": digest(held_out)} if held_out is not None and held_out.any() else {}
    task = task or load()
    function = train_function.load(train, answers=answers_of(task))
    return Trainings(
        function, folder, cached, ids, targets, classes, seed, place, is_picture, weights, facts, progress, held_out,
        task,
    )  # fmt: skip


def cross_fit(
    trainings: Trainings,
    *,
    fold: np.ndarray,
    n_folds: int,
    extra: Extra | None = None,
    repeats: int = 1,
    beside: Dynamics | None = None,
) -> CrossFit:
    """Train without each fold in turn and ask each model about the fold that it did not see.

    fold (N,) int64 in [0, n_folds), -1 = neither trained on nor asked; extra: P more examples, each in one training;
    repeats: how often all of it is done, with the next seed each time; beside: the recording of one more training, such
    as `fit_all`'s, for the mean of the dynamics.
    A fold is kept in out_of_sample/fold_k.npz, its recording in out_of_sample/recording_k; those of the second repeat
    are fold_1_k.npz and recording_1_k. Killed at any moment, the same call trains only the folds that are not kept.
    Raises DataError for folds that cannot be; ModelError, naming the fold, when a training or its model fails.
    """
    _check(fold, n_folds, len(trainings.ids))
    all_repeats = repeats_of(trainings, fold=fold, n_folds=n_folds, extra=extra, repeats=repeats)
    extra = all_repeats[0].extra
    rows, probes = Averaged(trainings.task), Averaged(trainings.task)
    alone: list[tuple[np.ndarray, np.ndarray]] = []
    recorded, single = MeanDynamics(trainings.ids), MeanDynamics(trainings.ids)
    recorded_extra = MeanDynamics(extra.ids if extra is not None else ())
    recorded.add(beside)
    for each in all_repeats:
        raw, extra_raw = _once(each)
        rows.add(raw)
        probes.add(extra_raw)
        alone += [_judged(trainings, raw)] if repeats > 1 else []
        of_rows, of_extra = _recorded(each, recorded)
        single.add(of_rows)
        recorded_extra.add(of_extra)
    losses, errors = (np.stack(each, axis=1) for each in zip(*alone, strict=True)) if alone else (None, None)
    return CrossFit(
        rows.raw,
        probes.raw,
        recorded_extra.dynamics,
        recorded.dynamics,
        recorded.accuracies,
        single.dynamics,
        losses,
        errors,
    )


def _recorded(repeat: Repeat, total: MeanDynamics) -> tuple[Dynamics | None, Dynamics | None]:
    """Add the recordings of one repeat to the total; returns those of the rows and of the extra examples, each in one
    training, None without extra examples."""
    ids, extra = repeat.trainings.ids, repeat.extra
    which = _one_training(repeat.fold, repeat.n_folds, extra)
    of_rows: list[Dynamics | None] = []
    of_extra: list[Dynamics | None] = []
    for number in range(repeat.n_folds):
        recording = repeat.trainings.dynamics(repeat.name(number))
        total.add(recording)
        if extra is not None:
            of_rows.append(_part(recording, ids, which == number))
            of_extra.append(_part(recording, extra.ids, extra.planted_in == number))
    if extra is None:
        return None, None
    return by_row(of_rows, ids, which), by_row(of_extra, extra.ids, extra.planted_in)


def _one_training(fold: np.ndarray, n_folds: int, extra: Extra | None) -> np.ndarray:
    """(N,) the fold whose training stands for each row's: the next one, and where a probe has its place, the one after.

    Of two folds the latter is the row's own, which has no recording of it.
    """
    which = np.where(fold >= 0, (fold + 1) % n_folds, -1)
    if extra is not None:
        away = extra.replaces[(extra.replaces >= 0) & (extra.planted_in == which[extra.replaces])]
        which[away] = (fold[away] + 2) % n_folds
    return which


def _part(recording: Dynamics | None, ids: Sequence[str], chosen: np.ndarray) -> Dynamics | None:
    """The recording of the chosen examples alone; chosen (n,) bool."""
    return recording.align([ids[row] for row in np.flatnonzero(chosen).tolist()]) if recording is not None else None


def _once(repeat: Repeat) -> tuple[np.ndarray, np.ndarray]:
    """Raw outputs (N, W) of the rows and (P, W) of the extra examples by the models of one repeat."""
    width, n_extra = repeat.trainings.width, len(repeat.extra) if repeat.extra is not None else 0
    raw = np.full((len(repeat.fold), width), np.nan, dtype=np.float32)
    extra_raw = np.full((n_extra, width), np.nan, dtype=np.float32)
    for each in range(repeat.n_folds):
        arrays = repeat.fit(each)
        raw[arrays["rows"]], extra_raw[arrays["extra_rows"]] = arrays["logits"], arrays["extra_logits"]
    return raw, extra_raw


def _judged(trainings: Trainings, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss and error (N,) of raw outputs (N, W); NaN where they are not known, or the example has no label."""
    loss, error = (np.full(len(raw), np.nan, np.float32) for _ in range(2))
    rows = np.flatnonzero(~np.isnan(raw).any(axis=1) & is_known(trainings.targets))
    if len(rows):
        targets = trainings.targets[rows]
        loss[rows] = trainings.task.fields(torch.from_numpy(raw[rows]), torch.from_numpy(targets))["loss"].numpy()
        error[rows] = trainings.task.errors(raw[rows], targets)
    return loss, error


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
            keep(path, key, arrays)
    n = len(trainings.ids)
    whole = {name: _spread(arrays[name], arrays["rows"], n) for name in ("logits", "embeddings") if name in arrays}
    return Everything(whole["logits"], whole.get("embeddings"), trainings.dynamics("all"), model)


def _predictions(trainings: Trainings, network: Network, where: str) -> dict[str, np.ndarray]:
    """`rows` that can be read, their `logits` and, where the model has them, their `embeddings`."""
    rows = np.flatnonzero(trainings.cached_inputs.is_good)
    logits, embeddings = trainings.ask(network, where, rows)
    return {"rows": rows, "logits": logits} | ({"embeddings": embeddings} if embeddings is not None else {})


def _check(fold: np.ndarray, n_folds: int, n: int) -> None:
    if n_folds < 2:
        raise DataError(f"cross-fitting wants at least 2 folds; got {n_folds}")
    if fold.shape != (n,) or (n and (fold.min() < -1 or fold.max() >= n_folds)):
        raise DataError(f"fold wants {n} numbers in [0, {n_folds}), or -1; see hem_core.folds.assign.assign")
    empty = np.setdiff1d(np.arange(n_folds), fold)
    if len(empty):
        raise DataError(f"fold {empty[0] + 1} of {n_folds} has no examples; ask for fewer folds")


def _spread(values: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Values of some rows as values of all N, NaN elsewhere."""
    whole = np.full((n, *values.shape[1:]), np.nan, dtype=values.dtype)
    whole[rows] = values
    return whole
