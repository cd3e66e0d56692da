"""Suspected label errors of images, within strata of how many boxes they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app import loaders, widgets
from app.views.detection.view import go_to
from hem_core.boxes.buckets import STRATA
from hem_core.stats.wilson import wilson
from hem_core.store import definitions
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from app.views.detection.view import View

HELP = (
    "Images with more boxes have more chances of an error in one of them, so images are compared only within strata of "
    "their number of given boxes, and no figure is pooled across strata. An image is suspect when a box in it is a "
    "suspected label error. Tick a stratum to explore its images."
)


def draw(view: View) -> None:
    """One row a stratum; a tick leads to its images."""
    images = loaders.level(view.run, EXAMPLES)
    found = table(view)
    if found is None:
        return
    st.markdown("**Suspected label errors of images** · by the number of given boxes", help=HELP)
    number = st.column_config.NumberColumn
    row = widgets.ticked_row(
        found.drop(columns=["low", "high"]),
        "detection_strata",
        most_in_full=12,
        column_config={
            "boxes": st.column_config.TextColumn("given boxes"),
            "images": number("images", format="localized"),
            "suspect": number("suspect images", format="localized"),
            "share": number("suspect, %", format="%.1f"),
            "interval": st.column_config.TextColumn("95% interval", help="Wilson interval, %."),
            "suspect_boxes": number("suspect boxes", format="localized"),
            "per_100": number("suspect per 100 boxes", help="Of given and predicted boxes.", format="%.1f"),
            "reviewed": number("reviewed images", help="With a verdict of their own.", format="localized"),
        },
    )
    if row is not None:
        low, high = found["low"].iloc[row], found["high"].iloc[row]
        go_to(images, {"all": [{"column": "n_given", "min": int(low), "max": None if pd.isna(high) else int(high)}]})


def table(view: View) -> pd.DataFrame | None:
    """The strata that have images; None for a run whose images have no number of boxes, or no reasons."""
    images = loaders.level(view.run, EXAMPLES)
    known, boxes = loaders.columns(images, ("id", "n_given")), loaders.columns(view.boxes, ("example", "reason"))
    if "n_given" not in known or "reason" not in boxes:
        return None
    of_image = boxes.assign(suspect=boxes["reason"].isin(definitions.SUSPECTED["in"])).groupby("example")["suspect"]
    totals = of_image.agg(["sum", "size"]).reindex(known["id"]).fillna(0).to_numpy()
    suspect = totals[:, 0] > 0
    reviewed = known["id"].isin(loaders.reviewed(images).tolist()).to_numpy()
    rows = []
    for low, high in STRATA:
        inside = (known["n_given"] >= low).to_numpy() & (
            known["n_given"] <= (np.inf if high is None else high)
        ).to_numpy()
        n, hits, (n_suspect, n_boxes) = int(inside.sum()), int((inside & suspect).sum()), totals[inside].sum(axis=0)
        if not n:
            continue
        (start,), (end,) = wilson([hits], [n])
        name = f"{low}+" if high is None else f"{low}" if low == high else f"{low} – {high}"
        rows.append(
            {"boxes": name, "images": n, "suspect": hits, "share": 100 * hits / n,
             "interval": f"{100 * start:.1f} – {100 * end:.1f}", "suspect_boxes": int(n_suspect),
             "per_100": 100 * n_suspect / n_boxes if n_boxes else np.nan, "reviewed": int((inside & reviewed).sum()),
             "low": low, "high": high}
        )  # fmt: skip
    return pd.DataFrame(rows)
