"""Map labels as written to classes, by name or index; labels that can be neither stop the run."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError

INDEX, PADDED = re.compile(r"-?(0|[1-9]\d*)(\.0+)?"), re.compile(r"-?\d+(\.0+)?")
TRUTH = {"false": 0, "true": 1}
MISSING = {"na", "n/a", "nan", "null", "none", "<na>"}
"""Among integers these words mean that there is no label; among names each can be one."""
MOST_WRONG, FEW = 0.05, 3
"""Labels that are not classes count as typing errors up to this share or number; beyond it, the run stops."""
ALMOST_ALL = 1 - MOST_WRONG


def read_labels(
    catalog: pa.Table, facts: Mapping[str, Any], names: Sequence[str], *, choice: str | None = None
) -> Literal["names", "indices"]:
    """Whether labels are the names of the K classes or their indices 0 to K - 1. names: in the order of the outputs.

    facts: the catalog's `labels_are` and `source`. Labels that are exactly the names are names, also where they are
    integers. choice: "names" or "indices" if the user has decided.
    Raises DataError where integers could be names and indices and these are different classes.
    """
    if choice is not None and choice not in ("names", "indices"):
        raise DataError(f"--labels-are expects names or indices; got '{choice}'")
    if choice is not None or facts["labels_are"] == "names":
        return "names" if choice == "names" or choice is None else "indices"
    counts = _counts(catalog)
    by_name, by_index = _Places(names, "names"), _Places(names, "indices")
    n_names, n_indices = (sum(n for label, n in counts.items() if p.of(label) >= 0) for p in (by_name, by_index))
    enough = ALMOST_ALL * counts.total()
    odd = next((label for label in counts if -1 < by_name.of(label) != by_index.of(label) > -1), None)
    are_all_there = {by_name.of(label) for label in counts} - {-1} == set(range(len(names)))
    if odd is not None and are_all_there and n_names >= n_indices:
        return "names"
    if odd is not None and min(n_names, n_indices) >= enough:
        raise DataError(
            f"labels in '{facts['source']}' can be read in two ways: '{odd}' is output {by_name.of(odd)} by its name "
            f"and '{names[by_index.of(odd)]}' by its number; choose with --labels-are names or --labels-are indices"
        )
    return "names" if n_names > n_indices else "indices"


def check_labels(
    catalog: pa.Table, labels_are: Literal["names", "indices"], names: Sequence[str], source: str
) -> list[str]:
    """Notes on labels that fit the K classes. Raises DataError, with both sides, when they do not.

    A few labels that are no class are left to be recorded as failures, unless they show that the labels count from 1
    or are -1 and 1. Missing labels are no part of it; beside indices these are also NA, null and the like.
    """
    counts, places = _counts(catalog), _Places(names, labels_are)
    if labels_are == "indices":
        counts = Counter({label: n for label, n in counts.items() if label.strip().lower() not in MISSING})
    wrong = Counter({label: n for label, n in counts.items() if places.of(label) < 0})
    is_too_many = wrong.total() > max(FEW, MOST_WRONG * counts.total()) or 0 < wrong.total() == counts.total()
    if labels_are == "names":
        if is_too_many:
            raise DataError(_no_names(wrong, counts.total(), names, source))
        return []
    found = {index for label in counts if (index := _index(label, PADDED)) is not None}
    from_one = 0 not in found and len(names) in found
    if is_too_many or from_one or (-1 in found and found <= {-1, 1}):
        raise DataError(_no_indices(wrong, counts.total(), found, names, source))
    if found and 0 not in found:
        ends = f"from {min(found)} to {max(found)}"
        return [f"No label is 0: the labels run {ends}, the outputs from 0 to {len(names) - 1}. Do they count from 0?"]
    return []


def for_training(catalog: pa.Table, facts: Mapping[str, Any], given: Sequence[str] | None) -> dict[str, Any]:
    """The facts with the classes of a model that is still to be trained: as given, as known, or the labels that occur.

    Integers that begin at 0 and leave few gaps are indices; others, such as 1 to 3 or -1 and 1, are names.
    """
    found = dict(facts)
    if given or found.get("classes"):
        return found
    counts = _counts(catalog)
    if found["labels_are"] == "names":
        return found | {"classes": sorted(counts) or None}
    whole = sorted({index for label in counts if (index := _index(label)) is not None})
    if not whole or (whole[0] == 0 and whole[-1] < 2 * len(whole)):
        return found
    return found | {"classes": [str(index) for index in whole], "labels_are": "names"}


def without_empty(facts: Mapping[str, Any], n_classes: int, given: Sequence[str] | None) -> dict[str, Any]:
    """The facts with the class folders that hold no picture left out, where the model's outputs are of the others."""
    empty, classes = facts.get("classes_without_examples") or [], facts.get("classes") or []
    if not empty or given or n_classes != len(classes) - len(empty):
        return dict(facts)
    note = f"They are not classes: the model has {n_classes} outputs, one for each folder that holds pictures."
    left = [name for name in classes if name not in set(empty)]
    return dict(facts) | {"classes": left, "notes": [*facts.get("notes", []), note]}


