"""Write the report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import loaders
from app.in_process import place_of
from app.report.page import page
from hem_core.paths import check_is_new
from hem_core.store.atomic import write_bytes

if TYPE_CHECKING:
    from hem_core.store.run import Run


def write(run: Run, out: Path, *, level: str) -> Path:
    """Write the report on a level of a run as one HTML file. Raises HemError when the file exists."""
    check_is_new(out)
    opened = run.level(level)
    with place_of(run).entered(), loaders.only_reading():
        content = page(run, opened)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, content.encode())
    return out
