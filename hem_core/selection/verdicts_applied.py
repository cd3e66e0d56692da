"""From chosen examples and people's verdicts to the rows of a set, with a reason for each that is left out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hem_core.splits import part_of

EXCLUSIONS: Mapping[str, str] = {
    "mislabelled": "label called wrong, no new label given",
    "removed": "a box where a reviewer sees no object",
    "outlier": "called an outlier",
    "duplicate": "called a duplicate",
    "skip": "skipped by the reviewer",
}
"""Verdicts that exclude an example from a set by default, and the reason in words."""
HELD_OUT: Mapping[str, str] = {
    "test": "in the test split, which is never trained on",
    "validation": "in the validation split, which is never trained on",
}
"""Parts of the column `split` that exclude an example from a set by default, and the reason in words."""
WORDS: Mapping[str, str] = {**EXCLUSIONS, **HELD_OUT}


@dataclass(frozen=True, eq=False)
class Curated:
    """A set's rows and what was left out; together they are the rows that were chosen."""

    examples: pd.DataFrame
    """The rows that stay, columns as they were."""
    excluded: pd.DataFrame
    """`id` and `why`, a key of WORDS."""
    ruled_out: dict[str, int]
    """Each key of EXCLUSIONS -> how many of the chosen have it, left out or not."""


def curate(
    tagged: pd.DataFrame, *, leave_out: Collection[str] = tuple(EXCLUSIONS), has_held_out: bool = False
) -> Curated:
    """Leave out the examples that people ruled out, and the held-out ones.

    tagged: the chosen examples with `id`, `verdict` ("" for none), `label` (corrected), `label_before`, and where the
    data have it `split`. leave_out: verdicts (keys of EXCLUSIONS) that exclude; 'mislabelled' excludes only without a
    new label. has_held_out: examples whose split is test or validation stay.
    Raises ValueError for a verdict that cannot exclude.
    """
    for tag in leave_out:
        if tag not in EXCLUSIONS:
            raise ValueError(f"'{tag}' leaves nothing out; there are: {', '.join(EXCLUSIONS)}")
    why = why_not(tagged, leave_out=leave_out, has_held_out=has_held_out)
    is_out = why != ""
    excluded = pd.DataFrame({"id": tagged["id"], "why": why}).loc[is_out, :]
    verdict = _excluding_verdict(tagged)[~why.isin(list(HELD_OUT))]
    return Curated(
        tagged.loc[~is_out, :].reset_index(drop=True),
        excluded.reset_index(drop=True),
        {tag: int(np.count_nonzero(verdict == tag)) for tag in EXCLUSIONS},
    )


def why_not(
    table: pd.DataFrame, *, leave_out: Collection[str] = tuple(EXCLUSIONS), has_held_out: bool = False
) -> pd.Series:
    """The one rule by which a verdict or a split keeps examples out of sets.

    table and the options: as for `curate`; `verdict`, `split` and the labels may be missing.
    Returns (N,) text: a key of WORDS, "" for the rows that may stay; the split goes before the verdict.
    """
    verdict = _excluding_verdict(table)
    why = pd.Series(verdict.where(verdict.isin(list(leave_out)), ""))
    if has_held_out:
        return why
    part = held_out(table)
    return part.where(part != "", why)


def _excluding_verdict(table: pd.DataFrame) -> pd.Series:
    """The verdict of each row where it is a key of EXCLUSIONS, otherwise ""; a corrected label is no reason."""
    if "verdict" not in table.columns:
        return pd.Series("", index=table.index, dtype="object")
    verdict = pd.Series(table["verdict"], dtype="object")
    is_mended = (verdict == "mislabelled") & is_corrected(table)
    return verdict.where(verdict.isin(list(EXCLUSIONS)) & ~is_mended, "")


def held_out(table: pd.DataFrame) -> pd.Series:
    """The part, a key of HELD_OUT, that keeps each row out by its `split`; "" for all others. (N,) text."""
    part = pd.Series("", index=table.index, dtype="object")
    if "split" not in table.columns:
        return part
    split = table["split"].astype("object").where(table["split"].notna(), "").tolist()
    parts = {value: part_of(value) for value in set(map(str, split))}
    kept_out = [part if (part := parts[str(value)]) in HELD_OUT else "" for value in split]
    return pd.Series(kept_out, index=table.index, dtype="object")


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
