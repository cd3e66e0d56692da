"""Typical rows of groups: nearest the middle of each in the embedding, no two of them alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hem_core.media import medium_of
from hem_core.store.level import Level
from hem_core.store.nearest import directions

MOST_READ = 2_000
"""Rows of a group, drawn at random, whose middle is taken."""
AMONG = 24
"""Rows nearest the middle from which typical ones are picked."""
ALIKE = 1e-5
"""Two rows whose cosine distance is not above it look the same."""


def typical_rows(level: Level, groups: Sequence[np.ndarray], *, most: int = 3, seed: int = 0) -> list[list[int]]:
    """For each group of row numbers up to `most` of its rows: the nearest to the mean direction of its embeddings.

    Near-duplicates and equal texts appear once. Of texts the shortest among the nearest are taken, for they are read
    at a glance. Of more than 2,000 rows as many are drawn at random. [] for a group without embeddings.
    """
    if not level.has_embeddings:
        return [[] for _ in groups]
    draw = np.random.default_rng(seed)
    near = [_near_the_middle(level, np.asarray(rows, np.int64), draw) for rows in groups]
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *near]))
    looks = _looks(level, wanted)
    return [_picked(level, rows.tolist(), looks, most) for rows in near]


def _near_the_middle(level: Level, rows: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """The rows nearest the middle of a group, the nearest first."""
    if len(rows) > MOST_READ:
        rows = np.sort(draw.choice(rows, MOST_READ, replace=False))
    found = directions(level.home, rows)  # (n, D)
    is_known = np.isfinite(found).all(axis=1)
    rows, found = rows[is_known], found[is_known]
    closeness = found @ found.mean(axis=0) if len(found) else np.empty(0)
    return rows[np.argsort(-closeness, kind="stable")[:AMONG]]


def _looks(level: Level, rows: np.ndarray) -> dict[int, tuple[str, object]]:
    """Of each row its text, "" where it has none, and its group of duplicates or None."""
    medium, columns = medium_of(level.info), level.source.columns
    of_examples = list(medium.columns) if medium.look == "words" else []
    names = of_examples if level.is_examples else ["text"]
    names = [name for name in names if name in columns]
    extra = ["duplicate_group"] if "duplicate_group" in columns else []
    read = level.records(rows.tolist(), [*names, *extra]) if [*names, *extra] and len(rows) else [{} for _ in rows]
    words = medium.words if level.is_examples else lambda one: str(one["text"] or "")
    return {
        int(row): (words(one) if names else "", _group(one.get("duplicate_group")))
        for row, one in zip(rows, read, strict=True)
    }


def _group(value: object) -> object:
    return None if value is None or pd.isna(value) else value  # type: ignore[call-overload]


def _picked(level: Level, near: list[int], looks: dict[int, tuple[str, object]], most: int) -> list[int]:
    is_text = any(looks[row][0] for row in near)
    distinct = _distinct(level, near, looks, len(near) if is_text else most)
    if is_text:
        distinct.sort(key=lambda row: len(looks[row][0]) or np.inf)
    return distinct[:most]


def _distinct(level: Level, near: list[int], looks: dict[int, tuple[str, object]], most: int) -> list[int]:
    """The first rows of which no two are duplicates, have the same text or the same embedding."""
    found = directions(level.home, np.array(near, np.int64)) if near else np.empty((0, 0))
    taken: list[int] = []
    for at, row in enumerate(near):
        text, group = looks[row]
        is_new = all(
            1 - float(found[at] @ found[other]) > ALIKE
            and (group is None or group != looks[near[other]][1])
            and (not text or _plain(text) != _plain(looks[near[other]][0]))
            for other in taken
        )
        taken += [at] if is_new else []
        if len(taken) == most:
            break
    return [near[at] for at in taken]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
