"""Find unclosed quotation marks, which silently turn the following rows into part of a cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from hem_core.errors import DataError

LOOKED_AT, FEW_LINES, MANY_LINES = 2_000, 5, 200
"""Rows that tell what a column holds, and lines of one cell that are compared with them; lines of a cell that are too
many to be like rows by chance; lines of a cell that are worth a note."""
NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*")
WAY_OUT = "close it, or write a quotation mark inside quotes twice"


def check_closed(
    data: bytes, table: pa.Table | None, separator: str, header: int, path: Path, skipped: int
) -> list[str]:
    """Raise DataError, naming the line, for a quotation mark that is never closed, or closed in the middle of a cell
    on a later line, and for a cell that holds what looks like the rows that follow it.

    data: the text with its header; table: what was read of it, None where that failed; header: its number of columns;
    skipped: lines of the file before it. Returns notes on cells of very many lines.
    """
    notes, line, at = [], skipped + 1, 0
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    for start, end, is_closed in _cells_of_lines(data, separator):
        line, at = line + data.count(b"\n", at, start), start
        opened = f"the quotation mark that line {line:,} of '{path}' opens"
        if not is_closed:
            raise DataError(f"{opened} is never closed; {WAY_OUT}")
        ends = line + data.count(b"\n", start, end)
        after = data[end : end + 80].lstrip(b" ")[:1]
        if after not in (b"", separator.encode(), b"\n", b"\r"):
            raise DataError(f"{opened} is closed in the middle of a cell of line {ends:,}, rows later; {WAY_OUT}")
        if table is not None and _holds_rows(data, start, end, separator, header, table):
            raise DataError(
                f"{opened} is closed on line {ends:,}, and the text in between looks like rows; {WAY_OUT}. If "
                "it is one cell, save the table as Parquet or JSON Lines"
            )
        if ends - line >= MANY_LINES:
            notes.append(f"One cell of {path.name} takes the lines {line:,} to {ends:,}: is its quotation mark closed?")
    return notes


def n_lines(text: bytes) -> int:
    """How many lines a text has, whatever ends them."""
    end = b"\n" if b"\n" in text else b"\r"
    return text.count(end) + (not text.endswith(end)) * bool(text)


def _cells_of_lines(data: bytes, separator: str) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of the quoted cells that hold a line break, and whether they are closed."""
    before = re.escape(separator.encode())
    quoted = re.compile(rb"(?:\A|(?<=[\n\r" + before + rb']))"([^"]*+(?:""[^"]*+)*+)("?)')
    for match in quoted.finditer(data):
        if not match[2] or b"\n" in match[1]:
            yield match.start(), match.end(), bool(match[2])


def _holds_rows(data: bytes, start: int, end: int, separator: str, header: int, table: pa.Table) -> bool:
    """Would each line be a row of the table, with cells as its columns have them, if the cell were not quoted?"""
    inner = data[start + 1 : end - 1]
    if header < 2 or inner.count(separator.encode()) < inner.count(b"\n") * (header - 1):
        return False
    begin = data.rfind(b"\n", 0, start) + 1
    stop = data.find(b"\n", end)
    text = (data[begin:start] + inner + data[end : stop if stop >= 0 else len(data)]).decode()
    lines = [line for line in text.splitlines() if line.strip()][:LOOKED_AT]
    rows = [next(csv.reader([line], delimiter=separator), []) for line in lines]
    if any(len(row) != header for row in rows):
        return False
    fits = [_fit(table.column(index), [row[index] for row in rows]) for index in range(header)]
    return False not in fits and (True in fits or len(rows) >= FEW_LINES)


def _fit(column: pa.ChunkedArray, cells: list[str]) -> bool | None:
    """Whether cells are such as the column has; None where it may hold anything."""
    values = [value for value in column.slice(0, LOOKED_AT).to_pylist() if value and "\n" not in value]
    cells = [cell for cell in cells if cell.strip()]
    if values and all(NUMBER.fullmatch(value.strip()) for value in values):
        return all(NUMBER.fullmatch(cell.strip()) for cell in cells)
    if len(set(values)) * 2 <= len(values):
        return {cell.strip() for cell in cells} <= {value.strip() for value in values}
    return None
