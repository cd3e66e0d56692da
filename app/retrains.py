"""Retrainings run in a process of their own: the page can be left, the server started again, they go on.

What is on disk is the truth; this file starts, stops and continues.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.alive import is_alive
from hem_core.errors import RunError
from hem_core.retrain import stored
from hem_core.splits import part_of
from hem_core.store.atomic import write_json

if TYPE_CHECKING:
    from hem_core.store.run import Run

PROGRAM = "hem_core.retrain.work"
ASKED = ".asked"
"""Folder beside the retrainings with what each was started with."""


def start(workspace: Path, settings: Mapping[str, Any]) -> str:
    """Begin a retraining under the next free name; `status` tells how it stands. Returns its name.

    settings: fields of `retrain.settings.Settings`.
    """
    name = free_name(workspace, str(settings["set"]))
    _launch(workspace, name, {**settings, "name": name})
    return name


def go_on(workspace: Path, name: str, *, force: bool = False) -> None:
    """Continue a retraining that was stopped or failed; what is finished stays.

    force: in spite of a refusal. Raises RunError when nobody knows its settings any more.
    """
    settings = _read(_settings(workspace, name))
    if not settings:
        raise RunError(f"the settings of '{name}' are not here; run the `hem retrain` command again that began it")
    _launch(workspace, name, {**settings, "force": True} if force else settings)


def discard(workspace: Path, name: str) -> dict[str, Any]:
    """Forget a retraining that never got to a plan, so that its name is free again; returns its settings."""
    place = _settings(workspace, name)
    settings = _read(place)
    if not is_planned(workspace, name):
        for path in (place, place.with_suffix(".error.json"), place.with_suffix(".log")):
            path.unlink(missing_ok=True)
        _running.pop((workspace, name), None)
    return settings


def is_planned(workspace: Path, name: str) -> bool:
    """Whether it got as far as a plan; one that was refused did not."""
    return (workspace / stored.FOLDER / name / "plan.json").is_file()


def stop(workspace: Path, name: str) -> None:
    """End the process of a retraining; `go_on` continues it."""
    process = _running.get((workspace, name))
    if process is not None and process.poll() is None:
        process.terminate()
        process.wait()
        return
    progress = stored.Stored(workspace / stored.FOLDER / name).progress or {}
    if is_alive(progress.get("pid"), progress.get("process")) and progress.get("process"):
        os.kill(int(progress["pid"]), signal.SIGTERM)


def status(workspace: Path, name: str) -> dict[str, Any]:
    """How a retraining stands: `status` 'starting', 'running', 'stopped', 'failed' (with error) or 'complete'."""
    found = stored.Stored(workspace / stored.FOLDER / name)
    if found.report is not None:
        return {"status": "complete"}
    process = _running.get((workspace, name))
    is_ours = process is not None and process.poll() is None
    if found.error is not None and not is_ours:
        return {"status": "failed", "error": found.error}
    if is_ours or found.status == "running":
        return {"status": "running" if found.progress else "starting", **(found.progress or {})}
    refused = _read(_settings(workspace, name).with_suffix(".error.json")).get("error")
    if refused or (process is not None and (process.returncode or 0) > 0):
        return {"status": "failed", "error": refused or _last_words(workspace, name)}
    return {"status": "stopped", **(found.progress or {})}


def names(workspace: Path) -> list[str]:
    """Names of the retrainings, the newest first; among them those that are only starting or never got to a plan."""
    planned = [one.name for one in stored.list(workspace)]
    asked = sorted((workspace / stored.FOLDER / ASKED).glob("*.json"), key=_age, reverse=True)
    begun = [path.stem for path in asked if not path.name.endswith(".error.json")]
    return [*[name for name in begun if name not in planned], *planned]


def settings_of(workspace: Path, name: str) -> dict[str, Any]:
    """What a retraining was started with here; {} when the command line began it."""
    return _read(_settings(workspace, name))


def wait(workspace: Path, name: str) -> None:
    """Wait until a retraining that was started here has ended."""
    process = _running.get((workspace, name))
    if process is not None:
        process.wait()


def free_name(workspace: Path, set: str) -> str:
    """`<set>-v<version>`, or the first of -2, -3, … that nothing has."""
    from hem_core.store import sets

    base = "{}-v{}".format(*sets.named(workspace, set))
    home, number = workspace / stored.FOLDER, 1
    while True:
        name = base if number == 1 else f"{base}-{number}"
        if not (home / name).exists() and not _settings(workspace, name).exists():
            return name
        number += 1


def train_function(run: Run) -> str:
    """The `package.module:train` that goes with a run's model, as far as it can be told without importing; else ''."""
    name = str(run.info.get("model", {}).get("name") or "")
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


_running: dict[tuple[Path, str], subprocess.Popen[bytes]] = {}


def _launch(workspace: Path, name: str, settings: Mapping[str, Any]) -> None:
    place = _settings(workspace, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_suffix(".error.json").unlink(missing_ok=True)
    (workspace / stored.FOLDER / name / "error.json").unlink(missing_ok=True)
    write_json(place, dict(settings))
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", PROGRAM, str(workspace), "--json", str(place)]
    with place.with_suffix(".log").open("wb") as log:
        _running[workspace, name] = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _settings(workspace: Path, name: str) -> Path:
    return workspace / stored.FOLDER / ASKED / f"{name}.json"


def _last_words(workspace: Path, name: str) -> str:
    try:
        said = _settings(workspace, name).with_suffix(".log").read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        said = []
    return said[-1] if said else "the retraining ended without a word; start it again"


def _defines(module: str, function: str) -> bool:
    """Whether a module on the path defines a function, read as text: to import it could load torch."""
    package, *rest = module.split(".")
    # The working folder too: the process that trains can import from there.
    spec = PathFinder.find_spec(package, [str(Path.cwd()), *sys.path])
    if spec is None or (rest and not spec.submodule_search_locations):
        return False
    places = [Path(place).joinpath(*rest) for place in spec.submodule_search_locations or ()] if rest else []
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    files += [] if rest else [Path(spec.origin or "")]
    for file in files:
        if file.is_file():
            tree = ast.parse(file.read_text("utf-8"))
            return any(isinstance(part, ast.FunctionDef) and part.name == function for part in tree.body)
    return False


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
