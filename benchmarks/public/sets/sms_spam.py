"""SMS spam: 5,574 messages, 2 classes, 13% spam."""

from pathlib import Path

import pandas as pd

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._texts import text_set

N_CLASSES = 2


def sms_spam(data: Path) -> LabelledSet:
    """Reads text/sms_spam/sms_spam.csv.gz."""
    rows = pd.read_csv(data / "text/sms_spam/sms_spam.csv.gz")
    return text_set(rows["text"].tolist(), rows["label"].to_numpy())
