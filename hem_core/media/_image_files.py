"""Image files, decoded by a few threads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np

from hem_core.buckets.places import address_of
from hem_core.content_hash import content_hash
from hem_core.errors import DataError
from hem_core.media._contract import Read
from hem_core.media._decoded import Decoded, decode, decoded
from hem_core.media._grey_levels import to_picture
from hem_core.paths import read_file

IN_BUCKET = 16
"""Threads where a picture may have to be downloaded first: they wait most of the time."""
LEAST, MOST = 4, 32
"""Threads that decode, one for each core that this process has to itself."""


def own_cores() -> int:
    """The cores of this machine that a process may use, divided among the processes that torchrun started on it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


class Files:
    """Image files, decoded by a few threads; all must have one size, unless they `is_mixed`."""

    is_quick = False

    def __init__(
        self,
        root: Path,
        paths: list[str],
        *,
        channels: int,
        resize: int | None,
        is_mixed: bool = False,
    ) -> None:
        self._root, self._paths, self._channels, self._resize = root, paths, channels, resize
        self._is_mixed = is_mixed
        workers = max(own_cores(), IN_BUCKET if address_of(root) else LEAST)
        self._pool = ThreadPoolExecutor(max_workers=min(workers, MOST), thread_name_prefix="hem-decode")

    def fingerprint(self) -> str:
        return ""

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        """The commonest among up to 32 files spread over the set; of all of them where none of these can be read."""
        n = len(self._paths)
        some = sorted({index * n // 32 for index in range(32)})
        for chosen in (some, range(n)):
            shapes = Counter(item[0].array.shape for item in map(self._try, chosen) if not isinstance(item, str))
            if shapes:
                shape, count = shapes.most_common(1)[0]
                if count * 2 < shapes.total():
                    sizes = ", ".join(_size(one) for one in list(shapes)[:3])
                    raise DataError(f"the pictures have different sizes ({sizes} …); pass --resize PIXELS")
                return shape
        raise DataError(f"none of the {n} images can be read; the first: {self._try(0)}")

    def read(self, indices: Sequence[int]) -> Read:
        arrays, good, hashes, failures = [], [], [], []
        remarks: Counter[str] = Counter()
        for index, result in zip(indices, self._pool.map(self._try, indices), strict=True):
            if isinstance(result, str):
                failures.append((index, result))
            elif not self._is_mixed and result[0].array.shape != self._shape:
                failures.append(
                    (index, f"{_size(result[0].array.shape)}, where most are {_size(self._shape)}; pass --resize")
                )
            else:
                arrays.append(result[0].array)
                remarks.update(result[0].remarks)
                hashes.append(result[1])
                good.append(index)
        if self._is_mixed:
            return Read(arrays, good, hashes, failures, remarks)
        values = np.stack(arrays) if arrays else np.zeros((0, *self._shape), dtype=np.uint8)
        return Read(values, good, hashes, failures, remarks)

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
