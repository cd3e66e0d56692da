"""A column of ids or labels as text: strings verbatim, other types as they are plainly written."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from hem_core.catalog._compute import pc
from hem_core.errors import DataError

EXACT = 2**53
"""From here on not every whole number is a float of its own."""

CONTROL = r"[\x00-\x08\x0e-\x1f]"
"""What no text holds, and numbers stored as bytes do."""


def as_text(column: pa.ChunkedArray | pa.Array, name: str, what: str) -> pa.ChunkedArray:
    """The column as strings, null where a value is missing: 3, 3.0 as "3", 0.5, true, 2024-01-31.

    what: what the column is, "id" or "label", for the message.
    Raises DataError for lists and structures, bytes that are no UTF-8, and ids among floats too large to be exact.
    """
    texts = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    kind = texts.type
    if isinstance(kind, pa.BaseExtensionType):
        texts = texts.cast(kind.storage_type)
        kind = texts.type
    if pa.types.is_dictionary(kind):
        return as_text(texts.cast(kind.value_type), name, what)
    if pa.types.is_nested(kind):
        raise DataError(f"the {what} column '{name}' holds {_nested(kind)}; {_wanted(what)}")
    if pa.types.is_string(kind):
        return texts
    if pa.types.is_floating(kind):
        return _floats(texts.cast(pa.float64()), name, what)
    if pa.types.is_decimal(kind):
        return pa.chunked_array([pa.array([_decimal(value) for value in texts.to_pylist()], pa.string())])
    try:
        text = texts.cast(pa.string())
        if not _is_bytes(kind) or not pc.any(pc.match_substring_regex(text, CONTROL)).as_py():
            return text
        raise DataError(f"the {what} column '{name}' holds bytes ({kind}) that are no text; expected text or numbers")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"the {what} column '{name}' is of {kind}, which is no text; expected text or numbers"
        ) from error


def array_as_text(values: np.ndarray, name: str, what: str) -> pa.ChunkedArray:
    """An array (n,) as strings, as `as_text` writes a column; bytes are UTF-8. Raises what it does."""
    values = native(values)
    if values.dtype.kind == "S":
        try:
            values = np.char.decode(values, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"the {what} array '{name}' holds bytes that are not UTF-8; store it as text") from error
    if values.dtype.kind == "U":
        return pa.chunked_array([pa.array([text or None for text in values.tolist()], pa.string())])
    return as_text(pa.array(values, from_pandas=True), name, what)


def native(values: np.ndarray) -> np.ndarray:
    """The array in this machine's byte order, which Arrow wants."""
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def plain(value: object) -> str | None:
    """One value as text, as `as_text` writes it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _floats(column: pa.ChunkedArray, name: str, what: str) -> pa.ChunkedArray:
    largest = pc.max(pc.abs(pc.if_else(pc.is_finite(column), column, 0.0))).as_py()
    if what == "id" and largest is not None and largest >= EXACT:
        raise DataError(
            f"the id column '{name}' holds floats beyond 2^53, whose last digits are lost; store ids as text"
        )
    distinct = column.unique()
    words = pa.array([plain(value) for value in distinct.to_pylist()], pa.string())
    places = pc.index_in(column, value_set=distinct)
    return pa.chunked_array([words.take(chunk) for chunk in places.chunks], pa.string())


def _decimal(value: object) -> str | None:
    return None if value is None else format(value, "f")


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _nested(kind: pa.DataType) -> str:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return f"lists ({kind})" if is_list else f"structures ({kind})"


def _wanted(what: str) -> str:
    if what == "label":
        return "expected one label a row, as text or a number, or a list of tags"
    return f"expected one {what} a row, as text or a number"
