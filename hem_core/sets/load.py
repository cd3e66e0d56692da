"""A curated set for a training loop: a torch data set and a sampler by its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import torch
from torch.utils.data import Dataset, WeightedRandomSampler

from hem_core.errors import DataError, RunError
from hem_core.sets.examples import set_examples
from hem_core.sets.run_of_set import run_of_set
from hem_core.sets.sampler import SetSampler
from hem_core.sets.subset import curated_subset
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    import pandas as pd


def load_set(
    path: Path | str,
    dataset: Any = None,
    *,
    seed: int = 0,
    channels: int | None = None,
    resize: int | None = None,
    rank: int | None = None,
    world_size: int | None = None,
) -> tuple[Dataset[Any], WeightedRandomSampler]:
    """A set that was exported, or the folder sets/<name>/v<k> of a workspace, to train on.

    dataset: your own map-style data set; of it comes a Subset, rows matched by its `ids`, by the ids of its parent
    where it is a Subset itself, or by position where it has none. Its items are as they were, but corrected labels are
    in place. Without one, the pictures, texts or rows of the folder are read, as items (input, target, id) of the form
    in which a train function of HEM gets them; channels (1 or 3) and resize (pixels) are for pictures.
    Both have `ids`, in the order of the set. The sampler draws as many as there are, with replacement, by the set's
    weights; seed: of its own generator, so that the same seed draws the same. rank, world_size: of a distributed
    training in a plain loop, whose ranks share the draws; leave them away where the trainer deals the batches.
    Raises DataError when the folder is no set, ids are not in the data set, or there is nothing to read.
    """
    folder = Path(path)
    examples, manifest = _read(folder)
    if dataset is not None:
        found: Dataset[Any] = curated_subset(examples, manifest, dataset)
    else:
        found = set_examples(folder, examples, manifest, channels=channels, resize=resize)
    return found, SetSampler(_weights(examples), seed, rank, world_size)


def _read(folder: Path) -> tuple[pd.DataFrame, Mapping[str, Any]]:
    table, manifest = folder / "examples.parquet", folder / "manifest.json"
    if not table.is_file():
        raise DataError(
            f"'{folder}' is no set: it has no examples.parquet; give an exported folder "
            "(hem export WORKSPACE --set NAME --out FOLDER) or WORKSPACE/sets/NAME/v1"
        )
    found = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {}
    return pq.read_table(table).to_pandas(), {"classes": _classes(folder, found), **found}


def _classes(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Of the run, where a set in a workspace does not name them itself."""
    home = folder.resolve().parents[1]
    if home.name != "sets" or not manifest.get("run") or manifest.get("classes"):
        return []
    try:
        return list(run_of_set(open_workspace(home.parent), manifest).classes)
    except RunError:
        return []


def _weights(examples: pd.DataFrame) -> list[float]:
    weights = torch.ones(len(examples), dtype=torch.float64)
    if "weight" in examples.columns:
        weights = torch.from_numpy(examples["weight"].to_numpy(dtype="float64", na_value=float("nan")).copy())
    if not (weights.isfinite() & (weights >= 0)).all() or not weights.sum() > 0:
        raise DataError(
            "the weights of a set are numbers of 0 or more, and not all of them 0; mend the column 'weight'"
        )
    return weights.tolist()
