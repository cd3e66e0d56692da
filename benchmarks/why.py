"""Why this group, and what is near a row: HEM beside pandas with scipy, and beside scikit-learn, on a synthetic run.

    python benchmarks/why.py [--rows 100000 1000000]

Seconds on the hardest tenth: to read the run once, then for one comparison; the peer counts each value of each column
with pandas and tests each number with scipy's Mann-Whitney, on the same columns, without intervals, words or
corrections. The 60 nearest of a row among 64-dimensional float16 embeddings, all of them read from disk each time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import fisher_exact, mannwhitneyu

from hem_core.runs.level_traits import level_traits
from hem_core.runs.synthetic.make import Wanted, synthesise
from hem_core.runs.why import why
from hem_core.slices.traits import Traits
from hem_core.store.level import Level
from hem_core.store.run import open_run

WIDTH, K = 64, 60
RULE = {"all": [{"column": "difficulty", "min": 90}]}


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The fastest of some runs."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def by_pandas(table: Any, is_in: np.ndarray, traits: Traits) -> list[float]:
    """The p-value of every value and number, one after the other."""
    found = []
    for name in dict.fromkeys(one.columns[0] for one in traits.values if one.kind == "value"):
        inside, outside = table[name][is_in].value_counts(), table[name][~is_in].value_counts()
        for value in inside.index.union(outside.index):
            a, b = int(inside.get(value, 0)), int(outside.get(value, 0))
            found.append(fisher_exact([[a, is_in.sum() - a], [b, (~is_in).sum() - b]])[1])
    for one in traits.numbers:
        x, y = table[one.column][is_in].dropna(), table[one.column][~is_in].dropna()
        found.append(float(mannwhitneyu(x, y, method="asymptotic").pvalue))
    return found


def nearest_by_sklearn(path: Path, row: int) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    rows = np.load(path).astype(np.float32)
    return NearestNeighbors(n_neighbors=K, metric="cosine", algorithm="brute").fit(rows).kneighbors(rows[[row]])[1][0]


def measure(level: Level) -> None:
    """Print one line for each thing that is measured."""
    path = level.home / "embeddings" / "00000.npy"
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.random.default_rng(0).normal(size=(level.n, WIDTH)).astype(np.float16))
    level.columns()
    reading = seconds(lambda: level_traits(level), 1)
    traits = level_traits(level)
    ours = seconds(lambda: why(level, RULE, traits=traits))
    names = list(dict.fromkeys([one.columns[0] for one in traits.values] + [one.column for one in traits.numbers]))
    table, is_in = level.table(names), np.isin(np.arange(level.n), level.rows(RULE))
    theirs = seconds(lambda: by_pandas(table, is_in, traits), 1)
    id = level.at([5], ["id"])["id"].iloc[0]
    near, sklearn = seconds(lambda: level.nearest(id, K)), seconds(lambda: nearest_by_sklearn(path, 5))
    shared = len(set(level.nearest(id, K)[0].tolist()) & set(nearest_by_sklearn(path, 5).tolist()))
    print(f"{level.n:>9,} rows  read once {reading:6.2f} s   why {ours:6.3f} s   pandas and scipy {theirs:6.2f} s"
          f"   {theirs / ours:5.1f}x")  # fmt: skip
    print(f"{'':>9}       nearest {near:6.3f} s   scikit-learn {sklearn:6.3f} s   {sklearn / near:5.1f}x"
          f"   {shared} of {K} the same")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="why this group, and what is near a row")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    for n in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            synthesise(Path(folder) / "runs" / "big", Wanted(n=n))
            measure(open_run(Path(folder) / "runs" / "big").examples)
