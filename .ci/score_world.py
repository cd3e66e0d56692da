"""Every score of the world that is known: the pictures of it, and what each score finds there."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from score_figure import borders, figure
from sklearn.metrics import average_precision_score
from torch import nn
from torch.utils.data import TensorDataset

import hem_core

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import _world

N, SHOWN, SEEDS, FOLDS = 2000, 600, 3, 5
BESIDE = 2
"""Further nets of other seeds, for the scores that compare runs."""
CLOSE = 0.7
"""A regular example is a close call where no class has more than this by Bayes' rule."""
WORDS = {
    "flip": "flipped labels", "close": "close calls", "rare": "the rare mode", "outlier": "far outliers",
}  # fmt: skip
HEADLINES = ("difficulty", "label_suspicion", "error_prob", "reason")
"""Shown as they come from folds; the scores as they come from one recorded net, in-sample."""


@cache
def scored(seed: int) -> tuple[_world.World, pd.DataFrame]:
    """One draw of the world and all its columns: scores in-sample, headlines from folds."""
    torch.set_num_threads(1)
    world = _world.draw(N, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        beside = [_in_sample(world, seed + 10 * number, folder / f"beside-{number}") for number in range(1, 1 + BESIDE)]
        runs = [run.folder for run in beside]
        scores = _in_sample(world, seed, folder / "run", beside=runs, has_grand=True).table()
        folds = _folds(world, seed, folder / "folds").table()
    ours = folds.sort_values("index", ignore_index=True)[[name for name in HEADLINES if name in folds]]
    rest = scores.sort_values("index", ignore_index=True).drop(columns=list(HEADLINES), errors="ignore")
    return world, pd.concat([rest, ours], axis=1)


def _in_sample(world: _world.World, seed: int, folder: Path, **options: Any) -> Any:
    recorder = hem_core.Recorder(folder.with_name(f"{folder.name}-dynamics"))
    model = _world.train(
        world.x, world.labels, seed, log=lambda epoch, rows, z, y: recorder.log(rows.tolist(), z, y, epoch)
    )
    recorder.end_epoch()
    data = TensorDataset(torch.from_numpy(world.x), torch.from_numpy(world.labels))
    given = {"classes": _world.CLASSES, "has_map": False, "has_probes": False, "seed": seed} | options
    return hem_core.score(model, data, out=folder, dynamics=recorder.path, sample="in-sample", **given)


def _folds(world: _world.World, seed: int, folder: Path) -> Any:
    frame = pd.DataFrame({"id": [f"{row:04d}" for row in range(N)], "x": world.x[:, 0], "y": world.x[:, 1]})
    frame["label"] = [_world.CLASSES[label] for label in world.labels]

    def train(dataset: Any, *, seed: int, recorder: hem_core.Recorder | None = None) -> nn.Module:
        ids = np.array(dataset.ids, object)
        x = dataset.frame()[["x", "y"]].to_numpy(np.float32, copy=True)

        def log(epoch: int, rows: np.ndarray, logits: torch.Tensor, targets: torch.Tensor) -> None:
            if recorder is not None:
                recorder.log(ids[rows].tolist(), logits, targets, epoch)

        return _world.train(x, np.asarray(dataset.targets), seed, log=log)

    given = {"classes": _world.CLASSES, "has_map": False, "seed": seed, "columns": {"feature_columns": ["x", "y"]}}
    return hem_core.score(None, frame, out=folder, train=train, oos=FOLDS, **given)


def kinds(world: _world.World) -> np.ndarray:
    """(N,) what was planted, "close" for the regular ones on a border, else "regular"."""
    is_close = (_world.posterior(world.x).max(axis=1) < CLOSE) & (world.kind == "regular")
    return np.where(is_close, "close", world.kind)


def finds(names: Sequence[str]) -> dict[str, str]:
    """Score -> a table of the area under its precision-recall curve for each kind, beside chance."""
    columns = scored(0)[1].dtypes
    return {name: _table(name) for name in names if name in columns and columns[name].kind == "f"}


def _table(name: str) -> str:
    lines = [
        f"AUPRC of each kind against the regular examples, {f'{FOLDS} folds' if name in HEADLINES else 'in-sample'}, "
        f"mean of {SEEDS} draws of {N:,}.", "",
        "| kind | AUPRC | by chance |", "|---|---|---|",
    ]  # fmt: skip
    for kind, words in WORDS.items():
        found = [_average_precision(seed, name, kind) for seed in range(SEEDS)]
        auprc, base = np.mean(found, axis=0)
        lines.append(f"| {words} | {auprc:.2f} | {base:.2f} |")
    return "\n".join([*lines, ""])


def _average_precision(seed: int, name: str, kind: str) -> tuple[float, float]:
    world, table = scored(seed)
    of = kinds(world)
    use = np.isin(of, [kind, "regular"])
    is_kind = of[use] == kind
    return float(average_precision_score(is_kind, table[name].to_numpy(float)[use])), float(is_kind.mean())


def pictures(names: Sequence[str]) -> dict[str, str]:
    """Score -> its figure, for those of these names that the run has."""
    world, table = scored(0)
    shown = np.sort(np.random.default_rng(0).permutation(N)[:SHOWN])
    xs, ys = np.linspace(-9, 9, 181), np.linspace(-6.7, 6.7, 135)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    winner = _world.posterior(grid.reshape(-1, 2)).argmax(axis=1).reshape(len(ys), len(xs))
    sides = borders(winner, xs, ys)
    middles = {name: tuple(_world.MEANS[number]) for number, name in enumerate(_world.CLASSES)}
    shades = {name: _shade(table[name]) for name in names if name in table}
    return {
        name: figure(name, world.x[shown], world.kind[shown], [shade[row] for row in shown], middles, sides)
        for name, shade in shades.items()
    }


def _shade(values: pd.Series) -> list:
    if values.dtype.kind != "f":
        return values.tolist()
    return np.minimum(values.rank(pct=True).to_numpy() * 10, 9.999).astype(int).tolist()
