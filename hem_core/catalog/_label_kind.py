"""Whether labels can be class indices: decided from how they are written, whatever the file's types are."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

import pyarrow as pa

INDEX = re.compile(r"-?(0|[1-9]\d*)(\.0+)?")
TRUTH = {"false", "true"}
MISSING = {"na", "n/a", "nan", "null", "none", "<na>"}
"""Beside integers these words stand for no label; among names each can be one."""
MOST = 0.95
"""This share of the labels must be integers; the others are typing errors."""


def labels_are(labels: pa.ChunkedArray) -> Literal["names", "indices"]:
    """ "indices" where the labels are integers plainly written (3, 3.0, -1; not 03), or false and true; else "names".

    labels: strings, null where missing. Whether integers are names after all is decided when the classes are known.
    """
    counts = Counter(label.strip() for label in labels.to_pylist() if label is not None)
    if all(label.lower() in TRUTH for label in counts):
        return "indices"
    integers_or_none = {label: count for label, count in counts.items() if label.lower() not in MISSING}
    whole = sum(count for label, count in counts.items() if INDEX.fullmatch(label))
    return "indices" if whole and whole >= MOST * sum(integers_or_none.values()) else "names"
