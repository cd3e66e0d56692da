"""The plane of four Gaussians, where the truth is known: does `difficulty` rank by the chance of being wrong?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import _world
import numpy as np
import torch
from _hem import Examples, numbers, rank_mean, shipped, stacked
from _measures import calibration_error, table
from _paired import count
from _store import Store
from scipy.stats import spearmanr
from torch import nn

N, MODELS = 2000, 20
BINS = 10
TRUTH, FRESH = "true chance of another label", "error of fresh nets"
MEMBERS = ("loss", "aum_windowed", "confidence_mean", "neighbour_disagreement")


def known(_data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """Three tables: rank correlation with two truths, calibration, and its bins."""
    models = 5 if quick else MODELS
    found = [store.get(f"known-{seed}", lambda s=seed: one(s, models)) for seed in seeds]
    ranked = sorted(found[0]["ranks"], key=lambda name: -np.mean([each["ranks"][name][FRESH] for each in found]))
    rows = {
        name: {truth: [each["ranks"][name][truth] for each in found] for truth in (FRESH, TRUTH)} for name in ranked
    }
    ece = {name: {"ECE": [each["ece"][name] for each in found]} for name in found[0]["ece"]}
    return "\n\n".join([
        f"Four Gaussians in the plane, {N:,} examples, 10% flips, a rare mode and far outliers; {count(seeds)}; 5 "
        f"folds. Two truths of each example: the share of {models} nets, trained on fresh draws, that get it wrong as "
        "labelled, and by Bayes' rule the chance of another label at its place (planted flips not counted). Spearman "
        "correlation, the best of each column in bold:",
        table("score", rows, best="column"),
        "Expected calibration error against the fresh nets, the lowest in bold:",
        table("probability", ece, best="lowest"),
        f"Reliability of `error_prob`, {count(seeds)} together:",
        _reliability(np.concatenate([np.array(each["pairs"]) for each in found])),
    ])  # fmt: skip


def one(seed: int, models: int) -> dict:
    """Correlations of every score of one draw with both truths, and the probability of an error beside the true one."""
    world = _world.draw(N, seed)
    truth = {FRESH: _world.fresh_error(world, models=models, seed=seed), TRUTH: world.error()}
    run = shipped(Examples(world.x, world.labels), world.labels, list(_world.CLASSES), train, seed)
    columns = numbers(run.table)
    columns["rank-mean of all: loss, dynamics, neighbours"] = rank_mean(columns, *MEMBERS)
    columns["loss, in-sample"] = -np.log(_own(run.method_inputs.logits, world.labels))
    prob = run.table["error_prob"].to_numpy(float)
    ranks = {
        name: {
            key: float(spearmanr(values, true)[0])  # pyright: ignore[reportArgumentType]
            for key, true in truth.items()
        }
        for name, values in columns.items()
    }
    beside = {
        "error_prob": prob,
        "1 - p of the label, folds": 1 - _own(run.method_inputs.oos_logits, world.labels),
        "1 - p of the label, in-sample": 1 - _own(run.method_inputs.logits, world.labels),
        "difficulty / 100": columns["difficulty"] / 100,
    }
    ece = {name: calibration_error(values, truth[FRESH]) for name, values in beside.items()}
    return {"ranks": ranks, "ece": ece, "pairs": np.stack([prob, truth[FRESH]], axis=1).round(5).tolist()}


def train(dataset: Any, seed: int, recorder: Any) -> nn.Module:
    """The world's small net as a train function, every batch recorded."""
    x = stacked(dataset).numpy()
    ids = np.array(dataset.ids, dtype=object)

    def log(epoch: int, rows: np.ndarray, logits: torch.Tensor, targets: torch.Tensor) -> None:
        recorder.log(ids[rows].tolist(), logits, targets, epoch)

    return _world.train(x, np.asarray(dataset.targets), seed, log=log)


def _own(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    probs = torch.from_numpy(logits).double().softmax(dim=1).numpy()
    return np.maximum(probs[np.arange(len(labels)), labels], 1e-12)


def _reliability(pairs: np.ndarray) -> str:
    """pairs (M, 2): probability said and true."""
    place = np.minimum((pairs[:, 0] * BINS).astype(int), BINS - 1)
    lines = ["| error_prob | examples | mean error_prob | error of fresh nets |", "|---|---|---|---|"]
    for b in np.unique(place):
        said, true = pairs[place == b].mean(axis=0)
        lines.append(f"| {b / BINS:.1f} to {(b + 1) / BINS:.1f} | {(place == b).sum():,} | {said:.3f} | {true:.3f} |")
    return "\n".join(lines)
