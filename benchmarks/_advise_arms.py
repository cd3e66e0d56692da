"""What can be done next, carried out with the truth: an hour of reviewing or collecting, or another training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from _advise_train import BATCH, WIDTH
from _advise_worlds import Condition, Sample
from _arms import Loss, by, plain, predicted, train
from _nets import mlp

from hem_core import mining

HOUR = 200
"""Labels that a person gives in an hour, of examples looked at or of new ones."""
INITS = 2
"""Trainings of one seed whose mean is taken."""
STOP = "stop"


@dataclass(frozen=True, eq=False)
class Arm:
    """A training set and how it is trained on."""

    inputs: np.ndarray
    labels: np.ndarray
    epochs: int
    loss: Loss = plain


def arms_of(sample: Sample, condition: Condition, table: pd.DataFrame, seed: int) -> dict[str, Arm]:
    """Action -> what is trained after it. table: of the run, in the order of the examples."""
    base = Arm(sample.inputs, sample.given, condition.epochs)
    counts = torch.bincount(torch.from_numpy(sample.given), minlength=sample.n_classes).clamp(min=1)
    return {
        STOP: base,
        "review": replace(base, labels=reviewed(sample, table)),
        "collect": _with(base, sample, like_the_rest(sample, seed)),
        "collect, weakest classes": _with(base, sample, of_classes(sample, weakest(sample, table), seed)),
        "weigh": replace(base, loss=by(mining.ClassBalancedLoss(counts))),
        "train": replace(base, epochs=2 * condition.epochs),
    }


def reviewed(sample: Sample, table: pd.DataFrame) -> np.ndarray:
    """The labels (N,) after an hour at the most suspect ones."""
    rows = np.argsort(-table["label_suspicion"].to_numpy(float), kind="stable")[:HOUR]
    labels = sample.given.copy()
    labels[rows] = sample.right[rows]
    return labels


def like_the_rest(sample: Sample, seed: int) -> np.ndarray:
    """Rows of the pool for an hour, their classes as frequent as in the training set."""
    counts = [np.bincount(labels, minlength=sample.n_classes) for labels in (sample.right, sample.pool_right)]
    chance = (counts[0] / np.maximum(counts[1], 1))[sample.pool_right]
    return np.random.default_rng([seed, 5]).choice(len(chance), HOUR, replace=False, p=chance / chance.sum())


def of_classes(sample: Sample, classes: np.ndarray, seed: int) -> np.ndarray:
    """Rows of the pool for an hour, of these classes as long as there are any."""
    order = np.random.default_rng([seed, 7]).permutation(len(sample.pool_right))
    is_other = ~np.isin(sample.pool_right[order], classes)
    return order[np.argsort(is_other, kind="stable")][:HOUR]


def weakest(sample: Sample, table: pd.DataFrame) -> np.ndarray:
    """The third of the classes whose examples the folds' models get wrong most often."""
    recall = table["is_correct"].astype(float).groupby(sample.given).mean()
    return recall.sort_values(kind="stable").index[: -(-sample.n_classes // 3)].to_numpy()


def measured(arm: Arm, sample: Sample, seed: int) -> dict[str, float]:
    """Accuracy, of classes as frequent as in the training set, and balanced accuracy; the means of INITS trainings."""
    build = partial(mlp, sample.inputs.shape[1], sample.n_classes, WIDTH)
    recalls = np.zeros(sample.n_classes)
    for init in range(INITS):
        model = train(
            build, arm.inputs, arm.labels, seed * INITS + init, epochs=arm.epochs, loss=arm.loss, batch_size=BATCH
        )  # fmt: skip
        is_right = predicted(model, sample.test_inputs) == sample.test_labels
        recalls += pd.Series(is_right.astype(float)).groupby(sample.test_labels).mean().to_numpy() / INITS
    shares = np.bincount(sample.right, minlength=sample.n_classes) / len(sample.right)
    return {"accuracy": float(shares @ recalls), "balanced accuracy": float(recalls.mean())}


def _with(base: Arm, sample: Sample, rows: np.ndarray) -> Arm:
    inputs = np.concatenate([base.inputs, sample.pool_inputs[rows]])
    return replace(base, inputs=inputs, labels=np.concatenate([base.labels, sample.pool_given[rows]]))
