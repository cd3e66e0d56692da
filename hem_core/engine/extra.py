"""Generated examples that are planted among the user's before a training."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hem_core.engine.batch import Values
from hem_core.errors import DataError


@dataclass(frozen=True, eq=False)
class Extra:
    """P examples; N and folds are those of the data set that they are planted in."""

    values: Values | np.ndarray
    """P inputs as they are stored: uint8 pictures (P, H, W, C), texts, or rows of features."""
    labels: np.ndarray
    """(P,) int64: the label of each."""
    kinds: np.ndarray
    """(P,) str: what each is an example of."""
    source: np.ndarray
    """(P,) int64: the row that each was made from."""
    planted_in: np.ndarray
    """(P,) int64: the fold whose training has it, which is never its source's own fold; -1 = none."""
    replaces: np.ndarray
    """(P,) int64: the row that is left out of that training for it; -1 = none."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def ids(self) -> list[str]:
        """Their ids in trainings and recordings."""
        return [f"hem:planted:{index}" for index in range(len(self))]

    def checked(self, fold: np.ndarray) -> Extra:
        """Itself. Raises DataError, naming the first, when one would be predicted by a model that was trained on it."""
        own = fold[self.source]
        wrong = np.flatnonzero((own < 0) | (own == self.planted_in))
        if len(wrong):
            why = "has a source in no fold" if own[wrong[0]] < 0 else "is planted in its own source's fold"
            raise DataError(f"extra example {wrong[0]} {why}; {len(wrong)} of {len(self)} are so")
        return self

    def digest(self) -> str:
        """A digest of all of it."""
        hasher = hashlib.sha256(" ".join(map(str, self.kinds)).encode())
        for numbers in (self.labels, self.source, self.planted_in, self.replaces):
            hasher.update(np.ascontiguousarray(numbers, dtype=np.int64).data)
        if isinstance(self.values, Tensor | np.ndarray):
            values = np.ascontiguousarray(np.asarray(self.values))
            hasher.update(f"{values.dtype} {values.shape}".encode() + values.tobytes())
        else:
            text = "\0".join(self.values) if isinstance(self.values, list) else self.values.to_csv()
            hasher.update(text.encode())
        return hasher.hexdigest()


def rows_of(values: Values | np.ndarray, at: np.ndarray) -> Values:
    """Some of the values, in the order of `at` (n,)."""
    if isinstance(values, list):
        return [values[index] for index in at]
    if isinstance(values, Tensor | np.ndarray):
        return torch.as_tensor(values)[torch.from_numpy(at)]
    return values.iloc[at]
