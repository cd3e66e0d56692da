"""A data set whose items include their index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.utils.data import Dataset, IterableDataset

from hem_core.errors import MiningError


class WithIndex(Dataset[Any]):
    """Every item of a data set with its index: (x, y) becomes (x, y, index), x alone (x, index).

    A mapping gets the key `key` and is copied. Batches made at once (`__getitems__`) stay so.
    Raises MiningError for a stream, which has no indices, and for an item with another value under `key`.

    >>> WithIndex([("a", 0), ("b", 1)])[1]
    ('b', 1, 1)
    >>> WithIndex(["a", "b"])[1]
    ('b', 1)
    >>> WithIndex([{"text": "a"}])[0]
    {'text': 'a', 'index': 0}
    >>> len(WithIndex(["a", "b"]))
    2

    Reference: none.
    """

    def __init__(self, dataset: Any, *, key: str = "index") -> None:
        if isinstance(dataset, IterableDataset):
            raise MiningError(
                f"{type(dataset).__name__} is a stream, whose items have no index: make it return one with each item, "
                "such as the row of the file that it reads, and mine with a selector or HardExampleLoss; samplers need "
                "a data set with __getitem__"
            )
        self.dataset, self.key = dataset, key

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        return self._joined(self.dataset[index], int(index))

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        whole: Callable[[Sequence[int]], Sequence[Any]] | None = getattr(self.dataset, "__getitems__", None)
        items = whole(indices) if whole else [self.dataset[index] for index in indices]
        return [self._joined(item, int(index)) for item, index in zip(items, indices, strict=True)]

    def _joined(self, item: Any, index: int) -> Any:
        if isinstance(item, Mapping):
            own = item.get(self.key, index)
            if own is not index and not bool(own == index):
                raise MiningError(
                    f"item {index} has an '{self.key}' already, {own!r:.60}; choose another name: "
                    f"WithIndex(dataset, key='hem_{self.key}')"
                )
            return {**item, self.key: index}
        return (*item, index) if isinstance(item, tuple | list) else (item, index)
