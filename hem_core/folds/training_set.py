"""What a train function is given: some rows of the data set, as a torch Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from hem_core.engine.batch import Values
from hem_core.engine.call import prepared
from hem_core.engine.extra import Extra, rows_of
from hem_core.errors import DataError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.tasks import MakesItems, Task, training_arguments

if TYPE_CHECKING:
    import pandas as pd

CPU = torch.device("cpu")


class TrainingSet(Dataset[tuple[Any, Any, str]]):
    """N' examples as items (input, target, id), in the form in which the model will be scored.

    input: a picture (C, H, W) float32 in 0 .. 1, a text, the features (F,) float32, or the array or tensor as it is;
    target: int in [0, K), a float for a task without classes, or floats (K,) for one with several labels: 1 yes, 0 no,
    NaN unknown; id: str. `ids`, `targets` (N',) int64 or float32, or (N', K), and `classes` (K names) speak of all.
    A task that `MakesItems` makes its own, such as an image and its boxes.
    rows: positions of the examples in the data set; targets and ids: of the whole data set. planted: which of the
    extra examples come after them; the rows that these replace are left out.
    """

    def __init__(
        self,
        cached_inputs: CachedInputs,
        rows: np.ndarray,
        targets: np.ndarray,
        ids: Sequence[str],
        classes: Sequence[str],
        *,
        is_picture: bool,
        extra: Extra | None = None,
        planted: Sequence[int] | np.ndarray = (),
        task: Task | None = None,
    ) -> None:
        self._task = task if isinstance(task, MakesItems) else None
        self._cached_inputs, self._is_picture, self._is_stored = cached_inputs, is_picture, False
        self.extra = extra
        self.planted = np.asarray(planted, dtype=np.int64)
        gone = extra.replaces[self.planted] if extra is not None else self.planted
        self.rows = np.setdiff1d(rows, gone)
        more = [extra.labels[self.planted]] if extra is not None else []
        self.targets = as_targets(np.concatenate([targets[self.rows], *more]))
        names = extra.ids if extra is not None else []
        self.ids = [str(ids[row]) for row in self.rows] + [names[index] for index in self.planted]
        self.classes = list(training_arguments(task)["classes"] if task is not None and self._task else classes)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"example {index} of {len(self)}")
        return self.__getitems__([index % len(self)])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Many items at once, as a DataLoader asks for them."""
        at = np.asarray(indices, dtype=np.int64)
        inputs: list[Any] = [None] * len(at)
        for wanted, values in self._read(at):
            for place, value in zip(wanted, self._inputs(values), strict=True):
                inputs[place] = value
        targets: list[Any] = self.targets[at].tolist()
        if self.targets.ndim > 1:
            targets = list(torch.from_numpy(self.targets[at]))
        if self._task is not None:
            places = zip(inputs, targets, at.tolist(), strict=True)
            return [self._task.item(one, target, index) for one, target, index in places]
        return [(inputs[place], targets[place], self.ids[index]) for place, index in enumerate(at)]

    def as_stored(self) -> TrainingSet:
        """The same set whose pictures are (C, H, W) in their stored type, as a model with `preprocess` gets them."""
        other = copy(self)
        other._is_stored = True
        return other

    def frame(self) -> pd.DataFrame:
        """The features of all examples, (N', F). Raises DataError when they are no rows of a table."""
        import pandas as pd

        parts = [values for _places, values in self._read(np.arange(len(self)))]
        frames = [part for part in parts if isinstance(part, pd.DataFrame)]
        if not frames or len(frames) < len(parts):
            raise DataError("dataset.frame() is for rows of features; these examples are none")
        return pd.concat(frames, ignore_index=True)

    def texts(self) -> list[str]:
        """The texts of all examples. Raises DataError when they are no texts."""
        parts = [values for _places, values in self._read(np.arange(len(self)))]
        if not all(isinstance(part, list) for part in parts):
            raise DataError("dataset.texts() is for texts; these examples are none")
        return [text for part in parts if isinstance(part, list) for text in part]

    def _read(self, at: np.ndarray) -> list[tuple[np.ndarray, Values]]:
        """The examples of the data set among `at` (n,), then those planted: places in `at`, and the values there."""
        is_own = at < len(self.rows)
        blocks: list[tuple[np.ndarray, Values]] = []
        if is_own.any():
            blocks.append((np.flatnonzero(is_own), self._cached_inputs.read(self.rows[at[is_own]])))
        if self.extra is not None and not is_own.all():
            planted = self.planted[at[~is_own] - len(self.rows)]
            blocks.append((np.flatnonzero(~is_own), rows_of(self.extra.values, planted)))
        return blocks

    def _pictures(self, values: list[Any]) -> Sequence[Any]:
        """Pictures of any sizes, each (C, H, W); texts as they are."""
        if not values or not isinstance(values[0], Tensor):
            return values
        if self._is_stored:
            return [one.permute(2, 0, 1) for one in values]
        return prepared(_PLAIN, values, CPU, is_picture=True)

    def _inputs(self, values: Values) -> Sequence[Any] | Tensor:
        if isinstance(values, list):
            return self._pictures(values)
        if isinstance(values, Tensor):
            if self._is_stored:
                return values.permute(0, 3, 1, 2) if self._is_picture else values
            return prepared(_PLAIN, values, CPU, is_picture=self._is_picture)
        words = [str(name) for name in values.columns if values[name].dtype.kind not in "fiub"]
        if words:
            raise DataError(
                f"the features {', '.join(words[:5])} are categories, which are no numbers to make items of; "
                "train on dataset.frame()"
            )
        return prepared(_PLAIN, values, CPU, is_picture=False)


def as_targets(values: np.ndarray) -> np.ndarray:
    """Targets (N,) in the type that trainings get: int64 for classes, float32 for numbers."""
    return values.astype(np.float32 if values.dtype.kind == "f" else np.int64)


_PLAIN = nn.Identity()
