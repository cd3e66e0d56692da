"""Miss rate and precision by the bucket of any attribute of a box or of its image; each bar leads to its boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from app import loaders, widgets, words
from app.views.detection import figures, settings
from app.wire import columns
from hem_core.boxes.buckets import Bucket, buckets, rates
from hem_core.boxes.error_types import RIGHT
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from app.views.detection.view import View

CLASS = "class"
FIRST = ("size", "crowding", "aspect", "border_px", "brightness", "blur", "size_px")
NOT_DESCRIBING = {
    "id", "row", "example", "label", "given", "predicted", "error", "is_correct", "loss", "difficulty",
    "label_suspicion", "reason", "reason_prob", "evidence", "cluster", "x", "y",
    *(f"given_{side}" for side in ("left", "top", "right", "bottom")),
}  # fmt: skip
"""Columns of a box that say how it was judged, or where it is."""
OF_IMAGE = "image: "
HELP = (
    "Miss rate: share of the given boxes that are not found. Precision: share of the predictions that are right. Lines "
    "are 95% Wilson intervals, the dashed line is the overall rate. A prediction without a row of its own has the "
    "attributes of the given box that it is about. Click a bar to explore what is missed, or false, in it."
)


def draw(view: View) -> None:
    """The choice of the attribute, and the two figures."""
    choices = names(view)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Miss rate and precision** by", help=HELP, width="content")
        chosen = st.selectbox(
            "Attribute",
            choices,
            label_visibility="collapsed",
            width=280,
            format_func=lambda name: _title(view, name),
            key=settings.key("attribute", settings.one("attribute", choices)),
            on_change=settings.changed("attribute", next(iter(choices), None)),
        )
    if chosen is None:
        return
    found, bucket = buckets(values(view, chosen), counts=chosen == "crowding")
    if not found:
        st.caption(f"No box has a value of {words.plain(_title(view, chosen))}.")
        return
    own = np.where(view.judged.row >= 0, bucket[view.judged.row], -1)
    table = rates(view.judged, own, len(found)).assign(name=[one.name for one in found])
    counts = view.judged.counts
    for kind, whole in (("miss", 1 - counts.recall), ("precision", counts.precision)):
        place = _figure(view, table, kind, whole, chosen)
        if place is not None:
            _explore(view, own == place, kind, _clause(chosen, found[place]))


def names(view: View) -> list[str]:
    """The attributes that there are: of the boxes, the class, then those of their images."""
    boxes = view.boxes
    hidden = NOT_DESCRIBING | set(boxes.judged)
    own = [name for name, kind in boxes.columns().items() if kind != "text" and name not in hidden]
    images = loaders.level(view.run, EXAMPLES)
    theirs = [
        name
        for name, kind in images.columns().items()
        if kind != "text" and images.source.columns.get(name) == "catalog" and name not in (*NOT_DESCRIBING, *own)
    ]
    ordered = [*(name for name in FIRST if name in own), CLASS, *(name for name in own if name not in FIRST)]
    return [*ordered, *(OF_IMAGE + name for name in theirs)]


def values(view: View, name: str) -> pd.Series:
    """The attribute of each row of the level of boxes, (R,)."""
    if name == CLASS:
        table = loaders.columns(view.boxes, ("given", "predicted"))
        return pd.Series(table["given"]).where(table["given"].notna(), table["predicted"])
    if not name.startswith(OF_IMAGE):
        return pd.Series(loaders.columns(view.boxes, (name,))[name])
    column = name.removeprefix(OF_IMAGE)
    images = loaders.columns(loaders.level(view.run, EXAMPLES), ("id", column))
    of_image = pd.Series(images[column].to_numpy(), index=images["id"].tolist())
    return of_image.reindex(loaders.columns(view.boxes, ("example",))["example"].tolist()).reset_index(drop=True)


def _figure(view: View, table: pd.DataFrame, kind: str, whole: float, name: str) -> int | None:
    bar = widgets.clicked(figures.rates(table, kind, whole), f"{view.run}-{kind}-{name}", key=f"attribute_{kind}")
    return None if bar is None else int(bar["point_index"])


def _explore(view: View, inside: np.ndarray, kind: str, clause: dict[str, Any] | None) -> None:
    judged = view.judged
    wrong = judged.is_missed if kind == "miss" else judged.is_false
    which = "label" if kind == "miss" else "predicted"
    rule = [{"not": {"column": "type", "in": [RIGHT]}}, {"not": {"column": which, "in": [None]}}]
    rules = ([[clause, *rule], [clause, *rule, *view.sure()]]) if clause else []
    view.explore(inside & wrong, *rules)


def _clause(name: str, bucket: Bucket) -> dict[str, Any] | None:
    """The bucket as a clause on the level of boxes; None for what is no column of it."""
    if name == CLASS or name.startswith(OF_IMAGE):
        return None
    if bucket.values is not None:
        return {"column": name, "in": [one.item() if isinstance(one, np.generic) else one for one in bucket.values]}
    return {"column": name, "min": bucket.low, "max": bucket.high}


def _title(view: View, name: str) -> str:
    if name == CLASS or name.startswith(OF_IMAGE):
        return name
    return columns.words_of(name, view.boxes)[0]
