"""Names for the clusters of the embedding: what sets each apart from the rest, by the statements of `contrast`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from hem_core.slices.contrast import contrast
from hem_core.slices.statement import Statement, cluster_in_words
from hem_core.slices.traits import Traits, Values, tally

MOST_ROWS = 40_000
"""Rows, drawn at random, by which clusters are named."""
MOSTLY = 0.6
"""The share of a cluster from which one class names it."""
BETWEEN = 0.75
"""The share of a cluster from which two classes do."""
OFTEN_CONFUSED = 0.2
"""The share of a cluster from which a confusion is a part of its name."""
MOST_WORDS = 2
TYPICAL = 2.0
"""How many times as frequent a word is at least, at the near end of its interval, to name a cluster."""
MOST_APART = 3


@dataclass(frozen=True)
class Described:
    """A cluster in words."""

    name: str
    """What it is, in a few words."""
    apart: tuple[str, ...] = ()
    """The columns that set it apart the most, a sentence each, without those that say its class."""


_KEPT: WeakKeyDictionary[Traits, dict[str, Described]] = WeakKeyDictionary()


def cluster_names(traits: Traits) -> dict[str, str]:
    """The names of all clusters, see `described_clusters`."""
    return {cluster: one.name for cluster, one in described_clusters(traits).items()}


def described_clusters(traits: Traits) -> dict[str, Described]:
    """What each cluster is: its classes, its confusion, its words, or what else sets it apart; made once for the same
    traits.

    Clusters are as the column names them, "3.12", or their groups, "group 3". No two have the same name. One that
    nothing sets apart has none and is left out; {} where the traits have no column `cluster`.
    """
    found = _KEPT.get(traits)
    if found is None:
        found = _KEPT[traits] = _told_apart(_described_all(traits))
    return found


def _described_all(traits: Traits, seed: int = 0) -> dict[str, Described]:
    rows = np.arange(traits.n)
    if traits.n > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(traits.n, MOST_ROWS, replace=False))
    telling = replace(traits, values=[one for one in traits.values if _tells(one)],
                      numbers=[one for one in traits.numbers if not one.is_of_model])  # fmt: skip
    found = {}
    for values in traits.values:
        if values.columns == ("cluster",):
            for code, (name,) in enumerate(values.names):
                is_in = values.codes[rows] == code
                found[str(name)] = _described(telling, rows[is_in], rows[~is_in])
    return {name: one for name, one in found.items() if one.name}


def _told_apart(found: dict[str, Described]) -> dict[str, Described]:
    """Names that several clusters would have get the number of the cluster behind them: "8 (0.18)"."""
    often = Counter(cluster_in_words(cluster, one.name) for cluster, one in found.items())
    return {
        cluster: replace(one, name=f"{one.name} ({cluster.removeprefix('group ')})")
        if often[cluster_in_words(cluster, one.name)] > 1
        else one
        for cluster, one in found.items()
    }


def _tells(values: Values) -> bool:
    return values.columns != ("cluster",) and (values.kind == "pair" or not values.is_of_model)


def _described(traits: Traits, group: np.ndarray, others: np.ndarray) -> Described:
    statements = [
        one for one in contrast(traits, group, others).statements if one.kind in ("shift", "range") or one.ratio > 1
    ]
    given = next((one for one in traits.values if one.columns[0] in ("label", "given") and one.kind == "value"), None)
    classes = _classes(given, group) if given is not None else ()
    parts = [" and ".join(classes)] if classes else []
    parts += _confusion(statements, classes)
    words = [f"“{one.names[0]}”" for one in statements if one.kind == "word" and one.low >= TYPICAL][:MOST_WORDS]
    parts += [", ".join(words)] if words else []
    of_columns = [one for one in statements if one.kind not in ("pair", "word") and one.columns[0] not in SAID]
    parts += [one.subject(traits.title) for one in of_columns[: max(0, 2 - len(parts))]]
    return Described(", ".join(parts), tuple(one.sentence(traits.title) for one in of_columns[:MOST_APART]))


SAID = ("label", "given")
"""Columns that the classes speak of already."""


def _classes(given: Values, group: np.ndarray) -> tuple[str, ...]:
    """The class that most of a cluster has, or two; () where it is of many."""
    if not len(group):
        return ()
    count = tally(given.codes[group], len(given.names)) / len(group)
    first, *rest = np.argsort(-count, kind="stable")[:2].tolist()
    names = ["nothing given" if name is None else str(name) for (name,) in given.names]
    if count[first] >= MOSTLY:
        return (names[first],)
    return (names[first], names[rest[0]]) if rest and count[first] + count[rest[0]] >= BETWEEN else ()


def _confusion(statements: list[Statement], classes: tuple[str, ...]) -> list[str]:
    pair = next((one for one in statements if one.kind == "pair" and one.share >= OFTEN_CONFUSED), None)
    if pair is None:
        return []
    given, predicted = ("nothing" if name is None else name for name in pair.names)
    return [f"taken for {predicted}" if classes == (given,) else f"{given} taken for {predicted}"]


def with_names(text: str, names: Mapping[str, str]) -> str:
    """A slice's description with the names of its clusters: "cluster is 2.71" as "cluster spam, “free”"."""
    import re

    def named(match: re.Match[str]) -> str:
        cluster = match[1] if match[1] else f"group {match[2]}"
        return cluster_in_words(cluster, names[cluster]) if cluster in names else match[0]

    return re.sub(r"cluster is (\d+\.\d+)|cluster group (\d+)", named, text)
