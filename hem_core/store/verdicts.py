"""The verdicts that a person can give on one example, and what each means for its given label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """One verdict. Verdicts exclude each other: a new one replaces the old one on the same example."""

    name: str
    """Its name in the tag log."""
    words: str
    """Its title in the app."""
    meaning: str
    label: Literal["right", "wrong", "open"]
    """What the verdict means for the given label."""
    key: str
    """The key that gives it in the app; "" for one that is read and offered by no task, or only by tasks that correct
    parts, which have keys of their own."""


ALL = (
    Verdict("right", "right", "the label is right, and there is nothing special about the example", "right", "1"),
    Verdict("hard", "hard, keep", "the label is right, and the example is hard: keep it", "right", "2"),
    Verdict("mislabelled", "label wrong", "the label is wrong; the right one can be named", "wrong", "3"),
    Verdict("ambiguous", "ambiguous", "more than one label can be right", "right", "4"),
    Verdict("outlier", "outlier", "it does not belong in this data", "open", "5"),
    Verdict("duplicate", "duplicate", "it is the same as another example", "right", "6"),
    Verdict("skip", "skipped", "looked at, without an opinion", "open", "7"),
    Verdict("moved", "box corrected", "the object has another box, and perhaps another class", "wrong", ""),
    Verdict("added", "object added", "an object that nothing was given for", "wrong", ""),
    Verdict("removed", "nothing here", "there is no object where one is given", "wrong", ""),
    Verdict("take predicted", "predicted box taken", "the object is where the prediction has it", "wrong", ""),
    Verdict("easy", "easy", "the label is right, and the example is easy", "right", ""),
)
VERDICTS = tuple(verdict.name for verdict in ALL)
RIGHT = tuple(verdict.name for verdict in ALL if verdict.label == "right")
"""Verdicts that confirm the given label."""
WITHOUT_OPINION = "skip"
"""The verdict of somebody who looked and has no opinion."""
WRONG = tuple(verdict.name for verdict in ALL if verdict.label == "wrong")
"""Verdicts that reject the given label."""


def in_state(state: pd.DataFrame) -> pd.DataFrame:
    """The verdicts among the tags of a log, one a judged row: id -> tag, value, who, at, n. state: TagLog.state."""
    return state.loc[state["tag"].isin(VERDICTS), :].set_index("id")


def reviews(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Of some verdicts with the column `n` (see `in_state`) those that were given to single rows.

    A verdict on many at once, by a lasso or a filter, is no review of each.
    """
    return verdicts.loc[verdicts["n"] == 1, :]
