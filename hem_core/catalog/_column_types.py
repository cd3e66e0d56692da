"""Columns of text as numbers, truth values or dates, where every cell is one: for filters and features alone."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from hem_core.catalog._compute import pc
from hem_core.catalog._table_file import is_text

MISSING = ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "Null", "None")
"""What stands for a missing number; in a column of words each of these is a word."""
DIGITS, PADDED = r"^[+-]?\d+$", r"^[+-]?0\d"
DECIMAL_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$"
KEPT = pa.chunked_array([], pa.string())
"""Stands for a column of codes: digits that are no number."""


def typed(column: pa.ChunkedArray, *, decimal_comma: bool = False, keeps_zeros: bool = True) -> pa.ChunkedArray:
    """A column of strings as int64, float64, bool, date or timestamp where all its cells can be; else as it is.

    Only an empty cell is missing, but in a column of numbers so are NA, NaN, null and the like. keeps_zeros: codes such
    as 00123, and whole numbers too long for int64, stay text; without, they are numbers. decimal_comma: 1.234,5 is one.
    """
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column))])
    trimmed = pc.utf8_trim_whitespace(column)
    numbers = _number(trimmed, decimal_comma=decimal_comma, keeps_zeros=keeps_zeros)
    if numbers is not None:
        return column if numbers is KEPT else numbers
    is_missing = pc.is_in(trimmed, value_set=pa.array(MISSING))
    if pc.any(is_missing).as_py():
        present = pc.if_else(is_missing, pa.scalar(None, pa.string()), trimmed)
        numbers = _number(present, decimal_comma=decimal_comma, keeps_zeros=keeps_zeros) if _is_some(present) else None
        if numbers is not None:
            return column if numbers is KEPT else numbers
    if pc.all(pc.is_in(pc.utf8_lower(trimmed).drop_null(), value_set=pa.array(["true", "false"]))).as_py():
        return pc.equal(pc.utf8_lower(trimmed), "true")
    if _all(trimmed, r"^\d{4}-\d\d-\d\d"):
        for kind in (pa.date32(), pa.timestamp("s"), pa.timestamp("ns")):
            numbers = _cast(trimmed, kind)
            if numbers is not None:
                return numbers
    return column


def table_in_types(table: pa.Table, names: Iterable[str], *, may_have_comma: bool) -> tuple[pa.Table, bool]:
    """The table with the columns of text among `names` in their types, and whether 0,7 is a number in it.

    may_have_comma: it can be one, as in a CSV with ";" between its cells.
    """
    texts = {name: table[name] for name in names if is_text(table[name].type)}
    comma = may_have_comma and has_decimal_comma(texts.values())
    columns = {name: typed(column, decimal_comma=comma) for name, column in texts.items()}
    return pa.table({name: columns.get(name, table[name]) for name in table.column_names}), comma


def has_decimal_comma(columns: Iterable[pa.ChunkedArray]) -> bool:
    """Whether one of these columns holds numbers such as 0,5 and nothing else."""
    trimmed = (pc.utf8_trim_whitespace(column) for column in columns)
    return any(_any(column, ",") and _all(column, DECIMAL_COMMA) for column in trimmed)


def _number(column: pa.ChunkedArray, *, decimal_comma: bool, keeps_zeros: bool) -> pa.ChunkedArray | None:
    """The column as int64 or float64, KEPT where it holds codes of digits, None where it holds no numbers."""
    if decimal_comma and _any(column, "[.,]") and _all(column, DECIMAL_COMMA):
        plain = pc.replace_substring(pc.replace_substring(column, ".", ""), ",", ".")
        return _cast(plain, pa.float64())
    signless = pc.utf8_ltrim(column, "+")
    whole = _cast(signless, pa.int64())
    if whole is not None:
        if _any(column, "[xX]"):  # 0x1F, which Arrow takes for a number
            return KEPT
        return KEPT if keeps_zeros and _any(column, PADDED) else whole
    numbers = _cast(signless, pa.float64())
    if numbers is None:
        return None
    if keeps_zeros and _all(column, DIGITS):  # too long for int64
        return KEPT
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)


def _is_some(column: pa.ChunkedArray) -> bool:
    return column.null_count < len(column)


def _all(column: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(column, pattern)).as_py())


def _any(column: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(column, pattern)).as_py())


def _cast(column: pa.ChunkedArray, to: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return column.cast(to)
    except pa.ArrowInvalid:
        return None
