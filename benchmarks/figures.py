"""Draws the figure of every score for the documentation: `python benchmarks/figures.py` writes docs/figures/*.svg.

Examples of a world of which everything is known (`_world.py`), coloured by where each score ranks them. The nets are
trained for it, so a shade may differ from machine to machine: the figures are committed, and no test compares them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import _world
import numpy as np
import pandas as pd
import torch
from _figure import borders, figure
from torch import nn
from torch.utils.data import TensorDataset

import hem_core
from hem_core import scores

N, SHOWN, FOLDS = 2000, 600, 5
FIGURES = Path(__file__).parents[1] / "docs" / "figures"
BESIDE = 2
"""Further nets of other seeds, for the scores that compare runs."""
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


def main() -> None:
    """Draw them all."""
    for name, svg in pictures([*scores.names(), *HEADLINES]).items():
        (FIGURES / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
