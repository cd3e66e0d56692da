"""Texts of a column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.content_hash import content_hash
from hem_core.errors import DataError
from hem_core.media._contract import Read


class Texts:
    """One string an example; what is read is a list of them."""

    is_quick = True

    def __init__(self, texts: list[str | None]) -> None:
        self._texts = texts

    def fingerprint(self) -> str:
        return ""  # the catalog holds every text

    def read(self, indices: Sequence[int]) -> Read:
        values, good, failures = [], [], []
        for index in indices:
            try:
                values.append(read_text(self._texts[index]))
                good.append(index)
            except DataError as error:
                failures.append((index, str(error)))
        return Read(values, good, [content_hash(value.encode()) for value in values], failures)

    def picture(self, index: int) -> np.ndarray | None:
        return None


def read_text(text: str | None) -> str:
    """The text as it is stored. Raises DataError when there is none, or nothing but white space."""
    if text is None or not text.strip():
        raise DataError("no text")
    return text
