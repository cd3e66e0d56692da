"""Predicted numbers that were made elsewhere: which columns hold them, by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError
from hem_core.tasks._numbers import read_numbers

COLUMN = "prediction"
WORDS = (COLUMN, "predicted", "pred", "predictions", "y_pred", "y_hat", "yhat", "vorhersage", "prognose")
"""Names of the column of one number, and of what stands before or behind the name of one among several."""
IN_WORDS = f"a column '{COLUMN}' of numbers (of several numbers: a column '{COLUMN}_<number>' for each)"


def columns_of(names: Sequence[str], facts: Mapping[str, Any], outputs: Sequence[str]) -> list[str] | None:
    """The columns of the predictions, in the order of the outputs; None without any.

    outputs: names of D numbers; () for one. `prediction`, or `prediction_<number>`, counts before other names that are
    guessed, and a name in another case where it is not written so; in a file of predictions alone, columns that are
    named as the numbers are their predictions.
    Raises DataError where two names fit, and where some of D numbers have no column.
    """
    own = list(facts.get("prediction_columns") or ())
    there = {name.casefold(): name for name in reversed(names)} | {name: name for name in names}
    if not outputs:
        return _of_one(there, own)
    found = {form: columns for form, columns in _forms(there, own, outputs).items() if any(columns)}
    whole = {form: columns for form, columns in found.items() if all(columns)}
    exact = f"{COLUMN}_<number>"
    if exact in whole or len(whole) == 1:
        return [str(name) for name in (whole.get(exact) or next(iter(whole.values())))]
    if len(whole) > 1:
        ways = " or ".join(", ".join(map(str, each)) for each in whole.values())
        raise DataError(
            f"the predictions could be the columns {ways}; "
            f"remove one of them, or name those that count {', '.join(f'{COLUMN}_{each}' for each in outputs)}"
        )
    if found:
        form, columns = max(found.items(), key=lambda item: sum(map(bool, item[1])))
        lacking = [output for output, name in zip(outputs, columns, strict=True) if not name]
        there = ", ".join(name for name in columns if name)
        raise DataError(
            f"there is no prediction of {', '.join(lacking[:8])} beside {there}; "
            f"add {', '.join(form.replace('<number>', each) for each in lacking[:8])}"
        )
    return None


def _of_one(there: Mapping[str, str], own: Sequence[str]) -> list[str] | None:
    found = [there[name] for name in WORDS if name in there]
    if COLUMN in there or len(found) == 1:
        return found[:1]
    if found:
        raise DataError(f"the predictions could be the column {' or '.join(found)}; rename the right one '{COLUMN}'")
    return list(own) if len(own) == 1 else None


def _forms(there: Mapping[str, str], own: Sequence[str], outputs: Sequence[str]) -> dict[str, list[str | None]]:
    """Way of naming -> the column of each output, None where there is none. there: name, also in small letters where
    none is written so, -> column."""
    forms = [f"{word}_<number>" for word in WORDS] + [f"<number>_{word}" for word in WORDS]
    found = {form: [form.replace("<number>", each) for each in outputs] for form in forms}
    is_alike = len({each.casefold() for each in outputs}) == len(outputs)
    made = {
        form: [there.get(name) or (there.get(name.casefold()) if is_alike else None) for name in columns]
        for form, columns in found.items()
    }
    return made | ({"<number>": [each if each in own else None for each in outputs]} if own else {})


def note_of(columns: Sequence[str], outputs: Sequence[str]) -> str | None:
    """A sentence on which columns were taken for the predictions; None where they have the exact names."""
    if list(columns) == [column_of(each) for each in outputs or ("",)]:
        return None
    what = ", ".join(f"{name} as that of {output}" for name, output in zip(columns, outputs, strict=False))
    return f"Columns taken for predictions: {what or columns[0]}."


def column_of(output: str) -> str:
    """The exact name of the column of a prediction."""
    return f"{COLUMN}_{output}" if output else COLUMN


def numbers_in(catalog: pa.Table, facts: Mapping[str, Any], outputs: Sequence[str]) -> np.ndarray | None:
    """The predictions (N, D) float32 in columns of a catalog, or in one column of lists, NaN where there is none; None
    without any.
    """
    listed = next((name for name in WORDS if outputs and _is_listed(catalog, name)), None)
    if listed is not None:
        return _lists(catalog[listed], len(outputs))
    found = columns_of(catalog.column_names, facts, outputs)
    return None if found is None else np.stack([_numbers(catalog[name]) for name in found], axis=1)


def _is_listed(catalog: pa.Table, name: str) -> bool:
    return name in catalog.column_names and pa.types.is_nested(catalog.schema.field(name).type)


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    values = column.to_pylist()
    return read_numbers([None if value is None else str(value) for value in values])[0]


def _lists(column: pa.ChunkedArray, width: int) -> np.ndarray:
    rows = [[None] * width if row is None else row for row in column.to_pylist()]
    odd = next((len(row) for row in rows if len(row) != width), None)
    if odd is not None:
        raise DataError(f"a list of predictions has {odd} numbers; the labels have {width}")
    return np.array(rows, np.float32).reshape(len(rows), width)
