"""A map-style torch Dataset whose items are (input, label)."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.errors import DataError


def accepts(source: Any) -> bool:
    return hasattr(source, "__getitem__") and hasattr(source, "__len__") and not isinstance(source, str | pa.Table)


def read(source: Any, **_columns: str) -> pa.Table:
    """The label is an item's second part; `id` is from the dataset's `ids` where it has them, else the position.

    A Subset keeps the ids of its parent. `targets`, `labels` or a TensorDataset's second tensor are taken instead of
    reading every item where they agree with a few of the items. `classes` is taken over where the dataset has it.
    Labels are integers, or strings: class names. Raises DataError for other labels and items.
    """
    labels = _labels(source)
    ids, classes = _ids(source), _classes(source)
    if len(ids) != len(labels):
        raise DataError(f"the dataset has {len(labels)} labels but {len(ids)} ids")
    are_names = bool(labels) and all(isinstance(label, str) for label in labels)
    texts = labels if are_names else [str(_integer(label)) for label in labels]
    table = pa.table({"id": pa.array(ids, pa.string()), "label": pa.array(texts, pa.string())})
    return with_info(
        table,
        name=type(source).__name__,
        source=type(source).__name__,
        root="",
        medium="dataset",
        classes=[str(name) for name in classes] if classes is not None else None,
        labels_are="names" if are_names else "indices",
    )


def _labels(dataset: Any) -> list[Any]:
    listed, n = _listed(dataset), len(dataset)
    if listed is not None and len(listed) == n:
        some = sorted({0, n // 2, n - 1}) if n else []
        if all(_same(listed[index], _label(dataset, index)) for index in some):
            return listed
    return [_label(dataset, index) for index in range(n)]


def _listed(dataset: Any) -> list[Any] | None:
    for name in ("targets", "labels"):
        if hasattr(dataset, name):
            return list(getattr(dataset, name))
    if hasattr(dataset, "tensors") and len(dataset.tensors) > 1:
        return list(dataset.tensors[1])
    if _is_subset(dataset):
        parent = _listed(dataset.dataset)
        return None if parent is None else [parent[index] for index in dataset.indices]
    return None


def _label(dataset: Any, index: int) -> Any:
    item = dataset[index]
    if not isinstance(item, tuple | list) or len(item) < 2:
        raise DataError(f"a dataset's items must be (input, label); item {index} is a {type(item).__name__}")
    return item[1]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return _integer(one) == _integer(other)


def _ids(dataset: Any) -> list[str]:
    if hasattr(dataset, "ids"):
        return [str(id) for id in dataset.ids]
    if _is_subset(dataset):
        parent = _ids(dataset.dataset)
        return [parent[index] for index in dataset.indices]
    return [str(index) for index in range(len(dataset))]


def _classes(dataset: Any) -> Any:
    found = getattr(dataset, "classes", None)
    return _classes(dataset.dataset) if found is None and _is_subset(dataset) else found


def _is_subset(dataset: Any) -> bool:
    return hasattr(dataset, "dataset") and hasattr(dataset, "indices")


def _integer(target: Any) -> int:
    try:
        number = int(target)
        is_whole = number == float(target)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"a dataset's labels must be integers or class names; one is {_short(target)}") from error
    if not is_whole:
        raise DataError(f"a dataset's labels must be integers or class names; one is {_short(target)}")
    return number


def _short(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "…"
