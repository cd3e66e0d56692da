"""Whether labels can be class indices: decided from how they are written, whatever the file's types are."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

import pyarrow as pa

INDEX = re.compile(r"-?(0|[1-9]\d*)(\.0+)?")
TRUTH = {"false", "true"}
MOST = 0.95
"""This share of the labels must be integers; the others are typing errors."""


def labels_are(labels: pa.ChunkedArray) -> Literal["names", "indices"]:
    """ "indices" where the labels are integers plainly written (3, 3.0, -1; not 03), or false and true; else "names".

    labels: strings, null where missing. Whether integers are names after all is decided when the classes are known.
    """
    counts = Counter(label.strip() for label in labels.to_pylist() if label is not None)
    if all(label.lower() in TRUTH for label in counts):
        return "indices"
    whole = sum(count for label, count in counts.items() if INDEX.fullmatch(label))
    return "indices" if whole >= MOST * counts.total() else "names"
