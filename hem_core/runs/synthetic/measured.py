"""The columns of scores of a block of synthetic examples, by the formulas of a real run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hem_core import scores
from hem_core.dynamics.window import accuracies, window
from hem_core.engine.example_scores import example_scores
from hem_core.runs.set_scores import WINDOWED
from hem_core.runs.synthetic.rows import Rows, best_other, rng_of
from hem_core.runs.synthetic.world import World
from hem_core.tasks import Task
from hem_core.types import Outputs

EPOCHS = 12
K_NEAR = 15
Columns = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Near:
    """The nearest others of n rows: their labels (n, 15) int64, and distances (n, 15) float32, ascending."""

    labels: np.ndarray
    distances: np.ndarray


@dataclass(frozen=True, eq=False)
class Curves:
    """What was recorded in each epoch of the training: (n, EPOCHS) each."""

    confidences: np.ndarray
    margins: np.ndarray
    hits: np.ndarray


def error_probability(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The chance that a freshly trained model gets each row wrong as labelled, with its interval: (n,) float32 each."""
    every = np.arange(len(rows))
    behind = best_other(rows.evidence, rows.given) - rows.evidence[every, rows.given]
    steep = 1.7 * behind / (1.41 * rows.noise)
    return _chance(steep), _chance(steep - 0.35), _chance(steep + 0.35)


def suspicion(world: World, rows: Rows, near: Near) -> np.ndarray:
    """(n,) float32, higher = the label is more likely wrong; ranked over the run it is `label_suspicion`."""
    every = np.arange(len(rows))
    behind = best_other(rows.evidence, rows.given) - rows.evidence[every, rows.given]
    disagreement = (near.labels != rows.given[:, None]).mean(axis=1)
    chance = rng_of(world, rows.start, 2).normal(0, 0.4, len(rows))
    return (behind / 3 + 3 * disagreement + chance).astype(np.float32)


def near_by_chance(world: World, rows: Rows, n: int) -> Near:
    """Neighbours as they would be found among n examples: labels by what lies around, distances by how dense it is."""
    rng = rng_of(world, rows.start, 3)
    blurred = rows.evidence * 1.6
    shares = np.exp(blurred - blurred.max(axis=1, keepdims=True)) + 1e-3
    sums = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    offset = np.arange(len(rows))[:, None]
    drawn = rng.uniform(size=(len(rows), K_NEAR)) * 0.9999
    labels = np.searchsorted((sums + offset).ravel(), (drawn + offset).ravel()).reshape(-1, K_NEAR)
    labels = np.clip(labels - offset * sums.shape[1], 0, sums.shape[1] - 1)
    sparse = np.exp(-rows.evidence.max(axis=1, keepdims=True) / 6) * rng.uniform(0.8, 1.25, (len(rows), 1))
    reach = 0.5 * np.sqrt(len(world.classes) * np.arange(1, K_NEAR + 1) / n)
    distances = np.minimum(sparse * reach / world.radius, 2.0)
    return Near(labels, distances.astype(np.float32))


def curves_of(world: World, rows: Rows) -> Curves:
    """The training of each row: what a model knows is learned first, noise later; in the end it memorises some."""
    rng, every = rng_of(world, rows.start, 4), np.arange(len(rows))
    behind = best_other(rows.evidence, rows.given) - rows.evidence[every, rows.given]
    pace = rng.uniform(0.5, 1.1, (len(rows), 1))
    epochs = np.arange(1, EPOCHS + 1)
    margins = behind[:, None] * (1 - np.exp(-pace * epochs)) - 1.5 * (epochs / EPOCHS) ** 2
    margins += rng.standard_normal((len(rows), EPOCHS)) * (0.6 + rows.noise[:, None] / 2)
    margins = margins.astype(np.float32)
    return Curves(1 / (1 + np.exp(np.clip(margins, -30, 30))), margins, (margins < 0).astype(np.float32))


def measured(task: Task, world: World, rows: Rows, near: Near, curves: Curves) -> Columns:
    """Every score that a real run with neighbours and recorded dynamics has, and `target`: N first."""
    import torch

    chance = rng_of(world, rows.start, 5).standard_normal(rows.evidence.shape, np.float32)
    logits = torch.from_numpy(1.15 * rows.evidence + rows.noise[:, None] * chance)
    found = example_scores(
        task,
        [""] * len(rows),
        logits,
        torch.from_numpy(rows.given),
        neighbour_targets=torch.from_numpy(near.labels),
        neighbour_distances=torch.from_numpy(near.distances),
        epoch_confidences=torch.from_numpy(curves.confidences),
        epoch_margins=torch.from_numpy(curves.margins),
        epoch_hits=torch.from_numpy(curves.hits),
    )
    columns = {name: values.numpy() for name, values in found.items()}
    epochs = window(accuracies(curves.hits)).epochs
    outputs = Outputs(
        [""] * len(rows),
        epoch_confidences=torch.from_numpy(curves.confidences[:, :epochs]),
        epoch_margins=torch.from_numpy(curves.margins[:, :epochs]),
    )
    early = {f"{name}_windowed": scores.compute(name, outputs).numpy() for name in WINDOWED}
    return columns | {"prototype_distance": prototype_distance(world, rows)} | early


def prototype_distance(world: World, rows: Rows) -> np.ndarray:
    """(n,) float32 in 0 .. 2: how far from the nearest blob of the class that each row is labelled as."""
    squared = ((rows.xy[:, None].astype(np.float64) - world.centres[rows.given]) ** 2).sum(axis=2)
    squared[world.blob_shares[rows.given] == 0] = np.inf
    far = np.sqrt(squared.min(axis=1)) / (2 * world.radius)
    return np.minimum(2 * far, 2).astype(np.float32)


def _chance(logit: np.ndarray) -> np.ndarray:
    return (0.001 + 0.996 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)
