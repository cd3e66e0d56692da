"""Items of a torch Dataset: tensors, texts, or pictures."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

from hem_core.content_hash import content_hash
from hem_core.errors import DataError
from hem_core.media._block_types import checked
from hem_core.media._contract import Read
from hem_core.media._decoded import Decoded, decoded, levelled
from hem_core.media._grey_levels import to_picture
from hem_core.media._texts import read_text

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Failure:
    """Why an item cannot be read."""

    reason: str


Value: TypeAlias = "Tensor | str | Decoded | Failure"


class Items:
    """A torch Dataset; `__getitems__` is used where it has one.

    input_of: gives the input of an item, by the item and its number. is_picture: the inputs are image files' bytes,
    Pillow's pictures, or arrays of levels; then values are (n, H, W, channels) uint8, or the arrays as they are.
    channels, resize: of the former two, as for image files.
    """

    is_quick = False

    def __init__(
        self,
        dataset: Any,
        input_of: Callable[[Any, int], Any],
        *,
        is_picture: bool = False,
        channels: int = 3,
        resize: int | None = None,
    ) -> None:
        self._dataset, self._input_of = dataset, input_of
        self._is_picture, self._channels, self._resize = is_picture, channels, resize
        self._many: Callable[[list[int]], list[Any]] | None = getattr(dataset, "__getitems__", None)

    def fingerprint(self) -> str:
        """Of all tensors of a TensorDataset; of 64 items spread over any other data set."""
        import torch

        digest, n = hashlib.sha256(), len(self._dataset)
        tensors = list(getattr(self._dataset, "tensors", None) or [])
        if not tensors:
            spread = sorted({index * n // 64 for index in range(64)}) if n else []
            for item in map(self._try, spread):
                if isinstance(item, str):
                    digest.update(item.encode("utf-8", "replace"))
                elif isinstance(item, Decoded):
                    digest.update(item.array.tobytes())
                elif _is_tensor(item):
                    tensors.append(item)
        for tensor in tensors:
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    @cached_property
    def _first(self) -> Value:
        """The first item that can be read."""
        for index in range(len(self._dataset)):
            item = self._try(index)
            if not isinstance(item, Failure):
                return item
        item = self._try(0)
        reason = item.reason if isinstance(item, Failure) else ""
        raise DataError(f"none of the {len(self._dataset)} items can be read; the first: {reason}")

    def read(self, indices: Sequence[int]) -> Read:
        items = self._at_once(list(indices)) or [self._try(index) for index in indices]
        good, failures = [], []
        for index, value in zip(indices, items, strict=True):
            problem = value.reason if isinstance(value, Failure) else _misfit(value, self._first)
            if problem is None:
                good.append((index, value))
            else:
                failures.append((index, problem))
        return self._batch([index for index, _value in good], [value for _index, value in good], failures)

    def picture(self, index: int) -> np.ndarray | None:
        item = self._try(index)
        if isinstance(item, Decoded):
            return to_picture(item.array)
        if not _is_tensor(item) or item.numel() == 0 or str(item.dtype) == "torch.bfloat16":
            return None
        values = item
        if not self._is_picture and values.ndim == 3 and values.shape[0] in (1, 3):
            values = values.permute(1, 2, 0)  # (C, H, W) -> (H, W, C)
        if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3)):
            return None
        return to_picture(values.cpu().numpy())

    def _batch(self, indices: list[int], values: list[Any], failures: list[tuple[int, str]]) -> Read:
        if isinstance(self._first, str):
            return Read(values, indices, [content_hash(value.encode()) for value in values], failures)
        remarks = Counter(remark for value in values if isinstance(value, Decoded) for remark in value.remarks)
        arrays = [value.array if isinstance(value, Decoded) else value for value in values]
        block = _stacked(arrays, self._first.array if isinstance(self._first, Decoded) else self._first)
        batch = checked(block, indices, as_picture=self._is_picture)
        return Read(batch.values, batch.indices, batch.hashes, sorted(failures + batch.failures), remarks)

    def _at_once(self, indices: list[int]) -> list[Value] | None:
        if self._many is None:
            return None
        try:
            return [self._value(item, index) for index, item in zip(indices, self._many(indices), strict=True)]
        except Exception:  # whatever the user's own code raises: then one by one, to find which
            return None

    def _try(self, index: int) -> Value:
        try:
            return self._value(self._dataset[index], index)
        except Exception as error:  # whatever the user's own code raises
            return Failure(str(error) if isinstance(error, DataError) else fails(error))

    def _value(self, item: Any, index: int) -> Value:
        given = self._input_of(item, index)
        if given is None:
            return Failure("it has no input")
        if isinstance(given, str):
            return read_text(given)
        if isinstance(given, bytes):
            return decoded(given, channels=self._channels, resize=self._resize)
        if hasattr(given, "getbands"):
            return levelled(given, channels=self._channels, resize=self._resize)
        import torch

        return torch.as_tensor(given).detach().cpu()


def _is_tensor(value: Any) -> TypeGuard[Tensor]:
    return not isinstance(value, str | Decoded | Failure)


def fails(error: Exception) -> str:
    """Why a data set gave no item, in one line."""
    words = " ".join(str(error).split())[:300]
    return f"the dataset fails on it: {type(error).__name__}: {words}"


def _misfit(value: Value, first: Value) -> str | None:
    """Why this value cannot stand in a batch with the first one, or None."""
    if type(value) is not type(first):
        return f"is a {_kind(value)}, where the first is a {_kind(first)}"
    if isinstance(value, Decoded) and isinstance(first, Decoded) and value.array.shape != first.array.shape:
        sizes = [f"{one.array.shape[1]} × {one.array.shape[0]} px" for one in (value, first)]
        return f"{sizes[0]}, where the first is {sizes[1]}; pass resize"
    if _is_tensor(value) and _is_tensor(first) and value.shape != first.shape:
        return f"has shape {tuple(value.shape)}, where the first has {tuple(first.shape)}"
    return None


def _kind(value: Value) -> str:
    return {"str": "text", "Decoded": "picture"}.get(type(value).__name__, "tensor")


def _stacked(values: list[Any], first: Any) -> np.ndarray:
    if not values:
        return np.zeros((0, *first.shape), np.uint8 if isinstance(first, np.ndarray) else np.float32)
    if isinstance(first, np.ndarray):
        return np.stack(values)
    import torch

    stacked = torch.stack([value.to(values[0].dtype) for value in values])
    return (stacked.float() if stacked.dtype == torch.bfloat16 else stacked).numpy()
