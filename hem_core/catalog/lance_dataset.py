"""A Lance data set: the folder that `lance.write_dataset` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._examples import Examples
from hem_core.catalog._inside import opened as as_data
from hem_core.catalog._inside import pictures_inside
from hem_core.errors import DataError


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and (Path(source) / "_versions").is_dir()


def read(source: str | Path, **columns: Any) -> pa.Table:
    """One example a row of the newest version, in its order; columns, labels and predictions as in a table.

    A column with the bytes of image files gives pictures, which are read when they are asked for.
    Raises DataError without the package: pip install 'hem[lance]'.
    """
    from hem_core import catalog

    return catalog.read(source, **columns)


def opened(source: str | Path, **columns: Any) -> pa.Table | Examples:
    """The rows as a table; items where a column holds the bytes of pictures."""
    try:
        import lance
    except ImportError as error:
        raise DataError(f"'{source}' is a Lance data set; install its reader: pip install 'hem[lance]'") from error
    try:
        found = lance.dataset(str(source))
        column = pictures_inside(found.schema, columns.get("image_column"))
        table = found.to_table(columns=[name for name in found.schema.names if name != column])
    except (ValueError, OSError) as error:
        raise DataError(f"cannot read '{source}' as a Lance data set: {' '.join(str(error).split())[:200]}") from error
    path = Path(source).resolve()
    named = {name: columns.get(name) for name in ("label_column", "id_column")}

    def cell(row: int) -> Any:
        return found.take([row], columns=[str(column)])[0][0].as_py()

    place = (path.name.removesuffix(".lance"), str(source), str(path.parent))
    return as_data(table.replace_schema_metadata(found.schema.metadata), cell, column, place=place, **named)
