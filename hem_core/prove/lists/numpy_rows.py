"""Row numbers of the data, from 0, or a true-or-false value for each row: a .npy file, as of cleanlab's issues."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hem_core.errors import DataError
from hem_core.prove.lists._entry import Entry, Listed, ListOptions


def accepts(path: Path) -> bool:
    return path.suffix.lower() == ".npy" and path.is_file()


def read(path: Path, options: ListOptions) -> Listed:
    """Numbers (n,) are places in the data; a mask (N,) marks them; texts (n,) are ids."""
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"cannot read '{path}': {error}; save it with numpy.save") from error
    if found.ndim != 1 or found.dtype.kind not in "biuU":
        raise DataError(f"'{path}' holds {found.dtype} {found.shape}; expected row numbers, a mask or texts, (n,)")
    if found.dtype.kind == "U":
        return Listed([Entry((text,)) for text in found.tolist()], "array of ids")
    is_mask = found.dtype.kind == "b"
    entries = [Entry((), place=int(row)) for row in (np.flatnonzero(found) if is_mask else found)]
    return Listed(entries, "mask" if is_mask else "array of row numbers", n_rows=len(found) if is_mask else None)
