"""Corrections and what became of them as tables, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from hem_core.boxes.columns import SIDES
from hem_core.boxes.corrections import Change, Correction
from hem_core.errors import DataError


def changes_table(changes: Sequence[Change]) -> pa.Table:
    """One row a change: image, box, action, before_* and after_* (label, left … bottom), who, when, refused."""
    rows = []
    for change in changes:
        order = change.correction
        row = {"image": order.image, "box": change.box, "action": order.action}
        for name, label, xyxy in (
            ("before", change.before_label, change.before_xyxy),
            ("after", order.label, order.xyxy),
        ):
            row[f"{name}_label"] = label
            row |= {f"{name}_{side}": value for side, value in zip(SIDES, xyxy or [None] * 4, strict=True)}
        rows.append(row | {"who": order.who, "when": order.when, "refused": change.refused})
    kinds = {name: pa.float64() for when in ("before", "after") for name in (f"{when}_{side}" for side in SIDES)}
    names = ("image", "box", "action", "before_label", "after_label", "who", "when", "refused")
    order = list(rows[0]) if rows else [*names, *kinds]
    return pa.Table.from_pylist(rows, pa.schema([(name, kinds.get(name, pa.string())) for name in order]))


def corrections_of(table: pa.Table) -> list[Correction]:
    """Corrections of a table: image, action, box, left, top, right, bottom, label, who, when; all but two may be null.

    Raises DataError without the columns image and action.
    """
    missing = [name for name in ("image", "action") if name not in table.column_names]
    if missing:
        raise DataError(f"corrections need the columns image and action; there is no '{missing[0]}'")
    return [_correction(row) for row in table.to_pylist()]


def _correction(row: dict[str, Any]) -> Correction:
    corners = [row.get(side) for side in SIDES]
    left, top, right, bottom = (float("nan") if value is None else float(value) for value in corners)
    xyxy = None if all(value is None for value in corners) else (left, top, right, bottom)
    who, when = str(row.get("who") or ""), str(row.get("when") or "")
    return Correction(row["image"], row["action"], row.get("box"), xyxy, row.get("label"), who, when)
