"""The files that a pattern names: shards/{000..009}.tar, shards/*.tar, one file, here or in a bucket."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from pathlib import Path

from hem_core.buckets.address import clean, file_system, is_address, reaching
from hem_core.buckets.mirror import local
from hem_core.errors import DataError

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")


def files_of(pattern: str) -> list[Path]:
    """The files, sorted within a glob, in the order of the braces; those in a bucket are downloaded.

    Raises DataError for a pattern that names nothing, or a file that is missing.
    """
    found = [name for one in expanded(pattern) for name in _globbed(one)]
    if not found:
        raise DataError(f"no file is named '{pattern}'; check the pattern")
    paths = [Path(local(name)) for name in found]
    gone = next((path for path in paths if not path.is_file()), None)
    if gone is not None:
        raise DataError(f"'{pattern}' names '{gone}', which is no file; check the pattern")
    return paths


def expanded(pattern: str) -> Iterator[str]:
    """A pattern with each of its braces: a{0..2} gives a0, a1 and a2, {train,val} both words; 000 keeps its width."""
    found = _BRACES.search(pattern)
    if found is None:
        yield pattern
        return
    numbers = _RANGE.fullmatch(found[1])
    words = found[1].split(",")
    if numbers:
        first, last = int(numbers[1]), int(numbers[2])
        words = [str(number).zfill(len(numbers[1])) for number in range(first, last + 1)]
    for word in words:
        yield from expanded(pattern[: found.start()] + word + pattern[found.end() :])


def _globbed(pattern: str) -> list[str]:
    if not glob.has_magic(pattern):
        return [pattern]
    if not is_address(pattern):
        return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
    system, path = file_system(pattern)
    with reaching(pattern):
        return [clean(system.unstrip_protocol(name)) for name in sorted(system.glob(path))]
