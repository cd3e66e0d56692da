"""The meaning of the words in a column `split`: which rows are trained on, and which are held out."""

from __future__ import annotations

import re
from typing import Literal

Part = Literal["train", "validation", "test", ""]
TRAIN = {"train", "training", "pool", "unlabelled", "unlabeled"}
VALIDATION = {"val", "valid", "validate", "validation", "dev", "devel", "development", "eval", "evaluation"}
TEST = {"test", "testing", "tests", "holdout", "heldout"}
_TAIL = ("set", "split", "data")
_FILLER = frozenset(
    {"set", "split", "data", "dataset", "images", "image", "imgs", "img", "pictures", "photos", "folder"}
)
"""Words that occur next to the part in the name of a folder: train_images, Test Data."""


def part_of(value: object) -> Part:
    """The part that a value of the column `split` names, whatever its case and punctuation; "" for any other word."""
    words = [word for word in re.split(r"[\W_\d]+", str(value).lower()) if word]
    word = "".join(word for word in words if word not in _FILLER)
    for tail in ("", *_TAIL):
        stem = word.removesuffix(tail)
        if stem in TRAIN:
            return "train"
        if stem in VALIDATION:
            return "validation"
        if stem in TEST:
            return "test"
    return ""


def is_held_out(value: object) -> bool:
    """Whether the value names rows that no training takes: the test or the validation part."""
    return part_of(value) in ("test", "validation")
