"""The one place where the benchmarks call HEM."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import Dataset

import hem_core

Log = Callable[[int, np.ndarray, torch.Tensor, torch.Tensor], None]


class Examples(Dataset):
    """Inputs and given labels as HEM and a train function take them: items of (input, target)."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        self.inputs, self.targets = torch.from_numpy(inputs), torch.from_numpy(targets)
        self.ids = [str(index) for index in range(len(targets))]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.inputs[index], int(self.targets[index])


def run_hem(
    inputs: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    fit: Callable[[Log], nn.Module],
    *,
    sample: str = "in-sample",
    has_dynamics: bool = True,
    **options: Any,
) -> pd.DataFrame:
    """Train with the Recorder, score, and give the run's table back, one row an example in their order.

    inputs (N, …) float32 as the model takes them; labels (N,) int64; fit(log) trains and returns the model, calling
    log(epoch, rows, logits, targets) for each batch. options go to hem_core.score as they are.
    """
    with tempfile.TemporaryDirectory() as folder:
        recorder = hem_core.Recorder(Path(folder) / "dynamics")
        model = fit(lambda epoch, rows, logits, targets: recorder.log(rows.tolist(), logits, targets, epoch))
        recorder.end_epoch()
        options = {"has_map": False, "classes": list(classes)} | options
        if has_dynamics:
            options["dynamics"] = recorder.path
        run = hem_core.score(model, Examples(inputs, labels), out=Path(folder) / "run", sample=sample, **options)
        return run.table().sort_values("index", ignore_index=True)
