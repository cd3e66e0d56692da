"""Probabilities or logits of tags that were made elsewhere: a column for each tag, or one column of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.class_columns import LISTS, OF_A_MODEL, PREFIXES, by_label, of_prefix
from hem_core.errors import DataError
from hem_core.tag_sets import TagSet
from hem_core.tasks._multilabel_noise import log_odds
from hem_core.tasks._prediction_column import numbers_in

IN_WORDS = "columns prob_<tag> or logit_<tag>, one for each tag, or a list column probs or logits"
ENOUGH = 64
"""So many logits are not all in 0 .. 1 by chance."""


def columns_of(names: Sequence[str], facts: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """What the columns of predictions hold, and tag -> column in the order of the tags' names; None without any.

    Of several prefixes the one with the most columns counts. In a file of predictions alone, columns without a prefix
    are the probabilities of the tags that they are named as.
    """
    found = {prefix: of_prefix(names, prefix) for prefix in PREFIXES}
    most = max(found, key=lambda prefix: len(found[prefix]))
    if found[most]:
        return PREFIXES[most], dict(sorted(found[most].items()))
    own = [name for name in facts.get("prediction_columns") or () if name not in OF_A_MODEL]
    return ("probs", {name: name for name in sorted(own)}) if own else None


def tags_of(columns: dict[str, str], sets: Sequence[TagSet | None], facts: Mapping[str, Any]) -> tuple[list[str], str]:
    """The tags that the columns of predictions are of, and a note on those that no label has; "" without any."""
    there = {name for each in sets if each is not None for name in (*each.given, *each.unknown)}
    found = by_label(columns, there)
    more = [f"{column} ({name})" for name, column in found.items() if name not in {*there, *facts.get("tags", ())}]
    note = f"No label has the tag of these columns of predictions: {', '.join(more[:8])}." if more else ""
    return list(found), note


def check_named(found: Sequence[str], classes: Sequence[str] | None) -> None:
    """Raise DataError where classes are named and columns of predictions lack one, or are of another. Order is free."""
    if classes is None or set(found) == set(classes):
        return
    lacking, more = ([name for name in one if name not in other] for one, other in ((classes, found), (found, classes)))
    words = [f"have no column for {', '.join(lacking[:8])}"] if lacking else []
    words += [f"have columns for {', '.join(more[:8])}, which --classes lacks"] if more else []
    raise DataError(f"the predictions {' and '.join(words)}; they go by name, so --classes can be omitted")


def logits_in(catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
    """The logits (N, K) float32 in the columns of a catalog, or in its list column `logits` or `probs`; None without.

    NaN where there is none. Raises DataError for probabilities outside 0 .. 1, logits that all lie in it, and lists of
    unequal length.
    """
    found = columns_of(catalog.column_names, facts)
    if found is not None:
        holds, columns = found
        parts = [numbers_in(catalog, name) for name in columns.values()]
        return _logits(np.stack(parts, axis=1), holds, "columns " + ", ".join(list(columns.values())[:3]))
    return _listed(catalog)


def _listed(catalog: pa.Table) -> np.ndarray | None:
    """The logits in the list column `logits` or `probs`; None without one."""
    name = next((each for each in LISTS if each in catalog.column_names), None)
    if name is None:
        return None
    rows = catalog[name].to_pylist()
    width = max((len(row) for row in rows if row is not None), default=0)
    wrong = next((len(row) for row in rows if row is not None and len(row) != width), None)
    if wrong is not None:
        raise DataError(f"'{name}' has rows of {wrong} and of {width} numbers; expected one for each tag")
    values = [[np.nan] * width if row is None else row for row in rows]
    return _logits(np.array(values, np.float64).reshape(len(rows), width), name, f"'{name}'")


def _logits(values: np.ndarray, holds: str, what: str) -> np.ndarray:
    known = values[~np.isnan(values)]
    if holds == "logits":
        if known.size >= ENOUGH and known.min() >= 0 and known.max() <= 1:
            raise DataError(
                f"all {known.size:,} numbers of {what} lie in 0 .. 1: they are probabilities; name such columns "
                "prob_<tag>, or probs where they are lists"
            )
        return values.astype(np.float32)
    if known.size and (known.min() < 0 or known.max() > 1):
        odd = known[(known < 0) | (known > 1)][0]
        raise DataError(f"{what} hold {odd:.4g}, which is no probability; name columns of logits logit_<tag> or logits")
    return log_odds(values).astype(np.float32)
