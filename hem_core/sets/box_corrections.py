"""Which corrections of boxes a set contains, and on which boxes people disagree; for manifests, READMEs and the app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from hem_core.boxes.corrections import DONE, Correction
from hem_core.runs.box_decisions import LEVEL, Decisions, decisions
from hem_core.sets.of_parts import examples_of
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog

LISTED = 200
"""Disputed boxes that a manifest lists; it counts all of them."""


def box_corrections(run: Run | None, log: TagLog | None, rows: pd.DataFrame, level: str) -> dict[str, Any] | None:
    """What people corrected in the images of a set, as JSON; None for a run without boxes or a tag log.

    rows: of the level, with `id`. Returns `boxes` (how many were corrected), `done` (such as `moved and
    relabelled` -> how many boxes), `people` (who -> how many boxes), `n_disputed`, and `disputed` (box -> what each
    person says), which are as given; at most LISTED of them.
    """
    if run is None or log is None or LEVEL not in run.levels:
        return None
    images = rows if level == EXAMPLES else examples_of(rows, run, level)
    ids = set(images["id"].astype(str).tolist())
    return counted(decisions(run, log, ids), ids)


def counted(found: Decisions, images: Collection[str]) -> dict[str, Any]:
    """The same of what people decided, for some of the images."""
    corrections = [one for one in found.corrections if one.image in images]
    conflicts = [one for one in found.conflicts if one.image in images]
    boxes = {_name(at, one): one.who for at, one in enumerate(corrections)}
    actions: dict[str, list[str]] = {}
    for at, one in enumerate(corrections):
        actions.setdefault(_name(at, one), []).append(DONE[one.action])
    done = Counter(" and ".join(words) for words in actions.values())
    return {
        "boxes": len(boxes),
        "done": dict(sorted(done.items())),
        "people": dict(sorted(Counter(boxes.values()).items())),
        "n_disputed": len(conflicts),
        "disputed": {one.box: list(one.opinions) for one in conflicts[:LISTED]},
    }


def in_words(corrections: Mapping[str, Any]) -> str:
    """`5 boxes: 2 moved, 1 relabelled, 2 added; 1 disputed`."""
    n, n_disputed = int(corrections.get("boxes") or 0), int(corrections.get("n_disputed") or 0)
    done = ", ".join(f"{count:,} {words}" for words, count in (corrections.get("done") or {}).items())
    disputed = f"; {n_disputed:,} disputed" if n_disputed else ""
    return f"{n:,} {'box' if n == 1 else 'boxes'}" + (f": {done}" if done else "") + disputed


def _name(at: int, one: Correction) -> str:
    """The box that a correction is about; an added one has no id yet."""
    return one.box or f"{one.image} {at}"
