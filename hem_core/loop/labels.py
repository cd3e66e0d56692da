"""The labels that a loop starts with: the data's, corrected by the verdicts given before it started."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from hem_core.engine.plan import make_key
from hem_core.loop.box_corrections import corrections
from hem_core.loop.pool import Pool
from hem_core.loop.run_of import run_of
from hem_core.selection.verdicts_applied import EXCLUSIONS
from hem_core.sets.label_sets import state_of
from hem_core.store.atomic import write_json
from hem_core.store.verdicts import RIGHT
from hem_core.store.workspace import open_workspace
from hem_core.tasks import MakesItems, is_known


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels from people's verdicts: id -> label, or None where the example is not to be trained on."""

    verdict_labels: Mapping[str, str | None] = field(default_factory=dict)
    of_parts: np.ndarray | None = None
    """(N,) the targets of a task whose labels are no texts, as people corrected its parts; None for none."""
    digest: str = ""
    """Of the parts as people corrected them."""

    @cached_property
    def key(self) -> str:
        more = {"parts": self.digest} if self.digest else {}
        return make_key(said=dict(sorted(self.verdict_labels.items())), **more)

    def targets(self, pool: Pool) -> np.ndarray:
        """(N, …), -1 or NaN without a label: the pool's, corrected."""
        return self.of_parts if self.of_parts is not None else corrected(pool, pool.targets, self.verdict_labels)

    def candidates(self, pool: Pool) -> np.ndarray:
        """(c,) positions that may be trained on: the pool's but those that people ruled out."""
        gone = {id for id, label in self.verdict_labels.items() if label is None}
        return pool.rows[[pool.ids[row] not in gone for row in pool.rows]] if gone else pool.rows


def corrected(pool: Pool, targets: np.ndarray, verdict_labels: Mapping[str, str | None]) -> np.ndarray:
    """A copy of targets (N, …) with the labels that people gave; a label that the task cannot read, or None, changes
    nothing."""
    changed, place = targets.copy(), {id: row for row, id in enumerate(pool.ids)}
    given = {place[id]: label for id, label in verdict_labels.items() if id in place and label is not None}
    if given and not isinstance(pool.task, MakesItems):
        values = pool.task.encode(list(given.values()), pool.classes)
        known = is_known(values)
        changed[np.array(list(given), np.int64)[known]] = values[known]
    return changed


def opening(folder: Path, workspace: Path, pool: Pool) -> tuple[Pool, Labels]:
    """The labels when the loop started, stored so that later verdicts change nothing, and the pool that knows them.

    folder: of the loop; it gets labels.json, and corrected.parquet for a task whose parts people correct.
    """
    labels = Labels(_verdicts(folder, workspace, pool))
    found = corrections(folder, workspace, pool)
    if found is None:
        return pool, labels
    task, targets = found.task, found.targets
    pool = replace(pool, ready=replace(pool.ready, task=task))
    return pool, replace(labels, of_parts=targets, digest=hashlib.sha256(found.bytes).hexdigest())


def _verdicts(folder: Path, workspace: Path, pool: Pool) -> dict[str, str | None]:
    path = folder / "labels.json"
    if path.is_file():
        return json.loads(path.read_text("utf-8"))
    answered = answers(workspace, pool, [pool.ids[row] for row in pool.rows])
    given = dict(zip(pool.ids, pool.task.written(pool.targets, pool.classes), strict=True))
    told = {id: label for id, label in answered.items() if label is None or given[id] != label}
    write_json(path, told)
    return told


def answers(workspace: Path, pool: Pool, ids: Sequence[str]) -> dict[str, str | None]:
    """Id -> the label by its newest verdict, None where the verdict rules the example out.

    Examples without a verdict, and those whose verdict gives no label, are omitted.
    """
    state = _state(workspace, pool)
    wanted = set(ids)
    given = dict(zip(pool.ids, pool.task.written(pool.targets, pool.classes), strict=True))
    label_of: dict[str, str | None] = {}
    for id, tag, value in zip(state["id"].tolist(), state["tag"].tolist(), state["value"].tolist(), strict=True):
        if id not in wanted:
            continue
        if tag == "mislabelled" and _is_label(pool, value):
            label_of[id] = value
        elif tag in EXCLUSIONS:
            label_of[id] = None
        elif tag in RIGHT and given[id] is not None:
            label_of[id] = given[id]
    return label_of


def _state(workspace: Path, pool: Pool) -> pd.DataFrame:
    """The newest verdicts on the examples; single tags that people put right are corrected sets of their example."""
    opened = open_workspace(workspace)
    name = None if pool.classes else run_of(workspace, pool.name)
    if name is None:
        return opened.tags().state(pool.name)
    return state_of(opened.run(name).level(), opened.tags())


def _is_label(pool: Pool, value: str) -> bool:
    """Whether a text is a label of the task; of a task whose labels are its parts, none is."""
    if pool.classes:
        return value in pool.classes
    return not isinstance(pool.task, MakesItems) and bool(value) and bool(is_known(pool.task.encode([value], ()))[0])
