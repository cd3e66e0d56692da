"""The result of a reader: the examples that could be read, by position, and the bad ones with their reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    import pandas as pd

Values: TypeAlias = "Tensor | list[str] | pd.DataFrame"
"""n examples as stored: an array's or pictures' rows, texts, or the rows of a table; for a task that keeps the sizes of
pictures, a list of them."""


@dataclass(frozen=True)
class Batch:
    """Examples that could be read: `values` (n, …) as stored, and their n catalog positions and digests."""

    values: Values
    indices: list[int]
    hashes: list[str]
    failures: list[tuple[int, str]]
    remarks: Mapping[str, int] = field(default_factory=dict)
    """Changes made to pictures, such as turning them upright -> how many of them."""


class Inputs(Protocol):
    """One data set, read by position. `is_quick`: a batch costs less than handing it to another thread."""

    is_quick: bool

    def fingerprint(self) -> str:
        """A digest of the data that the catalog and the files' dates do not cover; empty where they cover all."""
        ...

    def read(self, indices: Sequence[int]) -> Batch: ...

    def picture(self, index: int) -> np.ndarray | None:
        """uint8 (H, W) or (H, W, 3) to look at, or None when the example is no picture or cannot be read."""
        ...

    def spoil(
        self, values: Values, kinds: Sequence[str], partners: Values, *, pool: Values, is_picture: bool, seed: int
    ) -> Values:
        """P values spoiled for probes, each as its kind says; see `Spoil` in `media/_contract.py`."""
        ...
