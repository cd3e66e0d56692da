"""A map-style torch Dataset whose items are (input, label)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.catalog._column_names import LABELS
from hem_core.catalog._examples import Examples
from hem_core.catalog._items import parts
from hem_core.catalog._number_labels import facts_of, number_text
from hem_core.catalog._tag_labels import TagLabels, is_set, of_sets
from hem_core.errors import DataError
from hem_core.media._items import fails
from hem_core.media.array import can_be_seen


def accepts(source: Any) -> bool:
    return hasattr(source, "__getitem__") and hasattr(source, "__len__") and not isinstance(source, str | pa.Table)


def read(source: Any, **_columns: str) -> pa.Table:
    """The label is an item's second part; `id` is from the dataset's `ids` where it has them, else the position.

    A Subset and a ConcatDataset keep the ids of their parents. `targets`, `labels` or a TensorDataset's second tensor
    are taken instead of reading every item where they agree with a few of the items. `classes` is taken over where the
    dataset has it. Labels are integers, or strings: class names; None and NaN are no label. Rows of 0 and 1, and lists
    of names, are sets of tags; decimal numbers, and rows of them, are numbers to predict. An item that the data set
    fails on has no label, and its reason stands in `failures`.
    Raises DataError for other labels and items, and when no item can be read.
    """
    labels, failures, first = _labels(source)
    ids, classes = _ids(source), _classes(source)
    if len(ids) != len(labels):
        raise DataError(f"the dataset has {len(labels)} labels but {len(ids)} ids")
    own = source if isinstance(source, Examples) else None
    name = own.name if own else type(source).__name__
    known = [label for label in labels if label is not None]
    are_names = bool(known) and all(isinstance(label, str) for label in known)
    if any(map(is_set, known)):
        found = of_sets(labels, classes, name)
    elif any(map(_is_decimal, known)):
        found = TagLabels([_number_text(label) for label in labels], facts_of([name]))
    else:
        texts = [None if label is None else label if are_names else str(_integer(label)) for label in labels]
        found = TagLabels(texts)
    columns: dict[str, Any] = {"id": pa.array(ids, pa.string()), "label": pa.array(found.texts, pa.string())}
    columns |= {name: values for name, values in (own.more if own else {}).items() if name not in columns}
    return with_info(
        pa.table(columns),
        name=name,
        source=own.source if own else name,
        root="",
        medium="dataset",
        classes=[str(name) for name in classes] if classes is not None else None,
        labels_are="names" if are_names or found.facts else "indices",
        **found.facts,
        is_picture=_is_picture(first, source),
        **({"failures": failures} if failures else {}),
    )


def _labels(dataset: Any) -> tuple[list[Any], dict[str, str], Any]:
    """Every label, None where there is none; the items that fail, by position; the first input that can be read."""
    listed, n = _listed(dataset), len(dataset)
    some = [_read(dataset, index) for index in sorted({0, n // 2, n - 1})] if n else []
    good = [item for item in some if not isinstance(item, str)]
    if (
        listed is not None
        and len(listed) == n
        and good
        and all(_same(listed[index], label) for index, _input, label in good)
    ):
        return [_known(label) for label in listed], {}, good[0][1]
    labels: list[Any] = []
    failures: dict[str, str] = {}
    first = None
    for index in range(n):
        item = _read(dataset, index)
        if isinstance(item, str):
            failures[str(index)] = item
        elif first is None:
            first = item[1]
        labels.append(None if isinstance(item, str) else _known(item[2]))
    if n and len(failures) == n:
        raise DataError(f"none of the {n} items can be read; the first: {failures['0']}")
    return labels, failures, first


def _read(dataset: Any, index: int) -> tuple[int, Any, Any] | str:
    """An item's position, input and label; or why the data set fails on it."""
    try:
        item = dataset[index]
    except Exception as error:  # whatever the user's own code raises
        return fails(error)
    return index, *parts(item, index)


