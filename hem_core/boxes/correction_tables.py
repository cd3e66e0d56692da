"""What became of corrections as a table, a row each."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from hem_core.boxes.columns import SIDES
from hem_core.boxes.corrections import Change


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
