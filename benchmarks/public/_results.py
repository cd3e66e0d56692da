"""Results on disk: a CSV a data set, a row a method and draw, so that a killed run resumes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

KEY = ["set", "noise", "rate", "seed", "method"]


def read(folder: Path) -> pd.DataFrame:
    """All rows of the folder; an empty table with the columns of KEY where there are none."""
    found = [pd.read_csv(path) for path in sorted(folder.glob("*.csv"))]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=KEY)


def done(results: pd.DataFrame, name: str, noise: str, rate: float, seed: int) -> set[str]:
    """The methods that have a row for this draw."""
    same = (results["set"] == name) & (results["noise"] == noise) & (results["rate"] == rate)
    return set(results.loc[same & (results["seed"] == seed), "method"])


def add(folder: Path, name: str, rows: Iterable[dict[str, object]]) -> None:
    """Add rows to the file of one set, in the order of KEY; the file is never half written."""
    path = folder / f"{name}.csv"
    before = [pd.read_csv(path)] if path.exists() else []
    whole = pd.concat([*before, pd.DataFrame(rows)], ignore_index=True).drop_duplicates(KEY, keep="last")
    _write(whole, path)


def drop(folder: Path, methods: Collection[str]) -> None:
    """Forget the rows of these methods, so that they are computed again."""
    for path in sorted(folder.glob("*.csv")):
        rows = pd.read_csv(path)
        _write(rows[~rows["method"].isin(methods)], path)


def _write(rows: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    rows.sort_values(KEY).to_csv(partial, index=False, float_format="%.4f")
    partial.replace(path)
