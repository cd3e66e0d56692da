"""Arrays spoiled on purpose: uint8 pictures as pictures, all others by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.media import _corrupt_array, _corrupt_image


def spoil(
    values: np.ndarray, kinds: Sequence[str], partners: np.ndarray, *, pool: np.ndarray, is_picture: bool, seed: int
) -> np.ndarray:
    """See `Spoil` in `_contract.py`."""
    if is_picture and values.dtype == np.uint8:
        return _corrupt_image.corrupt(values, kinds, partners, seed=seed)
    return _corrupt_array.corrupt(values, kinds, partners, table=pool, seed=seed)
