"""Convert Python data (loaders, arrays, Hugging Face data sets) into a form that a reader accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.catalog._column_names import CLASSES, IDS, INPUTS, LABELS
from hem_core.catalog._examples import Examples
from hem_core.catalog._frame import is_frame
from hem_core.errors import DataError


def unwrapped(data: Any, **columns: Any) -> tuple[Any, list[str]]:
    """The data in a form that one of the readers takes, and notes on what was done for it. What fits stays as it is.

    A DataLoader gives its data set. A Hugging Face Dataset becomes a table, or items where it holds pictures; the
    splits of a DatasetDict become the column `split`. A dict of arrays, or a pair of them, becomes items (input,
    label); a dict of plain columns, a pair of texts and labels, or a DataFrame with a series of labels becomes a table.
    columns: as for `hem_core.catalog.read`.
    Raises DataError for streams, which have no positions, and for arrays that do not fit each other.
    """
    if data is None or isinstance(data, str | Path | pa.Table | Examples):
        return data, []
    if hasattr(data, "dataset") and hasattr(data, "collate_fn"):
        inner, notes = unwrapped(data.dataset, **columns)
        return inner, [_of_loader(type(data).__name__), *notes]
    if type(data).__module__.partition(".")[0] == "datasets":
        from hem_core.catalog import _hugging_face

        named = ("label_column", "image_column", "id_column")
        return _hugging_face.unwrapped(data, **{name: columns.get(name) for name in named})
    if hasattr(data, "__arrow_c_stream__") and not is_frame(data):
        return _of_arrow(data), []
    if isinstance(data, Mapping):
        return _mapping(data, columns.get("id_column")), []
    if isinstance(data, tuple | list) and _are_arrays(data):
        return _pair(data), []
    _refuse_stream(data)
    return data, []


def _of_arrow(data: Any) -> pa.Table:
    """The table in whatever hands one out by Arrow's protocol: polars, DuckDB, a record batch."""
    try:
        return pa.table(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"the {type(data).__name__} is no table: {' '.join(str(error).split())[:200]}") from error


def _of_loader(name: str) -> str:
    return (
        f"Scored the data set of the {name}, each example once and in the data set's own order; "
        "the loader's sampler, batches and collate function are not used."
    )


def _mapping(data: Mapping[Any, Any], id_column: str | None) -> pa.Table | Examples:
    columns = {str(name): value for name, value in data.items()}
    label = next((name for name in LABELS if name in columns), None)
    if label is None:
        raise DataError(
            f"the dict has no labels among {', '.join(columns)}; name them one of {', '.join(LABELS)}, or pass a "
            "TensorDataset or another Dataset of (input, label)"
        )
    inputs = next((name for name in INPUTS if name in columns and _ndim(columns[name]) > 1), None)
    ids = next((name for name in IDS if name in columns), None)
    if inputs is None:
        is_renamed = ids is not None and id_column is None and "id" not in columns
        named = {"id" if name == ids and is_renamed else name: values for name, values in columns.items()}
        return _table(named, "the dict")
    rest = {name: _plain(columns[name]) for name in columns if name not in (label, inputs, ids, "classes")}
    return Examples(
        array(columns[inputs], inputs),
        _plain(columns[label]),
        name="dict",
        ids=_plain(columns[ids]) if ids else None,
        classes=[str(name) for name in columns["classes"]] if "classes" in columns else None,
        more={name: values for name, values in rest.items() if _is_column(values, len(_plain(columns[label])))},
    )


def _pair(data: Sequence[Any]) -> pa.Table | Examples:
    inputs, labels = data[0], data[1]
    if len(inputs) != len(labels):
        raise DataError(f"the pair has {len(inputs)} inputs and {len(labels)} labels; each example needs one of each")
    names = [str(name) for name in labels.columns] if hasattr(labels, "columns") else None
    labels = labels.to_numpy() if hasattr(labels, "columns") else labels
    if hasattr(inputs, "columns"):
        return inputs.assign(label=_plain(labels)) if names is None else _named(inputs, labels, names)
    if len(inputs) and isinstance(inputs[0], str):
        return _table({"text": inputs, "label": labels}, "the pair")
    return Examples(array(inputs, "the inputs"), _plain(labels), name="pair", classes=names)


def _named(inputs: Any, labels: Any, names: Sequence[str]) -> pa.Table:
    """A data frame of inputs with the labels (N, K) of another one, whose columns are the names of the labels."""
    table = pa.Table.from_pandas(inputs, preserve_index=inputs.index.name is not None)
    return table.append_column("label", pa.array(_plain(labels))).replace_schema_metadata({CLASSES: "\n".join(names)})


def array(values: Any, what: str) -> Any:
    """(N, …) as a NumPy array; a tensor of a type that NumPy lacks as it is. Raises DataError for uneven rows."""
    if hasattr(values, "detach"):
        try:
            return values.detach().cpu().numpy()
        except (TypeError, RuntimeError):
            return values.detach().cpu()
    try:
        numbers = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{what}: rows of different shapes are no array; pass a list of (input, label)") from error
    if numbers.dtype == object:
        raise DataError(f"{what} must be an array of numbers; it holds Python objects")
    return numbers


def _table(columns: Mapping[str, Any], what: str) -> pa.Table:
    try:
        return pa.table({name: pa.array(_plain(values), from_pandas=True) for name, values in columns.items()})
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"cannot make a table of {what}: {' '.join(str(error).split())}") from error


def _plain(values: Any) -> list[Any]:
    """Tensors, arrays, series and lists as a list of Python values."""
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    return [value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value for value in items]


def _is_column(values: Sequence[Any], n: int) -> bool:
    return len(values) == n and not any(isinstance(value, list | tuple | dict) for value in values)


def _ndim(values: Any) -> int:
    if hasattr(values, "ndim"):
        return int(values.ndim)
    if not isinstance(values, list | tuple) or not values:
        return 1
    return 1 if isinstance(values[0], str | bytes) or not hasattr(values[0], "__len__") else 2


def _are_arrays(data: Sequence[Any]) -> bool:
    """Inputs and labels side by side, and not two items (input, label)."""
    if len(data) != 2 or any(isinstance(part, str | bytes | Mapping) or not hasattr(part, "__len__") for part in data):
        return False
    if all(hasattr(part, "ndim") for part in data):
        return data[0].ndim >= 1 and data[1].ndim in (1, 2) and (isinstance(data, tuple) or data[0].ndim >= 2)
    is_list_of_labels = isinstance(data[1], list) and all(not hasattr(one, "__len__") or isinstance(one, str)
                                                          for one in data[1])  # fmt: skip
    is_list_of_inputs = isinstance(data[0], list) or hasattr(data[0], "ndim")
    return isinstance(data, tuple) and is_list_of_inputs and (is_list_of_labels or getattr(data[1], "ndim", 0) == 1)


def _refuse_stream(data: Any) -> None:
    name = type(data).__name__
    is_stream = any(kind.__name__ == "IterableDataset" for kind in type(data).__mro__)
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not is_stream:
        return
    if hasattr(data, "__getitem__") and not hasattr(data, "__iter__"):
        raise DataError(f"the {name} has no length; give it a method __len__, so that its examples can be numbered")
    if hasattr(data, "__iter__"):
        raise DataError(
            f"the {name} is a stream: its examples have no positions by which they could be found again; pass a data "
            "set that has __len__ and __getitem__, such as list(data), or a Dataset written to disk"
        )
