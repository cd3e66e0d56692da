"""What can be said of rows: their values, words, and numbers in steps, prepared once to compare any group fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from hem_core.slices.attributes import QUANTILES, Attribute

MOST_STEPS = 2_048
"""Numbers with more different values are ranked in this many steps of about equal size."""
FEWEST = 5
"""Rows that a value or a word has at least, to be spoken of."""
LEARN_FROM = 200_000
"""Rows that the ends of the steps are learned from; all rows are then placed."""
Clauses = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Values:
    """Parts of the rows that exclude each other: the values of a column, or the pairs of given and predicted."""

    kind: str
    """'value', 'pair' or 'tag'."""
    columns: tuple[str, ...]
    """What it reads; the first is what it is about."""
    codes: np.ndarray
    """(N,) the part of each row, -1 for none."""
    clauses: Sequence[Clauses]
    """For each part the clauses of a rule that picks it (see store/rules.py)."""
    names: Sequence[tuple[Any, ...]]
    """For each part its value, or the given and the predicted one."""
    is_of_model: bool = False
    """Whether it says what the model made of the rows, not what they are."""

    @cached_property
    def totals(self) -> np.ndarray:
        """How many rows each part has."""
        return tally(self.codes, len(self.clauses))


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers as steps in ascending order."""

    column: str
    steps: np.ndarray
    """(N,) uint16: the step of each row, `count` where the number is missing."""
    lows: np.ndarray
    """(count,) the smallest value in each step, which is in the data."""
    highs: np.ndarray
    """(count,) the largest one."""
    is_of_model: bool = False
    of_text: str = ""
    """The text column whose words it counts; "" for a column of numbers."""

    @property
    def count(self) -> int:
        return len(self.lows)

    @cached_property
    def totals(self) -> np.ndarray:
        """How many rows are in each step; last, how many have no number."""
        return tally(self.steps, self.count + 1)

    def clause(self, first: int, last: int) -> dict[str, Any]:
        """The clause of a rule that picks the steps `first` to `last`."""
        ends = {}
        if first > 0:
            ends["min"] = _short_between(self.highs[first - 1], self.lows[first])
        if last < self.count - 1:
            ends["max"] = -_short_between(-self.lows[last + 1], -self.highs[last])
        return {"column": self.of_text, "words": ends} if self.of_text else {"column": self.column, **ends}


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a text column, each with the rows that have it."""

    column: str
    words: Sequence[str]
    starts: np.ndarray
    """(W + 1,) where the rows of each word begin."""
    rows: np.ndarray
    """(M,) int32: the rows with the first word, with the second, …, each row once for a word."""


@dataclass(frozen=True, eq=False)
class Traits:
    """All that is known of N rows, as `contrast` reads it."""

    n: int
    values: Sequence[Values] = ()
    numbers: Sequence[Numbers] = ()
    words: Sequence[Words] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    """Column -> what it is called in the name of a cluster, where that is not the column's own name."""

    def title(self, column: str) -> str:
        """What a column is called in the name of a cluster."""
        return self.titles.get(column, column)


def tally(codes: np.ndarray, length: int) -> np.ndarray:
    """(length,) how often each code from 0 on occurs; negative codes are none."""
    if codes.dtype.kind == "u":
        return np.bincount(codes, minlength=length)
    return np.bincount(codes.astype(np.int64) + 1, minlength=length + 1)[1:]


def values_of_attribute(attribute: Attribute, kind: str = "value", *, is_of_model: bool = False) -> Values:
    """The values of a column as `attributes` finds them."""
    names = [_value(clause, words) for clause, words in zip(attribute.clauses, attribute.words, strict=True)]
    clauses = [[clause] for clause in attribute.clauses]
    return Values(kind, (attribute.column,), small(attribute.codes), clauses, names, is_of_model)


