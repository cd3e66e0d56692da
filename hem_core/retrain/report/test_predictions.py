"""One model's predictions for the test examples, in the columns that the comparison needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax

from hem_core.retrain.report.temperature import scaled
from hem_core.tasks import HasResiduals, Task, load
from hem_core.thresholds import WRONG


@dataclass(frozen=True)
class Numbers:
    """The numbers that a task predicts."""

    names: tuple[str, ...] = ()
    """Of D numbers; () for one."""
    spreads: tuple[float, ...] = ()
    """By which their residuals are divided before they are averaged; () for one."""


@dataclass(frozen=True, eq=False)
class ModelPredictions:
    """Columns (T,) of one model: predicted value, is it right, loss in nats, probability of the prediction."""

    predicted: np.ndarray
    is_right: np.ndarray
    nll: np.ndarray
    sure: np.ndarray
    nll_scaled: np.ndarray
    """After temperature scaling."""
    sure_scaled: np.ndarray
    temperature: float
    credit: np.ndarray
    """1 − error: how right each prediction is, 0 .. 1."""
    residual: np.ndarray | None = None
    """(T, D) given − predicted, of a task of D numbers, each in its own unit; NaN where it is not known."""
    numbers: Numbers | None = None
    """What these are; None without residuals."""


def class_predictions(logits: np.ndarray, targets: np.ndarray) -> ModelPredictions:
    """From logits (T, K) and targets (T,)."""
    at, predicted = np.arange(len(targets)), logits.argmax(axis=1)
    error = load().errors(logits, targets)
    cooled, temperature = scaled(logits, targets)
    plain, after = (log_softmax(each.astype(np.float64), axis=1) for each in (logits, cooled))
    return ModelPredictions(
        predicted,
        error < WRONG,
        -plain[at, targets],
        np.exp(plain[at, predicted]),
        -after[at, targets],
        np.exp(after[at, predicted]),
        temperature,
        1 - error,
    )


def graded_predictions(task: Task, raw: np.ndarray, targets: np.ndarray) -> ModelPredictions:
    """The same of a task without classes, whose errors are graded: from raw (T, W) and targets (T,).

    It has no probabilities, so nothing is scaled and no calibration is measured.
    """
    import torch

    error, nothing = task.errors(raw, targets), np.zeros(len(targets))
    loss = task.fields(torch.from_numpy(raw), torch.from_numpy(targets))["loss"].numpy().astype(np.float64)
    residual, numbers = None, None
    if isinstance(task, HasResiduals):
        residual, numbers = task.residuals(raw, targets), Numbers(tuple(task.output_names), tuple(task.spreads))
    right = error < WRONG
    return ModelPredictions(task.predicted(raw), right, loss, nothing, loss, nothing, 1.0, 1 - error, residual, numbers)
