"""The files of a retraining, read without torch: plan, progress, error, report and status."""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hem_core.alive import is_alive
from hem_core.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

FORMAT_VERSION = 1
FOLDER = "retrains"
LOGGED = "logged.json"
Status = Literal["running", "stopped", "failed", "complete"]


@dataclass(frozen=True)
class Stored:
    """One retraining: WORKSPACE/retrains/<name>. Every property reads its file again, so that it can be watched."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def plan(self) -> dict[str, Any]:
        """plan.json: what is compared with what. Raises RunError when it is gone, broken or of a newer HEM."""
        path = self.folder / "plan.json"
        plan = _read(path)
        if plan is None:
            raise RunError(f"{path} cannot be read; delete {self.folder} and run the same `hem retrain` command again")
        if plan.get("format_version") != FORMAT_VERSION:
            raise RunError(f"{path} has format version {plan.get('format_version')}; install the newer HEM")
        return plan

    @property
    def progress(self) -> dict[str, Any] | None:
        """progress.json: stage, done, total, finished, n_trainings, seconds_left, pid, updated; None before it."""
        return _read(self.folder / "progress.json")

    @property
    def error(self) -> str | None:
        """The error message; None if it did not fail."""
        return (_read(self.folder / "error.json") or {}).get("error")

    @property
    def report(self) -> dict[str, Any] | None:
        """report.json; None until it is complete."""
        return _read(self.folder / "report.json")

    @property
    def logged(self) -> dict[str, str]:
        """logged.json: the experiment trackers that have it -> where it is to be seen there."""
        return _read(self.folder / LOGGED) or {}

    @property
    def html(self) -> Path:
        """The page to print, if complete."""
        return self.folder / "report.html"

    @property
    def status(self) -> Status:
        """ "running" while its process lives, "stopped" when the same command would resume it."""
        if self.report is not None:
            return "complete"
        if self.error is not None:
            return "failed"
        progress = self.progress or {}
        return "running" if is_alive(progress.get("pid"), progress.get("process")) else "stopped"

    def examples(self) -> pd.DataFrame:
        """One row a test example: id, label, wrong_<arm> (of how many seeds), predicted_<arm> (first seed), flow.

        flow: fixed, regressed, still wrong or right, of the first seed. Raises RunError until it is complete.
        """
        import pyarrow.parquet as pq

        path = self.folder / "examples.parquet"
        if not path.is_file():
            raise RunError(f"'{self.name}' has no examples yet: it is {self.status}")
        return pq.read_table(path).to_pandas()


def list(workspace: Path | str) -> builtins.list[Stored]:
    """The retrainings of a workspace whose plan can be read, the newest first."""
    found = [Stored(path.parent) for path in (Path(workspace) / FOLDER).glob("*/plan.json")]
    dated = [(str((_read(each.folder / "plan.json") or {}).get("created", "")), each.name, each) for each in found]
    return [each for _, _, each in sorted(dated, key=lambda one: one[:2], reverse=True)]


def finished(workspace: Path | str, run: str) -> builtins.list[Stored]:
    """The retrainings with a report whose set was made of a run, the newest first."""
    return [each for each in list(workspace) if each.report is not None and each.plan.get("run") == run]


def open(workspace: Path | str, name: str) -> Stored:
    """The retraining of that name. Raises RunError listing what there is."""
    known = {each.name: each for each in list(workspace)}
    if name not in known:
        there = ", ".join(sorted(known)) or "none yet; create one: hem retrain WORKSPACE --set NAME --train m:f"
        raise RunError(f"no retraining '{name}' in {workspace}; there are: {there}")
    return known[name]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
