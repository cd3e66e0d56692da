"""A set of images or of boxes as whole images with all their boxes, those of the set marked."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import hem_core.export
from hem_core import folder as registry
from hem_core.boxes.annotations import Annotations, image_table
from hem_core.boxes.columns import GIVEN, PREDICTED, SIDES, given_column, given_in
from hem_core.boxes.corrections import apply_corrections
from hem_core.export._boxes import FALSE_POSITIVES
from hem_core.export._holds import holds_boxes, is_background, shows_predictions
from hem_core.export._label_studio_boxes import RUN, STATE
from hem_core.runs.box_decisions import LEVEL, decisions
from hem_core.sets.of_parts import examples_of
from hem_core.store.level_names import EXAMPLES, of_parts
from hem_core.store.run import Run
from hem_core.thresholds import WRONG

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.store.tags import TagLog

BACKGROUND = "background_confidence"
"""Column of a level of parts: the confidence of each detection on background."""
MARKED = "in_set"
"""Column of an image: the ids of its parts in the set."""


def has_given_boxes(run: Run | None) -> bool:
    """Whether the examples of a run are images with given boxes."""
    path = run.folder / "catalog.parquet" if run is not None else None
    return path is not None and path.is_file() and GIVEN in pq.read_schema(path).names


def is_whole_images(run: Run | None, level: str, formats: Sequence[str]) -> bool:
    """Whether a set is exported as images with boxes: one of images always, one of boxes where a format holds boxes."""
    if not has_given_boxes(run):
        return False
    modules = [registry.load(hem_core.export, name) for name in formats]
    return level == EXAMPLES or any(holds_boxes(each) or is_background(each) for each in modules)


def of_images(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a set of boxes that is exported as images: its rows are examples now."""
    return {**manifest, "level": EXAMPLES, "set_of": manifest["level"]} if "level" in manifest else dict(manifest)


def classes_of_boxes(run: Run) -> tuple[str, ...]:
    """The classes of the given boxes, in their order."""
    return next((run.level(name).classes for name in of_parts(run.info)), ())


def with_boxes(
    examples: pd.DataFrame, run: Run, level: str, log: TagLog | None = None, *, formats: Sequence[str] = ()
) -> pd.DataFrame:
    """One row an image, with a column `boxes` as `hem_core.export._boxes` has it, and `predictions` where one of the
    formats shows them: the predicted boxes with a confidence of at least WRONG, and those of the set.

    examples: the rows of a set with `id` and `weight`; log: of the workspace, whose corrections of boxes are applied as
    by `hem correct`; where people disagree the box is as given. Of a set of boxes each image has `in_set`, the ids of
    its boxes and false positives in the set, and the largest weight of these; a box of the set has the weight and the
    label, where that was corrected in the set, of its row, any other box weight 1.
    """
    chosen = examples if level == EXAMPLES else _images(examples, run, level)
    catalog = pq.read_table(run.folder / "catalog.parquet", columns=["id", GIVEN])
    given = dict(zip(catalog["id"].to_pylist(), catalog[GIVEN].to_pylist(), strict=True))
    if log is not None and LEVEL in run.levels:
        given |= _corrected(given, catalog.schema.field(GIVEN).type, run, log)
    parts = {} if level == EXAMPLES else examples.set_index(examples["id"].astype(str)).to_dict("index")
    cells = [_marked(str(id), given.get(id) or [], parts) for id in chosen["id"]]
    strays = _false_positives(run, parts if level != EXAMPLES else None)
    own = {GIVEN: cells, FALSE_POSITIVES: [strays.get(str(id), []) for id in chosen["id"]]}
    if any(shows_predictions(registry.load(hem_core.export, name)) for name in formats):
        predicted = _predicted(run, parts)
        own[PREDICTED] = [predicted.get(str(id), []) for id in chosen["id"]]
    found = chosen.drop(columns=list(own), errors="ignore").assign(**own)
    digest = (run.info.get("data", {}).get("annotations") or {}).get("digest")
    found.attrs |= {RUN: run.name, STATE: str(digest or "")}
    return found


