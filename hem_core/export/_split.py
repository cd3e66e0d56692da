"""The split of a set into training and validation examples."""

from __future__ import annotations

import hashlib
from collections import Counter

import pandas as pd

from hem_core.export._labels import labels_of
from hem_core.splits import part_of

VAL_SHARE = 0.1
_FOLDERS = {"validation": "val", "test": "test"}


def splits(examples: pd.DataFrame) -> list[str]:
    """ "train", "val" or "test" of every example.

    A column `split` decides where it names a val part; else a tenth is drawn for val by a digest of the id, or of the
    `duplicate_group`, so that near-duplicates are on one side: the same examples, the same draw, in any order. With
    two examples or more, val is not empty, and every label keeps one in train where possible.
    """
    given = _given(examples)
    if "val" in given:
        return given
    labels, digests = labels_of(examples), _digests(examples)
    border = max(VAL_SHARE, min(digests, default=0.0)) if len(set(digests)) > 1 else 0.0
    found = [
        part if part == "test" else "val" if digest <= border else "train"
        for part, digest in zip(given, digests, strict=True)
    ]
    n_train = Counter(label for label, part in zip(labels, found, strict=True) if part == "train")
    return [
        "train" if part == "val" and not n_train[label] else part for label, part in zip(labels, found, strict=True)
    ]


def _given(examples: pd.DataFrame) -> list[str]:
    if "split" not in examples.columns:
        return ["train"] * len(examples)
    return [_FOLDERS.get(part_of(name), "train") for name in examples["split"].tolist()]


def _digests(examples: pd.DataFrame) -> list[float]:
    """A number in 0 .. 1 for each example, the same for those of one group of near-duplicates."""
    keys = [f"id {id}" for id in examples["id"].tolist()]
    if "duplicate_group" in examples.columns:
        groups = examples["duplicate_group"].tolist()
        keys = [key if pd.isna(group) else f"group {group}" for key, group in zip(keys, groups, strict=True)]
    return [int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64 for key in keys]
