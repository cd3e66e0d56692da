"""The classes that the rows of a level belong to, where a row may be of several."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from hem_core.store.level_names import of_parts
from hem_core.store.run import open_run

if TYPE_CHECKING:
    from hem_core.store.level import Level


def classes_of_rows(level: Level) -> np.ndarray | None:
    """(N,) object, a tuple of names for each row: an example has the given classes of its parts, each once, a part its
    own, the given class or, where nothing is given, the predicted one.

    None for a level whose rows have no parts with classes and are no such parts.
    """
    if level.has_own_classes:
        own = level.table(["given", "predicted"])
        return _tuples([(name,) for name in own["given"].fillna(own["predicted"]).fillna("").astype(str)])
    opened = open_run(level.folder)
    parts = [found for name in of_parts(level.info) if (found := opened.level(name)).has_own_classes]
    if not (level.is_examples and parts):
        return None
    pairs = parts[0].table(["example", "given"]).dropna().astype(str).drop_duplicates()
    classes = {str(id): tuple(some) for id, some in pairs.groupby("example", sort=False)["given"]}
    return _tuples([classes.get(id, ()) for id in level.table(["id"])["id"].astype(str)])


def shares_of(classes: np.ndarray) -> dict[str, float]:
    """Share of each class, 0 .. 1, among the classes of all rows; "" stands for the rows without any."""
    counted = Counter(name for names in classes for name in names or ("",))
    return {name: count / counted.total() for name, count in counted.items()}


def _tuples(rows: list[tuple[str, ...]]) -> np.ndarray:
    found = np.empty(len(rows), dtype=object)
    found[:] = rows
    return found
