"""The runner of Ray: a pool of actors that keep the model, each with a GPU, or with a core where there is none.

An actor that dies is started again, and does its unit again. All machines of the cluster see the run's folder and the
data under the same paths.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hem_core.engine.runner import Elsewhere, Report, Runner, do, done_before, missing
from hem_core.engine.unit import Job
from hem_core.errors import HemError


def start() -> Runner:
    """The runner for the cluster of RAY_ADDRESS, for one on this machine, or for one that is started for it. Raises
    HemError without Ray."""
    try:
        import ray
    except ImportError as error:
        raise HemError(f"--runner ray wants Ray: pip install 'hem[ray]' ({error})") from error
    return RayRunner(ray)


@dataclass(frozen=True, eq=False)
class RayRunner(Runner):
    """Actors of a cluster do it; this process only asks them."""

    ray: Any

    def run(
        self, job: Job, *, is_strict: bool, report: Report, elsewhere: Callable[[], Elsewhere] | None = None
    ) -> None:
        assert elsewhere is not None
        units = missing(job)
        if not units:
            return
        self._connect()
        sent = self.ray.put(elsewhere())  # kept until the end: an actor that is started again gets it again
        actors = self._actors(len(units), sent, is_strict=is_strict)
        try:
            self._ask(actors, units, done_before(job, units), report)
        finally:
            for actor in actors:
                self.ray.kill(actor)

    def _connect(self) -> None:
        if self.ray.is_initialized():
            return
        quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
        try:
            self.ray.init(address="auto", **quiet)
        except ConnectionError:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.ray.init(address="local", include_dashboard=False, **quiet)

    def _actors(self, most: int, sent: Any, *, is_strict: bool) -> list[Any]:
        """An actor a GPU or a core, as many as there are units at most. sent: `Elsewhere` in Ray's store."""
        has = self.ray.cluster_resources()
        n_gpus, n_cores = int(has.get("GPU", 0)), int(has.get("CPU", 1))
        needs = {"num_gpus": 1} if n_gpus else {"num_cpus": 1}
        scorer = self.ray.remote(_Scorer).options(max_restarts=-1, max_task_retries=-1, **needs)
        return [scorer.remote(sent, is_strict) for _ in range(min(most, max(1, n_gpus or n_cores)))]

    def _ask(self, actors: list[Any], units: list[int], done: int, report: Report) -> None:
        """Give each actor a unit, and the next one when it has done that."""
        waiting = iter(units)
        at_work = {actor.do.remote(next(waiting)): actor for actor in actors}  # no more actors than units
        while at_work:
            ready, _rest = self.ray.wait(list(at_work), num_returns=1)
            actor = at_work.pop(ready[0])
            done += self._got(ready[0])
            report(done)
            unit = next(waiting, None)
            if unit is not None:
                at_work[actor.do.remote(unit)] = actor

    def _got(self, answer: Any) -> int:
        """The examples of a unit that is done. Raises what the actor raised."""
        try:
            return self.ray.get(answer)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, HemError):
                raise error.cause from error
            raise


class _Scorer:
    """An actor: it makes its job once, and scores the units that it is asked for."""

    def __init__(self, elsewhere: Elsewhere, is_strict: bool) -> None:
        self._elsewhere, self._is_strict = elsewhere, is_strict
        self._job: Job | None = None

    def do(self, unit: int) -> int:
        """Score a unit whose shard is not there; returns its number of examples."""
        if self._job is None:  # here, not when it starts: what is wrong then is an answer
            self._job = self._elsewhere.make_job(self._elsewhere.opened)
        plan = self._job.plan
        return len(plan.rows(unit)) if plan.is_done(unit) else do(self._job, unit, is_strict=self._is_strict)
