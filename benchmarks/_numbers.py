"""Several numbers to an example, one of them spoiled: who finds the examples."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from _peers import HAS_CLEANLAB
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import average_precision_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from hem_core import score

Spoil = Callable[[np.ndarray, np.random.Generator], np.ndarray]
SHARE, TREES, WINES = 0.08, 30, 1500
WINE_TARGETS = ["quality", "alcohol", "density", "ph"]


def sets(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray, list[str]]]:
    """Name -> features (N, F), the numbers to predict (N, D) and their names."""
    energy = pd.read_csv(data / "tabular" / "energy_efficiency.csv.gz")
    wine = pd.read_csv(data / "tabular" / "wine_quality.csv.gz").drop(columns="colour").sample(WINES, random_state=0)
    of_energy = ["Y1", "Y2"]
    return {
        name: (frame.drop(columns=names).to_numpy(float), frame[names].to_numpy(float), names)
        for name, frame, names in (("energy", energy, of_energy), ("wine", wine, WINE_TARGETS))
    }


def one(features: np.ndarray, truth: np.ndarray, names: list[str], spoil: Spoil, seed: int) -> dict[str, float]:
    """Column -> AUPRC of the examples of which one number, drawn evenly among the D, was spoiled."""
    rng = np.random.default_rng(seed)
    n, width = truth.shape
    rows = rng.choice(n, int(SHARE * n), replace=False)
    places = rng.integers(0, width, len(rows))
    given = truth.copy()
    for place in range(width):
        own = rows[places == place]
        given[own, place] = spoil(truth[own, place], rng)
    is_bad = np.isin(np.arange(n), rows)
    forest = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=seed)
    predicted = cross_val_predict(forest, features, given, cv=KFold(5, shuffle=True, random_state=seed))
    ranked = {**scored(features, given, predicted, names), **peers(given, predicted)}
    found = {name: float(average_precision_score(is_bad, values)) for name, values in ranked.items()}
    return found | {"base rate": float(is_bad.mean())}


def scored(
    features: np.ndarray, given: np.ndarray, predicted: np.ndarray, names: list[str]
) -> Mapping[str, np.ndarray]:
    """Of a run on these predictions, the features as the embedding; and its ratios and conflicts pooled otherwise."""
    frame = pd.DataFrame({name: given[:, place] for place, name in enumerate(names)})
    frame = frame.assign(**{f"prediction_{name}": predicted[:, place] for place, name in enumerate(names)})
    frame["embedding"] = list(StandardScaler().fit_transform(features).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predicted.parquet"
        frame.to_parquet(path)
        run = score(
            None, path, task="regression", sample="out-of-sample", has_map=False, out=Path(folder) / "run",
            columns={"label_column": ",".join(names)},
        )  # fmt: skip
        conflicts = run.table([f"label_conflict_{name}" for name in names]).to_numpy(np.float64)
        found = run.table(["label_suspicion", "difficulty"])
    return {
        "HEM label_suspicion": found["label_suspicion"].to_numpy(),
        "its conflicts, largest": conflicts.max(axis=1),
        "its conflicts, RMS": np.sqrt((conflicts**2).mean(axis=1)),
        "HEM difficulty": found["difficulty"].to_numpy(),
    }


def peers(given: np.ndarray, predicted: np.ndarray) -> dict[str, np.ndarray]:
    """The plain residual as it is, and over the standard deviation of each number; cleanlab's scores number by number,
    of which the most suspect counts."""
    residual = np.abs(given - predicted)
    found = {
        "largest absolute residual": residual.max(axis=1),
        "largest absolute residual, over sd": (residual / given.std(axis=0)).max(axis=1),
    }
    if HAS_CLEANLAB:
        from cleanlab.regression.rank import get_label_quality_scores  # pyright: ignore[reportMissingImports]

        for method in ("outre", "residual"):
            each = [
                1 - get_label_quality_scores(ours, theirs, method=method)
                for ours, theirs in zip(given.T, predicted.T, strict=True)
            ]
            found[f"cleanlab {method}, largest"] = np.max(each, axis=0)
    return found
