"""The identity that a page sends with every post: the workspace, data, level and examples of its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app import loaders
from app.wire.door import Refused, text
from hem_core.errors import ConflictError, RunError
from hem_core.store.fingerprint import fingerprint
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.store.level import Level

RELOAD = "nothing was stored: reload the page"


def identity(level: Level) -> dict[str, str]:
    """What goes into each post of a page about a level of this run, as it is."""
    about = {"run": level.run, "workspace": loaders.identity(), "data": level.data, "examples": level.digest}
    return about if level.is_examples else {**about, "level": level.name}


def check_workspace(body: dict[str, Any]) -> None:
    """Raise ConflictError when a post was meant for another workspace."""
    if text(body, "workspace") != loaders.identity():
        raise ConflictError(f"this post came from another workspace than {loaders.folder()}, which is open here now")


def named_level(body: dict[str, Any]) -> str:
    """Name of the level that a post is about; one without a level is about the examples."""
    return text(body, "level") if "level" in body else EXAMPLES


def own_level(body: dict[str, Any]) -> Level:
    """The level that a post is about, when it is this server's and still the one that the page shows.

    Raises ConflictError when the post is about another workspace, run or data, so that its ids may mean other rows.
    """
    check_workspace(body)
    request = {name: text(body, name) for name in ("run", "data", "examples")}
    try:
        level = loaders.level(request["run"], named_level(body))
    except RunError as error:
        raise ConflictError(f"{error}; nothing was stored") from error
    if request["data"] != level.data:
        raise ConflictError(f"run '{level.run}' is over the data '{level.data}' now, not '{request['data']}'; {RELOAD}")
    if request["examples"] != level.digest:
        raise ConflictError(
            f"run '{level.run}' was scored again with other {level.name}, or in another order; {RELOAD}"
        )
    return level


def row_numbers(level: Level, rows: object, most: int | None = None, name: str = "rows") -> np.ndarray:
    """(M,) int64, the rows of a level that a request names, in its order. Raises Refused (400) for anything else.

    most: how many a request may name; name: of the field, for the message.
    """
    is_short = isinstance(rows, list) and (most is None or len(rows) <= most)
    if not isinstance(rows, list) or not is_short or not all(is_row(level, row) for row in rows):
        many = "" if most is None else f"at most {most:,} "
        raise Refused(400, f"'{name}' must be a list of {many}whole numbers from 0 to {level.n - 1}")
    return np.array(rows, np.int64)


def is_row(level: Level, row: object) -> bool:
    """Whether this is the number of a row of a level."""
    return type(row) is int and 0 <= row < level.n


def own_scores(body: dict[str, Any], level: Level) -> None:
    """Raise ConflictError when a run was scored again since the page, so that a rule matches others than it shows.

    A map that has appeared since changes no score.
    """
    shown = text(body, "fingerprint")
    if shown != level.fingerprint and shown != fingerprint(level.folder, has_map=False):
        raise ConflictError(f"run '{level.run}' was scored again, so that the rule may match others; {RELOAD}")
