"""All that can be said of the rows of a level, prepared for `slices.contrast`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from hem_core.media import medium_of
from hem_core.media._fact_words import FACTS
from hem_core.runs.described_by import label_column, model_columns, own_columns
from hem_core.slices.attributes import Attribute, groups_of, values_of
from hem_core.slices.text_words import words_of
from hem_core.slices.traits import FEWEST, Numbers, Traits, Values, Words, numbers, pairs, values_of_attribute
from hem_core.store.level import Level

MOST_VALUES = 2_000
"""Values of a column that are compared, the most frequent ones."""


def level_traits(level: Level) -> Traits:
    """The values, numbers, words and confusions of the rows of a level, in the order of its table.

    One column after the other is read; what is kept takes one to two bytes a row and column.
    """
    label, kinds = label_column(level), level.columns()
    of_rows = [name for name in (label, "cluster", "split", *own_columns(level)) if name in kinds]
    of_model = [name for name in model_columns(level) if name in kinds]
    values: list[Values] = []
    ranked: list[Numbers] = []
    attributes: dict[str, Attribute] = {}
    for name in dict.fromkeys([*of_rows, *of_model]):
        is_of_model = name not in of_rows
        if kinds[name] == "number":
            made = numbers(name, _read(level, name), is_of_model=is_of_model)
            ranked += [made] if made is not None else []
        elif kinds[name] != "text":
            found = _attributes(name, _read(level, name))
            attributes |= {one.column: one for one in found[:1]}
            values += [values_of_attribute(one, is_of_model=is_of_model) for one in found]
    sides = [attributes.get(name or "") for name in (label, "predicted")]
    confused = pairs(sides[0], sides[1]) if sides[0] is not None and sides[1] is not None else None
    values += [confused] if confused is not None else []
    words, lengths = _texts(level)
    titles = {name: title for name, (title, *_) in FACTS.items() if level.source.columns.get(name) == "scores"}
    return Traits(level.n, values, [*ranked, *lengths], words, titles)


def tag_values(level: Level, tags: pd.DataFrame | None) -> list[Values]:
    """What people said of the rows: for each tag of the log's state (id, tag) which rows have it."""
    found = []
    for name in sorted(set(tags["tag"])) if tags is not None else ():
        clause = {"tag": [name]}
        rows = level.rows({"all": [clause]}, tags=tags)
        if len(rows) >= FEWEST:
            codes = np.full(level.n, -1, np.int8)
            codes[rows] = 0
            found.append(Values("tag", ("tag",), codes, [[clause]], [(name,)]))
    return found


def _read(level: Level, name: str) -> pd.Series:
    return pd.Series(level.table([name])[name])


def _attributes(name: str, column: pd.Series) -> list[Attribute]:
    made = values_of(name, column, FEWEST, MOST_VALUES)
    if made is None:
        return []
    groups = groups_of(made) if name == "cluster" else None
    return [made] if groups is None else [made, groups]


def _texts(level: Level) -> tuple[list[Words], list[Numbers]]:
    """The words of the column that shows the rows as texts, and how many there are."""
    medium = medium_of(level.info)
    names = medium.columns if level.is_examples and medium.look == "words" else ("text",)
    words, lengths = [], []
    for name in names:
        if level.columns().get(name) not in ("text", "category") or name not in level.source.columns:
            continue
        found, n_words = words_of(name, level.texts(name).cast(pa.large_string()).combine_chunks())
        made = numbers(f"words in {name}", n_words, of_text=name)
        words.append(found)
        lengths += [made] if made is not None else []
    return words, lengths
