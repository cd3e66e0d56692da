"""From chosen examples and people's verdicts to the rows of a set, and why the rest stays out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
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
    """A set's rows and what was left out; together they are the rows that were chosen."""

    examples: pd.DataFrame
    """The rows that stay, columns as they were."""
    excluded: pd.DataFrame
    """`id` and `why`, a key of EXCLUSIONS."""
    ruled_out: dict[str, int]
    """Each key of EXCLUSIONS -> how many of the chosen have it, left out or not."""


def curate(tagged: pd.DataFrame, *, leave_out: Collection[str] = tuple(EXCLUSIONS)) -> Curated:
    """Leave out what people ruled out.

    tagged: the chosen examples with `id`, `verdict` ("" for none), `label` (corrected) and `label_before`.
    leave_out: verdicts (keys of EXCLUSIONS) that exclude; 'mislabelled' excludes only without a new label.
    Raises ValueError for a verdict that cannot exclude.
    """
    for tag in leave_out:
        if tag not in EXCLUSIONS:
            raise ValueError(f"'{tag}' leaves nothing out; there are: {', '.join(EXCLUSIONS)}")
    verdict = tagged["verdict"].astype("object")
    why = verdict.where(verdict.isin(list(EXCLUSIONS)) & ~is_corrected(tagged), "")
    is_out = why.isin(list(leave_out))
    excluded = pd.DataFrame({"id": tagged["id"], "why": why}).loc[is_out, :]
    return Curated(
        tagged.loc[~is_out, :].reset_index(drop=True),
        excluded.reset_index(drop=True),
        {tag: int(np.count_nonzero(why == tag)) for tag in EXCLUSIONS},
    )


def is_corrected(tagged: pd.DataFrame) -> pd.Series:
    """Which rows have a label that a person put in place of the given one, (N,) bool."""
    if not {"label", "label_before"} <= set(tagged.columns):
        return pd.Series(False, index=tagged.index)
    label, before = tagged.loc[:, "label"], tagged.loc[:, "label_before"]
    return label.notna() & (label.astype("object") != before.astype("object"))


def composition(examples: pd.DataFrame, whole: pd.DataFrame, classes: Collection[str]) -> pd.DataFrame:
    """How the classes of a set compare with those of the whole data set, both with a column `label`.

    Returns one row a class: `label`, `n` and `share` in the set, `n_whole` and `share_whole`
    (shares in 0 .. 1, of the labelled rows; 0 where there are none), in the order of classes.
    """
    counts = pd.DataFrame(index=pd.Index(list(classes), name="label"))
    for name, rows in (("", examples), ("_whole", whole)):
        n = rows["label"].value_counts().reindex(counts.index, fill_value=0).astype(int)
        counts[f"n{name}"] = n
        counts[f"share{name}"] = n / max(1, n.sum())
    return counts.reset_index()
