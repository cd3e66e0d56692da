"""Refitting a run's reasons to people's tags: in a process of its own, so that nobody waits for the server.

python -m app.views.overview.refits RUN_FOLDER NOTE
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from app import jobs
from hem_core.alive import is_alive
from hem_core.errors import HemError, RunError
from hem_core.store.atomic import write_json
from hem_core.store.run import Run

ROWS = "reason_rows.npz"
"""What a run has when its reasons can be refitted: the features of its rows and of its probes."""
SAYS_NOTHING = ("skip", "duplicate")
"""Verdicts that say nothing about why an example is hard."""


def is_possible(run: Run) -> bool:
    """Whether this HEM can refit and this run has kept what it takes."""
    try:
        known = importlib.util.find_spec("hem_core.runs.refit")
    except ModuleNotFoundError:
        return False
    return known is not None and (run.folder / ROWS).is_file()


def useful(verdicts: pd.DataFrame) -> pd.DataFrame:
    """The verdicts that a refit learns from: those that say why an example is hard."""
    return verdicts.loc[~verdicts["tag"].isin(SAYS_NOTHING), :]


def start(run: Run, n_tags: int) -> None:
    """Begin to refit, unless it is being done, here, by another server or on the command line; see `state`.

    Raises RunError where the run cannot be written to, or is just being scored.
    """
    progress = run.progress() or {}
    if is_alive(progress.get("pid"), progress.get("process")):
        raise RunError(f"process {progress['pid']} is scoring the run '{run.name}'; refit when it has ended")
    note = _note(run.folder)
    jobs.start(note, "app.views.overview.refits", [str(run.folder), str(note)], first={"n_tags": n_tags})


def state(run: Run) -> dict[str, Any]:
    """How the last refit stands: `status` 'none', 'running', 'done' (with n, changed, n_tags) or 'failed' (error)."""
    is_running = jobs.is_running(_note(run.folder))
    note = jobs.read(_note(run.folder))
    if is_running:
        return {"status": "running", **note}
    if "changed" in note:
        return {"status": "done", **note}
    if not note:
        return {"status": "none"}
    return {"status": "failed", "error": note.get("error") or "the refit was stopped; start it again"}


def wait(run: Run) -> None:
    """Wait until nobody refits the run."""
    jobs.wait(_note(run.folder))


def _note(folder: Path) -> Path:
    return folder / "refit.json"


def _work(folder: Path, note: Path) -> None:
    from hem_core.runs.refit import refit
    from hem_core.store.run import open_run

    said = jobs.read(note)
    try:
        before = open_run(folder).table(["reason"])["reason"]
        refit(folder)
    except HemError as error:
        write_json(note, {**said, "error": str(error)})
        return
    after = open_run(folder).table(["reason"])["reason"]
    write_json(note, {**said, "n": len(after), "changed": int((before.to_numpy() != after.to_numpy()).sum())})


if __name__ == "__main__":
    _work(Path(sys.argv[1]), Path(sys.argv[2]))
