"""Tables through boosted trees: flips in adult, and in mammography, where one class is rare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from _hem import numbers, shipped
from _measures import auprc, base_rate, table
from _paired import count
from _peers import NOTE, peers
from _store import Store
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from hem_core.dynamics import boosting

SIZE = {"adult": 5000, "mammography": 5000}
COMMON, RARE = "flip, of the common class", "flip, of the rare class"


def tables(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table a data set: rows are scores, columns the two sorts of flips."""
    parts = []
    for name, size in SIZE.items():
        n = 2000 if quick else size
        found = [store.get(f"tables-{name}-{s}", lambda d=name, s=s, n=n: one(data, d, n, s)) for s in seeds]
        cells = list(found[0]["auprc"])
        rows = {
            score: {cell: [each["auprc"][cell][score] for each in found] for cell in cells}
            for score in found[0]["auprc"][cells[0]]
        }
        facts = {key: np.mean([each["facts"][key] for each in found]) for key in found[0]["facts"]}
        parts += [
            f"{name}, {n:,} rows, {facts.pop('rare'):.1%} of the rare class before flips; {count(seeds)}; boosted "
            "trees of 50 rounds, recorded; " + ", ".join(f"{key} {value:.3f}" for key, value in facts.items()) + ". "
            f"AUPRC of flips, the best of each column in bold. {NOTE}",
            table("score", rows, best="column"),
        ]  # fmt: skip
    return "\n\n".join(parts)


def one(data: Path, name: str, n: int, seed: int) -> dict:
    """AUPRC of the flips of each class and of all, and what was said of the rare class."""
    rows, labels, kind, classes, share = planted(data, name, n, seed)
    features = [str(column) for column in rows if column not in ("id", "label")]
    run = shipped(rows, labels, classes, train, seed, columns={"feature_columns": features})
    in_class = {"difficulty_in_class": run.table["difficulty_in_class"].to_numpy(float)}
    columns = numbers(run.table) | in_class | peers(run.method_inputs)
    flips = np.where(kind == "regular", "regular", "flip")
    found = {"all flips": {"base rate": base_rate(flips, "flip")}}
    found["all flips"] |= {score: auprc(flips, "flip", values) for score, values in columns.items()}
    for each in (COMMON, RARE):
        found[each] = {"base rate": base_rate(kind, each)}
        found[each] |= {score: auprc(kind, each, values) for score, values in columns.items()}
    hardest = run.table["difficulty"].to_numpy() > 95
    facts = {"rare": share} | {f"accuracy {way}": value for way, value in run.facts().items()}
    facts["share of rows labelled as rare"] = float((labels == 1).mean())
    facts["among the hardest 5%"] = float((labels[hardest] == 1).mean())
    return {"auprc": found, "facts": facts}


def planted(data: Path, name: str, n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, list[str], float]:
    """The rows, their labels (1 = the rare class), the kind of each, class names, and the share of the rare class.

    adult: 10% of all labels are flipped. mammography: 20% of the rare class and 1% of the other.
    """
    chance, whole = np.random.default_rng(seed), pd.read_csv(data / "tabular" / f"{name}.csv.gz")
    whole = whole.iloc[chance.permutation(len(whole))[:n]].reset_index(drop=True)
    target, rare = {"adult": ("income", ">50K"), "mammography": ("positive", 1)}[name]
    drawn = np.array([str(value).strip() == str(rare) for value in whole[target]], dtype=np.int64)
    shares = (0.1, 0.1) if name == "adult" else (0.01, 0.2)
    labels, kind = drawn.copy(), np.full(n, "regular", dtype=object)
    for each, (share, word) in enumerate(zip(shares, (COMMON, RARE), strict=True)):
        rows = chance.permutation(np.flatnonzero(drawn == each))
        rows = rows[: round(share * len(rows))]
        labels[rows], kind[rows] = 1 - each, word
    classes = ["common", "rare"]
    rows = whole.drop(columns=[target, "split"], errors="ignore")
    rows = rows.assign(id=[f"{row:05d}" for row in range(n)], label=[classes[label] for label in labels])
    return rows, labels, kind.astype(str), classes, float(drawn.mean())


def train(dataset: object, seed: int, recorder: object) -> object:
    """Boosted trees over numbers and categories as they are, each round recorded as an epoch."""
    frame, targets = dataset.frame(), np.asarray(dataset.targets)  # pyright: ignore[reportAttributeAccessIssue]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encode = make_column_transformer(
        (codes, make_column_selector(dtype_exclude="number")), remainder="passthrough"
    )  # fmt: skip
    model = make_pipeline(encode, HistGradientBoostingClassifier(max_iter=50, random_state=seed)).fit(frame, targets)
    boosting.record(model, frame, targets, dataset.ids, recorder)  # pyright: ignore
    return model
