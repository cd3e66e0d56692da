"""The two parts of an item of a data set: what the model gets, and the label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hem_core.catalog._column_names import INPUTS, LABELS
from hem_core.errors import DataError

TEXTS = ("text", "sentence")


def parts(item: Any, index: int) -> tuple[Any, Any]:
    """(input, label) of item number `index`: the first two parts of a tuple, or those of a dict by their names.

    Raises DataError, naming what came, for any other item.
    """
    if isinstance(item, Mapping):
        return _of_mapping(item, index)
    if isinstance(item, tuple | list) and len(item) > 1:
        return item[0], item[1]
    raise DataError(
        f"a dataset's items must be (input, label); item {index} is a {type(item).__name__}. Arrays and their labels "
        "go as a pair (x, y), or as a dict"
    )


def _of_mapping(item: Mapping[Any, Any], index: int) -> tuple[Any, Any]:
    names = [str(name) for name in item]
    label = next((name for name in LABELS if name in item), None)
    rest = [name for name in names if name != label]
    input_name = next((name for name in (*INPUTS, *TEXTS) if name in rest), rest[0] if len(rest) == 1 else None)
    if label is None or input_name is None or "input_ids" in rest:
        raise DataError(
            f"a dataset's items must be (input, label), or dicts with one of {', '.join(INPUTS[:4])} and one of "
            f"{', '.join(LABELS[:4])}; item {index} has {', '.join(names)}"
        )
    return item[input_name], item[label]
