"""Examples in memory in the form that every `train` function takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor


class Dataset(Protocol):
    """What `train(dataset, …)` is given: items (input, target, id), and all of a kind at once."""

    @property
    def ids(self) -> Sequence[str]: ...
    @property
    def targets(self) -> Any:
        """(N,) int64 class indices, an array or a tensor."""
        ...

    @property
    def classes(self) -> Sequence[str]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> tuple[Any, int, str]: ...
    def frame(self) -> pd.DataFrame:
        """The features of all rows, of tables only."""
        ...

    def texts(self) -> Sequence[str]:
        """All texts, of texts only."""
        ...


@dataclass(frozen=True)
class Examples:
    """Inputs (pictures (N, 1, H, W) in 0 .. 1, texts, or a frame) with targets (N,) int64, ids and class names."""

    inputs: np.ndarray | list[str] | pd.DataFrame
    targets: np.ndarray
    ids: list[str]
    classes: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> tuple[Any, int, str]:
        return self._input(index), int(self.targets[index]), self.ids[index]

    def frame(self) -> pd.DataFrame:
        """The features of all rows."""
        if not isinstance(self.inputs, pd.DataFrame):
            raise TypeError("these examples are no table")
        return self.inputs

    def texts(self) -> list[str]:
        """All texts."""
        if not isinstance(self.inputs, list):
            raise TypeError("these examples are no texts")
        return self.inputs

    def _input(self, index: int) -> Any:
        if isinstance(self.inputs, list):
            return self.inputs[index]
        if isinstance(self.inputs, pd.DataFrame):
            return torch.tensor(self.inputs.iloc[index].to_numpy(np.float32))
        return torch.from_numpy(self.inputs[index])


def pictures(dataset: Dataset) -> Tensor:
    """All pictures of a data set at once: (N, C, H, W) as its items are."""
    values = [torch.as_tensor(dataset[index][0]) for index in range(len(dataset))]
    return torch.stack(values)
