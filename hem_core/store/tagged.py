"""A table with the tags of its examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hem_core.store.verdicts import VERDICTS

if TYPE_CHECKING:
    import pandas as pd


def with_tags(table: pd.DataFrame, tag_state: pd.DataFrame) -> pd.DataFrame:
    """Add the tags to a table and apply the corrected labels.

    table: one row an example with `id`, and `label` where there is one; tag_state: TagLog.state().
    Returns a new table, rows and index as they were, with the columns `verdict` ("" for none), `tags` (all
    of them, sorted, joined by ", ") and `reviewer` (who tagged it last). Where someone tagged it "mislabelled"
    with a new label, `label` is the new one; `label_before` is the given one, for every example.
    """
    import pandas as pd

    verdicts: dict[str, str] = {}
    tags: dict[str, list[str]] = {}
    reviewers: dict[str, str] = {}
    fixed: dict[str, str] = {}
    # In the order of the log, not by `at`: clocks of several machines differ, and one may be set back.
    columns = [tag_state[name].tolist() for name in ("id", "tag", "value", "who")]
    for id, tag, value, who in zip(*columns, strict=True):
        tags.setdefault(id, []).append(tag)
        reviewers[id] = who
        if tag in VERDICTS:
            verdicts[id] = tag
        if tag == "mislabelled" and value:
            fixed[id] = value
    ids: list[str] = table["id"].tolist()
    tag_columns: dict[str, list[str | None]] = {
        "verdict": [verdicts.get(id, "") for id in ids],
        "tags": [", ".join(sorted(tags.get(id, ()))) for id in ids],
        "reviewer": [reviewers.get(id, "") for id in ids],
    }
    if "label" in table.columns:
        before = table["label"].astype("object").where(table["label"].notna(), None).tolist()
        tag_columns["label_before"] = before
        tag_columns["label"] = [fixed.get(id, label) for id, label in zip(ids, before, strict=True)]
    added = {name: pd.Series(values, index=table.index, dtype="str") for name, values in tag_columns.items()}
    return table.assign(**added)
