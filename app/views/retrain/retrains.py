"""Retrainings as jobs: the page can be left and the server started again while they run.

What is on disk is the truth; this file starts, stops and resumes.
"""

from __future__ import annotations

import ast
import os
import re
import signal
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.alive import is_alive
from hem_core.errors import RunError, TakenError
from hem_core.jobs import start as jobs
from hem_core.jobs.job import Job, listing, new_job, open_job, read
from hem_core.jobs.state import is_running, state
from hem_core.retrain import stored
from hem_core.splits import part_of

if TYPE_CHECKING:
    from hem_core.store.run import Run

KIND = "retraining"
EARLIER = ".asked"
"""Folder beside the retrainings with what an earlier HEM started each with."""
IN_THE_APP = (
    (r" \(or go on all the same with --force\)", ""),
    (r"\(or go on with the ([\d,]+) that fit: --force\)", r"(or switch on 'Go on with those that fit', \1 of them)"),
    (r"with --annotated-by", "under 'Only the answers of'"),
    (r"name with --tag which", "name the tag: which"),
    (r"with --labels-from", "under 'Column of the corrected labels'"),
    (r"ask --question drop, weigh or add", "leave them out, up-weight or add them"),
    (r"ask --question drop", "leave them out"),
    (r"with --group\b", "under 'Group column'"),
    (r"(say|use|with) --recipe (\w+)", r"choose '\2' as what the curated arm does with the set"),
    (r"pass --test PATH", "name it under Test data"),
    (r"pass (.*?) with --test", r"name \1 under Test data"),
    (r"score again with --train or --oos head", "score it again: hem score … --train m:train, or --oos head"),
    (r"give --seeds 2 or more", "take 2 seeds or more"),
    (r"--seeds", "Seeds"),
    (r"--where", "Where it should help"),
    (r"--test", "Test data"),
    (r"give this one another --name", "give this one another name"),
)
"""Patterns of the command line's words, and what the page says for them."""


def start(workspace: Path, settings: Mapping[str, Any]) -> str:
    """Begin a retraining under the next free name; `status` tells how it stands. Returns its name.

    settings: fields of `retrain.settings.Settings`.
    """
    while True:
        name = free_name(workspace, str(settings["set"]))
        if _launch(workspace, name, {**settings, "name": name}):  # another window may have taken the name just now
            return name


def go_on(workspace: Path, name: str, *, force: bool = False) -> None:
    """Continue a retraining that was stopped or failed; what is finished stays.

    force: in spite of a refusal. Raises RunError when nobody knows its settings any more.
    """
    job = _job(workspace, name)
    if job is None:
        raise RunError(f"the settings of '{name}' are not here; run the `hem retrain` command again that began it")
    _launch(workspace, name, {**job.settings, "force": True} if force else job.settings)


def discard(workspace: Path, name: str) -> dict[str, Any]:
    """Forget a retraining that never got to a plan, so that its name is free again; returns its settings."""
    job = _job(workspace, name)
    if job is None:
        return {}
    if not is_planned(workspace, name):
        jobs.forget(job)
    return dict(job.settings)


def is_planned(workspace: Path, name: str) -> bool:
    """Whether it got as far as a plan; one that was refused did not."""
    return (workspace / stored.FOLDER / name / "plan.json").is_file()


def stop(workspace: Path, name: str) -> None:
    """End the process of a retraining; `go_on` continues it."""
    job = _job(workspace, name)
    if job is not None and is_running(job):
        jobs.stop(job)
        return
    progress = stored.Stored(workspace / stored.FOLDER / name).progress or {}
    if is_alive(progress.get("pid"), progress.get("process")) and progress.get("process"):
        os.kill(int(progress["pid"]), signal.SIGTERM)


def status(workspace: Path, name: str) -> dict[str, Any]:
    """How a retraining stands: `status` 'starting', 'running', 'stopped', 'failed' (with error) or 'complete'."""
    found = stored.Stored(workspace / stored.FOLDER / name)
    if found.report is not None:
        return {"status": "complete"}
    job = _job(workspace, name)
    how = state(job) if job is not None else None
    is_ours = how is not None and how.status == "running"
    if found.error is not None and not is_ours:
        return {"status": "failed", "error": found.error}
    if is_ours or found.status == "running":
        return {"status": "running" if found.progress else "starting", **(found.progress or {})}
    if how is not None and how.error:
        return {"status": "failed", "error": how.error}
    return {"status": "stopped", **(found.progress or {})}


