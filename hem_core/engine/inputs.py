"""From rows of the catalog to the tensors a model takes: decoded ahead, bad examples set aside with their reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from hem_core.catalog import unwrapped
from hem_core.engine.batch import Batch, Inputs
from hem_core.engine.content_hash import content_hash
from hem_core.engine.inputs_items import Items
from hem_core.engine.inputs_rows import TableRows
from hem_core.engine.inputs_text import Texts
from hem_core.engine.rows_checked import checked
from hem_core.errors import DataError
from hem_core.media.array import ArrayRows, to_picture
from hem_core.media.image import Decoded, decode, decoded
from hem_core.media.row import FeatureRows
from hem_core.paths import read_file


def open_inputs(
    catalog: pa.Table, facts: dict[str, Any], *, root: Path, dataset: Any, channels: int, resize: int | None
) -> Inputs:
    """The reader for the catalog's medium. `dataset` is the torch Dataset behind the catalog, if that is the medium."""
    if facts["medium"] == "array":
        return Rows(ArrayRows(root / catalog["image"][0].as_py()), is_picture=facts["is_picture"])
    if facts["medium"] == "dataset":
        given = unwrapped(dataset)[0]
        return Items(given, is_picture=facts.get("is_picture", False), channels=channels, resize=resize)
    if facts["medium"] == "text":
        return Texts(catalog["text"].to_pylist())
    if facts["medium"] == "row":
        return TableRows(FeatureRows(catalog, facts["features"]))
    return Files(root, catalog["image"].to_pylist(), channels=channels, resize=resize)


def batches(inputs: Inputs, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
    """Batches of `indices` in order; slow ones are read while the one before is used."""
    groups = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    if inputs.is_quick:
        yield from map(inputs.read, groups)
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hem-read") as ahead:
        waiting = [ahead.submit(inputs.read, group) for group in groups[:2]]
        for position in range(len(groups)):
            batch = waiting.pop(0).result()
            if position + 2 < len(groups):
                waiting.append(ahead.submit(inputs.read, groups[position + 2]))
            yield batch


class Rows:
    """Rows of one array, in its type until they are on the device."""

    is_quick = True

    def __init__(self, rows: ArrayRows, *, is_picture: bool) -> None:
        self._rows, self._is_picture = rows, is_picture

    def fingerprint(self) -> str:
        return ""

    def read(self, indices: Sequence[int]) -> Batch:
        first, last = indices[0], indices[-1]
        block = self._rows.read(first, last + 1)[np.asarray(indices) - first]
        return checked(block, list(indices), as_picture=self._is_picture)

    def picture(self, index: int) -> np.ndarray | None:
        return to_picture(self._rows.read(index, index + 1)[0]) if self._is_picture else None


class Files:
    """Image files, decoded by a few threads; all must have one size."""

    is_quick = False

    def __init__(self, root: Path, paths: list[str], *, channels: int, resize: int | None, workers: int = 4) -> None:
        self._root, self._paths, self._channels, self._resize = root, paths, channels, resize
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="hem-decode")

    def fingerprint(self) -> str:
        return ""

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        """The commonest among up to 32 files spread over the set; of all of them where none of these can be read."""
        n = len(self._paths)
        some = sorted({index * n // 32 for index in range(32)})
        for chosen in (some, range(n)):
            shapes = Counter(found[0].array.shape for found in map(self._try, chosen) if not isinstance(found, str))
            if shapes:
                shape, count = shapes.most_common(1)[0]
                if count * 2 < shapes.total():
                    sizes = ", ".join(_size(one) for one in list(shapes)[:3])
                    raise DataError(f"the pictures have different sizes ({sizes} …); pass --resize PIXELS")
                return shape
        raise DataError(f"none of the {n} images can be read; the first: {self._try(0)}")

    def read(self, indices: Sequence[int]) -> Batch:
        arrays, good, hashes, failures = [], [], [], []
        remarks: Counter[str] = Counter()
        for index, result in zip(indices, self._pool.map(self._try, indices), strict=True):
            if isinstance(result, str):
                failures.append((index, result))
            elif result[0].array.shape != self._shape:
                failures.append(
                    (index, f"{_size(result[0].array.shape)}, where most are {_size(self._shape)}; pass --resize")
                )
            else:
                arrays.append(result[0].array)
                remarks.update(result[0].remarks)
                hashes.append(result[1])
                good.append(index)
        values = np.stack(arrays) if arrays else np.zeros((0, *self._shape), dtype=np.uint8)
        return Batch(torch.from_numpy(values), good, hashes, failures, remarks)

    def picture(self, index: int) -> np.ndarray | None:
        try:
            array = decode(read_file(self._root / self._paths[index]), channels=self._channels)
        except (DataError, OSError, TypeError):  # an example may have no path
            return None
        return to_picture(array)

    def _try(self, index: int) -> tuple[Decoded, str] | str:
        path = self._paths[index]
        if path is None:
            return "no image path"
        try:
            data = read_file(self._root / path)
            return decoded(data, channels=self._channels, resize=self._resize), content_hash(data)
        except OSError as error:
            return f"cannot read '{path}': {error.strerror or error}"
        except ValueError as error:  # a name that no file can have
            return f"cannot read '{path}': {error}"
        except DataError as error:
            return f"cannot read '{path}': {error}"


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]} px"
