"""Columns of probabilities that are named by a class and what all of them share, in any language: `Anteil Hund`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa

ROWS = 1_000
"""Rows whose probabilities are added up."""
TOLERANCE = 0.02
"""How far from 1 the probabilities of most rows may sum."""
WORDS = frozenset(
    (
        *("p", "prob", "probs", "proba", "probability", "probabilities", "likelihood", "score", "scores", "conf"),
        *("confidence", "softmax", "pred", "predicted", "prediction", "predictions", "wahrscheinlichkeit"),
        *("konfidenz", "anteil", "vorhersage", "prognose"),
    )
)
"""Words that say that a column holds what a model made of a class."""


def affixed(table: pa.Table, labels: Collection[str], *, is_guess: bool = False) -> dict[str, str]:
    """Class -> column, such as `p(cat)` and `p(dog)`; {} where there are none, or several such sets.

    labels: those that occur, as text; each needs a column. The columns hold numbers from 0 to 1 that sum to 1 in most
    rows; one that is of no label is that of a class which does not occur. Where the labels are numbers, the columns are
    of these alone and named with a word of WORDS: the features topic_0 and topic_1 sum to 1 too. is_guess: a user will
    confirm it, and any columns that sum to 1 do.
    """
    if len(labels) < 2:
        return {}
    names = [name for name in table.column_names if holds_shares(table[name])]
    surest = max(labels, key=len)
    sets = []
    for before, after in dict.fromkeys(around for name in names for around in _around(name, surest)):
        found = _between(names, before, after)
        if not found.keys() >= set(labels) or not _sum_to_one(table, list(found.values())):
            continue
        if is_guess or not _are_numbers(labels) or (found.keys() == set(labels) and _says_so(before, after)):
            sets.append(found)
    return sets[0] if len(sets) == 1 else {}


def holds_shares(column: pa.ChunkedArray) -> bool:
    """Whether it holds numbers between 0 and 1, and not 0 and 1 alone, as the columns of a label do."""
    if not pa.types.is_floating(column.type):
        return False
    values = column.drop_null().to_numpy()
    values = values[~np.isnan(values)]
    return bool(len(values) and values.min() >= 0 and values.max() <= 1 and np.any((values > 0) & (values < 1)))


def _are_numbers(labels: Collection[str]) -> bool:
    return all(re.fullmatch(r"[+-]?\d+(\.\d+)?", label) for label in labels)


def _says_so(before: str, after: str) -> bool:
    """Whether what surrounds the class in the name of a column has a word of a probability, as in `probOf0`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", f"{before} {after}").casefold()
    return not WORDS.isdisjoint(re.findall(r"[^\W\d_]+", apart))


def _around(name: str, label: str) -> Iterator[tuple[str, str]]:
    """What stands before and behind a label in a name, wherever it occurs; nothing where the name is the label."""
    at = name.find(label)
    while at >= 0 and name != label:
        yield name[:at], name[at + len(label) :]
        at = name.find(label, at + 1)


def _between(names: list[str], before: str, after: str) -> dict[str, str]:
    least = len(before) + len(after)
    fit = (name for name in names if name.startswith(before) and name.endswith(after) and len(name) > least)
    return {name[len(before) : len(name) - len(after)]: name for name in fit}


def _sum_to_one(table: pa.Table, columns: list[str]) -> bool:
    """Whether most of the first rows that have every probability do; others, such as the training part, have none."""
    probs = np.stack([table[name].to_numpy() for name in columns], axis=1)  # (N, K)
    sums = probs[np.isfinite(probs).all(axis=1)][:ROWS].sum(axis=1, dtype=np.float64)
    return bool(len(sums) and abs(np.median(sums) - 1) <= TOLERANCE)
