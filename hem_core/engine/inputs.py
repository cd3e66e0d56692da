"""From rows of the catalog to the tensors a model takes: decoded ahead, bad examples set aside with their reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from hem_core.engine.batch import Batch, Inputs
from hem_core.engine.content_hash import content_hash
from hem_core.engine.inputs_rows import TableRows
from hem_core.engine.inputs_text import Texts
from hem_core.errors import DataError
from hem_core.media.array import ArrayRows, to_picture
from hem_core.media.image import decode
from hem_core.media.row import FeatureRows


def open_inputs(
    catalog: pa.Table, facts: dict[str, Any], *, root: Path, dataset: Any, channels: int, resize: int | None
) -> Inputs:
    """The reader for the catalog's medium. `dataset` is the torch Dataset behind the catalog, if that is the medium."""
    if facts["medium"] == "array":
        return Rows(ArrayRows(root / catalog["image"][0].as_py()), is_picture=facts["is_picture"])
    if facts["medium"] == "dataset":
        return Items(dataset)
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
        return _checked(block, list(indices), as_picture=self._is_picture)

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
            shapes = Counter(found[0].shape for found in map(self._try, chosen) if not isinstance(found, str))
            if shapes:
                shape, count = shapes.most_common(1)[0]
                if count * 2 < shapes.total():
                    sizes = ", ".join(_size(one) for one in list(shapes)[:3])
                    raise DataError(f"the pictures have different sizes ({sizes} …); pass --resize PIXELS")
                return shape
        raise DataError(f"none of the {n} images can be read; the first: {self._try(0)}")

    def read(self, indices: Sequence[int]) -> Batch:
        arrays, good, hashes, failures = [], [], [], []
        for index, result in zip(indices, self._pool.map(self._try, indices), strict=True):
            if isinstance(result, str):
                failures.append((index, result))
            elif result[0].shape != self._shape:
                failures.append(
                    (index, f"{_size(result[0].shape)}, where most are {_size(self._shape)}; pass --resize")
                )
            else:
                arrays.append(result[0])
                hashes.append(result[1])
                good.append(index)
        values = np.stack(arrays) if arrays else np.zeros((0, *self._shape), dtype=np.uint8)
        return Batch(torch.from_numpy(values), good, hashes, failures)

    def picture(self, index: int) -> np.ndarray | None:
        try:
            array = decode((self._root / self._paths[index]).read_bytes(), channels=self._channels)
        except (DataError, OSError):
            return None
        return to_picture(array)

    def _try(self, index: int) -> tuple[np.ndarray, str] | str:
        path = self._paths[index]
        if path is None:
            return "no image path"
        try:
            data = (self._root / path).read_bytes()
            return decode(data, channels=self._channels, resize=self._resize), content_hash(data)
        except OSError as error:
            return f"cannot read '{path}': {error.strerror or error}"
        except DataError as error:
            return f"cannot read '{path}': {error}"


class Items:
    """A torch Dataset; `__getitems__` is used where it has one."""

    is_quick = False

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self._many: Callable[[list[int]], list[Any]] | None = getattr(dataset, "__getitems__", None)

    def fingerprint(self) -> str:
        """Of all tensors of a TensorDataset; of 64 items spread over any other data set."""
        digest, n = hashlib.sha256(), len(self._dataset)
        tensors = getattr(self._dataset, "tensors", None) or []
        if not tensors:
            spread = sorted({index * n // 64 for index in range(64)}) if n else []
            tensors = [item for item in map(self._try, spread) if isinstance(item, Tensor)]
        for tensor in tensors:
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    @cached_property
    def _shape(self) -> torch.Size:
        for index in range(len(self._dataset)):
            found = self._try(index)
            if isinstance(found, Tensor):
                return found.shape
        raise DataError(f"none of the {len(self._dataset)} items can be read; the first: {self._try(0)}")

    def read(self, indices: Sequence[int]) -> Batch:
        found = self._at_once(list(indices)) or [self._try(index) for index in indices]
        wrong = f"where the first has {tuple(self._shape)}"
        failures, good, values = [], [], []
        for index, value in zip(indices, found, strict=True):
            if isinstance(value, str):
                failures.append((index, value))
            elif value.shape != self._shape:
                failures.append((index, f"has shape {tuple(value.shape)}, {wrong}"))
            else:
                good.append(index)
                values.append(value)
        stacked = torch.stack(values).numpy() if values else np.zeros((0, *self._shape), np.float32)
        batch = _checked(stacked, good, as_picture=False)
        return Batch(batch.values, batch.indices, batch.hashes, sorted(failures + batch.failures))

    def _at_once(self, indices: list[int]) -> list[Tensor | str] | None:
        if self._many is None:
            return None
        try:
            return [torch.as_tensor(item[0]) for item in self._many(indices)]
        except Exception:  # whatever the user's own code raises: then one by one, to find which
            return None

    def _try(self, index: int) -> Tensor | str:
        try:
            return torch.as_tensor(self._dataset[index][0]).detach()
        except Exception as error:  # whatever the user's own code raises
            return f"the dataset fails on it: {type(error).__name__}: {error}"

    def picture(self, index: int) -> np.ndarray | None:
        found = self._try(index)
        if isinstance(found, str):
            return None
        values = found
        if values.ndim == 3 and values.shape[0] in (1, 3):
            values = values.permute(1, 2, 0)  # (C, H, W) -> (H, W, C)
        if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3)) or values.numel() == 0:
            return None
        if values.dtype != torch.uint8:
            low, high = values.min(), values.max()
            values = (values - low) / (high - low).clamp(min=1e-12)
        return to_picture(values.numpy())


def _checked(block: np.ndarray, indices: list[int], *, as_picture: bool) -> Batch:
    data, size = memoryview(block.tobytes()), block.nbytes // max(1, len(block))
    hashes = [content_hash(data[row * size : (row + 1) * size]) for row in range(len(block))]
    failures: list[tuple[int, str]] = []
    if block.dtype.kind == "f":
        is_finite = np.array([np.isfinite(row).all() for row in block], dtype=bool)
        failures = [(indices[i], "the input has a NaN or infinite number") for i in np.flatnonzero(~is_finite)]
        if failures:
            block = block[is_finite]
            indices = [index for index, good in zip(indices, is_finite.tolist(), strict=True) if good]
            hashes = [digest for digest, good in zip(hashes, is_finite.tolist(), strict=True) if good]
    if as_picture and block.ndim == 3:
        block = block[..., None]  # (n, H, W) -> (n, H, W, 1)
    return Batch(torch.from_numpy(np.ascontiguousarray(block)), indices, hashes, failures)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]} px"
