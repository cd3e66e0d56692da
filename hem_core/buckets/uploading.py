"""A new folder or file for a bucket, such as an export."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hem_core.buckets.address import clean, file_system, is_address, reaching
from hem_core.buckets.objects import MANIFEST, all_files, home_of
from hem_core.errors import RunError


@contextmanager
def uploading(place: str | Path) -> Iterator[Path]:
    """Where the block writes a new folder or file: the place itself; of an address a local one, which is then uploaded,
    its manifest.json last, and deleted.

    Raises RunError where something is at the address already.
    """
    if not is_address(place):
        yield Path(place)
        return
    check_new(place)
    system, path = file_system(place)
    made = home_of(place)
    _delete(made)
    made.parent.mkdir(parents=True, exist_ok=True)
    yield made
    with reaching(place):
        for file in sorted(all_files(made), key=lambda file: file.name == MANIFEST) if made.is_dir() else [made]:
            system.put_file(str(file), f"{path}/{file.relative_to(made).as_posix()}" if file != made else path)
    _delete(made)


def check_new(place: str | Path) -> None:
    """Raise RunError where something is at an address already."""
    if is_address(place):
        system, path = file_system(place)
        with reaching(place):
            system.invalidate_cache()
            if system.exists(path):
                raise RunError(f"'{clean(place)}' exists; name another place with --out")


def _delete(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
