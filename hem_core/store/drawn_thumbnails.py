"""Small pictures of examples that are drawn when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hem_core.media import Medium
from hem_core.media._open_image import thumbnail

if TYPE_CHECKING:
    import pandas as pd

KEPT = 4096
"""How many small pictures of an open level are kept, some 7 KB each."""


def drawing_of(medium: Medium, examples: pd.DataFrame, root: Path) -> Callable[[int], bytes | None]:
    """row -> its small picture as WebP; None for an example that has none.

    medium: one that is drawn on request; examples (N rows): its columns, which stay in memory.
    """
    columns = {name: examples[name].to_numpy() for name in medium.columns}

    @lru_cache(maxsize=KEPT)
    def small(row: int) -> bytes | None:
        picture = medium.picture_of(root, {name: values[row] for name, values in columns.items()})
        return thumbnail(picture) if picture is not None else None

    return small
