"""Texts: strings of a column, shown as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hem_core.media._contract import Medium, Part, Source
from hem_core.media._corrupt_text import corrupt
from hem_core.media._texts import Texts
from hem_core.media._train_template import OF_TEXTS

if TYPE_CHECKING:
    import pandas as pd


def _open(source: Source) -> Texts:
    return Texts(source.catalog["text"].to_pylist())


def _spoil(
    values: list[str], kinds: Sequence[str], partners: list[str], *, pool: list[str], is_picture: bool, seed: int
) -> list[str]:
    return corrupt(values, kinds, partners, corpus=pool, seed=seed)


def _words(example: Mapping[str, Any]) -> str:
    return example["text"] if isinstance(example["text"], str) else ""


def _read_back(examples: pd.DataFrame, _data: Mapping[str, Any], _features: Mapping[str, str]) -> Texts | None:
    return Texts(examples["text"].tolist()) if "text" in examples.columns else None


def _as_data(part: Part) -> tuple[pa.Table, dict[str, Any]]:
    return part.table, {"text_column": "text"}


MEDIUM = Medium(
    open=_open,
    look="words",
    spoil=_spoil,
    columns=("text",),
    words=_words,
    has_marks=True,
    read_back=_read_back,
    as_data=_as_data,
    train_template=OF_TEXTS,
)
