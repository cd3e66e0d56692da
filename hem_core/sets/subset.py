"""The rows of a set in the user's own data set, corrected labels in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.data import Dataset, Subset

from hem_core.errors import DataError
from hem_core.sets.positions import check_positions

if TYPE_CHECKING:
    import pandas as pd


class CuratedSubset(Subset[Any]):
    """A Subset whose items have another target where a person gave one; `ids` and `labels` are in its order."""

    def __init__(
        self, dataset: Dataset[Any], indices: Sequence[int], ids: Sequence[str], labels: Sequence[str | None]
    ) -> None:
        super().__init__(dataset, indices)
        self.ids, self.labels = list(ids), list(labels)
        self.corrected: dict[int, Any] = {}
        """Place in this subset -> the target that replaces the given one."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.__getitems__(index)
        return self._mended(int(index) % len(self), super().__getitem__(index))

    def __getitems__(self, indices: list[int]) -> list[Any]:
        """Many items at once, as a DataLoader asks for them."""
        items = super().__getitems__(indices)
        return [self._mended(index % len(self), item) for index, item in zip(indices, items, strict=True)]

    def _mended(self, place: int, item: Any) -> Any:
        if place not in self.corrected:
            return item
        changed = [item[0], self.corrected[place], *item[2:]]
        return changed if isinstance(item, list) else tuple(changed)


def curated_subset(examples: pd.DataFrame, manifest: Mapping[str, Any], dataset: Any) -> CuratedSubset:
    """The set's rows of `dataset`, in the set's order.

    A corrected label becomes what the data set's own targets are: a name, or the index of that name in `classes` of
    the data set, else of the manifest. Raises DataError for ids that it has not, for labels without an index, and,
    where ids are positions, for a data set whose labels at these positions are others: its rows were reordered.
    """
    ids: list[str] = [str(id) for id in examples["id"].tolist()]
    own = _ids(dataset)
    place = {id: row for row, id in enumerate(own)}
    missing = [id for id in ids if id not in place]
    if missing:
        how = "its ids" if _has_ids(dataset) else "positions, since it has no attribute 'ids'"
        raise DataError(
            f"{len(missing):,} of the {len(ids):,} ids of the set are not in the data set (by {how}), such as "
            f"'{missing[0]}'; give the data set that was scored, with its ids in the attribute 'ids'"
        )
    labels = _labels(examples, "label")
    found = CuratedSubset(dataset, [place[id] for id in ids], ids, labels)
    before = _labels(examples, "label_before") if "label_before" in examples.columns else labels
    changed = [k for k, label in enumerate(labels) if label is not None and label != before[k]]
    classes = list(_classes(dataset) or manifest.get("classes") or ())
    if all(id == str(row) for row, id in enumerate(own)):
        check_positions(dataset, found.indices, ids, list(zip(before, labels, strict=True)), classes)
    for k in changed:
        found.corrected[k] = _as_target(str(labels[k]), dataset[found.indices[k]][1], [str(name) for name in classes])
    return found


def _as_target(label: str, given: Any, classes: list[str]) -> Any:
    if isinstance(given, str):
        return label
    if label not in classes:
        known = ", ".join(classes) or "none"
        raise DataError(
            f"the corrected label '{label}' has no index: the classes are {known}; "
            "give the data set an attribute 'classes'"
        )
    index = classes.index(label)
    return torch.full_like(given, index) if isinstance(given, Tensor) else type(given)(index)


def _labels(examples: pd.DataFrame, column: str) -> list[str | None]:
    if column not in examples.columns:
        return [None] * len(examples)
    return [label if isinstance(label, str) else None for label in examples[column].tolist()]


def _has_ids(dataset: Any) -> bool:
    return hasattr(dataset, "ids") or (isinstance(dataset, Subset) and _has_ids(dataset.dataset))


def _ids(dataset: Any) -> list[str]:
    if hasattr(dataset, "ids"):
        return [str(id) for id in dataset.ids]
    if isinstance(dataset, Subset):
        parent = _ids(dataset.dataset)
        return [parent[index] for index in dataset.indices]
    return [str(index) for index in range(len(dataset))]


def _classes(dataset: Any) -> Any:
    found = getattr(dataset, "classes", None)
    return _classes(dataset.dataset) if found is None and isinstance(dataset, Subset) else found