def count_classes(catalog: pa.Table, facts: Mapping[str, Any], given: Sequence[str] | None) -> int:
    """K for a model that is still to be trained: of the names given or known, else the largest index and 1."""
    names = given or facts.get("classes")
    if names:
        return len(names)
    return max((index for label in _counts(catalog) if (index := _index(label)) is not None), default=-1) + 1


def targets(catalog: pa.Table, facts: Mapping[str, Any], names: Sequence[str]) -> tuple[np.ndarray, dict[int, str]]:
    """Class index of every row, (N,) int64, -1 where the label is bad; and the bad rows with the reason.

    facts: `labels_are`, "names" or "indices", as `read_labels` decided.
    """
    places, labels = _Places(names, facts["labels_are"]), catalog["label"].to_pylist()
    of = {label: places.of(label) for label in set(labels) if label is not None}
    found = np.array([of.get(label, -1) for label in labels], dtype=np.int64)
    wanted = f"0 to {len(names) - 1}" if facts["labels_are"] == "indices" else f"the {len(names)} classes"
    bad = {
        int(index): "no label" if labels[index] is None else f"label '{labels[index]}' is not among {wanted}"
        for index in np.flatnonzero(found < 0)
    }
    return found, bad


def names_of_indices(catalog: pa.Table, n_classes: int) -> list[str]:
    """The names of K classes that nobody named: false and true as they are written, else "0" to "K - 1"."""
    written = {label.strip().lower(): label.strip() for label in _counts(catalog)}
    if n_classes == len(TRUTH) and written and set(written) <= set(TRUTH):
        return [written.get(word, word) for word in TRUTH]
    return [str(index) for index in range(n_classes)]


def class_names(catalog: pa.Table, facts: Mapping[str, Any], n_classes: int, given: Sequence[str] | None) -> list[str]:
    """The K class names in the order of the outputs: the given ones, else the catalog's, else of the indices.

    facts: the catalog's `classes`, `labels_are` and `source`.
    Raises DataError when their number is not K, or when labels are names whose order is not known.
    """
    names = list(given or facts.get("classes") or [])
    if not names and facts["labels_are"] == "indices":
        return names_of_indices(catalog, n_classes)
    if not names:
        raise DataError(
            f"labels in '{facts['source']}' are {described(catalog)}, and the order of the outputs is not known: "
            f"pass --classes in the order of the model's {n_classes} outputs (found {_some(catalog)})"
        )
    if len(names) != n_classes:
        raise DataError(
            f"the model has {n_classes} outputs but there are {len(names)} class names ({', '.join(names[:5])}…); "
            "pass --classes with one name for each output, in their order"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"class names repeat ('{twice}'); each output needs a name of its own")
    return names


