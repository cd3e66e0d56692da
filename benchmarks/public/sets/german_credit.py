"""German credit: is a borrower a bad risk? 1,000 rows, 2 classes."""

from pathlib import Path

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._tables import read, table_set

N_CLASSES = 2


def german_credit(data: Path) -> LabelledSet:
    """Reads tabular/german_credit.csv.gz."""
    rows = read(data, "german_credit")
    return table_set(rows.drop(columns="bad_credit"), rows["bad_credit"].to_numpy())
