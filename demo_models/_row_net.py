"""A net that reads rows of a table: numbers on one scale, categories one by one, and a sign for what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn


class RowNet(nn.Module):
    """A hidden layer or two over the features of a table, and K logits.

    frame: the rows that it is trained on. Their means and deviations stay in buffers and the values of their categories
    in `values`, so that a row's input does not depend on its batch; `preprocess` turns rows into what `forward` takes.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, frame: pd.DataFrame, n_classes: int, *, hidden: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.numbers = [name for name in frame.columns if frame[name].dtype.kind in "fiub"]
        words = [name for name in frame.columns if name not in self.numbers]
        self.values = {name: sorted(frame[name].dropna().unique()) for name in words}
        numbers = torch.from_numpy(self._numbers(frame))
        n_known = (~numbers.isnan()).sum(dim=0).clamp(min=1)  # (n, D) -> (D,)
        mean = numbers.nansum(dim=0) / n_known
        deviation = ((numbers - mean).square().nansum(dim=0) / n_known).sqrt()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", torch.where(deviation > 0, deviation, 1.0))
        width = 2 * len(self.numbers) + sum(1 + len(values) for values in self.values.values())
        self.hidden = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.head = nn.Linear(hidden, n_classes)

    def preprocess(self, frame: pd.DataFrame) -> Tensor:
        """n rows -> (n, D) float32: standardised numbers, 0 for a missing one; which are missing; 0/1 a category.

        The last place of each category is for values that training never met, and for none.
        """
        numbers = torch.from_numpy(self._numbers(frame))
        scaled = ((numbers - self.mean.cpu()) / self.deviation.cpu()).clamp(-10, 10)
        found = [scaled.nan_to_num(0.0), numbers.isnan().float()]
        for name, values in self.values.items():
            place = torch.from_numpy(pd.Index(values).get_indexer(pd.Index(frame[name])).astype(np.int64))
            place = torch.where(place < 0, len(values), place)
            found.append(nn.functional.one_hot(place, 1 + len(values)).float())
        return torch.cat(found, dim=1)

    def _numbers(self, frame: pd.DataFrame) -> np.ndarray:
        return frame[self.numbers].to_numpy(np.float32, na_value=np.nan, copy=True)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.hidden(inputs))
