"""A map-style torch Dataset whose items are (input, label)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.errors import DataError


def accepts(source: Any) -> bool:
    return hasattr(source, "__getitem__") and hasattr(source, "__len__") and not isinstance(source, str | pa.Table)


def read(source: Any, **_columns: str) -> pa.Table:
    """`id` from the dataset's `ids` where it has them, else the position; labels from its `targets` or `labels`.

    A TensorDataset's last tensor and a Subset's share of its parent are used as they are. Any other dataset is
    read through once for its labels. `classes` is taken over where the dataset has it.
    Raises DataError when a label is not an integer.
    """
    targets = [_integer(target) for target in _targets(source)]
    ids = [str(id) for id in getattr(source, "ids", range(len(source)))]
    if len(ids) != len(targets):
        raise DataError(f"the dataset has {len(targets)} labels but {len(ids)} ids")
    table = pa.table({"id": pa.array(ids, pa.string()), "label": pa.array([str(y) for y in targets], pa.string())})
    classes = getattr(source, "classes", None)
    return with_info(
        table,
        name=type(source).__name__,
        source=type(source).__name__,
        root="",
        medium="dataset",
        classes=[str(name) for name in classes] if classes is not None else None,
        labels_are="indices",
    )


def _targets(dataset: Any) -> list[Any]:
    for name in ("targets", "labels"):
        if hasattr(dataset, name):
            return list(getattr(dataset, name))
    if hasattr(dataset, "tensors"):
        return list(dataset.tensors[-1])
    if hasattr(dataset, "dataset") and hasattr(dataset, "indices"):
        parent = _targets(dataset.dataset)
        return [parent[index] for index in dataset.indices]
    return [dataset[index][1] for index in range(len(dataset))]


def _integer(target: Any) -> int:
    try:
        number = int(target)
    except (TypeError, ValueError) as error:
        raise DataError(f"a dataset's labels must be integers; one is {target!r}") from error
    if number != float(target):
        raise DataError(f"a dataset's labels must be integers; one is {target!r}")
    return number