def _some(catalog: pa.Table) -> str:
    found = sorted({label for label in catalog["label"].to_pylist() if label is not None})
    return ",".join(found[:5]) + (",…" if len(found) > 5 else "")


def described(catalog: pa.Table) -> str:
    """What kind of text the labels are, for a message."""
    labels = list(_counts(catalog))
    if labels and all(re.fullmatch(r"-?\d+(\.\d+)?", label) for label in labels) and any("." in one for one in labels):
        return "numbers with a fraction"
    if labels and all(label.isascii() and label.isdigit() for label in labels):
        return "numbers with leading zeros, which are read as names"
    return "names"


class _Places:
    """The class of a label as it is written: verbatim, else without the spaces around it, else as a whole number."""

    def __init__(self, names: Sequence[str], labels_are: str) -> None:
        self._n, self._are_indices = len(names), labels_are == "indices"
        self._names = {name: place for place, name in enumerate(names)}
        words = [name.lower() for name in names]
        self._truth = {word: place for place, word in enumerate(words)} if set(words) == set(TRUTH) else {}

    def of(self, label: str) -> int:
        """0 to K - 1, or -1."""
        index = _index(label, PADDED if self._are_indices else INDEX)
        if self._are_indices:
            if label.strip().lower() in self._truth:
                return self._truth[label.strip().lower()]
            return index if index is not None and 0 <= index < self._n else -1
        for written in (label, label.strip(), label.strip().lower() if self._truth else None):
            if written in self._names:
                return self._names[written]
            if written in self._truth:
                return self._truth[written]
        return self._names.get(str(index), -1) if index is not None else -1


def _index(label: str, written: re.Pattern[str] = INDEX) -> int | None:
    text = label.strip()
    if text.lower() in TRUTH:
        return TRUTH[text.lower()]
    return int(text.partition(".")[0]) if written.fullmatch(text) else None


def _counts(catalog: pa.Table) -> Counter[str]:
    return Counter(label for label in catalog["label"].to_pylist() if label is not None)


def _no_names(wrong: Counter[str], n: int, names: Sequence[str], source: str) -> str:
    shown = ", ".join(f"'{label}' ({count:,})" for label, count in wrong.most_common(3))
    more = ", …" if len(wrong) > 3 else ""
    absent = next((label for label in wrong if label.strip().lower() in MISSING), None)
    hint = f"; if '{absent}' means that there is no label, leave the cell empty" if absent is not None else ""
    alike = {unicodedata.normalize("NFKC", name) for name in names}
    twin = next((label for label in wrong if unicodedata.normalize("NFKC", label.strip()) in alike), None)
    if twin is not None:
        hint = f"; {twin!a} differs from a class in how Unicode writes its letters: write both alike{hint}"
    return (
        f"{wrong.total():,} of {n:,} labels in '{source}' are none of the {len(names)} classes "
        f"({_shown(names)}): {shown}{more}; pass --classes as the label column writes them, in the order of the "
        f"outputs, or name another column with --label-column{hint}"
    )


def _no_indices(wrong: Counter[str], n: int, found: set[int], names: Sequence[str], source: str) -> str:
    if not found:
        shown = ", ".join(f"'{label}'" for label, _count in wrong.most_common(3))
        return f"labels in '{source}' are {shown} …, the outputs 0 to {len(names) - 1}; pass --classes with the names"
    last = len(names) - 1
    ordered = [str(index) for index in sorted(found)]
    way = "number the labels from 0"
    if len(found) == len(names):
        listed = ",".join(ordered if len(ordered) < 6 else [*ordered[:2], "…", ordered[-1]])
        way = f"if they name the outputs in this order, pass --classes={listed}; else {way}"
    return (
        f"labels in '{source}' run from {min(found)} to {max(found)}, the model's outputs from 0 to {last} "
        f"({wrong.total():,} of {n:,} rows fit no output); {way}"
    )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