def names(workspace: Path) -> list[str]:
    """Names of the retrainings, the newest first; among them those that are only starting or never got to a plan."""
    planned = [one.name for one in stored.list(workspace)]
    begun = [job.name for job in listing(workspace) if job.kind == KIND]
    return [*[name for name in begun if name not in planned], *planned]


def can_resume(workspace: Path, name: str) -> bool:
    """Whether it is known here how a retraining was started."""
    return _job(workspace, name) is not None


def wait(workspace: Path, name: str) -> None:
    """Wait until no process is at work on a retraining that is listed as a job."""
    job = _job(workspace, name)
    if job is not None:
        jobs.wait(job)


def free_name(workspace: Path, set: str) -> str:
    """`<set>-v<version>`, or the first of -2, -3, … that nothing has."""
    from hem_core.store import sets

    base = "{}-v{}".format(*sets.named(workspace, set))
    home, number = workspace / stored.FOLDER, 1
    while True:
        name = base if number == 1 else f"{base}-{number}"
        if not (home / name).exists() and open_job(workspace, KIND, name) is None:
            return name
        number += 1


def train_function(run: Run) -> str:
    """The `package.module:train` that goes with a run's model, as far as it can be told without importing; else ''."""
    name = str((run.info.get("model") or {}).get("name") or "")
    module, colon, function = name.partition(":")
    if not colon:
        return ""
    if function == "train" or _defines(module, "train"):
        return f"{module}:train"
    return ""


def test_words(run: Run, given: str) -> str:
    """In words, on what the arms will be compared: the file given or named by the run, its split, or a drawn fifth."""
    path = given or str(run.info.get("data", {}).get("test") or "")
    if path:
        where = "as given" if given else "held out, named by the run"
        return f"{Path(path).name}, {where}"
    if "split" in run.source.columns:
        found = {part_of(value) for value in run.table(["split"])["split"].unique()}
        for name in ("test", "validation"):
            if name in found:
                return f"the examples whose split is {name}; they are not trained on"
    return (
        f"one in five of the {run.n:,} examples, drawn without looking at the set; they are not trained on in any arm"
    )


def _launch(workspace: Path, name: str, settings: Mapping[str, Any]) -> bool:
    """Start the process, unless one is at work under that name; then False."""
    folder = workspace / stored.FOLDER / name
    if stored.Stored(folder).status == "running":
        return False
    try:
        (folder / "error.json").unlink(missing_ok=True)
        return jobs.start(new_job(workspace, KIND, name, settings))
    except TakenError:
        raise
    except (OSError, RunError) as error:
        raise RunError(f"{error}: retrain in a workspace of your own") from error


def _job(workspace: Path, name: str) -> Job | None:
    found = open_job(workspace, KIND, name)
    earlier = read(workspace / stored.FOLDER / EARLIER / f"{name}.json") if found is None else {}
    return new_job(workspace, KIND, name, earlier) if earlier else found


def problem_of(train: str) -> str:
    """Why a train function cannot be the one, as far as it can be told without importing it; "" when it may be."""
    module, colon, function = train.partition(":")
    if not (colon and function.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        return f"'{train}' is no train function: write package.module:function, such as mine:train."
    if _spec(module.partition(".")[0]) is None:
        return f"There is no module '{module}' in {Path.cwd()}, from where the app was started, nor is it installed."
    return ""


def in_app_words(error: object) -> str:
    """A line of the command line, with the names that the page has for the same things."""
    message = str(error)
    for pattern, name in IN_THE_APP:
        message = re.sub(pattern, name, message)
    return message


def _spec(package: str) -> ModuleSpec | None:
    # The working folder too: the process that trains can import from there.
    try:
        return PathFinder.find_spec(package, [str(Path.cwd()), *sys.path])
    except (ImportError, ValueError):
        return None


def _defines(module: str, function: str) -> bool:
    """Whether a module on the path defines a function, read as text: to import it could load torch."""
    package, *rest = module.split(".")
    spec = _spec(package)
    if spec is None or (rest and not spec.submodule_search_locations):
        return False
    places = [Path(place).joinpath(*rest) for place in spec.submodule_search_locations or ()] if rest else []
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    files += [] if rest else [Path(spec.origin or "")]
    for file in files:
        if file.is_file():
            try:
                tree = ast.parse(file.read_text("utf-8"))
            except (OSError, SyntaxError, ValueError):
                return False
            return any(isinstance(part, ast.FunctionDef) and part.name == function for part in tree.body)
    return False
