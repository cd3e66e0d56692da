"""What a manifest says of where a set comes from, and the columns that every exported set has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import hem_core.scores
from hem_core import folder as registry
from hem_core.store.run import Run

if TYPE_CHECKING:
    import pandas as pd

_SCORES = ("difficulty", "label_suspicion", "difficulty_in_class")
"""Scores of the whole set, beside those that have a file in `scores`."""


def facts(run: Run) -> dict[str, Any]:
    """What a run says of itself: its fingerprint, model and data with their hashes, parameters, classes, versions.

    `data.hash` is the SHA-256 of the run's catalog.parquet, which holds every id, label and content hash.
    """
    info = run.info
    named = {name: info.get(name) for name in ("sample", "headline", "parameters", "model", "classes", "versions")}
    data = {**(info.get("data") or {}), "hash": _digest(run)}
    return {"run": run.name, "run_fingerprint": run.fingerprint, **named, "data": data}


def whole_manifest(manifest: Mapping[str, Any], run: Run | None, examples: pd.DataFrame) -> dict[str, Any]:
    """A set's manifest with what its run, where it is still the same one, and its rows tell besides.

    Adds `scores` (names of the columns), `reviewers` (who -> how many examples they spoke on last), and `seed`.
    """
    is_same = run is not None and manifest.get("run_fingerprint") in (None, run.fingerprint)
    known = facts(run) if run is not None and is_same else {}
    found = {**known, **{name: value for name, value in manifest.items() if value is not None}}
    if known:
        found["data"] = {**known["data"], **(manifest.get("data") or {})}
    names = {*registry.names(hem_core.scores), *_SCORES}
    found["scores"] = [str(name) for name in examples.columns if str(name).removesuffix("_oos") in names]
    found["reviewers"] = _reviewers(examples)
    seeds = [(manifest.get("settings") or {}).get("seed"), (found.get("parameters") or {}).get("seed")]
    found.setdefault("seed", next((seed for seed in seeds if seed is not None), None))
    return found


def with_weight(examples: pd.DataFrame) -> pd.DataFrame:
    """The same examples with a `weight`: 1 where nothing says another."""
    return examples if "weight" in examples.columns else examples.assign(weight=1.0)


def feature_columns(manifest: Mapping[str, Any], examples: pd.DataFrame) -> dict[str, str]:
    """Feature -> the column that holds it: a run's table calls it `<name>_given` where a score has its name."""
    names = [str(feature["name"]) for feature in (manifest.get("data") or {}).get("features") or ()]
    called = {name: f"{name}_given" if f"{name}_given" in examples.columns else name for name in names}
    return {name: column for name, column in called.items() if column in examples.columns}


def _reviewers(examples: pd.DataFrame) -> dict[str, int]:
    if "reviewer" not in examples.columns:
        return {}
    counts = examples["reviewer"].value_counts().sort_index()
    return {str(who): int(n) for who, n in counts.items() if who}


def _digest(run: Run) -> str | None:
    path = run.folder / "catalog.parquet"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
