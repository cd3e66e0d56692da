"""What is tested of two groups of rows: the counts of each value, word and range, and the shift of each number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hem_core.slices.strength import strength_of_shift
from hem_core.slices.traits import FEWEST, Numbers, Traits, Values, Words, quantile_steps, tally
from hem_core.stats.log_odds import log_odds
from hem_core.stats.rank_shift import rank_shift

LEAST_SHIFT = 0.56
"""A number is spoken of where the probability that a row of the group is higher (or lower) than one of the others is at
least this, with 95% confidence."""
CERTAIN_WORD = 1.96
"""The z of the log-odds with a prior from which a word is spoken of."""
FEWEST_NUMBERS = 8
"""Known numbers on either side without which a number is not compared."""
MOSTLY_KNOWN = 0.95
"""The share of known numbers on either side from which ranges are compared."""


@dataclass(frozen=True, eq=False)
class Sides:
    """The two groups: row numbers, of n rows in all."""

    group: np.ndarray
    others: np.ndarray
    n: int

    def counts(self, codes: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How often each code occurs in the group, and among the others. totals: how often it does in all rows."""
        length = len(totals)
        if len(self.group) + len(self.others) < self.n:
            return tally(codes[self.group], length), tally(codes[self.others], length)
        is_smaller = len(self.group) <= len(self.others)
        one = tally(codes[self.group if is_smaller else self.others], length)
        return (one, totals - one) if is_smaller else (totals - one, one)

    @cached_property
    def of_row(self) -> np.ndarray:
        """(n,) 1 in the group, 2 among the others, 0 elsewhere."""
        found = np.zeros(self.n, np.int8)
        found[self.group], found[self.others] = 1, 2
        return found


@dataclass(frozen=True, eq=False)
class Subject:
    """C things that are tested of one column; all arrays (C,)."""

    inside: np.ndarray
    """How many rows of the group have it."""
    outside: np.ndarray
    p: np.ndarray
    """Its own p-value; NaN: that of the counts."""
    strength: np.ndarray
    """The same of its strength; 0 = not spoken of."""
    describe: Callable[[int], dict[str, Any]]
    """The fields of the statement on one of them: kind, columns, names, clauses and so on."""
    is_number: bool = False
    """Of a number: the first is its shift, the others are ranges."""


def subjects(traits: Traits, sides: Sides, skipped: frozenset[str]) -> Iterator[Subject]:
    """Everything to test, but for the columns that are skipped."""
    for values in traits.values:
        if not skipped & set(values.columns):
            yield _of_values(values, sides)
    for numbers in traits.numbers:
        if numbers.column not in skipped and numbers.of_text not in skipped:
            yield from _of_numbers(numbers, sides)
    for words in traits.words:
        if words.column not in skipped and words.words:
            yield _of_words(words, sides)


def _of_values(values: Values, sides: Sides) -> Subject:
    inside, outside = sides.counts(values.codes, values.totals)
    used = np.flatnonzero(inside + outside >= FEWEST)

    def describe(place: int) -> dict[str, Any]:
        names, clauses = values.names[used[place]], values.clauses[used[place]]
        return _about(values.kind, values.columns, names, clauses, is_of_model=values.is_of_model)

    return Subject(inside[used], outside[used], _open(len(used)), _open(len(used)), describe)


def _of_words(words: Words, sides: Sides) -> Subject:
    of_pair = sides.of_row[words.rows]
    inside, outside = (_summed(of_pair == number, words.starts) for number in (1, 2))
    _delta, z = log_odds(inside, outside)
    used = np.flatnonzero(inside + outside >= FEWEST)

    def describe(place: int) -> dict[str, Any]:
        word = words.words[used[place]]
        return _about("word", (words.column,), (word,), [{"column": words.column, "word": word}])

    strength = np.where(np.abs(z[used]) >= CERTAIN_WORD, np.nan, 0.0)
    return Subject(inside[used], outside[used], _open(len(used)), strength, describe)


