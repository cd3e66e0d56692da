"""Items of a torch Dataset: tensors, texts or pictures, which live in the program that made it and in no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.errors import DataError
from hem_core.media import _corrupt_text, _spoil_arrays
from hem_core.media._contract import Medium, Source
from hem_core.media._items import Items


def _open(source: Source) -> Items:
    return Items(
        *source.items(),
        is_picture=source.facts.get("is_picture", False),
        channels=source.channels,
        resize=source.resize,
    )


def _never_stored(_catalog: pa.Table, _facts: Mapping[str, Any], _root: Path, run: str) -> dict[str, Any]:
    raise DataError(f"run '{run}' was made from a torch Dataset: no file holds its examples; score data on disk")


def _spoil(values: Any, kinds: Sequence[str], partners: Any, *, pool: Any, is_picture: bool, seed: int) -> Any:
    if isinstance(values, list):
        return _corrupt_text.corrupt(values, kinds, partners, corpus=pool, seed=seed)
    return _spoil_arrays.spoil(values, kinds, partners, pool=pool, is_picture=is_picture, seed=seed)


MEDIUM = Medium(
    open=_open,
    look="picture",
    reopen=_never_stored,
    is_picture=lambda facts: facts.get("is_picture", False),
    spoil=_spoil,
    as_data=lambda _part: None,
)
