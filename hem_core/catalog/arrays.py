"""An .npz of arrays: inputs, labels, and what else is known of each example."""

from __future__ import annotations

import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.catalog._array_predictions import has_predictions, lists_in
from hem_core.catalog._as_text import array_as_text, native
from hem_core.catalog._label_kind import labels_are
from hem_core.catalog._tag_labels import TagLabels, of_sets
from hem_core.class_columns import OF_A_MODEL
from hem_core.errors import DataError
from hem_core.media.array import can_be_seen

INPUT_NAMES = ("images", "x", "data", "inputs", "features")
LABEL_NAMES = ("labels", "y", "targets", "label")
ID_NAMES = ("ids", "id")


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and Path(source).suffix.lower() == ".npz"


def read(
    source: str | Path,
    *,
    id_column: str | None = None,
    label_column: str | None = None,
    image_column: str | None = None,
) -> pa.Table:
    """Inputs (N, …) under `images`, `x` or `data`; labels (N,) under `labels` or `y`; `ids` (N,) if there are any; in
    upper or lower case.

    Further arrays of length N become columns, `classes` (K,) names the classes. `image` holds the member's name and
    `image_row` the row in it. `logits` or `probs` (N, K) are what a model predicted, `embedding` (N, D) goes with them;
    then there need be no inputs. Labels and ids become text: 3, 3.0 as "3"; NaN is no label.
    Pictures are (N, H, W) or (N, H, W, 1 | 3): truth values, uint8 or uint16, which the model gets scaled by their
    type's range to 0 .. 1, or floats, which it gets as they are.
    Raises DataError when members are missing, of other lengths, or hold Python objects.
    """
    path = Path(source)
    members = _members(path, source, (id_column, label_column, image_column))
    _check_inputs(members, source)
    labels = members.labels[:, 0] if members.labels.shape == (members.n, 1) else members.labels  # (N, 1) -> (N,)
    _check_rows(members, labels, source)
    sets = of_sets(list(labels), members.classes, str(source)) if labels.ndim == 2 else TagLabels([])
    words = pa.chunked_array([pa.array(sets.texts, pa.string())]) if sets.facts else array_as_text(
        labels, members.label, "label"
    )  # fmt: skip
    columns = {"id": array_as_text(members.ids, members.id or "ids", "id"), "label": words}
    if members.inputs not in OF_A_MODEL:
        columns["image"] = pa.array([f"{members.inputs}.npy"] * members.n, pa.string())
        columns["image_row"] = pa.array(np.arange(members.n), pa.int64())
    columns |= {name: pa.array(native(value)) for name, value in members.values.items()} | members.lists
    return with_info(
        pa.table(columns),
        name=path.stem,
        source=str(source),
        root=str(path.resolve()),
        medium="array" if "image" in columns else "none",
        classes=members.classes,
        labels_are=labels_are(words),
        **sets.facts,
        is_picture=can_be_seen(members.shape, members.dtype),
    )


@dataclass(frozen=True, eq=False)
class _Members:
    """Names of the members that make up the examples, and what they hold; the inputs are not read.

    inputs: where there are predictions alone, the member that holds them.
    """

    inputs: str
    shape: tuple[int, ...]
    dtype: np.dtype
    label: str
    labels: np.ndarray
    id: str | None
    ids: np.ndarray
    values: dict[str, np.ndarray]
    """Further arrays (N,)."""
    classes: list[str] | None
    lists: dict[str, pa.Array]
    """Predictions and embeddings."""

    @property
    def n(self) -> int:
        return self.shape[0]


