"""Mammography: which spots are microcalcifications? 11,183 rows, 2 classes, 2.3% of one."""

from pathlib import Path

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._tables import read, table_set

N_CLASSES = 2


def mammography(data: Path) -> LabelledSet:
    """Reads tabular/mammography.csv.gz."""
    rows = read(data, "mammography")
    return table_set(rows.drop(columns="positive"), rows["positive"].to_numpy())
