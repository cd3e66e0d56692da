"""The runner of Ray: a pool of actors that keep the model, each with a GPU, or with a core where there is none.

An actor that dies is started again, and does its unit again. All machines of the cluster see the run's folder and the
data under the same paths.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hem_core.engine.runner import Elsewhere, Report, Runner, Work, do, done_before, missing
from hem_core.engine.unit import Job
from hem_core.errors import HemError

SPREADS_TRAININGS = True


def start() -> Runner:
    """The runner for the cluster of RAY_ADDRESS, for one that `ray start` started on this machine, or for one of
    its own. Raises HemError without Ray."""
    try:
        import ray
    except ImportError as error:
        raise HemError(f"--runner ray wants Ray: pip install 'hem[ray]' ({error})") from error
    return RayRunner(ray)


@dataclass(frozen=True, eq=False)
class RayRunner(Runner):
    """Actors of a cluster do it; this process only asks them."""

    ray: Any
    has_others = True

    def run(
        self, job: Job, *, is_strict: bool, report: Report, elsewhere: Callable[[], Elsewhere] | None = None
    ) -> None:
        assert elsewhere is not None
        units = missing(job)
        if not units:
            return
        done = done_before(job, units)

        def heard(unit: int) -> None:
            nonlocal done
            done += len(job.plan.rows(unit))
            report(done)

        self.spread(Work(units, partial(_scorer, elsewhere(), is_strict), heard))

    def spread(self, work: Work) -> None:
        if not work.items:
            return
        self._connect()
        sent = self.ray.put(work.make)  # kept until the end: an actor that is started again gets it again
        actors = self._actors(len(work.items))
        try:
            self._ask(actors, work, sent)
        finally:
            for actor in actors:
                self.ray.kill(actor)

    def _connect(self) -> None:
        if self.ray.is_initialized():
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Not address="auto": that also joins the private cluster of any other program, which ends with it.
            self.ray.init(include_dashboard=False, logging_level="ERROR", log_to_driver=False)

    def _actors(self, most: int) -> list[Any]:
        """An actor a GPU or a core, `most` at most."""
        has = self.ray.cluster_resources()
        n_gpus, n_cores = int(has.get("GPU", 0)), int(has.get("CPU", 1))
        needs = {"num_gpus": 1} if n_gpus else {"num_cpus": 1}
        hand = self.ray.remote(_Hand).options(max_restarts=-1, max_task_retries=-1, **needs)
        return [hand.remote() for _ in range(min(most, max(1, n_gpus or n_cores)))]

    def _ask(self, actors: list[Any], work: Work, sent: Any) -> None:
        """Give each actor an item, and the next one when it has done that. sent: `Work.make` in Ray's store."""
        waiting, idle, at_work = [*reversed(work.items)], [*actors], {}
        while waiting or at_work:
            while waiting and idle:
                actor, item = idle.pop(), waiting.pop()
                at_work[actor.do.remote([sent], item)] = (actor, item)
            ready, _rest = self.ray.wait(list(at_work), num_returns=1)
            actor, item = at_work.pop(ready[0])
            self._get(ready[0])
            idle.append(actor)
            work.done(item)

    def _get(self, answer: Any) -> None:
        """Wait for an answer. Raises what the actor raised."""
        try:
            self.ray.get(answer)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, HemError):
                raise error.cause from error
            raise


def _scorer(elsewhere: Elsewhere, is_strict: bool) -> Callable[[int], None]:
    """What scores a unit whose shard is not there."""
    job = elsewhere.make_job(elsewhere.opened)

    def scored(unit: int) -> None:
        if not job.plan.is_done(unit):
            do(job, unit, is_strict=is_strict)

    return scored


class _Hand:
    """An actor: it prepares once, and does the items that it is asked for."""

    def __init__(self) -> None:
        self._do: Callable[[Any], object] | None = None

    def do(self, sent: list[Any], item: Any) -> None:
        """Do an item. sent: the place of `Work.make` in Ray's store, in a list, so that it is fetched only once."""
        if self._do is None:
            self._do = importlib.import_module("ray").get(sent[0])()
        assert self._do is not None
        self._do(item)
