"""Tasks: a task is one file that reads targets and interprets outputs; nothing here depends on a medium."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from hem_core import folder
from hem_core.tasks._contract import (
    FIGURES,
    NOT_FINITE,
    OFFERS,
    Column,
    Figure,
    Metric,
    ModelFacts,
    Offer,
    Parts,
    TargetOptions,
    Targets,
    Task,
    is_known,
    require,
    unknown,
)

__all__ = [
    "DEFAULT", "FIGURES", "NOT_FINITE", "OFFERS", "Column", "Figure", "Metric", "ModelFacts", "Offer",
    "Parts", "TargetOptions", "Targets", "Task", "is_known", "load", "names", "of", "require", "unknown",
]  # fmt: skip

PLUGINS = "hem.tasks"
"""Entry points of this group are tasks of installed packages."""
DEFINES = ("Task",)
DEFAULT = "classification"
"""The task of a run that names none."""


def names() -> list[str]:
    """Names of all tasks, sorted."""
    return folder.names(sys.modules[__name__])


def of(info: Mapping[str, Any]) -> Task:
    """The task that a run.json names. Raises UnknownNameError as `load` does."""
    return load(str(info.get("task") or DEFAULT))


@cache
def load(name: str = DEFAULT) -> Task:
    """The task of that name. Raises UnknownNameError, listing the tasks, when there is none."""
    return folder.load(sys.modules[__name__], name).Task()
