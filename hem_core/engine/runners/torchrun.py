"""The runner of torchrun: every process scores units, and takes their numbers from a counter in the launcher's store.

There is no process group, which would hang when a process is killed: the launcher starts all of them again, and what is
on disk is not done again. All processes see the run's folder and the data under the same paths.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import torch

from hem_core.engine.runner import Elsewhere, MakeJob, Opened, Report, Runner, do, done_before, missing, wait_until
from hem_core.engine.unit import Job
from hem_core.errors import HemError

if TYPE_CHECKING:
    from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]

NEEDS = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
ASK, ANSWER, HEARD, CLOSED, FAILED = "ask", "answer", "heard", "closed", "failed"
"""Keys of the store: what a follower calls itself, what the leader tells it, how many have heard it, that the run is
concluded, and why a process gave it up."""
TAKEN, UNITS, ROWS = "taken", "units", "rows"
"""Keys of the store: how many units were taken, and how many units and examples written."""
_stores: list[Store] = []
_runs = itertools.count()


def start() -> Runner:
    """The runner of this process, one of those that torchrun started. Raises HemError where torchrun did not."""
    lacking = [name for name in NEEDS if name not in os.environ]
    if lacking:
        raise HemError(
            "--runner torchrun wants processes that torchrun starts, as in: torchrun --standalone --nproc-per-node 2 "
            "--no-python hem score …"
        )
    from torch.distributed import PrefixStore  # pyright: ignore[reportPrivateImportUsage]

    store, rank = PrefixStore(f"hem/{next(_runs)}", _store()), int(os.environ["RANK"])
    if rank:
        return Follower(store, rank, device=_own_device())
    return Leader(store, int(os.environ["WORLD_SIZE"]), device=_own_device())


def is_first() -> bool:
    """Whether this is the first of the processes."""
    return os.environ.get("RANK", "0") == "0"


def _own_device() -> str | None:
    """The GPU of this process on its machine; None without one."""
    n = torch.cuda.device_count()
    return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % n}" if n else None


def _store() -> Store:
    """The launcher's store, which lives on when the processes are started again."""
    if not _stores:
        from torch.distributed.rendezvous import rendezvous

        _stores.append(next(iter(rendezvous("env://")))[0])
    return _stores[0]


def _work(store: Store, turn: str, job: Job, units: list[int], *, is_strict: bool) -> Iterator[int]:
    """Score units as long as there are some that nobody has taken in this turn."""
    while (place := store.add(f"{turn}/{TAKEN}", 1) - 1) < len(units):
        _check(store, turn)
        n_rows = do(job, units[place], is_strict=is_strict)
        store.add(f"{turn}/{ROWS}", n_rows)
        store.add(f"{turn}/{UNITS}", 1)
        yield units[place]


def _fail(store: Store, turn: str, error: BaseException) -> None:
    """Let the other processes know that this one has given up, even if its script catches the error and lives on."""
    rank = os.environ.get("RANK", "0")
    store.set(f"{turn}/{FAILED}", f"process {rank} has given up the run: {error or type(error).__name__}")


def _check(store: Store, turn: str) -> None:
    """Raise HemError where a process has given up."""
    if store.check([f"{turn}/{FAILED}"]):
        raise HemError(store.get(f"{turn}/{FAILED}").decode())


@dataclass(frozen=True, eq=False)
class Leader(Runner):
    """The first process: it opens the run, scores units like the others, and concludes it.

    All processes make the same runs in the same order. turn: a name of its own for each start of the leader, under
    which everything is counted: what the store knows of a start that was killed counts for nothing.
    """

    store: Store
    size: int
    device: str | None = None
    turn: str = field(default_factory=lambda: uuid4().hex)
    _told: set[bytes] = field(default_factory=set)

    def run(
        self, job: Job, *, is_strict: bool, report: Report, elsewhere: Callable[[], Elsewhere] | None = None
    ) -> None:
        assert elsewhere is not None
        units = missing(job)
        before = done_before(job, units)
        said = {"opened": elsewhere().opened.facts(), "units": units}

        def is_over() -> bool:
            self._tell(said)
            _check(self.store, self.turn)
            report(before + self._count(ROWS))
            return self._count(UNITS) >= len(units)

        self._tell(said)
        for _unit in _work(self.store, self.turn, job, units, is_strict=is_strict):
            is_over()
        wait_until(is_over)

    def close(self) -> None:
        self.store.set(f"{self.turn}/{CLOSED}", "")
        self._wait_for_all()

    def give_up(self, error: BaseException) -> None:
        if not self.store.check([f"{self.turn}/{FAILED}"]):
            _fail(self.store, self.turn, error)
        if isinstance(error, Exception):  # somebody who stops the process does not want to wait
            self._wait_for_all()

    def _wait_for_all(self) -> None:
        """Wait until every follower has been told of this start, so that none asks when nobody answers any more."""

        def have_all_heard() -> bool:
            self._tell({"units": []})
            return self._count(HEARD) >= self.size - 1

        wait_until(have_all_heard)

    def _tell(self, said: dict[str, Any]) -> None:
        """Answer those who have asked since. Those of an earlier start may be among them, who hear nothing."""
        for rank in range(1, self.size):
            if not self.store.check([f"{ASK}/{rank}"]):
                continue
            name = self.store.get(f"{ASK}/{rank}")
            if name not in self._told:
                self._told.add(name)
                self.store.set(f"{ANSWER}/{name.decode()}", json.dumps({"turn": self.turn, **said}))

    def _count(self, key: str) -> int:
        return self.store.add(f"{self.turn}/{key}", 0)


@dataclass(frozen=True, eq=False)
class Follower(Runner):
    """Another process: it asks the leader what there is to do, and scores units."""

    store: Store
    rank: int
    device: str | None = None
    is_leader = False

    def run(
        self, job: Job, *, is_strict: bool, report: Report, elsewhere: Callable[[], Elsewhere] | None = None
    ) -> None:
        raise NotImplementedError("a follower opens no run")

    def follow(self, make_job: MakeJob, *, is_strict: bool) -> None:
        own = uuid4().hex
        self.store.set(f"{ASK}/{self.rank}", own)
        wait_until(lambda: self.store.check([f"{ANSWER}/{own}"]))
        said = json.loads(self.store.get(f"{ANSWER}/{own}"))
        turn = said["turn"]
        self.store.add(f"{turn}/{HEARD}", 1)
        try:
            self._follow(turn, said, make_job, is_strict=is_strict)
        except BaseException as error:
            _fail(self.store, turn, error)
            raise

    def _follow(self, turn: str, said: dict[str, Any], make_job: MakeJob, *, is_strict: bool) -> None:
        if said["units"]:
            job = make_job(Opened(**said["opened"]))
            for _unit in _work(self.store, turn, job, said["units"], is_strict=is_strict):
                pass

        def is_closed() -> bool:
            _check(self.store, turn)
            return self.store.check([f"{turn}/{CLOSED}"])

        wait_until(is_closed)
