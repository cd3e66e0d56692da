"""Names of folders and files in a form that can be shown, stored and sent."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from hem_core.errors import RunError


def shown(path: Path | str) -> str:
    """A path as text that can be printed: bytes that are no UTF-8 are written as \\xff."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def check_name(path: Path, what: str) -> None:
    """Raise RunError when a path has bytes that are no UTF-8, which neither JSON, Parquet nor a browser can hold."""
    if shown(path) != str(path):
        raise RunError(f"{what} '{shown(path)}' has bytes in its name that are not UTF-8; rename it")


def is_foreign_folder(folder: Path, ours: Collection[str]) -> bool:
    """Whether the place of a new folder holds anything besides the names in `ours`."""
    if not folder.is_dir():
        return folder.exists()
    return any(not path.name.endswith(".tmp") and path.name not in ours for path in folder.iterdir())