def _members(path: Path, source: str | Path, named: tuple[str | None, str | None, str | None]) -> _Members:
    """named: of the ids, labels and inputs, where the user named them."""
    id_column, label_column, image_column = named
    try:
        with np.load(path, allow_pickle=False) as members:
            shapes = {name: _header(path, name) for name in members.files}
            names = INPUT_NAMES if image_column or not has_predictions(shapes) else (*INPUT_NAMES, *OF_A_MODEL)
            inputs = _find(shapes, image_column, names, "input", path)
            label = _find(shapes, label_column, LABEL_NAMES, "label", path)
            n = _length(shapes[inputs][0], inputs, path)
            has_ids = id_column or set(ID_NAMES) & {name.casefold() for name in shapes}
            id = _find(shapes, id_column, ID_NAMES, "id", path) if has_ids else None
            lists = lists_in(members, shapes, n)
            taken = {inputs, label, id, "classes", *lists}
            rest = [name for name, (shape, _dtype) in shapes.items() if name not in taken and shape == (n,)]
            labels = members[label]
            values = {name: members[name] for name in rest}
            ids = members[id] if id else np.arange(n)
            classes = members["classes"].astype(str).tolist() if "classes" in shapes else None
    except (ValueError, OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"cannot read '{source}' as an .npz of plain arrays: {error}") from error
    return _Members(inputs, *shapes[inputs], label, labels, id, ids, values, classes, lists)


def _check_inputs(found: _Members, source: str | Path) -> None:
    """Raise DataError for inputs that no model takes."""
    shape, dtype = found.shape, found.dtype
    if len(shape) in (3, 4) and dtype.kind in "iu" and not can_be_seen(shape, dtype):
        raise DataError(
            f"'{found.inputs}' in '{source}' looks like pictures, of {dtype} and shape {shape}; save them as uint8 or "
            "uint16, or as floats in 0 .. 1, as (N, H, W) or (N, H, W, 1 | 3)"
            + ("; np.moveaxis(x, 1, -1) moves the channels to the end" if _is_channels_first(shape) else "")
        )
    if dtype.kind not in "biuf":
        raise DataError(f"'{found.inputs}' in '{source}' holds {dtype}; a model needs numbers")


def _check_rows(found: _Members, labels: np.ndarray, source: str | Path) -> None:
    """Raise DataError unless there is one label and one id an example."""
    n, ids = found.n, found.ids
    is_label = labels.ndim == 1 or (labels.ndim == 2 and labels.dtype.kind in "biuf")
    if not is_label or ids.ndim != 1:
        wrong, values = (found.label, labels) if not is_label else (found.id, ids)
        raise DataError(
            f"'{wrong}' in '{source}' is of shape {values.shape}; expected ({n},), one label and id an example"
        )
    if len(labels) != n or len(ids) != n:
        raise DataError(f"'{source}' has {n} rows in '{found.inputs}' but {len(labels)} labels and {len(ids)} ids")


def _is_channels_first(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3)


def _length(shape: tuple[int, ...], name: str, path: Path) -> int:
    if not shape:
        raise DataError(f"'{name}' in '{path}' is a single number; expected one row an example, (N, …)")
    return shape[0]


def _header(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of a member. Raises ValueError when it holds more or less than its header promises."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_2_0 if version >= (2, 0) else np.lib.format.read_array_header_1_0
        shape, _fortran_order, dtype = header(file)
        held = archive.getinfo(f"{name}.npy").file_size - file.tell()
    promised = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and held != promised:
        raise ValueError(
            f"'{name}' promises {promised:,} bytes for its shape {shape} and holds {held:,}; save it again"
        )
    return shape, dtype


def _find(shapes: dict, named: str | None, defaults: tuple[str, ...], what: str, path: Path) -> str:
    """The member that is named, or the first with a default name, in upper or lower case: notebooks say X and y."""
    alike = {name.casefold(): name for name in reversed(shapes)} | {name: name for name in shapes}
    member = named or next((alike[name] for name in defaults if name in alike), None)
    if member is None or member not in shapes:
        wanted = f"'{named}'" if named else f"one of {', '.join(defaults)}"
        raise DataError(f"no {what} array in '{path}': expected {wanted}; there are: {', '.join(shapes)}")
    return member
