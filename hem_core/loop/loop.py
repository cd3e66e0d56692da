"""Mine a pool in rounds (train, choose, add), compared with random additions and the model of all data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hem_core.engine.budget import Budget
from hem_core.engine.on_device import on_device
from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener, Progress
from hem_core.errors import DataError, HemError, RunError
from hem_core.loop.arm import Walk, walk
from hem_core.loop.elsewhere import AskedPool, runner_for, train_elsewhere
from hem_core.loop.lab import Lab, OutOfTimeError
from hem_core.loop.labels import opening
from hem_core.loop.policies_of_task import check_policies, default_policies
from hem_core.loop.pool import SHARE, Pool
from hem_core.loop.pool_choice import check
from hem_core.loop.pool_scores import columns_of
from hem_core.loop.queue import write_queue
from hem_core.loop.report import write_report
from hem_core.loop.set import save_mined
from hem_core.loop.settings import Settings
from hem_core.models import train_function
from hem_core.runs.options import Options
from hem_core.store import claim
from hem_core.store.atomic import remove_leftovers, write_json
from hem_core.store.claim import hold
from hem_core.store.names import is_foreign_folder
from hem_core.tasks import MakesItems, is_known

FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop in its folder: its `report` (report.json), or in words what it waits for."""

    folder: Path
    report: dict[str, Any] | None = None
    waits_for: str = ""


def loop(
    data: Any,
    *,
    train: str | Callable[..., Any],
    out: Path | str,
    settings: Settings | None = None,
    name: str | None = None,
    test: Any = None,
    test_share: float = SHARE,
    go_on: bool = False,
    options: Options | None = None,
    progress: Listener | None = None,
) -> Loop:
    """Mine the pool `data` and say whether it beat random additions; everything is kept in OUT/loops/NAME.

    data: as for `hem_core.score`; train: "package.module:train" or the function; out: the workspace, made if need be.
    name: of the loop, by default that of the data, with -2, -3 where another loop has it; test: see `open_pool`.
    go_on: with people's answers, continue without the missing ones. options: how the data are read.
    Killed at any moment, or stopped by its budget, the same call resumes with the training that was under way, to the
    same report. More seeds, rounds or arms resume from what there is.
    Raises HemError: a pool too small for the rounds, invalid settings or data, a training that fails.
    """
    asked, function, workspace = settings or Settings(), train_function.load(train), Path(out)
    budget = Budget(asked.budget)
    asked_pool = AskedPool(data, function.sent(train), workspace, options or Options(), test, test_share)
    runner = runner_for(asked_pool.options, asked)
    check(asked.policies, asked.policy_options)
    _made(workspace)
    pool = asked_pool.open()
    asked = for_pool(asked, pool)
    folder, key, _known = place(workspace, name, pool, function, asked)
    with hold(folder, f"the loop '{folder.name}' in '{workspace}'"):
        reporter = Progress(folder, progress)
        _write_plan(folder, key, pool, function, asked)
        pool, labels = opening(folder, workspace, pool)
        lab = Lab(folder, workspace, pool, function, asked, labels, reporter.tell, progress, go_on, budget=budget)
        check_room(lab)
        train_elsewhere(runner, asked_pool, lab)
        return _run(lab, reporter)


def _run(lab: Lab, reporter: Progress) -> Loop:
    folder = lab.folder
    try:
        with on_device(lab.pool.options.device):
            walks = _walks(lab)
    except OutOfTimeError as error:
        reporter.close()
        done = f"{error.args[0]} of {lab.settings.n_trainings} trainings are done; the next one would not end in time"
        return Loop(folder, waits_for=f"{done}.\nRun the same command to resume.")
    waiting = [each.waiting for each in walks.values() if each.waiting is not None]
    reporter.close()
    if waiting:
        return Loop(folder, waits_for=write_queue(lab, folder.name, waiting))
    kept = save_mined(lab, f"{folder.name}-mined", walks["mined", lab.settings.seed])
    return Loop(folder, write_report(lab, list(walks.values()), kept))


def _walks(lab: Lab) -> dict[tuple[str, int], Walk]:
    arms = [arm for arm in ("mined", "random", "all") if arm in lab.settings.arms]
    return {(arm, seed): walk(lab, arm, seed) for seed in lab.settings.seed_list for arm in arms}


