"""Inputs that stay where they are until they are asked for, one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload


class Lazy(Sequence[Any]):
    """N inputs: number `index` is read(index), each time that it is asked for."""

    def __init__(self, n: int, read: Callable[[int], Any]) -> None:
        self._n, self._read = n, read

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self._read(place) for place in range(*index.indices(self._n))]
        if not 0 <= index < self._n:
            raise IndexError(index)
        return self._read(index)
