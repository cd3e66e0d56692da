"""Wine quality as three classes: up to 5, 6, from 7 on; 6,497 rows."""

from pathlib import Path

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._tables import read, table_set

N_CLASSES = 3


def wine_quality(data: Path) -> LabelledSet:
    """Reads tabular/wine_quality.csv.gz."""
    rows = read(data, "wine_quality")
    return table_set(rows.drop(columns="quality"), rows["quality"].clip(5, 7).to_numpy())
