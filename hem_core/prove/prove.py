"""One call from a list of examples to the answer whether acting on it makes a better model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hem_core.engine.progress import Listener
from hem_core.errors import RunError
from hem_core.models import train_function
from hem_core.prove.list_set import ListSet, set_of_list
from hem_core.prove.paper import write_paper
from hem_core.prove.request import Request
from hem_core.prove.unscored import open_unscored
from hem_core.retrain.retrain import Announce, retrain
from hem_core.retrain.settings import ARMS_OF_QUESTION, QUESTIONS, Settings
from hem_core.retrain.stored import Stored
from hem_core.store.run import Run, open_run
from hem_core.store.workspace import open_workspace


@dataclass(frozen=True, eq=False)
class Opened:
    """A list that was matched with its data and saved as a set, and the retraining that answers the question."""

    home: Path
    run: Run
    listed: ListSet
    settings: Settings


def open_request(request: Request) -> Opened:
    """Read the list and the data, and save what is meant as a set; nothing is trained.

    Raises HemError for a list that does not fit the data, saying how much of it does.
    """
    home, run = _data(request)
    listed = set_of_list(home, run, request)
    settings = Settings(
        set=listed.title,
        train=request.train,
        test=request.test,
        arms=ARMS_OF_QUESTION[request.question],
        seeds=request.seeds,
        recipe=QUESTIONS[request.question],
        name=request.name,
        device=request.device,
        seed=request.seed,
        budget=request.budget,
        runner=request.runner,
        force=request.force,
        base=request.base,
        question=request.question,
    )
    return Opened(home, run, listed, settings)


def prove(request: Request | Opened, *, progress: Listener | None = None, announce: Announce | None = None) -> Stored:
    """Train with and without acting on the list, several seeds each, and say whether it helped.

    Killed at any moment, the same call resumes and gives the same report; a finished one is returned as it is. Its
    folder has report.json, report.html and report.md. `report` is None where the budget ended before.
    Raises HemError for what does not fit together, with what to do.
    """
    opened = open_request(request) if isinstance(request, Request) else request
    stored = retrain(opened.home, opened.settings, progress=progress, announce=announce)
    if stored.report is not None:
        write_paper(stored, opened.listed.manifest, opened.run)
    return stored


def _data(request: Request) -> tuple[Path, Run]:
    """The workspace, and the data as a run."""
    if request.run is not None:
        run = open_run(request.run)
        return open_workspace(request.run).folder, run
    home = request.out
    if home.exists() and not home.is_dir():
        raise RunError(f"'{home}' is a file; --out names the folder of a workspace")
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make '{home}': {error.strerror}; choose another --out") from error
    task_answers = request.train if callable(request.train) else str(request.train)
    return home, open_unscored(home, request.data, train_function.load(task_answers), request.options)
