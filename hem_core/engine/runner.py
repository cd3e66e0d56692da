"""What a runner is: who calls `score_unit` for the units of a run that are not done yet, and where."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from hem_core.engine.unit import Job, Scored, score_unit, write_unit
from hem_core.errors import DataError


@dataclass(frozen=True)
class Opened:
    """What all processes of a run must agree on: its key, its sizes, and what its model and its examples are."""

    key: str
    batch_size: int
    unit_size: int
    identity: str

    def facts(self) -> dict[str, Any]:
        """The fields by their names, for a message."""
        return asdict(self)


Report: TypeAlias = Callable[[int], None]
MakeJob: TypeAlias = Callable[[Opened], Job]


@dataclass(frozen=True)
class Elsewhere:
    """The job of a run in another process, to which `make_job` is sent: make_job(opened)."""

    opened: Opened
    make_job: MakeJob


@dataclass(frozen=True, eq=False)
class Work:
    """Trainings and the like, each of which is on disk once it is done, and done at once where it is there."""

    items: Sequence[Any]
    make: Callable[[], Callable[[Any], object]]
    """Called once in each process, to which it is sent; what it returns is called with an item at a time."""
    done: Callable[[Any], None]
    """Called in this process with each item that is done."""


class Runner(ABC):
    """Calls `score_unit` for every unit that is missing, and returns once all shards are on disk."""

    is_leader = True
    """Whether this process opens and concludes the run; one that does not only scores units, with `follow`."""

    device: str | None = None
    """Where this process puts the model, unless the user says so."""

    has_others = False
    """Whether `spread` does anything."""

    @abstractmethod
    def run(
        self, job: Job, *, is_strict: bool, report: Report, elsewhere: Callable[[], Elsewhere] | None = None
    ) -> None:
        """Do what is missing.

        elsewhere(): the same job in other processes; it reads all weights and looks at all files, so a runner of this
        process alone does not ask. report: gets the number of examples whose shards are on disk.
        Raises DataError at the first bad example when is_strict.
        """

    def follow(self, make_job: MakeJob, *, is_strict: bool) -> None:
        """Score units until the leader has concluded the run; for processes that are not the leader."""
        raise NotImplementedError

    def spread(self, work: Work) -> None:  # noqa: B027
        """Do in other processes what they can, so that the caller, who then does what is left, finds it on disk.

        A runner of this process alone leaves everything to the caller. Raises what the work raises.
        """

    def close(self) -> None:  # noqa: B027
        """The run is concluded, or was complete before: those who follow go on."""

    def give_up(self, error: BaseException) -> None:  # noqa: B027
        """The run is not concluded, because of this error: those who follow raise it too, rather than wait."""

    @contextmanager
    def leading(self) -> Iterator[None]:
        """Make a run, and tell those who follow how it ended."""
        try:
            yield
        except BaseException as error:
            self.give_up(error)
            raise
        self.close()


def missing(job: Job) -> list[int]:
    """The units whose shards are not there."""
    return [unit for unit in job.plan.units if not job.plan.is_done(unit)]


def done_before(job: Job, units: list[int]) -> int:
    """The number of examples of all other units."""
    return job.plan.n - sum(len(job.plan.rows(unit)) for unit in units)


def do(job: Job, unit: int, *, is_strict: bool) -> int:
    """Score one unit and write it; returns its number of examples. Raises DataError for a bad one when is_strict."""
    scored = score_unit(job, unit)
    if is_strict:
        check_strict(job, scored)
    write_unit(job, unit, scored)
    return len(job.plan.rows(unit))


def check_strict(job: Job, scored: Scored) -> None:
    """Raise DataError for the first bad example of a unit."""
    if scored.failures:
        index, reason = scored.failures[0]
        raise DataError(f"example '{job.ids[index]}': {reason} (--fail-fast)")


def wait_until(is_over: Callable[[], bool], *, seconds: float = 0.2) -> None:
    """Ask again and again."""
    while not is_over():
        time.sleep(seconds)
