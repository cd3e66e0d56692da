"""The parts of the test in which the arms are compared: fixed by the data before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hem_core.runs.described_by import NO_DESCRIPTION
from hem_core.slices.attributes import attributes

MIN_SIZE = 30
MOST = 60
MOST_SHARE = 0.9
"""A slice with nearly all of the test is not a part of it."""


@dataclass(frozen=True, eq=False)
class Slice:
    """A part of the test: its name and its rows."""

    name: str
    rows: np.ndarray


def slices(metadata: pd.DataFrame, *, min_size: int = MIN_SIZE) -> list[Slice]:
    """Values of categories and bins of numbers that at least `min_size` of the T rows share, the largest first.

    metadata: T rows, the label and the user's own columns. The models' predictions are not used, so that the choice
    favours no arm. At most 60.
    """
    found = []
    for attribute in attributes(metadata.drop(columns=[*NO_DESCRIPTION], errors="ignore"), min_size=min_size):
        for part, words in enumerate(attribute.words):
            rows = np.flatnonzero(attribute.codes == part)
            if min_size <= len(rows) <= MOST_SHARE * len(metadata):
                found.append(Slice(words, rows))
    order = sorted(range(len(found)), key=lambda at: (-len(found[at].rows), at))
    return [found[at] for at in order[:MOST]]
