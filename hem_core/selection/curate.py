"""From chosen examples and people's verdicts to the rows of a set, and why the rest stays out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

EXCLUSIONS: Mapping[str, str] = {
    "mislabelled": "label called wrong, no new label given",
    "outlier": "called an outlier",
    "duplicate": "called a duplicate",
    "skip": "skipped by the reviewer",
}
"""Verdicts that keep an example out of a set unless asked otherwise, and the words for it."""


@dataclass(frozen=True, eq=False)
class Curated:
    """A set's rows and what was left out."""

    examples: pd.DataFrame
    """The table's columns, `label` corrected where a person gave a new one, and `given_label`, `verdict`."""
    excluded: pd.DataFrame
    """`id` and `why`, a key of EXCLUSIONS."""


def curate(
    table: pd.DataFrame, verdicts: pd.DataFrame, *, leave_out: Collection[str] = tuple(EXCLUSIONS)
) -> Curated:
    """Apply verdicts to chosen examples: correct labels, leave out what people ruled out.

    table: the chosen examples with `id` and `label`. verdicts: at most one row an example, `id`, `tag`
    and `value` (a new label where tag is 'mislabelled', else empty).
    leave_out: verdicts (keys of EXCLUSIONS) that exclude; 'mislabelled' excludes only without a new label.
    Raises ValueError for a verdict that cannot exclude.
    """
    for tag in leave_out:
        if tag not in EXCLUSIONS:
            raise ValueError(f"'{tag}' leaves nothing out; there are: {', '.join(EXCLUSIONS)}")
    found = verdicts.drop_duplicates("id").set_index("id").reindex(table["id"])
    tags = found["tag"].astype("object").set_axis(table.index)
    new = found["value"].astype("object").set_axis(table.index)
    is_corrected = (tags == "mislabelled") & new.notna() & (new != "")
    is_out = tags.isin(list(leave_out)) & ~is_corrected
    examples = table.assign(
        label=table["label"].astype("object").where(~is_corrected, new),
        given_label=table["label"],
        verdict=tags.where(tags.notna(), None),
    )
    excluded = pd.DataFrame({"id": table["id"], "why": tags})
    return Curated(
        examples.loc[~is_out, :].reset_index(drop=True), excluded.loc[is_out, :].reset_index(drop=True)
    )


def composition(examples: pd.DataFrame, whole: pd.DataFrame, classes: Collection[str]) -> pd.DataFrame:
    """How the classes of a set compare with those of the whole data set.

    Returns one row a class: `label`, `n` and `share` in the set, `n_whole` and `share_whole`
    (shares in 0 .. 1, of the labelled rows; 0 where there are none), in the order of classes.
    """
    counts = pd.DataFrame(index=pd.Index(list(classes), name="label"))
    for name, rows in (("", examples), ("_whole", whole)):
        n = rows["label"].value_counts().reindex(counts.index, fill_value=0).astype(int)
        counts[f"n{name}"] = n
        counts[f"share{name}"] = n / max(1, n.sum())
    return counts.reset_index()