def _of_numbers(numbers: Numbers, sides: Sides) -> Iterator[Subject]:
    inside, outside = (part[: numbers.count] for part in sides.counts(numbers.steps, numbers.totals))
    if min(inside.sum(), outside.sum()) < FEWEST_NUMBERS:
        return
    below = [np.cumsum(part) / part.sum() for part in (inside, outside)]
    found = rank_shift(inside, outside)
    is_higher = found.higher >= 0.5
    sure = found.low if is_higher else 1 - found.high
    spans = [_cut(numbers, below, is_higher=is_higher)]
    if not numbers.is_of_model and _are_known(inside, outside, sides):  # of a score the shift says enough
        spans += _inner_ranges(numbers, inside + outside)
    first, last = np.array(spans).T
    hits = [np.append(0, np.cumsum(part)) for part in (inside, outside)]
    medians = tuple(_middle(numbers, part) for part in below)

    def describe(place: int) -> dict[str, Any]:
        clause = numbers.clause(*spans[place])
        ends = clause.get("words", clause)
        about = _about(
            "range" if place else "shift",
            (numbers.of_text or numbers.column,),
            (ends.get("min"), ends.get("max")),
            [clause],
            is_of_model=numbers.is_of_model,
        )
        return about if place else {**about, "medians": medians, "higher": (found.higher, found.low, found.high)}

    p, strength = _open(len(spans)), _open(len(spans))
    p[0], strength[0] = found.p, strength_of_shift(sure) if sure >= LEAST_SHIFT else 0.0
    counts = [part[last + 1] - part[first] for part in hits]
    yield Subject(counts[0], counts[1], p, strength, describe, is_number=True)


def _are_known(inside: np.ndarray, outside: np.ndarray, sides: Sides) -> bool:
    """Whether few numbers are missing; else a range would be rarer where more of them are."""
    known = (inside.sum() / len(sides.group), outside.sum() / len(sides.others))
    return min(known) >= MOSTLY_KNOWN


def _cut(numbers: Numbers, below: list[np.ndarray], *, is_higher: bool) -> tuple[int, int]:
    """The steps on the side of the group, from where the two differ most: of cuts that are about as good the one with
    the shortest number."""
    gap = (below[1] - below[0])[:-1] * (1 if is_higher else -1)
    near = np.flatnonzero(gap >= gap.max() - 0.01)
    near = near[np.argsort(-gap[near], kind="stable")][:60]
    spans = [(int(cut) + 1, numbers.count - 1) if is_higher else (0, int(cut)) for cut in near]
    return min(spans, key=lambda span: len(repr(_end(numbers.clause(*span)))))


def _end(clause: dict[str, Any]) -> float:
    ends = clause.get("words", clause)
    return abs(float(ends.get("min", ends.get("max", 0.0))))


def _inner_ranges(numbers: Numbers, counts: np.ndarray) -> list[tuple[int, int]]:
    """The first and last step of each run of neighbouring bins that holds neither the lowest nor the highest values."""
    ends = quantile_steps(numbers, counts)
    first = np.append(0, ends[:-1] + 1)
    inner = range(1, len(ends) - 1)
    return [(int(first[a]), int(ends[b])) for a in inner for b in inner if b >= a]


def _middle(numbers: Numbers, share_up_to: np.ndarray) -> float:
    """The median, from the share of rows up to each step: exact where every value is a step of its own."""
    step = int(np.searchsorted(share_up_to, 0.5 - 1e-12))
    if abs(share_up_to[step] - 0.5) < 1e-12:  # half of them up to here: between this value and the next that occurs
        after = int(np.searchsorted(share_up_to, 0.5 + 1e-12))
        return float(numbers.highs[step] + numbers.lows[after]) / 2
    return float(numbers.lows[step] + numbers.highs[step]) / 2


def _about(kind: str, columns: tuple, names: Any, clauses: Any, *, is_of_model: bool = False) -> dict[str, Any]:
    return {
        "kind": kind,
        "columns": tuple(columns),
        "names": tuple(names),
        "clauses": tuple(clauses),
        "is_of_model": is_of_model,
    }


def _open(length: int) -> np.ndarray:
    return np.full(length, np.nan)


def _summed(hits: np.ndarray, starts: np.ndarray) -> np.ndarray:
    below = np.append(0, np.cumsum(hits))
    return below[starts[1:]] - below[starts[:-1]]
