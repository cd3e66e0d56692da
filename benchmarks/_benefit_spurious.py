"""A spurious group: in training, the side that a digit stands on goes with its class; in the world it does not."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from _arms import plain, predicted, train
from _drawn import write
from _paired import FORCED, count, forced, over_seeds, paired
from _retrained import retrained, weighing
from _store import Store
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from hem_core import mining

SIZE, HELD_OUT, USUAL = 900, 300, 0.95
"""Digits to train on, digits with known groups beside them, share on the usual side."""
EPOCHS, FIRST_EPOCHS, UPWEIGHT = 30, 5, 10.0
"""The last two, of JTT, were chosen on seeds 0 to 2."""
SET = 100
"""Examples of the set that `hem select` makes for `hem retrain`."""
CONTROL, SHIPPED = "plain", "hem retrain, as shipped"
GROUPS = "hem retrain --group side"


def spurious(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table: ways to train, and the worst of the four groups."""
    found = [store.get(f"spurious-{s}", lambda s=s: one(s, 10 if quick else EPOCHS)) for s in seeds]
    arms = over_seeds(found)
    n_test = 2 * (1797 - SIZE - HELD_OUT)
    return "\n\n".join([
        "scikit-learn's digits on the left or the right half of 8 × 16 pixels; the classes are below 5, and 5 or more; "
        f"of {SIZE} to train on {USUAL:.0%} of the first stand left and of the second right; {n_test:,} test pictures, "
        f"every digit on both sides; the four groups are class × side; a hidden layer of 128, {EPOCHS} epochs; "
        f"{count(seeds)}. Plain, OHEM, jtt and hem retrain know no groups, GroupDROLoss those of the training set, dfr "
        f"those of {HELD_OUT} digits that are in no training. hem retrain: a set of {SET} by `hem select` from five "
        "folds, no review, everything by default; with --group side the groups of the training set are known to it; at "
        "random: as many random examples weighed as the set is, or the weights of the groups in another order."
        + forced(found),
        paired("trained with", arms, CONTROL),
    ])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Placed:
    """Digits on a canvas twice as wide."""

    inputs: np.ndarray
    """(n, 1, 8, 16) float32 in 0 .. 1."""
    labels: np.ndarray
    """(n,) int64: 0 below 5, else 1."""
    groups: np.ndarray
    """(n,) int64: 2 × label + (stands right)."""


def one(seed: int, epochs: int) -> dict:
    """Arm -> mean accuracy over the test pictures, and that of the worst group."""
    training, held_out, test = placed(seed)
    ohem = mining.HardExampleLoss(nn.CrossEntropyLoss(reduction="none"), select=mining.TopK(keep=0.5))
    dro = mining.GroupDROLoss(torch.bincount(torch.from_numpy(training.groups), minlength=4), step_size=0.05)
    groups = torch.from_numpy(training.groups)

    def of_ohem(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
        ohem.set_progress(progress)
        return ohem(model(inputs), targets)

    def of_dro(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
        return dro(model(inputs), targets, groups[rows])

    def fit(loss: Any = plain, n_epochs: int = epochs) -> nn.Module:
        return train(net, training.inputs, training.labels, seed, epochs=n_epochs, loss=loss)

    def weighted(dataset: Any, weights: Tensor, seed: int, n_epochs: int = epochs) -> nn.Module:
        def loss(model: nn.Module, inputs: Tensor, targets: Tensor, rows: Tensor, progress: float) -> Tensor:
            return (weights[rows] * F.cross_entropy(model(inputs), targets, reduction="none")).mean()

        return fit(loss, n_epochs)

    models = {CONTROL: fit(), "OHEM: the harder half of each batch": fit(of_ohem)}
    twice = mining.jtt(
        weighted, TensorDataset(torch.from_numpy(training.inputs), torch.from_numpy(training.labels)), seed=seed,
        upweight=UPWEIGHT, first=lambda dataset, weights, seed: weighted(dataset, weights, seed, FIRST_EPOCHS),
    )  # fmt: skip
    models["jtt"] = twice.model
    models["GroupDROLoss"] = fit(of_dro)
    models["dfr: last layer, balanced groups"] = _last_layer(models[CONTROL], held_out)
    found = {name: measured(predicted(model, test.inputs), test) for name, model in models.items()}
    with tempfile.TemporaryDirectory() as folder:
        files = [_write(Path(folder) / f"{name}.npz", part) for name, part in (("train", training), ("test", test))]
        function = weighing(net, seed, epochs)
        made = {
            SHIPPED: retrained(*files, {SHIPPED: (function, "auto")}, SET, seed=seed)[SHIPPED],
            GROUPS: retrained(*files, {GROUPS: (function, "auto")}, SET, seed=seed, group="side")[GROUPS],
        }
    for words, answers in made.items():
        found[words] = measured(answers.arms["curated"], test)
        found[f"{words}, at random"] = measured(answers.arms["random"], test)
    return found | {FORCED: {words: answers.forced for words, answers in made.items()}}


def _write(path: Path, part: Placed) -> Path:
    made = write(path, (part.inputs[:, 0] * 255).round().astype(np.uint8), part.labels, ["below 5", "5 or more"])
    with np.load(made) as data:
        np.savez(path, side=np.where(part.groups % 2, "right", "left"), **dict(data))
    return made


def net() -> nn.Module:
    """One hidden layer of 128, which sees where things stand."""
    return nn.Sequential(nn.Flatten(), nn.Linear(8 * 16, 128), nn.ReLU(), nn.Linear(128, 2))


def placed(seed: int) -> tuple[Placed, Placed, Placed]:
    """Training and held-out digits, mostly on their usual side, and test digits on both."""
    pixels, target = load_digits(return_X_y=True)
    images, labels = (pixels.reshape(-1, 8, 8) / 16).astype(np.float32), (target >= 5).astype(np.int64)
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(labels))
    parts = np.split(order, [SIZE, SIZE + HELD_OUT])
    found = []
    for rows in parts[:2]:
        is_usual = chance.random(len(rows)) < USUAL
        found.append(_on_side(images[rows], labels[rows], (labels[rows] == 1) == is_usual))
    rows = np.tile(parts[2], 2)
    return *found, _on_side(images[rows], labels[rows], np.arange(len(rows)) < len(parts[2]))


def _on_side(images: np.ndarray, labels: np.ndarray, is_right: np.ndarray) -> Placed:
    canvas = np.zeros((len(images), 1, 8, 16), np.float32)
    canvas[~is_right, 0, :, :8] = images[~is_right]
    canvas[is_right, 0, :, 8:] = images[is_right]
    return Placed(canvas, labels, 2 * labels + is_right)


def measured(predictions: np.ndarray, test: Placed) -> dict[str, float]:
    """Accuracy over all test pictures and of the worst group."""
    is_right = predictions == test.labels
    return {
        "accuracy": float(is_right.mean()),
        "worst group": min(float(is_right[test.groups == group].mean()) for group in range(4)),
    }


def _last_layer(model: nn.Module, held_out: Placed) -> nn.Module:
    layer = str(len(list(model.children())) - 1)
    features = mining.last_layer_inputs(model, torch.from_numpy(held_out.inputs), layer=layer)
    head = mining.dfr(features, torch.from_numpy(held_out.labels), torch.from_numpy(held_out.groups), n_classes=2)
    return mining.with_last_layer(model, layer, head)
