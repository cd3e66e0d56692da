"""Which policies can choose candidates of a task, found by letting each choose from a few made up ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hem_core.errors import DataError, HemError
from hem_core.loop.pool_choice import DEFAULT, Options
from hem_core.selection.choose import choose
from hem_core.selection.options import names
from hem_core.selection.pool import pool_of
from hem_core.tasks import RanksPool, Task, pool_policies

N = 8
"""Candidates of a trial."""


def default_policies(task: Task) -> tuple[str, ...]:
    """The chain that chooses where the user names none."""
    return pool_policies(task, DEFAULT)


def with_uncertainty(task: Task, policies: Sequence[str], options: Options) -> dict[str, Mapping[str, Any]]:
    """The options of a chain in which `margin` goes by what the task calls unsure, unless the user says by what."""
    first = next(iter(task.uncertainties), "") if isinstance(task, RanksPool) else ""
    own = dict(options)
    if first and "margin" in policies and not own.get("margin", {}).get("by"):
        own["margin"] = {**own.get("margin", {}), "by": first}
    return own


def check_policies(
    task: Task, policies: Sequence[str], options: Options, columns: Collection[str], *, has_embeddings: bool = True
) -> None:
    """Raise HemError for a policy that cannot choose among candidates with these columns of numbers, naming those that
    can.

    has_embeddings: whether the model has embeddings, as far as is known.
    """
    used = with_uncertainty(task, policies, options)
    for name in policies:
        why = _why_not(task, name, used.get(name, {}), columns, has_embeddings=has_embeddings)
        if why:
            raise HemError(
                f"policy '{name}' cannot choose examples of the task '{task.name}' from this pool: {why}. "
                f"Choose by {', '.join(able(task, columns, has_embeddings=has_embeddings))}, with --policy; margin, "
                f"top and stratified go by one of the columns {', '.join(columns) or '(none)'}, with --option"
            )


def able(task: Task, columns: Collection[str], *, has_embeddings: bool = True) -> list[str]:
    """The policies that can choose among candidates with these columns."""
    every = {name: with_uncertainty(task, [name], {}).get(name, {}) for name in names()}
    return [
        name
        for name, options in every.items()
        if not _why_not(task, name, options, columns, has_embeddings=has_embeddings)
    ]


def _why_not(
    task: Task, name: str, options: Mapping[str, Any], columns: Collection[str], *, has_embeddings: bool
) -> str:
    """Why a policy cannot choose from such candidates; "" where it can."""
    table = pd.DataFrame({"id": [str(row) for row in range(N)], **dict.fromkeys(columns, np.linspace(0, 1, N))})
    if "classes" in task.offers:
        table = table.assign(label=["a", "b"] * (N // 2))
    angles = np.linspace(0, 1, N)
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1) if has_embeddings else None
    try:
        choose(pool_of(table, embeddings), 2, [name], options={name: options})
    except DataError as error:
        return _reason(str(error), has_embeddings=has_embeddings)
    return ""


def _reason(error: str, *, has_embeddings: bool) -> str:
    """The error without the advice for a run."""
    if not has_embeddings and "embeddings" in error:
        return "it needs embeddings, and this model gives none (return them beside the outputs, as `embeddings`)"
    return error.partition("; choose another policy")[0].partition(": name a column with")[0]
