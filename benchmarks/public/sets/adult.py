"""Adult: does a person earn over 50,000 dollars a year? 48,842 rows, 2 classes."""

from pathlib import Path

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._tables import read, table_set

N_CLASSES = 2


def adult(data: Path) -> LabelledSet:
    """Reads tabular/adult.csv.gz."""
    rows = read(data, "adult")
    return table_set(rows.drop(columns=["income", "split"]), rows["income"].to_numpy())
