"""Labels as sets of tags: which separator joins them, which tags there are, and the numbers that stand for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core import tag_sets
from hem_core.errors import DataError, ModelError
from hem_core.tag_sets import TagSet

MOST_BAD = 0.05
"""Share of the labels that may name an unknown tag; of more the names of the classes are wrong."""


@dataclass(frozen=True)
class Form:
    """How the sets of a source are written."""

    glue: str = tag_sets.PLAIN
    """What joins the names where a set is printed: the separator, with the blanks around it."""
    is_marked: bool = True
    """Whether the texts have the marks and escapes of `hem_core.tag_sets`."""
    is_listed: bool = False
    """Whether the texts are lists, as JSON writes them."""

    def read(self, text: str) -> TagSet:
        """The set in one label."""
        if self.is_listed:
            names = tag_sets.listed(text.strip())
            return TagSet(tuple(dict.fromkeys(names))) if names is not None else TagSet((text.strip(),))
        if self.is_marked:
            return tag_sets.split(text, self.glue.strip())
        return tag_sets.split_plainly(text, self.glue.strip())


def form_of(labels: Sequence[str | None], facts: Mapping[str, Any], separator: str | None) -> Form:
    """How these labels write their sets. separator: the user's choice.

    Raises DataError where two separators occur, with both readings.
    """
    if facts.get("tag_sets"):
        return Form()
    texts = [label.strip() for label in labels if label is not None and label.strip()]
    if separator is not None:
        return Form(_glue(texts, separator), is_marked=False)
    if texts and all(tag_sets.listed(text) is not None for text in texts):
        return Form(is_listed=True)
    found = [each for each in tag_sets.SEPARATORS if any(each in text for text in texts)]
    if len(found) > 1:
        raise DataError(_ambiguous(texts, found, facts))
    return Form(_glue(texts, found[0]), is_marked=False) if found else Form(is_marked=False)


def _glue(texts: Sequence[str], separator: str) -> str:
    """The separator with a blank behind it, where most of the texts have one there."""
    count = sum(text.count(separator) for text in texts)
    return f"{separator} " if count and 2 * sum(text.count(f"{separator} ") for text in texts) > count else separator


def _ambiguous(texts: Sequence[str], found: Sequence[str], facts: Mapping[str, Any]) -> str:
    one, other = found[:2]
    text = next((each for each in texts if one in each and other in each), None)
    text = text or next(each for each in texts if other in each)
    readings = [" + ".join(f"'{name}'" for name in tag_sets.split_plainly(text, each).given) for each in (one, other)]
    return (
        f"the labels in '{facts['source']}' can be cut at '{one}' or at '{other}': '{text}' is {readings[0]} or "
        f"{readings[1]}; choose with --separator '{one}' or --separator '{other}'"
    )


def sets_of(labels: Sequence[str | None], facts: Mapping[str, Any], form: Form) -> list[TagSet | None]:
    """The set of each label, None where there is no label; an empty cell of a table of texts is an empty set."""
    is_blank_empty = bool(facts.get("has_blank_labels")) and not form.is_listed
    blank = TagSet() if is_blank_empty else None
    return [blank if label is None else form.read(label) for label in labels]


def names_of(
    sets: Sequence[TagSet | None], facts: Mapping[str, Any], n_outputs: int, named: Sequence[str] | None, source: str
) -> tuple[str, ...]:
    """The K tags in the order of the outputs: those that are named, those of the data, else all that occur, sorted.

    named: by the user or the model; n_outputs: 0 where the model still has to be trained.
    Raises ModelError when there are more or fewer outputs than tags, DataError without a tag.
    """
    there = Counter(name for each in sets if each is not None for name in (*each.given, *each.unknown))
    names = tuple(dict.fromkeys(named or facts.get("tags") or facts.get("classes") or sorted(there)))
    if not names:
        raise DataError(f"no label in '{source}' has a tag; name the column of the tags with --label-column")
    if n_outputs and n_outputs != len(names):
        shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        raise ModelError(
            f"the model has {n_outputs} outputs and there are {len(names)} tags ({shown}); "
            "name the tags in the order of the outputs with --classes"
        )
    return names


def order_in_words(names: Sequence[str]) -> list[str]:
    """A note on outputs that nobody named: they are taken by place."""
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return [f"The outputs have no names and are taken in the order {shown}; name them in theirs with --classes."]


def names_in(facts: Mapping[str, Any], names: Sequence[str]) -> Sequence[str]:
    """The K names that the labels of a source have for these tags: other ones where rows of numbers have their own."""
    own = facts.get("tags") or names
    is_by_place = facts.get("tag_sets") == "rows" and len(own) == len(names) and set(own) != set(names)
    return own if is_by_place else names


def values_of(sets: Sequence[TagSet | None], names: Sequence[str]) -> tuple[np.ndarray, dict[int, str]]:
    """(N, K) float32: 1 yes, 0 no, NaN unknown; and row -> why its label cannot be used, all of such a row is NaN."""
    place = {name: k for k, name in enumerate(names)}
    values, bad = np.zeros((len(sets), len(names)), np.float32), {}
    for row, each in enumerate(sets):
        strange = [name for name in (*each.given, *each.unknown) if name not in place] if each is not None else []
        if each is None or strange:
            bad[row] = f"'{strange[0]}' is none of the tags" if strange else "no label"
            values[row] = np.nan
            continue
        values[row, [place[name] for name in each.unknown]] = np.nan
        values[row, [place[name] for name in each.given]] = 1
    for row in np.flatnonzero(np.isnan(values).all(axis=1)).tolist():
        bad.setdefault(row, "none of its tags is known")
    return values, bad


def check_bad(bad: Mapping[int, str], n: int, names: Sequence[str], source: str, *, are_columns: bool = False) -> None:
    """Raise DataError when over 5% of the labels name an unknown tag. are_columns: columns of predictions name them."""
    strange = [words for words in bad.values() if words.endswith("none of the tags")]
    if len(strange) > max(3, MOST_BAD * n) or (n and len(strange) == n):
        way = "name all tags in the order of the outputs with --classes"
        way = "add a column of predictions for each tag" if are_columns else way
        raise DataError(
            f"{len(strange):,} of {n:,} labels in '{source}' name a tag that is none of {', '.join(names[:8])}: "
            f"{strange[0]}; {way}"
        )


def notes_of(labels: Sequence[str | None], sets: Sequence[TagSet | None], values: np.ndarray, form: Form) -> list[str]:
    """Sentences on what was read otherwise than it may seem."""
    notes = []
    blank = sum(label is None and each is not None for label, each in zip(labels, sets, strict=True))
    if blank:
        notes.append(f"{blank:,} examples have an empty cell as their label, which is read as no tag at all.")
    if not form.is_marked and not form.is_listed and all(len(each.given) < 2 for each in sets if each is not None):
        notes.append("No example has more than one tag.")
    is_row = ~np.isnan(values).all(axis=1)
    unknown = int(np.isnan(values[is_row]).sum())
    if unknown:
        notes.append(
            f"{unknown:,} of {int(is_row.sum()) * values.shape[1]:,} tags are unknown: they count neither as present "
            "nor as absent, and have no loss and no suspicion."
        )
    return notes


def text_of(row: np.ndarray, names: Sequence[str], glue: str) -> str | None:
    """One row of values (K,) as text; None where none of it is known."""
    is_unknown = np.isnan(row)
    if len(row) and is_unknown.all():
        return None
    given = tuple(names[k] for k in np.flatnonzero(row > 0).tolist())
    return tag_sets.joined(TagSet(given, tuple(names[k] for k in np.flatnonzero(is_unknown).tolist())), glue)


def strata_of(values: np.ndarray, least: int) -> np.ndarray:
    """(N,) int64: the set of each row where at least this many have the same, else its rarest tag; -1 = no label.

    A plain substitute for iterative stratification (Sechidis et al. 2011, doi:10.1007/978-3-642-23808-6_10), which
    also begins with the rarest tag: folds get each set, and of rare sets each tag, in equal parts.
    """
    is_known = ~np.isnan(values).all(axis=1) if values.shape[1] else np.zeros(len(values), bool)
    given = values > 0
    counts = given.sum(axis=0)
    rank = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")  # the rarest last
    rarest = np.where(given, rank, -1).max(axis=1, initial=-1)  # -1: no tag
    _sets, number, size = np.unique(given, axis=0, return_inverse=True, return_counts=True)
    number = number.reshape(-1)
    is_common = size[number] >= least if len(values) else np.zeros(0, bool)
    found = np.where(is_common, values.shape[1] + 1 + number, rarest + 1)
    return np.where(is_known, found, -1).astype(np.int64)
