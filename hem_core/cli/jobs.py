from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hem_core.cli._duration import in_words
from hem_core.cli._paths import PATH
from hem_core.cli._screen import say, table
from hem_core.errors import HemError, RunError

if TYPE_CHECKING:
    from hem_core.jobs.job import Job
    from hem_core.jobs.state import State

PLACE = 35
READ_ONLY = {"what": ".", "name": None, "lines": None}
ACTIONS = ("stop", "resume", "log")


def jobs(
    what: Annotated[
        str, typer.Argument(help="The workspace, to list its jobs; or stop, resume or log, and a NAME."), PATH
    ] = ".",
    name: Annotated[
        str | None, typer.Argument(help="The job to stop, resume or read, as the list has it: scoring/first.")
    ] = None,
    workspace: Annotated[Path, typer.Option(help="The workspace of the job, for stop, resume and log.")] = Path(),
    lines: Annotated[int, typer.Option(help="How many of the last lines of a log to print.", min=1)] = 40,
) -> Any:
    """List background work: what runs, how far it is, what failed. Stop a job, resume it, or read its log."""
    from hem_core.jobs.job import listing
    from hem_core.store.workspace import open_workspace

    if name is None and what not in ACTIONS:
        found = listing(open_workspace(what).folder)
        _print_table(found)
        return [{"kind": job.kind, "name": job.name, **asdict(state)} for job, state in _states(found)]
    if name is None or what not in ACTIONS:
        raise HemError(f"expected hem jobs [WORKSPACE], or hem jobs {'|'.join(ACTIONS)} NAME; got '{what}'")
    job = _named(listing(open_workspace(workspace).folder), name, workspace)
    return {"stop": _stop, "resume": _resume, "log": _log}[what](job, lines)


def _print_table(found: list[Job]) -> None:
    if not found:
        say("no jobs yet; hem demo, hem score, hem export, hem retrain, hem loop and the app start them")
        return
    heads = ("name", "state", "stage", "done", "rate", "time left", "started")
    states = _states(found)
    table(heads, [_row(job, state) for job, state in states])
    for job, state in states:
        if state.error:
            say("[red]{}[/red]: {}", _name(job), state.error)


def _row(job: Job, state: State) -> tuple[str, ...]:
    is_counted = state.status == "running" and state.total
    return (
        _name(job),
        state.status,
        state.stage if state.status != "done" else "",
        f"{state.done:,} of {state.total:,}" if is_counted else "",
        f"{state.rate:,.0f}/s" if state.rate else "",
        in_words(state.seconds_left) if state.seconds_left is not None else "",
        time.strftime("%F %H:%M", time.localtime(state.started)) if state.started else "",
    )


def _states(found: list[Job]) -> list[tuple[Job, State]]:
    from hem_core.jobs.state import state

    return [(job, state(job)) for job in found]


def _stop(job: Job, lines: int) -> dict[str, str]:
    from hem_core.jobs.start import stop
    from hem_core.jobs.state import is_running

    del lines
    if not is_running(job):
        raise RunError(f"{_name(job)} is not running")
    stop(job)
    say("stopped {}; resume it with: hem jobs resume {}", _name(job), _name(job))
    return {"stopped": _name(job)}


def _resume(job: Job, lines: int) -> dict[str, str]:
    from hem_core.jobs.start import resume

    del lines
    if not resume(job):
        raise RunError(f"{_name(job)} is running already")
    say("resumed {}, in the background; hem jobs shows how far it is", _name(job))
    return {"resumed": _name(job)}


def _log(job: Job, lines: int) -> dict[str, str]:
    from hem_core.jobs.state import log_tail

    if not job.log.is_file():
        raise RunError(f"{_name(job)} has no log: it was started in a terminal, which has its output")
    text = log_tail(job, lines)
    sys.stdout.write(text + "\n")
    return {"job": _name(job), "log": text}


def _name(job: Job) -> str:
    return f"{job.kind}/{job.name}"


def _named(found: list[Job], name: str, workspace: Path) -> Job:
    """By kind/name, or by the name alone where one job has it."""
    same = [job for job in found if name in (_name(job), job.name)]
    if len(same) == 1:
        return same[0]
    if same:
        raise HemError(f"several jobs are called '{name}': {', '.join(map(_name, same))}; name one with its kind")
    known = ", ".join(map(_name, found[:10])) or "none"
    raise HemError(f"no job '{name}' in {workspace}; there are: {known}")
