"""What every kind of background work promises."""

from __future__ import annotations

import ast
import inspect
import json
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hem_core.jobs.kinds
from hem_core import folder
from hem_core.jobs import kind as kinds
from hem_core.jobs.job import Job, new_job
from hem_core.jobs.work import done
from hem_core.testing._want import want

UNREADABLE = (KeyError, TypeError, ValueError)
"""What a kind may raise for settings that somebody has edited."""
OPTIONS = {"CAN_RESUME": bool, "WITHOUT_WRITING": bool, "RESULTS": str}


def check_job(
    name: str,
    settings: Mapping[str, Any] | None = None,
    *,
    workspace: Path | str | None = None,
    job_name: str = "check",
) -> None:
    """Check all that a kind of job promises: PROMISES, one after the other; with a workspace, also OF_WORK.

    settings: of a small job. workspace: one in which this job can run; it is run there, in this process, and its result
    stays. Without one the job is not run.
    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    with tempfile.TemporaryDirectory() if workspace is None else nullcontext(workspace) as place:
        job = new_job(place, name, job_name, settings or {})
        for promise in (*PROMISES, *(OF_WORK if workspace is not None else ())):
            promise(job)


def it_says_what_it_is(job: Job) -> None:
    kind = kinds.load(job.kind)
    path = folder.source(hem_core.jobs.kinds, job.kind)
    want(
        ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"the kind {job.kind} has no docstring; say what it does"
    )
    want(
        isinstance(kind.TITLE, str) and kind.TITLE.strip(),
        f"TITLE of the kind {job.kind} is {kind.TITLE!r}; give a name",
    )
    for option, wanted in OPTIONS.items():
        value = kinds.option(kind, option, wanted())
        want(isinstance(value, wanted), f"{option} of the kind {job.kind} is {value!r}; wanted a {wanted.__name__}")
    n = len(inspect.signature(kind.run).parameters)
    want(n == 2, f"`run` of the kind {job.kind} takes {n} arguments; wanted (job, progress)")


def importing_it_loads_nothing_heavy(job: Job) -> None:
    for node in ast.parse(folder.source(hem_core.jobs.kinds, job.kind).read_text("utf-8")).body:
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        heavy = {"torch", "sklearn", "umap"} & {each.partition(".")[0] for each in imported}
        want(
            not heavy,
            f"the kind {job.kind} imports {', '.join(heavy)} with its file; import it in the function that needs it",
        )


def asking_about_it_writes_nothing(job: Job) -> None:
    kind, before = kinds.load(job.kind), _contents(job.workspace)
    for ask in (kind.words, kind.writes, kind.opens, kind.is_done, kinds.option(kind, "progress", str)):
        try:
            ask(job)
        except UNREADABLE as error:
            want(not job.settings, f"the kind {job.kind} raises {type(error).__name__}: {error} for these settings")
        except Exception as error:
            raise AssertionError(
                f"the kind {job.kind} raises {type(error).__name__} for settings it cannot read; raise one of "
                f"{', '.join(each.__name__ for each in UNREADABLE)}"
            ) from error
    want(_contents(job.workspace) == before, f"the kind {job.kind} writes files before it is run; only `run` writes")


def what_it_says_can_be_shown_and_compared(job: Job) -> None:
    kind = kinds.load(job.kind)
    try:
        words, paths, opens = kind.words(job), kind.writes(job), kind.opens(job)
    except UNREADABLE:
        return
    want(isinstance(words, str) and words.strip(), f"`words` of the kind {job.kind} gives {words!r}; give its subject")
    is_right = (
        isinstance(paths, tuple) and paths and all(isinstance(each, Path) and each.is_absolute() for each in paths)
    )
    want(is_right, f"`writes` of the kind {job.kind} gives {paths!r}; give a tuple of absolute paths, one at least")
    page, address = opens
    is_text = isinstance(page, str) and all(isinstance(each, str) for pair in address.items() for each in pair)
    want(is_text, f"`opens` of the kind {job.kind} gives {opens!r}; give a page and its address as texts")


def it_is_done_once_it_has_run(job: Job) -> None:
    kind = kinds.load(job.kind)
    want(kind.is_done(job) is False, f"the kind {job.kind} is done before it has run; look for its result in `is_done`")
    told: list[tuple[str, int, int]] = []
    result = kind.run(job, lambda stage, n_done, total: told.append((stage, n_done, total)))
    want(
        result is None or json.loads(json.dumps(result)) == dict(result),
        f"`run` of the kind {job.kind} returns {result!r}; return facts that JSON holds, or None",
    )
    done(job, result)
    want(kind.is_done(job) is True, f"the kind {job.kind} has run and is not done; `is_done` must find its result")
    for path in kind.writes(job):
        want(path.exists(), f"the kind {job.kind} says it writes {path}, and has not; name what it writes in `writes`")
    wrong = [each for each in told if not isinstance(each[0], str) or each[1] < 0 or each[2] < 0]
    want(not wrong, f"the kind {job.kind} reports the progress {wrong[:1]}; wanted a stage, and done of total")


PROMISES = (
    it_says_what_it_is,
    importing_it_loads_nothing_heavy,
    asking_about_it_writes_nothing,
    what_it_says_can_be_shown_and_compared,
)
OF_WORK = (it_is_done_once_it_has_run,)


def _contents(place: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder with its size and time."""
    paths = [path for path in place.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}
