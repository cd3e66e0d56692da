"""Phoneme: is a vowel nasal or oral? 5,404 rows, 2 classes."""

from pathlib import Path

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._tables import read, table_set

N_CLASSES = 2


def phoneme(data: Path) -> LabelledSet:
    """Reads tabular/phoneme.csv.gz."""
    rows = read(data, "phoneme")
    return table_set(rows.drop(columns="label"), rows["label"].to_numpy())
