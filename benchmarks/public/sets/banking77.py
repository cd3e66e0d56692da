"""Banking77: 13,083 questions to a bank, 77 look-alike intents; of it 30 texts of each intent."""

from pathlib import Path

import pandas as pd

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._texts import text_set

N_CLASSES = 77
EACH = 30


def banking77(data: Path) -> LabelledSet:
    """Reads text/banking77/banking77.csv.gz."""
    rows = pd.read_csv(data / "text/banking77/banking77.csv.gz").sample(frac=1, random_state=0)
    rows = rows.groupby("intent").head(EACH)
    return text_set(rows["text"].tolist(), rows["intent"].to_numpy())