def _listed(dataset: Any) -> Sequence[Any] | None:
    for name in ("targets", "labels"):
        found = getattr(dataset, name, None)
        if found is not None and hasattr(found, "__len__") and not isinstance(found, str):
            return list(found)
    if hasattr(dataset, "tensors") and len(dataset.tensors) > 1:
        return list(dataset.tensors[1])
    if _is_subset(dataset):
        parent = _listed(dataset.dataset)
        return None if parent is None else [parent[index] for index in dataset.indices]
    if _is_chain(dataset):
        listed = [_listed(part) for part in dataset.datasets]
        return None if any(part is None for part in listed) else [label for part in listed for label in part or ()]
    return None


def _same(one: Any, other: Any) -> bool:
    one, other = _known(one), _known(other)
    if one is None or other is None:
        return one is other
    if is_set(one) or is_set(other):
        return is_set(one) and is_set(other) and repr(list(one)) == repr(list(other))
    if isinstance(one, str) or isinstance(other, str) or _is_decimal(one) or _is_decimal(other):
        return bool(one == other)
    return _integer(one) == _integer(other)


def _known(label: Any) -> Any:
    """A label, or None for what stands for none: None itself, and NaN."""
    value = label.item() if getattr(label, "ndim", None) == 0 else label
    return None if isinstance(value, float) and math.isnan(value) else label


def _ids(dataset: Any) -> list[str]:
    if hasattr(dataset, "ids"):
        return [str(id) for id in dataset.ids]
    if _is_subset(dataset):
        parent = _ids(dataset.dataset)
        return [parent[index] for index in dataset.indices]
    if _is_chain(dataset) and all(hasattr(part, "ids") for part in dataset.datasets):
        chained = [id for part in dataset.datasets for id in _ids(part)]
        if len(set(chained)) == len(chained):
            return chained
    return [str(index) for index in range(len(dataset))]


def _classes(dataset: Any) -> Any:
    found = getattr(dataset, "classes", None)
    if found is None and isinstance(getattr(dataset, "features", None), dict):  # of Hugging Face, with a transform
        kinds = (getattr(kind, "feature", kind) for name, kind in dataset.features.items() if name in LABELS)
        found = next((kind.names for kind in kinds if _is_named(kind)), None)
    if isinstance(found, str) or not hasattr(found, "__len__"):
        found = None
    if found is None and _is_subset(dataset):
        return _classes(dataset.dataset)
    if found is None and _is_chain(dataset):
        named = [_classes(part) for part in dataset.datasets]
        return named[0] if named and all(part is not None and list(part) == list(named[0]) for part in named) else None
    return found


def _is_named(feature: Any) -> bool:
    """Whether a feature of Hugging Face names classes."""
    return isinstance(getattr(feature, "names", None), list)


def _is_subset(dataset: Any) -> bool:
    return hasattr(dataset, "dataset") and hasattr(dataset, "indices")


def _is_chain(dataset: Any) -> bool:
    return hasattr(dataset, "datasets") and hasattr(dataset, "cumulative_sizes")


def _is_picture(first: Any, dataset: Any) -> bool:
    """Whether the inputs are image files' bytes, Pillow's pictures, or an array that can be looked at."""
    if isinstance(first, bytes) or hasattr(first, "getbands"):
        return True
    inputs: Any = dataset.inputs if isinstance(dataset, Examples) else None
    return hasattr(inputs, "shape") and hasattr(inputs.dtype, "kind") and can_be_seen(inputs.shape, inputs.dtype)


def _is_decimal(label: Any) -> bool:
    """Whether a label is a number with something behind its point."""
    value = label.item() if hasattr(label, "item") and getattr(label, "ndim", 0) == 0 else label
    return isinstance(value, float) and not value.is_integer()


def _number_text(label: Any) -> str | None:
    """A number as text. Raises DataError for a label that is none."""
    value = label.item() if hasattr(label, "item") and getattr(label, "ndim", 0) == 0 else label
    if isinstance(value, int | float) or value is None:
        return number_text(value)
    raise DataError(f"most labels of the dataset are numbers; one is {_short(label)}")


def _integer(target: Any) -> int:
    try:
        number = int(target)
        is_whole = number == float(target)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise DataError(f"a dataset's labels must be integers or class names; one is {_short(target)}") from error
    if not is_whole:
        raise DataError(f"a dataset's labels must be integers or class names; one is {_short(target)}")
    return number


def _short(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "…"
