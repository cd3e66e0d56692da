"""How well HEM finds wrong labels of other tasks than one class, compared with cleanlab on the same predictions.

    python benchmarks/tasks.py [--data ../shared/data] [--seeds 3] [--first-seed 100] [--quick]

Regression: a share of the numbers is spoiled in one way, a random forest predicts each number without having seen it
(5 folds), and everybody ranks the same predictions. Several numbers: one of them is spoiled, see `_numbers.py`.
Multi-label: a tenth of the tags is removed, added, or both; see `_tags.py`. cleanlab's columns need
`pip install cleanlab`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import _numbers
import _tags
import numpy as np
import pandas as pd
from _measures import table
from _peers import HAS_CLEANLAB, NOTE
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import average_precision_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from hem_core import score

ROOT = Path(__file__).parents[1]
SHARE, TREES, WINES = 0.08, 30, 1500


def sets(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> features (N, F) and the number to predict (N,)."""
    energy = pd.read_csv(data / "tabular" / "energy_efficiency.csv.gz")
    wine = pd.read_csv(data / "tabular" / "wine_quality.csv.gz").drop(columns="colour").sample(WINES, random_state=0)
    return {
        "diabetes": load_diabetes(return_X_y=True),
        "energy": (energy.drop(columns=["Y1", "Y2"]).to_numpy(float), energy["Y1"].to_numpy(float)),
        "wine": (wine.drop(columns="quality").to_numpy(float), wine["quality"].to_numpy(float)),
    }


SPOILS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "sign flipped": lambda values, _: -values,
    "factor 10": lambda values, rng: np.where(rng.random(len(values)) < 0.5, values * 10, values / 10),
    "swapped units": lambda values, _: values * 1.8 + 32,
    "swapped rows": lambda values, rng: rng.permutation(values),
}


def one(features: np.ndarray, truth: np.ndarray, kind: str, seed: int) -> dict[str, float]:
    """Column -> AUPRC of the spoiled labels."""
    rng = np.random.default_rng(seed)
    is_bad = np.zeros(len(truth), bool)
    is_bad[rng.choice(len(truth), int(SHARE * len(truth)), replace=False)] = True
    given = truth.copy()
    given[is_bad] = SPOILS[kind](truth[is_bad], rng)
    forest = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=seed)
    predicted = cross_val_predict(forest, features, given, cv=KFold(5, shuffle=True, random_state=seed))
    found = {"base rate": float(is_bad.mean()), "absolute residual": auprc(is_bad, np.abs(given - predicted))}
    if HAS_CLEANLAB:
        from cleanlab.regression.rank import get_label_quality_scores  # pyright: ignore[reportMissingImports]

        for method in ("outre", "residual"):
            found[f"cleanlab {method}"] = auprc(is_bad, 1 - get_label_quality_scores(given, predicted, method=method))
    columns = scored(features, given, predicted)
    return {f"HEM {name}": auprc(is_bad, columns[name].to_numpy()) for name in columns} | found


def auprc(is_bad: np.ndarray, values: np.ndarray) -> float:
    """Area under the precision-recall curve, 0 .. 1; values: higher = more suspect."""
    return float(average_precision_score(is_bad, values))


def scored(features: np.ndarray, given: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """`label_suspicion` and `difficulty` of a run on these predictions, the features as the embedding."""
    embedding = list(StandardScaler().fit_transform(features).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predicted.parquet"
        pd.DataFrame({"label": given, "prediction": predicted, "embedding": embedding}).to_parquet(path)
        run = score(None, path, task="regression", sample="out-of-sample", has_map=False, out=Path(folder) / "run")
        return run.table(["label_suspicion", "difficulty"])


def of_tags(data: Path, seeds: Sequence[int], *, is_quick: bool) -> None:
    """Print three tables a data set: single wrong tags, examples that have one, and the tags called wrong."""
    for name, (features, truth, names) in _tags.sets(data).items():
        found = {kind: [_tags.one(features, truth, names, kind, seed) for seed in seeds] for kind in _tags.KINDS}
        for what in ("tags", "examples", "suspects"):
            rows = {
                kind: {column: [each[what][column] for each in some] for column in some[0][what]}
                for kind, some in found.items()
            }
            words = f"{len(truth):,} examples, {len(names)} tags"
            title, measure = ("tags called wrong", "F1 of") if what == "suspects" else (f"wrong {what}", "AUPRC of")
            print(f"### multi-label, {name}, {words}: {title}\n\n{table(measure, rows)}\n{NOTE}\n", flush=True)
        if is_quick:
            return


def of_numbers(data: Path, seeds: Sequence[int], *, is_quick: bool) -> None:
    """Print one table a data set with several numbers to an example."""
    for name, (features, truth, names) in _numbers.sets(data).items():
        rows = {}
        for kind, spoil in SPOILS.items():
            found = [_numbers.one(features, truth, names, spoil, seed) for seed in seeds]
            rows[kind] = {column: [each[column] for each in found] for column in found[0]}
        words = f"{len(truth):,} rows, {len(names)} numbers"
        print(f"### several numbers, {name}, {words}\n\n{table('AUPRC of', rows)}\n{NOTE}\n", flush=True)
        if is_quick:
            return


def main() -> None:
    """Print one table a data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=100, help="the formulas were chosen on seeds 0 to 4")
    parser.add_argument("--quick", action="store_true", help="one seed, diabetes alone, to see that it works")
    parser.add_argument("--task", choices=("regression", "numbers", "multilabel"), help="only this one")
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + (1 if asked.quick else asked.seeds))
    if asked.task in (None, "multilabel"):
        of_tags(asked.data.resolve(), seeds, is_quick=asked.quick)
    if asked.task in (None, "numbers"):
        of_numbers(asked.data.resolve(), seeds, is_quick=asked.quick)
    for name, (features, truth) in sets(asked.data.resolve()).items() if asked.task in (None, "regression") else ():
        rows = {}
        for kind in SPOILS:
            found = [one(features, truth, kind, seed) for seed in seeds]
            rows[kind] = {column: [each[column] for each in found] for column in found[0]}
        print(f"### regression, {name}, {len(truth):,} rows\n\n{table('AUPRC of', rows)}\n{NOTE}\n", flush=True)
        if asked.quick:
            return


if __name__ == "__main__":
    main()
