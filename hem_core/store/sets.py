"""Curated sets: versions that are never overwritten."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.errors import DataError
from hem_core.store.atomic import remove_leftovers, sync_folder, temporary_name, write_json, write_table

if TYPE_CHECKING:
    import pandas as pd

FORMAT_VERSION = 1
_NAME = re.compile(r"[\w][\w .-]{0,63}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # on Windows
_VERSION = re.compile(r"v([1-9][0-9]*)")


def save(
    workspace: Path | str,
    name: str,
    examples: pd.DataFrame,
    manifest: Mapping[str, Any],
    *,
    left_out: pd.DataFrame | None = None,
) -> Path:
    """Save examples as the next version of a set.

    examples: one row an example, `id` unique; manifest: JSON, to which name, version, created, n and
    format_version are added; left_out: `id` and `why` of the candidates that were left out. Two processes that save at
    once get different versions.
    Returns the folder sets/<name>/v<k> with examples.parquet, manifest.json and, where given, left_out.parquet.
    Raises DataError when the set is empty, the ids are not unique, or the name cannot be a folder.
    """
    check_name(name)
    _check_examples(examples)
    home = Path(workspace) / "sets" / name
    home.mkdir(parents=True, exist_ok=True)
    remove_leftovers(home)
    with temporary_name(home / "v") as temporary:
        write_table(temporary / "examples.parquet", examples)
        if left_out is not None:
            write_table(temporary / "left_out.parquet", left_out)
        return _take_number(temporary, home, name, {**manifest, "n": len(examples)})


def names(workspace: Path | str) -> list[str]:
    """Names of the sets in a workspace, sorted."""
    home = Path(workspace) / "sets"
    listing = [path.name for path in home.iterdir()] if home.is_dir() else []
    return sorted(name for name in listing if versions(workspace, name))


def versions(workspace: Path | str, name: str) -> list[int]:
    """Versions of a set, ascending; empty when there is no such set."""
    home = Path(workspace) / "sets" / name
    matches = [_VERSION.fullmatch(path.name) for path in home.iterdir()] if home.is_dir() else []
    return sorted(int(match[1]) for match in matches if match)


def load(workspace: Path | str, name: str, version: int | None = None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The examples and the manifest of a set, the newest version unless one is named.

    Raises DataError listing what there is.
    """
    import pyarrow.parquet as pq

    numbers = versions(workspace, name) if _NAME.fullmatch(name) else []
    if not numbers:
        there = ", ".join(names(workspace)) or "none yet"
        raise DataError(f"no set '{name}' in {workspace}; there are: {there}")
    if version is not None and version not in numbers:
        there = ", ".join(str(number) for number in numbers)
        raise DataError(f"set '{name}' has no version {version}; there are: {there}")
    folder = Path(workspace) / "sets" / name / f"v{version or numbers[-1]}"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return pq.read_table(folder / "examples.parquet").to_pandas(), manifest


def left_out(workspace: Path | str, name: str, version: int) -> pd.DataFrame:
    """The candidates that were left out of a version of a set: `id` and `why`; empty where none were kept."""
    import pandas as pd
    import pyarrow.parquet as pq

    path = Path(workspace) / "sets" / name / f"v{version}" / "left_out.parquet"
    return pq.read_table(path).to_pandas() if path.is_file() else pd.DataFrame({"id": [], "why": []}, dtype="str")


def named(workspace: Path | str, text: str) -> tuple[str, int]:
    """Name and version that a person means: 'hard' is the newest; 'hard v3', 'hard-v3', 'hard_v3' and 'hard/v3'.

    Raises DataError listing what there is.
    """
    if versions(workspace, text) if _NAME.fullmatch(text) else ():
        return text, versions(workspace, text)[-1]
    match = re.fullmatch(r"(.+)[ _/-]v([1-9][0-9]*)", text)
    name, version = (match[1], int(match[2])) if match else (text, None)
    return name, int(load(workspace, name, version)[1]["version"])


def _take_number(temporary: Path, home: Path, name: str, manifest: dict[str, Any]) -> Path:
    number = max(versions(home.parents[1], name), default=0) + 1
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    while True:
        # The number is in the manifest, and the manifest is in place before the folder takes its name.
        head = {"format_version": FORMAT_VERSION, "name": name, "version": number, "created": created}
        write_json(temporary / "manifest.json", {**manifest, **head})
        target = home / f"v{number}"
        try:
            # A folder that is not empty is never replaced: whoever comes second takes the next number.
            temporary.rename(target)
        except OSError:
            if not target.exists():
                raise
            number += 1
        else:
            sync_folder(home)
            return target


def check_name(name: str) -> None:
    """Raise DataError, saying what is allowed, where a set cannot have this name."""
    if not _NAME.fullmatch(name) or name.endswith((".", " ")) or _RESERVED.fullmatch(name):
        raise DataError(
            f"a set's name has letters, digits, space, '.', '_' and '-', 64 at most, and begins with a letter "
            f"or digit, and is not a device such as CON; it was {name!r}"
        )


def _check_examples(examples: pd.DataFrame) -> None:
    if not len(examples):
        raise DataError("the set is empty; widen the filter or keep more of the tags")
    if "id" not in examples.columns:
        raise DataError(f"a set needs the column 'id'; there are: {', '.join(map(str, examples.columns))}")
    repeated = examples.loc[examples["id"].duplicated(), "id"]
    if len(repeated):
        raise DataError(f"the ids of a set must be unique; '{repeated.iloc[0]}' occurs twice: drop the repeated rows")
