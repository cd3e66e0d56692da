"""Texts of the catalog as the model gets them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.engine.batch import Batch
from hem_core.engine.content_hash import content_hash
from hem_core.errors import DataError
from hem_core.media import text


class Texts:
    """One string an example; a batch's values are a list of them."""

    is_quick = True

    def __init__(self, texts: list[str | None]) -> None:
        self._texts = texts

    def fingerprint(self) -> str:
        return ""  # the catalog holds every text

    def read(self, indices: Sequence[int]) -> Batch:
        values, good, failures = [], [], []
        for index in indices:
            try:
                values.append(text.read(self._texts[index]))
                good.append(index)
            except DataError as error:
                failures.append((index, str(error)))
        return Batch(values, good, [content_hash(value.encode()) for value in values], failures)

    def picture(self, index: int) -> np.ndarray | None:
        return None
