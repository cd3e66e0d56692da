"""Options that the commands which train share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core.cli._duration import in_words
from hem_core.cli._screen import say

if TYPE_CHECKING:
    from hem_core.loop.dry_run import DryRun as LoopPlan
    from hem_core.retrain.dry_run import DryRun as Plan

Device = Annotated[
    str | None, typer.Option(help="cpu, cuda, cuda:1, for training and prediction. Default: CUDA if there is one.")
]
Budget = Annotated[
    str | None, typer.Option(help="Time such as 30m or 1h30m: start no training that would not end within it.")
]
Runner = Annotated[
    str,
    typer.Option(
        help="Where the trainings run: local, one after the other, or ray, several at once; see docs/runners.md."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Train nothing; show the arms, the number of trainings and the time they take."),
]


def plan_answer(plan: Plan | LoopPlan) -> dict[str, Any]:
    """What `--dry-run` answers: the trainings, how many are done, and the seconds for the rest where they are known."""
    return {**asdict(plan), "n_trainings": plan.n_trainings, "seconds_left": plan.seconds_left}


def say_trainings(plan: Plan) -> None:
    """How many trainings a comparison needs, how many are done, and how long the rest takes."""
    say("{} trainings, {} of them done", str(plan.n_trainings), str(plan.n_done))
    if plan.seconds_each is None or plan.seconds_left is None:
        say("time: {}", plan.timed_by)
        return
    left, each = in_words(plan.seconds_left), in_words(plan.seconds_each)
    say("time: about {} for the remaining trainings, at {} each: {}", left, each, plan.timed_by)
