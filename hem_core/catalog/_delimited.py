"""CSV and its kin: every cell as text, exactly as it is written. What a column means is decided afterwards."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._compute import pc
from hem_core.catalog._open_quotes import check_closed, n_lines
from hem_core.catalog._text_file import HEAD, read_utf8
from hem_core.errors import DataError

SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
SPACE = " \t\r\n\f\v\xa0\u200b\ufeff"
"""Around the name of a column: white space, also that of no width, as a second byte order mark."""
BLOCK, LARGEST_BLOCK = 1 << 22, (1 << 31) - 1
"""Bytes that are parsed at once; a row must fit into a block."""


@dataclass(frozen=True)
class Delimited:
    """The cells of a file as strings; an empty cell is null. separator: one of SEPARATORS."""

    table: pa.Table
    separator: str
    notes: list[str] = field(default_factory=list)


def read_delimited(path: Path, *, names: Collection[str]) -> Delimited:
    """Read a file of cells divided by commas, tabs, semicolons or pipes; the first row names the columns.

    names: column names that are looked for; a separator that makes one of them appear is the right one.
    Raises DataError for an empty file, a header with one name twice, and rows that are longer or shorter than it.
    """
    text, notes = read_utf8(path)
    data, separator = _declared(text.lstrip(b"\r\n"))
    if not data or data.isspace():
        raise DataError(f"'{path}' is empty; the first row names the columns")
    head = data[:HEAD].decode(errors="ignore")
    rows = head if len(data) <= HEAD else head[: head.rfind("\n") + 1] or head
    separator = separator or _separator(rows, names, prefers_tab=".tsv" in [part.lower() for part in path.suffixes])
    header, body = _header(data, separator, path)
    skipped = n_lines(text[: len(text) - len(data)])

    def check(table: pa.Table | None) -> list[str]:
        return check_closed(data, table, separator, len(header), path, skipped)

    try:
        table = _parsed(data, body, separator, len(header), path)
    except DataError:
        check(None)  # an open quotation mark is a better reason than the rows that it makes too long
        raise
    if table.num_rows < n_lines(body):  # rows of several lines, or none
        notes = [*notes, *check(table)]
    spaced = [index for index, name in enumerate(header) if name.startswith(" ")]
    return Delimited(_named(_without_space(table, spaced), header, path), separator, notes)


def _declared(data: bytes) -> tuple[bytes, str | None]:
    """The text after a first line `sep=;`, as spreadsheets write it, and that separator."""
    first, _newline, rest = data[:100].partition(b"\n")
    line = first.strip().decode(errors="ignore")
    if line.lower().startswith("sep=") and line[4:] in SEPARATORS:
        return data[len(data[:100]) - len(rest) :], line[4:]
    return data, None


def _separator(text: str, names: Collection[str], *, prefers_tab: bool) -> str:
    """The separator whose columns have the names that are looked for, then the one that gives rows of one length."""
    wanted = {name.casefold() for name in names}
    order = ["\t", ",", ";", "|"] if prefers_tab else list(SEPARATORS)

    def worth(separator: str) -> tuple[int, float, int]:
        rows = [row for row in _records(text, separator) if row]
        header = [name.strip(SPACE).casefold() for name in rows[0]] if rows else []
        if len(header) < 2:
            return len(wanted & set(header)), 0.0, len(header)
        alike = sum(len(row) == len(header) for row in rows) / len(rows)
        return len(wanted & set(header)), alike, len(header)

    return max(order, key=worth)  # the first of equals


def _records(text: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return [line.split(separator) for line in text.splitlines()]


def _header(data: bytes, separator: str, path: Path) -> tuple[list[str], bytes]:
    """The names of the columns, with the spaces around them, and all that comes below them."""
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        for line in io.StringIO(data[: 1 << 20].decode(errors="ignore"), newline=""):
            read += len(line.encode())
            yield line

    try:
        header = next(csv.reader(lines(), delimiter=separator))
    except csv.Error as error:
        raise DataError(f"cannot read the header of '{path}': {error}; the first row names the columns") from error
    return header, data[read:]


def _parsed(data: bytes, body: bytes, separator: str, n_columns: int, path: Path) -> pa.Table:
    """Every row below the header, columns named by their position."""
    names = [str(index) for index in range(n_columns)]
    if not body.strip(b"\r\n"):
        return pa.table({name: pa.array([], pa.string()) for name in names})
    block = BLOCK
    while True:
        try:
            return _read(body, separator, names, block)
        except pa.ArrowInvalid as error:
            if "straddling" in str(error) and block < LARGEST_BLOCK:  # a row that is longer than a block
                block = min(block * 16, LARGEST_BLOCK)
                continue
            if "columns, got" in str(error):
                raise DataError(_ragged(data, body, separator, names, block, path)) from error
            raise DataError(f"cannot read '{path}' as a table of cells: {_short(str(error))}") from error


def _read(body: bytes, separator: str, names: list[str], block: int, **parse: Any) -> pa.Table:
    from pyarrow import csv as arrow

    return arrow.read_csv(
        pa.BufferReader(body),
        arrow.ReadOptions(column_names=names, block_size=block, use_threads=not parse),
        arrow.ParseOptions(delimiter=separator, newlines_in_values=True, **parse),
        arrow.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )


def _ragged(data: bytes, body: bytes, separator: str, names: list[str], block: int, path: Path) -> str:
    rows: list[Any] = []

    def skip(row: Any) -> str:
        rows.append(row)
        return "skip"

    _read(body, separator, names, block, invalid_row_handler=skip)
    first = rows[0]
    more = f" ({len(rows):,} such rows)" if len(rows) > 1 else ""
    line = _line_of(data, separator, first.number + 1)
    return (
        f"line {line} of '{path}' has {first.actual_columns} cells and the header "
        f"{len(names)}{more}: {_short(first.text)}; correct it, or quote cells that hold the separator "
        f"({SEPARATORS[separator]}) or quotation marks"
    )


def _line_of(data: bytes, separator: str, row: int) -> int:
    """The line on which a row begins, 1 = the header; a quoted line break makes it other than the row's number."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator)
    number, begins = 0, 1
    try:
        for record in reader:
            number += bool(record)
            if number == row and record:
                return begins
            begins = reader.line_num + 1
    except csv.Error:
        pass
    return row


def _without_space(table: pa.Table, columns: list[int]) -> pa.Table:
    """Columns whose name and cells all begin with the space of ", " as it stands between cells: without that space."""
    for index in columns:
        column = table.column(index)
        there = column.drop_null()
        if len(there) and pc.all(pc.starts_with(there, " ")).as_py():
            table = table.set_column(index, table.column_names[index], pc.utf8_slice_codeunits(column, 1))
    return table


def _named(table: pa.Table, header: list[str], path: Path) -> pa.Table:
    """The columns under the names of the header: "unnamed" without one, and none where there is no value either."""
    names = [name.strip(SPACE) for name in header]
    kept = [index for index, name in enumerate(names) if name or table.column(index).null_count < table.num_rows]
    unnamed = [index for index in kept if not names[index]]
    for place, index in enumerate(unnamed):
        names[index] = "unnamed" if not place else f"unnamed_{place}"
    names = [names[index] for index in kept]
    name, count = Counter(names).most_common(1)[0] if names else ("", 1)
    if count > 1:
        raise DataError(f"the column '{name}' is in '{path}' {count} times; give every column a name of its own")
    return table.select(kept).rename_columns(names)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 100 else f"{words[:99]}…"
