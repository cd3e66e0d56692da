"""The labels that a loop starts with: the data's, corrected by the verdicts given before it started."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from hem_core.engine.plan import make_key
from hem_core.loop.pool import Pool
from hem_core.selection.verdicts_applied import EXCLUSIONS
from hem_core.store.atomic import write_json
from hem_core.store.verdicts import RIGHT
from hem_core.store.workspace import open_workspace


@dataclass(frozen=True)
class Labels:
    """Labels from people's verdicts: id -> label, or None where the example is not to be trained on."""

    verdict_labels: Mapping[str, str | None] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        return make_key(said=dict(sorted(self.verdict_labels.items())))

    def targets(self, pool: Pool) -> np.ndarray:
        """(N,) int64 in [0, K), -1 without a label: the pool's, corrected."""
        return corrected(pool, pool.targets, self.verdict_labels)

    def candidates(self, pool: Pool) -> np.ndarray:
        """(c,) positions that may be trained on: the pool's but those that people ruled out."""
        gone = {id for id, label in self.verdict_labels.items() if label is None}
        return pool.rows[[pool.ids[row] not in gone for row in pool.rows]] if gone else pool.rows


def corrected(pool: Pool, targets: np.ndarray, verdict_labels: Mapping[str, str | None]) -> np.ndarray:
    """A copy of targets (N,) with the labels that people gave; a label that is no class, or None, changes nothing."""
    place, number = {id: row for row, id in enumerate(pool.ids)}, {name: k for k, name in enumerate(pool.classes)}
    changed = targets.copy()
    for id, label in verdict_labels.items():
        if id in place and label in number:
            changed[place[id]] = number[label]
    return changed


def opening(folder: Path, workspace: Path, pool: Pool) -> Labels:
    """The labels when the loop started, stored in labels.json so that later verdicts change nothing."""
    path = folder / "labels.json"
    if path.is_file():
        return Labels(json.loads(path.read_text("utf-8")))
    answered = answers(workspace, pool, [pool.ids[row] for row in pool.rows])
    given = dict(zip(pool.ids, pool.targets, strict=True))
    told = {id: label for id, label in answered.items() if label is None or given[id] != _number(pool, label)}
    write_json(path, told)
    return Labels(told)


def answers(workspace: Path, pool: Pool, ids: Sequence[str]) -> dict[str, str | None]:
    """Id -> the label by its newest verdict, None where the verdict rules the example out.

    Examples without a verdict, and those whose verdict gives no label, are omitted.
    """
    state = open_workspace(workspace).tags().state(pool.name)
    wanted, targets = set(ids), dict(zip(pool.ids, pool.targets, strict=True))
    label_of: dict[str, str | None] = {}
    for id, tag, value in zip(state["id"].tolist(), state["tag"].tolist(), state["value"].tolist(), strict=True):
        if id not in wanted:
            continue
        if tag == "mislabelled" and value in pool.classes:
            label_of[id] = value
        elif tag in EXCLUSIONS:
            label_of[id] = None
        elif tag in RIGHT and targets[id] >= 0:
            label_of[id] = pool.classes[targets[id]]
    return label_of


def _number(pool: Pool, label: str) -> int:
    return pool.classes.index(label)
