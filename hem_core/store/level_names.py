"""The name of a level: what it can be (that of a file and a folder inside the run), and what its rows are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hem_core.errors import DataError

EXAMPLES = "examples"
"""The level that every run has."""
TAKEN = (
    "examples", "scores", "catalog", "projection", "dynamics", "failures", "slices", "run", "progress", "embeddings",
    "neighbours", "thumbnails", "shards", "arrays",
)  # fmt: skip
"""Names of a run's own files and folders."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def noun(level_name: str) -> str:
    """What the rows of a level of this name are called: `examples`, `boxes`, `text spans`; its name is a plural."""
    return level_name.replace("_", " ")


def one(level_name: str) -> str:
    """What one row of a level of this name is called: `example`, `box`, `phrase`; its name is a plural."""
    return re.sub(r"(?<=x)es$|(?<=ss)es$|s$", "", noun(level_name))


def counted(n: int, level_name: str) -> str:
    """How many rows of a level of this name: `1 example`, `1 box`, `800 boxes`."""
    return f"{n:,} {one(level_name) if n == 1 else noun(level_name)}"


def of_parts(info: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the levels of parts in what run.json says; () where the examples have none."""
    return tuple(name for name in info.get("levels") or () if name != EXAMPLES)


def is_level_name(name: object) -> bool:
    """Whether a level of parts can have this name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and name not in TAKEN


def check_level_name(name: str) -> None:
    """Raise DataError unless a level of parts can have this name."""
    if not is_level_name(name):
        raise DataError(
            f"a level's name has lower-case letters, digits and '_', 32 at most, and is not a file of the run itself "
            f"({', '.join(TAKEN)}); it was {name!r}"
        )
