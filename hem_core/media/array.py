"""Rows of an array: pictures, or numbers of any other meaning, read by position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError
from hem_core.media._block_types import checked
from hem_core.media._contract import Medium, Part, Read, Source
from hem_core.media._grey_levels import to_picture
from hem_core.media._npy import ArrayRows, extract
from hem_core.media._open_image import picture_of
from hem_core.media._spoil_arrays import spoil
from hem_core.media.image import check_root


class Rows:
    """Rows of one array, in its type until they are on the device."""

    is_quick = True

    def __init__(self, rows: ArrayRows, *, is_picture: bool) -> None:
        self._rows, self._is_picture = rows, is_picture

    def fingerprint(self) -> str:
        return ""

    def read(self, indices: Sequence[int]) -> Read:
        if len(indices) and list(indices) == list(range(indices[0], indices[-1] + 1)):
            block = self._rows.read(indices[0], indices[-1] + 1)  # nearly always, and spares a copy
            return checked(block, list(indices), as_picture=self._is_picture)
        at = np.asarray(indices)
        runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        parts = [self._rows.read(int(run[0]), int(run[-1]) + 1)[run - run[0]] for run in runs]
        block = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return checked(block, list(indices), as_picture=self._is_picture)

    def picture(self, index: int) -> np.ndarray | None:
        return to_picture(self._rows.read(index, index + 1)[0]) if self._is_picture else None


def can_be_seen(shape: tuple[int, ...], dtype: np.dtype) -> bool:
    """Whether rows of an array can be looked at: (N, H, W) or (N, H, W, 1 | 3) of truth values, unsigned 8 or 16 bits,
    or floats."""
    is_of_levels = dtype.kind in "bf" or (dtype.kind == "u" and dtype.itemsize <= 2)
    return is_of_levels and (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3)))


def _open(source: Source) -> Rows:
    return Rows(ArrayRows(source.root / source.catalog["image"][0].as_py()), is_picture=source.facts["is_picture"])


def _unpack(catalog: pa.Table, facts: Mapping[str, Any], place: Callable[[Path], Path]) -> dict[str, Any]:
    member, archive = catalog["image"][0].as_py(), Path(facts["root"])
    root = extract(archive, member, place(archive) / member).parent
    return {**facts, "root": str(root.resolve()), "source_file": facts["root"]}


def _reopen(catalog: pa.Table, facts: Mapping[str, Any], root: Path, run: str) -> dict[str, Any]:
    check_root(catalog, facts, root, run)
    path = root / str(catalog["image"][0].as_py())
    if not path.is_file():
        raise DataError(f"the arrays of run '{run}' are no longer at '{path}'; score the data again")
    rows = ArrayRows(path)
    rows.close()
    return {**facts, "is_picture": can_be_seen(rows.shape, rows.dtype)}


def _as_data(part: Part) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    taken = {"id", "label", "image", "image_row", "content_hash"}
    more = {name: part.table[name].to_numpy() for name in part.table.column_names if name not in taken}
    plain = {name: np.array(values.tolist()) for name, values in more.items()}
    plain = {name: values for name, values in plain.items() if values.dtype != object}
    arrays = {
        "images": part.values(),
        "labels": part.table["label"].to_numpy(),
        "ids": np.array(part.table["id"].to_pylist()),
    }
    if part.classes:
        arrays["classes"] = np.array(part.classes)
    return arrays | plain, {}


MEDIUM = Medium(
    open=_open,
    look="picture",
    unpack=_unpack,
    reopen=_reopen,
    is_picture=lambda facts: facts.get("is_picture", False),
    spoil=spoil,
    pictures="drawn",
    picture_of=picture_of,
    is_scored_in_place=True,
    as_data=_as_data,
)
