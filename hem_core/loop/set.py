"""The final training set of a loop, saved as a set of the workspace."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.engine.plan import make_key
from hem_core.loop.arm import Walk
from hem_core.loop.lab import Lab
from hem_core.loop.queue import examples_at, manifest_of
from hem_core.store import sets


def save_mined(lab: Lab, name: str, walk: Walk) -> dict[str, Any]:
    """Save what the mined arm's last model was trained on, once; `rounds` of the loop are the column `round`.

    Columns: the catalog's, `label` (as it was trained on), `label_before`, `weight` 1, `rank`, `round` (0 = the start)
    and `picked_by`. Returns name, version and n.
    """
    last = walk.steps[-1].arrays["rows"]
    round_of, picked_by = _history(walk)
    rows = np.array(sorted(last.tolist(), key=lambda row: (round_of[row], row)), dtype=np.int64)
    key = make_key(rows=rows.tolist(), targets=walk.targets[rows].tolist(), pool=lab.pool.key)
    for version in reversed(sets.versions(lab.workspace, name)):
        if sets.load(lab.workspace, name, version)[1].get("key") == key:
            return {"name": name, "version": version, "n": len(rows)}
    table = examples_at(lab.pool, rows, walk.targets).assign(
        round=[round_of[row] for row in rows], picked_by=[picked_by[row] for row in rows]
    )
    manifest = {
        **manifest_of(lab),
        "loop": lab.folder.name,
        "settings": lab.settings.facts() | {"rounds": lab.settings.rounds, "seed": walk.steps[-1].seed},
        "key": key,
    }
    path = sets.save(lab.workspace, name, table, manifest)
    return {"name": name, "version": int(path.name[1:]), "n": len(rows)}


def _history(walk: Walk) -> tuple[dict[int, int], dict[int, str]]:
    """Position -> the round it came in, and what picked it."""
    round_of = dict.fromkeys(walk.steps[0].arrays["rows"].tolist(), 0)
    picked_by = dict.fromkeys(round_of, "start")
    for step in walk.steps[:-1]:
        picks = zip(step.arrays["picks"].tolist(), step.arrays["picked_by"].tolist(), strict=True)
        picked_by |= dict(picks)
        round_of |= dict.fromkeys(step.arrays["picks"].tolist(), step.round + 1)
    return round_of, picked_by
