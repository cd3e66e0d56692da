"""The plan of a retraining: its folder, its key, and what is compared with what. Needs no torch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hem_core.alive import is_alive
from hem_core.errors import RunError, TakenError
from hem_core.retrain.settings import RECIPES, Settings
from hem_core.retrain.stored import FOLDER, FORMAT_VERSION, Stored
from hem_core.store import claim
from hem_core.store.names import is_foreign_folder

OURS = ("progress.json", "error.json", "material.npz", "arrays", "out_of_sample", *claim.OURS)
"""The files that a retraining may have written before its plan."""


def place(workspace: Path, name: str | None, default: str, key: str, *, is_helping: bool = False) -> Stored:
    """The folder of the retraining with this key: one that was begun, or the next that is free.

    name: as asked for; without one `default`, then default-2, -3 … while other settings have taken them. is_helping:
    this process trains for another one, which is at work on it.
    Raises RunError when the name asked for is taken by other settings, or another process is at work on it.
    """
    number = 1
    while True:
        candidate = name or (default if number == 1 else f"{default}-{number}")
        found = Stored(workspace / FOLDER / candidate)
        plan = found.plan if (found.folder / "plan.json").is_file() else None
        is_foreign = plan is None and is_foreign_folder(found.folder, OURS)
        if (plan is None and not is_foreign) or (plan is not None and plan.get("key") == key):
            break
        if name and is_foreign:
            raise RunError(f"'{found.folder}' holds files that do not belong to a retraining; pass another --name")
        if name:
            raise RunError(f"the retraining '{name}' was made with other settings; pass another --name")
        number += 1
    progress = found.progress or {}
    if found.status == "running" and not is_helping and not _is_me(progress):
        holder = claim.owner(found.folder / claim.FILE) or progress
        raise TakenError(claim.busy_message(holder, f"the retraining '{found.name}'"))
    return found


def planned(
    name: str,
    key: str,
    settings: Settings,
    *,
    set_: dict[str, Any],
    run: str,
    train: str,
    test: dict[str, Any],
    target: dict[str, Any],
    forced: list[str],
    notes: list[str],
) -> dict[str, Any]:
    """The contents of plan.json."""
    return {
        "format_version": FORMAT_VERSION,
        "name": name,
        "key": key,
        "set": set_,
        "run": run,
        "train": train,
        "arms": settings.ordered_arms,
        "arms_are": settings.arm_words,
        "seeds": settings.seed_list,
        "recipe": {"name": settings.recipe, "what": RECIPES[settings.recipe]},
        "test": test,
        "target": target,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "forced": forced,
        "notes": notes,
        **({"question": settings.question} if settings.question else {}),
    }


def _is_me(progress: dict[str, Any]) -> bool:
    import os

    return progress.get("pid") == os.getpid() and is_alive(progress.get("pid"), progress.get("process"))
