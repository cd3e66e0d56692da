"""A finished run, copied from a bucket to the local disk or the other way."""

from __future__ import annotations

import shutil
from pathlib import Path

from hem_core.buckets.address import clean, is_address
from hem_core.buckets.kept import push
from hem_core.buckets.objects import LOCAL, home_of
from hem_core.buckets.places import TEMPORARY, temporary
from hem_core.buckets.uploading import check_new
from hem_core.errors import RunError


def copy_run(run: Path, out: str | Path) -> str:
    """Copy the folder of a finished run to a new folder, or to an address, whose manifest is uploaded last.

    Returns the place of the copy. Raises RunError where something is there already.
    """
    check_new(out)
    if not is_address(out) and Path(out).exists():
        raise RunError(f"'{out}' exists; name another place for the copy")
    home = home_of(out)
    part = temporary(home)
    shutil.copytree(run, part, ignore=shutil.ignore_patterns(*LOCAL, f"*{TEMPORARY}"))
    shutil.rmtree(home, ignore_errors=True)
    part.replace(home)
    push(home)
    return clean(out) if is_address(out) else str(out)
