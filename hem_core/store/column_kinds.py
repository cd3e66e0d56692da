"""The kind of each column: numbers, truth values, categories or free text."""

from __future__ import annotations

import pyarrow as pa

from hem_core.store.rules import Condition, quote
from hem_core.store.source import Source

FREE_TEXT = {"id", "evidence", "image", "content_hash", "text", "marks"}
CATEGORIES = {"reason", "split"}
CLASSES = {"label", "given", "predicted", "predicted_in_sample", "suggested_label"}
"""Always categories in a run with classes, however many there are; otherwise treated as other texts."""
MOST_VALUES = 1000


def kinds(source: Source, n: int, *, has_classes: bool = True) -> dict[str, str]:
    """Column -> 'number', 'category', 'bool' or 'text'; lists and other nested columns are left out.

    A text column is a category when it has at most 20 different values, or a tenth of n up to 1000.
    """
    categories = CATEGORIES | CLASSES if has_classes else CATEGORIES
    kind_of = {name: _kind(name, type_, categories) for name, type_ in source.types.items()}
    undecided = [name for name, kind in kind_of.items() if kind == "?"]
    if undecided:
        counts = ", ".join(f"approx_count_distinct({quote(name)})" for name in undecided)
        row = source.select(counts, undecided, Condition()).to_pydict().values()
        most = max(20, min(MOST_VALUES, n // 10))
        for name, (count,) in zip(undecided, row, strict=True):
            kind_of[name] = "category" if count <= most else "text"
    return {name: kind for name, kind in kind_of.items() if kind}


def _kind(name: str, type_: pa.DataType, categories: set[str]) -> str:
    if pa.types.is_boolean(type_):
        return "bool"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return "number"
    if pa.types.is_dictionary(type_):
        return "category"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return "text" if name in FREE_TEXT else "category" if name in categories else "?"
    return ""
