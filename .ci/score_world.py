"""Every score of the world that is known: the pictures of it, and what each score finds there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from score_figure import borders, figure
from sklearn.metrics import average_precision_score

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import _hem
import _world

N, SHOWN, SEEDS = 2000, 600, 3
CLOSE = 0.7
"""A regular example is a close call where no class has more than this by Bayes' rule."""
WORDS = {
    "flip": "flipped labels", "close": "close calls", "rare": "the rare mode", "outlier": "far outliers",
}  # fmt: skip


@cache
def scored(seed: int) -> tuple[_world.World, pd.DataFrame]:
    """One draw of the world and all its columns: in-sample, training recorded."""
    torch.set_num_threads(1)
    world = _world.draw(N, seed)
    fit = lambda log: _world.train(world.x, world.labels, seed, log=log)  # noqa: E731
    return world, _hem.run_hem(world.x, world.labels, _world.CLASSES, fit, seed=seed)


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
        f"AUPRC of each kind against the regular examples, in-sample, mean of {SEEDS} draws of {N:,}.", "",
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
