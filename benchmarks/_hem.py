"""HEM as a user calls it, with a train function: the run's table, and what its models said, for everyone beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from _nets import fit
from _peers import MethodInputs
from scipy.stats import rankdata
from torch import nn
from torch.utils.data import Dataset

import hem_core
from hem_core.dynamics.read import read

Train = Callable[..., Any]
"""A train function as `hem_core.score` takes it."""


class Examples(Dataset):
    """Inputs and given labels as items of (input, target)."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        self.inputs, self.targets = torch.from_numpy(inputs), torch.from_numpy(targets)
        self.ids = [str(index) for index in range(len(targets))]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.inputs[index], int(self.targets[index])


@dataclass(frozen=True, eq=False)
class Shipped:
    """One run of N examples."""

    table: pd.DataFrame
    """As `run.table()`, in the order of the data."""
    info: dict[str, Any]
    """run.json."""
    method_inputs: MethodInputs
    """The outputs that the run was made of."""

    def facts(self) -> dict[str, float]:
        """Accuracy on the given labels of the model of everything and of the folds' models."""
        return {"in-sample": self.info["oos"]["in_sample_accuracy"], "folds": self.info["oos"]["accuracy"]}


def shipped(data: Any, labels: np.ndarray, classes: list[str], train: Train, seed: int, **options: Any) -> Shipped:
    """`hem_core.score(None, data, train=train)` with five folds, all else by default but the map.

    data: whatever `score` takes; labels (N,) int64 in its order.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        run = hem_core.score(
            None, data, out=folder, train=train, oos=5, has_map=False, classes=classes, seed=seed, **options
        )
        table = run.table().sort_values("index", ignore_index=True)
        logits = np.full((len(labels), len(classes)), np.nan, np.float32)
        for path in folder.glob("out_of_sample/fold_*.npz"):
            with np.load(path) as fold:
                logits[fold["rows"]] = fold["logits"]
        with np.load(folder / "out_of_sample/all.npz") as whole:
            inside = whole["logits"]
            embeddings = whole["embeddings"].astype(np.float32) if "embeddings" in whole else None
        confidence, margin = _recorded(folder / "out_of_sample/recording_all", table["id"].tolist())
        said = MethodInputs(inside, embeddings, logits, confidence, margin, labels)
        return Shipped(table, run.info, said)


def checkpoint(
    data: Any, classes: list[str], model: nn.Module | None, seed: int, **options: Any
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table and run.json of a run with a trained model and nothing else."""
    with tempfile.TemporaryDirectory() as name:
        given = {"has_map": False, "classes": classes, "seed": seed} | options
        run = hem_core.score(model, data, out=Path(name) / "run", **given)
        return run.table().sort_values("index", ignore_index=True), run.info


def of_logits(
    logits: np.ndarray, embeddings: np.ndarray | None, labels: np.ndarray, classes: list[str], seed: int, **options: Any
) -> pd.DataFrame:
    """The table of a run on a Parquet file of outputs: logits (N, K), embeddings (N, D) and labels (N,) int64."""
    arrays = {"logits": logits} | ({"embedding": embeddings} if embeddings is not None else {})
    lists = {name: pa.array(list(values.astype(np.float32))) for name, values in arrays.items()}
    ids = [f"{row:05d}" for row in range(len(labels))]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "predictions.parquet"
        pq.write_table(pa.table({"id": ids, "label": [classes[label] for label in labels], **lists}), path)
        return checkpoint(path, classes, None, seed, **options)[0]


def trainer(build: Callable[[], nn.Module], *, epochs: int, decay: float = 5e-4) -> Train:
    """A train function of a small net that records every batch; see `_nets.fit`."""

    def train(dataset: Any, seed: int, recorder: hem_core.Recorder | None = None) -> nn.Module:
        inputs = stacked(dataset).numpy()
        ids = np.array(dataset.ids, dtype=object)

        def log(epoch: int, rows: np.ndarray, logits: torch.Tensor, targets: torch.Tensor) -> None:
            if recorder is not None:
                recorder.log(ids[rows].tolist(), logits, targets, epoch)

        return fit(build, inputs, np.asarray(dataset.targets), seed, epochs=epochs, decay=decay, log=log)

    return train


def stacked(dataset: Any) -> torch.Tensor:
    """The inputs (N, …) of a data set as a train function gets it."""
    return torch.stack([torch.as_tensor(item[0]) for item in dataset.__getitems__(range(len(dataset)))])


def numbers(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns that rank examples, the headlines and every score, and two plain rank-means beside them."""
    from hem_core import scores

    names = {
        "difficulty",
        "label_suspicion",
        "aum_windowed",
        "confidence_mean_windowed",
        "loss_oos",
        "margin_oos",
        *scores.names(),
    }
    found = {str(name): table[name].to_numpy(float) for name in table if name in names}
    dynamics = [name for name in ("aum_windowed", "confidence_mean") if name in found]
    if dynamics:
        found["rank-mean: margin, dynamics"] = rank_mean(found, "margin", *dynamics)
    if "neighbour_disagreement" in found:
        found["rank-mean: margin, neighbours"] = rank_mean(found, "margin", "neighbour_disagreement")
    return found


def rank_mean(columns: Mapping[str, np.ndarray], *names: str) -> np.ndarray:
    """(N,) the mean rank of these columns; equal values share a rank."""
    return np.mean([rankdata(columns[name]) for name in names], axis=0)


def _recorded(folder: Path, ids: list[str]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Confidence and margin (N, E) of the one training on everything, as anybody records it."""
    if not any(folder.glob("*.parquet")):
        return None, None
    recorded = read(folder).align(ids)
    return recorded.confidences.astype(np.float64), recorded.margins.astype(np.float64)
