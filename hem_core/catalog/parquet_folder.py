"""A folder of Parquet files, also in folders such as `split=test/`, or one file with the pictures inside."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._examples import Examples
from hem_core.catalog._inside import opened as as_data
from hem_core.catalog._inside import pictures_inside
from hem_core.errors import DataError
from hem_core.splits import part_of

PATTERN = "*.parquet"
METADATA = "metadata.parquet"
"""Of an image folder, beside its pictures."""


def accepts(source: Any) -> bool:
    if not isinstance(source, str | Path):
        return False
    path = Path(source)
    if path.is_dir():
        inner = [path, *(one for one in path.iterdir() if one.is_dir() and (one.name == "data" or "=" in one.name))]
        return any(_is_part(file) for folder in inner for file in _files(folder, is_deep="=" in folder.name))
    return path.suffix.lower() in (".parquet", ".pq") and path.is_file() and _has_pictures(path)


def read(source: str | Path, **columns: Any) -> pa.Table:
    """One example a row of all files, in the order of their paths; `opened` says more.

    Columns, labels and predictions are found as in one table. Raises DataError for files that do not go together.
    """
    from hem_core import catalog

    return catalog.read(source, **columns)


def opened(source: str | Path, **columns: Any) -> pa.Table | Examples:
    """The rows of all files as one table; items where a column holds the bytes of pictures, read when asked for.

    A folder `split=test` gives its rows a column `split`; so does a file name that begins with one, such as
    train-00000-of-00002.parquet. Without a column of ids they are the file and the row in it, which stay when files are
    added.
    """
    from pyarrow import dataset, parquet

    path = Path(source).resolve()
    home = path if path.is_dir() else path.parent
    files = _files(path, is_deep=True) if path.is_dir() else [path]
    parts = dataset.dataset(
        [str(file) for file in files], format="parquet", partitioning="hive", partition_base_dir=str(home)
    )
    schema = parquet.read_schema(files[0])
    column = pictures_inside(schema, columns.get("image_column"))
    _check_alike(source, files, schema)
    try:
        rows = {Path(part.path): part for part in parts.get_fragments()}
        names = [name for name in parts.schema.names if name != column]
        found = {file: rows[file].to_table(schema=parts.schema, columns=names) for file in files}
        table = pa.concat_tables(_numbered(part, file.relative_to(home)) for file, part in found.items())
    except pa.ArrowException as error:
        raise DataError(f"the files in '{source}' do not go together: {' '.join(str(error).split())[:200]}") from error
    named = {name: columns.get(name) for name in ("label_column", "id_column")}
    reader = _Rows(files, column) if column is not None else None
    place = (path.name.split(".")[0], str(source), str(home))
    table = table.replace_schema_metadata(schema.metadata)
    return as_data(table, reader.cell if reader else _nothing, column, place=place, **named)


def _check_alike(source: str | Path, files: list[Path], first: pa.Schema) -> None:
    """Raise DataError where a file lacks a column of the first one, or has another one."""
    from pyarrow import parquet

    for file in files[1:]:
        odd = set(parquet.read_schema(file).names) ^ set(first.names)
        if odd:
            raise DataError(
                f"the files in '{source}' do not go together: the column '{min(odd)}' is in one of {files[0].name} and "
                f"{file.name} alone"
            )


def _nothing(_row: int) -> None:
    return None


def _numbered(table: pa.Table, file: Path) -> pa.Table:
    """The rows of one file, with ids and the split that its name says, where it has no such columns."""
    if not {"id", "ids"} & set(table.column_names):
        ids = [f"{file.as_posix()}:{row}" for row in range(table.num_rows)]
        table = table.append_column("id", pa.array(ids, pa.string()))
    split = file.name.partition("-")[0]
    if "split" not in table.column_names and "-" in file.name and part_of(split):
        table = table.append_column("split", pa.array([split] * table.num_rows, pa.string()))
    return table


class _Rows:
    """Cells of one column over many files; the group of rows that was read last is kept."""

    def __init__(self, files: list[Path], column: str) -> None:
        from pyarrow import parquet

        self._column, self._starts, self._groups = column, [0], []
        for file in files:
            metadata = parquet.read_metadata(file)
            for group in range(metadata.num_row_groups):
                self._groups.append((file, group))
                self._starts.append(self._starts[-1] + metadata.row_group(group).num_rows)
        self._group = lru_cache(maxsize=2)(self._read)

    def cell(self, row: int) -> Any:
        place = bisect_right(self._starts, row) - 1
        return self._group(place)[row - self._starts[place]].as_py()

    def _read(self, place: int) -> pa.ChunkedArray:
        from pyarrow import parquet

        file, group = self._groups[place]
        with parquet.ParquetFile(file) as opened_file:
            return opened_file.read_row_group(group, columns=[self._column])[self._column]


def _files(folder: Path, *, is_deep: bool) -> list[Path]:
    """The Parquet files of a folder, in the order of their paths; what is hidden or begins with _ is none."""
    found = folder.rglob(PATTERN) if is_deep else folder.glob(PATTERN)
    return sorted(file for file in found if not any(part[0] in "._" for part in file.relative_to(folder).parts))


def _is_part(file: Path) -> bool:
    return file.name != METADATA


def _has_pictures(path: Path) -> bool:
    from pyarrow import parquet

    try:
        return pictures_inside(parquet.read_schema(path)) is not None
    except (pa.ArrowException, OSError):
        return False
