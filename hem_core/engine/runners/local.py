"""The runner of one process: unit after unit, each written while the next is computed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from hem_core.engine.unit import Job, Scored, score_unit, write_unit
from hem_core.errors import DataError


def run_local(job: Job, *, is_strict: bool, report: Callable[[int], None]) -> None:
    """Do what is missing. `report` gets the number of examples whose shards are on disk.

    Raises DataError at the first bad example when is_strict.
    """
    missing = [unit for unit in job.plan.units if not job.plan.is_done(unit)]
    done = job.plan.n - sum(len(job.plan.rows(unit)) for unit in missing)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hem-write") as writer:
        pending: tuple[int, Future[Path]] | None = None
        for unit in missing:
            scored = score_unit(job, unit)
            if is_strict and scored.failures:
                raise DataError(_first(job, scored) + " (--fail-fast)")
            if pending is not None:
                pending[1].result()
                done += pending[0]
                report(done)
            pending = (len(job.plan.rows(unit)), writer.submit(write_unit, job, unit, scored))
        if pending is not None:
            pending[1].result()
            report(done + pending[0])


def _first(job: Job, scored: Scored) -> str:
    index, reason = scored.failures[0]
    return f"example '{job.ids[index]}': {reason}"