def _corrected(given: Mapping[str, Any], kind: pa.DataType, run: Run, log: TagLog) -> dict[str, list[dict[str, Any]]]:
    """The boxes of the images that people corrected, as they say; the annotation file is not needed."""
    orders = decisions(run, log, given).corrections
    ids = list(dict.fromkeys(order.image for order in orders))
    cells = [given[id] or [] for id in ids]
    classes = tuple(dict.fromkeys([*classes_of_boxes(run), *(box["label"] for cell in cells for box in cell)]))
    boxes = given_in(pa.array(cells, kind), classes)
    images = image_table(ids, ids, np.zeros((len(ids), 2)), {})
    before = Annotations(images, tuple(ids), classes, classes, boxes, np.full(len(boxes), -1))
    after, _changes = apply_corrections(before, orders)
    return dict(zip(ids, given_column(after.boxes, len(ids), after.categories).to_pylist(), strict=True))


def _false_positives(run: Run, chosen: Container[str] | None) -> dict[str, list[dict[str, Any]]]:
    """Image -> its confident detections on background, the surest first; chosen: ids of parts, None for all."""
    name = next(iter(of_parts(run.info)), None)
    if name is None or BACKGROUND not in run.level(name).source.columns:
        return {}
    sides = [f"predicted_{side}" for side in SIDES]
    table = run.level(name).table(["id", "example", "predicted", BACKGROUND, *sides])
    table = table.loc[table[BACKGROUND] >= WRONG, :].sort_values([BACKGROUND, "id"], ascending=[False, True])
    found: dict[str, list[dict[str, Any]]] = {}
    for one in table.to_dict("records"):
        if chosen is None or one["id"] in chosen:
            corners = {side: float(one[f"predicted_{side}"]) for side in SIDES}
            says = {"id": one["id"], "label": one["predicted"], "confidence": float(one[BACKGROUND])}
            found.setdefault(str(one["example"]), []).append({**says, **corners})
    return found


def _predicted(run: Run, parts: Container[str]) -> dict[str, list[dict[str, Any]]]:
    """Image -> its predicted boxes, the surest first; parts: ids of the rows of the set."""
    if LEVEL not in run.levels:
        return {}
    sides = [f"predicted_{side}" for side in SIDES]
    table = run.level(LEVEL).table(["id", "example", "predicted", "confidence", *sides])
    is_shown = (table["confidence"] >= WRONG) | table["id"].isin([id for id in table["id"] if id in parts])
    table = table.loc[is_shown & table["predicted"].notna(), :]
    found: dict[str, list[dict[str, Any]]] = {}
    for one in table.sort_values(["confidence", "id"], ascending=[False, True]).to_dict("records"):
        corners = {side: float(one[f"predicted_{side}"]) for side in SIDES}
        says = {"id": one["id"], "label": one["predicted"], "confidence": float(one["confidence"])}
        found.setdefault(str(one["example"]), []).append({**says, **corners, "in_set": one["id"] in parts})
    return found


def _images(examples: pd.DataFrame, run: Run, level: str) -> pd.DataFrame:
    """The images that a set of boxes is of, in the order of the set."""
    own = examples_of(examples, run, level)
    table = run.table().drop(columns=["row"], errors="ignore").set_index("id", drop=False)
    found = table.loc[own["id"].tolist(), :].reset_index(drop=True)
    return found.assign(weight=own["weight"].tolist(), **{MARKED: own["parts"].tolist()})


def _marked(image: str, boxes: Sequence[dict[str, Any]], parts: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for box in boxes:
        id = f"{image}#g{box['number']}"
        row = parts.get(id, {})
        label = row.get("label")
        is_own = isinstance(label, str) and label and label != row.get("label_before")
        own = {"label": label} if is_own else {}
        found.append({**box, **own, "id": id, "in_set": bool(row), "weight": float(row.get("weight", 1.0))})
    return found