def _made(workspace: Path) -> None:
    if workspace.exists() and not workspace.is_dir():
        raise RunError(f"'{workspace}' is a file; --out names the folder of a workspace")
    try:
        (workspace / "loops").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make '{workspace}': {error.strerror}; choose another --out") from error


def _write_plan(folder: Path, key: str, pool: Pool, train: train_function.TrainFunction, settings: Settings) -> None:
    """Raises RunError where another loop has taken the folder since it was looked at."""
    stored = _plan(folder)
    if stored is not None and stored["key"] != key:
        raise RunError(f"another loop has just started in '{folder}'; run the same command again, or pass a --name")
    remove_leftovers(folder)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    plan = {"format_version": FORMAT_VERSION, "name": folder.name, "key": key, "data": pool.name, "train": train.name}
    plan |= {"n_pool": len(pool.rows), "test": pool.test.words, "settings": _without_budget(settings)}
    write_json(folder / "plan.json", plan | {"created": stored["created"] if stored else now})


def _without_budget(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in asdict(settings).items() if name != "budget"}


def place(
    workspace: Path, name: str | None, pool: Pool, train: train_function.TrainFunction, settings: Settings
) -> tuple[Path, str, dict[str, Any] | None]:
    """The folder that this loop has, or will have, its key, and its plan.json where it was begun already.

    Raises RunError when a name that was given is another loop's.
    """
    key = make_key(pool=pool.key, train=train.fingerprint, settings=settings.facts())
    wanted, number = _as_name(name or pool.name), 1
    while True:
        folder = workspace / "loops" / (wanted if number == 1 else f"{wanted}-{number}")
        plan = _plan(folder)
        is_foreign = plan is None and is_foreign_folder(folder, claim.OURS)
        if (plan is None and not is_foreign) or (plan is not None and plan["key"] == key):
            return folder, key, plan
        if name is not None and is_foreign:
            raise RunError(f"'{folder}' holds files that do not belong to a loop; pass another --name")
        if name is not None:
            raise RunError(f"'{folder}' holds a loop with other data, training or settings; pass another --name")
        number += 1


def _plan(folder: Path) -> dict[str, Any] | None:
    try:
        return json.loads((folder / "plan.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RunError(f"{folder / 'plan.json'} cannot be read ({error}); delete the folder or pass --name") from error


def _as_name(text: str) -> str:
    """A name that a folder and a set can have."""
    plain = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in text).strip(".-")
    return plain[:48] or "loop"


def for_pool(settings: Settings, pool: Pool) -> Settings:
    """The settings with the chain of policies of the pool's task, where the user named none.

    Raises HemError for an option of a policy that is not in the chain, and for people's answers where labels are no
    texts.
    """
    if settings.by_person and isinstance(pool.task, MakesItems):
        raise HemError(
            f"--by-person waits for a label of each example, and the labels of the task '{pool.task.name}' are its "
            "parts: they come from the correction of boxes in Review. Correct the boxes there and run hem loop without "
            "--by-person: it trains on what people have corrected when it starts"
        )
    if settings.policies:
        return settings
    found = replace(settings, policies=default_policies(pool.task))
    check(found.policies, found.policy_options)
    return found


def check_room(lab: Lab) -> None:
    """Raises DataError when the pool is too small for the rounds, HemError for a policy that cannot choose from it."""
    settings, n = lab.settings, len(lab.candidates)
    n_labelled = int(is_known(lab.start_targets)[lab.candidates].sum())
    wanted = settings.start + settings.add * settings.rounds
    if n_labelled < min(settings.start, 2):
        raise DataError("a loop starts from labelled examples, and the pool has none; label some first")
    if n <= wanted - settings.add:
        raise DataError(
            f"{settings.rounds} rounds of {settings.add:,} from {settings.start:,} need a pool of more than "
            f"{wanted - settings.add:,}; it has {n:,}{'' if settings.by_person else ' with a label'}: "
            "lower --start, --add or --rounds"
        )
    columns = columns_of(lab.pool.task, has_labels=n_labelled > settings.start)
    check_policies(lab.pool.task, settings.policies, settings.policy_options, list(columns))
