"""The waiting picks, as a set to review in the app and as a folder to label elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hem_core.engine.plan import make_key
from hem_core.export._folder import export
from hem_core.export._images import ReadImage
from hem_core.loop.lab import Lab
from hem_core.loop.person import MissingAnswers
from hem_core.loop.pool import Pool
from hem_core.loop.run_of import run_of
from hem_core.media import medium
from hem_core.media._grey_levels import to_picture
from hem_core.paths import read_file
from hem_core.sets.label_sets import sets_of_labels
from hem_core.store import sets
from hem_core.tasks import MakesItems, settings_of


def write_queue(lab: Lab, name: str, waiting: Sequence[MissingAnswers]) -> str:
    """Write the waiting picks as the next version of the set NAME-queue, and export it; once for the same picks.

    Picks of several arms and seeds stand in it once each and in chance order: people who label them do not see
    the arm, and in the folder `label` is empty: an untouched row is no answer.
    Returns what to do, one sentence per line.
    """
    rows = np.unique(np.concatenate([each.rows for each in waiting]))
    rows = np.random.default_rng(len(rows)).permutation(rows)
    unanswered = {id for each in waiting for id in each.unanswered}
    key = make_key(rows=np.sort(rows).tolist(), pool=lab.pool.key)
    queue = f"{name}-queue"
    version = _saved(lab.workspace, queue, key) or _save(lab, queue, key, rows, waiting)
    target = lab.folder / f"queue-v{version}"
    if not target.exists():
        examples, manifest = sets.load(lab.workspace, queue, version)
        blank = examples.drop(columns="label_before").assign(label=None, label_given=examples["label"])
        features = [each["name"] for each in lab.pool.ready.facts.get("features", [])]
        export(
            blank,
            target,
            _formats(lab.pool),
            manifest,
            read_image=picture_reader(lab.pool),
            classes=lab.pool.classes,
            features=features,
            label_sets=sets_of_labels(lab.pool.task),
        )
    rounds = sorted({each.round for each in waiting})
    n = len(rows)
    return (
        f"Round {', '.join(map(str, rounds))} waits for a person: {n - len(unanswered):,} of {n:,} picks have an "
        f"answer.\n{_where(lab, queue, version, target)}\nThen run the same command to resume. "
        "With --go-on it continues without the missing answers: given labels are kept, examples without one stay out."
    )


def _where(lab: Lab, queue: str, version: int, target: Path) -> str:
    elsewhere = (
        f"label the examples in {target} and import the answers: hem import-labels FILE --workspace {lab.workspace}"
    )
    if run_of(lab.workspace, lab.pool.name) is None:
        return f"To answer, {elsewhere}."
    return f"To answer, review the set '{queue}' v{version} in the app (hem app {lab.workspace}), or {elsewhere}."


def _saved(workspace: Path, queue: str, key: str) -> int | None:
    for version in reversed(sets.versions(workspace, queue)):
        if sets.load(workspace, queue, version)[1].get("key") == key:
            return version
    return None


def _save(lab: Lab, queue: str, key: str, rows: np.ndarray, waiting: Sequence[MissingAnswers]) -> int:
    table = examples_at(lab.pool, rows, lab.start_targets)
    rounds = sorted({each.round for each in waiting})
    manifest = {**manifest_of(lab), "loop": lab.folder.name, "rounds": rounds, "key": key}
    return int(sets.save(lab.workspace, queue, table, manifest).name[1:])


def examples_at(pool: Pool, rows: np.ndarray, targets: np.ndarray) -> pd.DataFrame:
    """The catalog's columns at positions (n,), `label` by targets (N, …), `label_before`, `weight` 1 and `rank`.

    Of a task whose labels are its parts without the columns that hold these.
    """
    catalog = pool.ready.catalog
    if isinstance(pool.task, MakesItems):
        catalog = catalog.select([each.name for each in catalog.schema if not pa.types.is_nested(each.type)])
    table = catalog.take(rows).to_pandas().drop(columns="split", errors="ignore")
    before, label = (
        np.array(pool.task.written(each[rows], pool.classes), dtype=object) for each in (pool.targets, targets)
    )
    return table.assign(label=label, label_before=before, weight=1.0, rank=np.arange(1, len(rows) + 1))


def manifest_of(lab: Lab) -> dict[str, Any]:
    """What the manifests of a loop's sets have in common; without classes also how labels are read."""
    task = lab.pool.task
    found = {
        "made_by": "hem loop",
        "run": run_of(lab.workspace, lab.pool.name),
        "data": {"name": lab.pool.name},
        "classes": lab.pool.classes,
    }
    return found if lab.pool.classes else {**found, "task": task.name, "task_settings": settings_of(task)}


def _formats(pool: Pool) -> list[str]:
    shown = medium(pool.ready.facts["medium"])
    is_shown = shown.is_shown_without_pictures or picture_reader(pool) is not None
    return ["csv", "label_studio"] if is_shown else ["csv"]


def picture_reader(pool: Pool) -> ReadImage | None:
    """Gives the suffix and bytes of an example's picture: its file, or a PNG; None when the data are no pictures."""
    facts, inputs = pool.ready.facts, pool.ready.inputs
    if not pool.is_picture or inputs is None:
        return None
    place = {id: row for row, id in enumerate(pool.ids)}

    def read(row: pd.Series) -> tuple[str, bytes]:
        if medium(facts["medium"]).pictures == "files":
            path = Path(facts["root"]) / str(row["image"])
            return path.suffix, read_file(path)
        from PIL import Image

        shown, buffer = inputs.picture(place[str(row["id"])]), io.BytesIO()
        assert shown is not None
        Image.fromarray(to_picture(shown)).save(buffer, "PNG")
        return ".png", buffer.getvalue()

    return read
