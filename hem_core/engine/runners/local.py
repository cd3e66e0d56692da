"""The runner of one process: unit after unit, each written while the next is computed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from hem_core.engine.runner import Elsewhere, Report, Runner, check_strict, done_before, missing
from hem_core.engine.unit import Job, score_unit, write_unit


def start() -> Runner:
    """The runner of this process."""
    return Local()


class Local(Runner):
    """This process does all of it."""

    def run(
        self, job: Job, *, is_strict: bool, report: Report, elsewhere: Callable[[], Elsewhere] | None = None
    ) -> None:
        units = missing(job)
        done = done_before(job, units)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hem-write") as writer:
            pending: tuple[int, Future[Path]] | None = None
            for unit in units:
                scored = score_unit(job, unit)
                if is_strict:
                    check_strict(job, scored)
                if pending is not None:
                    pending[1].result()
                    done += pending[0]
                    report(done)
                pending = (len(job.plan.rows(unit)), writer.submit(write_unit, job, unit, scored))
            if pending is not None:
                pending[1].result()
                report(done + pending[0])
