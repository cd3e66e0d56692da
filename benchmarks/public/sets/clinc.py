"""CLINC: questions to an assistant; of its 150 intents the 30 of banking and credit cards, 65 texts of each."""

import json
from pathlib import Path

import pandas as pd

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._texts import text_set

N_CLASSES = 30
DOMAINS, EACH = ("banking", "credit_cards"), 65


def clinc(data: Path) -> LabelledSet:
    """Reads text/clinc_oos."""
    folder = data / "text/clinc_oos"
    domains = json.loads((folder / "domains.json").read_text())
    intents = [intent for domain in DOMAINS for intent in domains[domain]]
    rows = pd.read_csv(folder / "clinc150_full.csv.gz").sample(frac=1, random_state=0)
    rows = rows[rows["intent"].isin(intents)].groupby("intent").head(EACH)
    return text_set(rows["text"].tolist(), rows["intent"].to_numpy())