def pairs(given: Attribute, predicted: Attribute) -> Values | None:
    """Confusions: each pair of a given value and another predicted one. None where there is none."""
    names = [[clause["in"][0] for clause in one.clauses] for one in (given, predicted)]
    place = {name: number for number, name in enumerate(names[0])}
    same = np.array([place.get(name, -1) for name in names[1]] + [-1])
    is_pair = (given.codes >= 0) & (predicted.codes >= 0) & (same[predicted.codes] != given.codes)
    width = len(names[1])
    both = np.where(is_pair, given.codes.astype(np.int64) * width + predicted.codes, -1)
    found, count = np.unique(both[is_pair], return_counts=True)
    kept = found[count >= FEWEST]
    if not len(kept):
        return None
    at = np.searchsorted(kept, both)
    at[at == len(kept)] = 0
    codes = np.where(is_pair & (kept[at] == both), at, -1)
    sides = [divmod(int(one), width) for one in kept]
    clauses = [[given.clauses[a], predicted.clauses[b]] for a, b in sides]
    words = [(names[0][a], names[1][b]) for a, b in sides]
    return Values("pair", (given.column, predicted.column), small(codes), clauses, words, is_of_model=True)


def numbers(
    column: str, values: np.ndarray | pd.Series, *, is_of_model: bool = False, of_text: str = ""
) -> Numbers | None:
    """A column of numbers, (N,), in steps: each value its own where there are few, else about `MOST_STEPS` of equal
    size. None where all are equal or missing; infinities are the largest and the smallest."""
    known = np.asarray(pd.Series(values).to_numpy(np.float64, na_value=np.nan))
    real = known[~np.isnan(known)]
    if not len(real) or real.min() == real.max():
        return None
    drawn = np.sort(real if len(real) <= LEARN_FROM else _drawn(real))
    cuts = drawn[np.append(True, drawn[1:] != drawn[:-1])]
    if len(cuts) > MOST_STEPS:
        cuts = np.unique(drawn[np.arange(1, MOST_STEPS) * len(drawn) // MOST_STEPS])
    places = np.searchsorted(cuts, known)  # (N,) step k: above cuts[k - 1], up to cuts[k]
    places[np.isnan(known)] = len(cuts) + 1
    used = np.flatnonzero(np.bincount(places, minlength=len(cuts) + 2)[: len(cuts) + 1])
    renamed = np.full(len(cuts) + 2, len(used))
    renamed[used] = np.arange(len(used))
    steps = renamed[places].astype(np.uint16)
    filled = np.where(np.isnan(known), 0, known)
    lows, highs = np.full(len(used) + 1, np.inf), np.full(len(used) + 1, -np.inf)
    np.minimum.at(lows, steps, filled)
    np.maximum.at(highs, steps, filled)
    return Numbers(column, steps, lows[:-1], highs[:-1], is_of_model, of_text)


def quantile_steps(numbers: Numbers, counts: np.ndarray) -> np.ndarray:
    """Where the bins of `attributes` end: ascending steps, the last one of each bin, for counts (L,) of the steps."""
    share = np.cumsum(counts) / max(1, counts.sum())
    ends = np.searchsorted(share, np.array(QUANTILES) - 1e-9)
    return np.unique(np.append(np.minimum(ends, numbers.count - 1), numbers.count - 1))


def small(codes: np.ndarray) -> np.ndarray:
    """Codes in the smallest type that holds them: a million rows of forty columns stay in memory."""
    most = int(codes.max(initial=0))
    return codes.astype(np.int8 if most < 127 else np.int16 if most < 32_767 else np.int32)


def _short_between(below: float, top: float) -> float:
    """The number with the fewest digits above `below` and up to `top`: what people read, and the same rows whether the
    column is in single or double precision."""
    for digits in range(1, 18):
        short = float(f"{top:.{digits}g}")
        if below < short <= top:
            return short
    return float(top)


def _drawn(values: np.ndarray) -> np.ndarray:
    return values[np.random.default_rng(0).integers(0, len(values), LEARN_FROM)]


def _value(clause: Mapping[str, Any], words: str) -> tuple[Any, ...]:
    """The value that a clause picks; for a group of clusters, which lists many, its own name."""
    values = clause["in"]
    return (values[0],) if len(values) == 1 else (words.removeprefix("cluster "),)
