"""Rows of a table as the model gets them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hem_core.engine.batch import Batch
from hem_core.engine.content_hash import content_hash
from hem_core.media.row import FeatureRows


class TableRows:
    """The features of an example; a batch's values are a DataFrame of them, missing values included."""

    is_quick = True

    def __init__(self, rows: FeatureRows) -> None:
        self.rows = rows

    def fingerprint(self) -> str:
        return ""  # the catalog holds every feature

    def read(self, indices: Sequence[int]) -> Batch:
        problems = {index: self.rows.problem(index) for index in indices}
        good = [index for index, problem in problems.items() if problem is None]
        failures = [(index, problem) for index, problem in problems.items() if problem is not None]
        return Batch(self.rows.frame(good), good, [content_hash(self.rows.said(index)) for index in good], failures)

    def picture(self, index: int) -> np.ndarray | None:
        return None
