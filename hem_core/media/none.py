"""Predictions alone, without inputs to show or to read again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.errors import DataError
from hem_core.media._contract import Medium


def _never_stored(_catalog: pa.Table, _facts: Mapping[str, Any], _root: Path, run: str) -> dict[str, Any]:
    raise DataError(f"run '{run}' was made from predictions alone: no file holds its examples; score data on disk")


MEDIUM = Medium(open=lambda _source: None, look="nothing", reopen=_never_stored)
