"""clinc: questions that belong to no intent, which are real outliers, and flips between look-alike intents."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from _hem import numbers, shipped
from _measures import auprc, base_rate, table
from _paired import count
from _peers import NOTE, peers
from _store import Store
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

DOMAINS = ("banking", "credit_cards", "travel", "kitchen_and_dining")
EACH, OUT, FLIPPED = 50, 120, 0.05
"""Texts of an intent, texts of none, share of wrong labels."""
KINDS = {"flip": "flip to the intent most alike", "outlier": "out of scope"}


def texts(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """One table: rows are scores, columns the two kinds."""
    each = 20 if quick else EACH
    found = [store.get(f"texts-{seed}", lambda s=seed: one(data, s, each)) for seed in seeds]
    names = list(found[0]["flip"])
    rows = {name: {said: [f[kind][name] for f in found] for kind, said in KINDS.items()} for name in names}
    facts = [{**f["accuracy"], **f["reasons"]} for f in found]
    return "\n\n".join([
        f"clinc, {len(DOMAINS)} domains of 15 intents with {each} texts each, {FLIPPED:.0%} of their labels flipped to "
        f"the intent of the domain that is most alike, {OUT} texts of no intent labelled by chance; TF-IDF and "
        f"logistic regression through a train function, so no dynamics; {count(seeds)}; AUPRC, the best of each "
        f"column in bold. {NOTE}",
        table("score", rows, best="column"),
        "The run, and its reasons: how many of each kind are called what they are, and how often that word is right:",
        table("figure", {name: {"mean": [fact[name] for fact in facts if name in fact]} for name in facts[0]}, best=""),
    ])  # fmt: skip


def one(data: Path, seed: int, each: int) -> dict:
    """Kind -> score -> AUPRC of one planting and its folds."""
    rows, kind, classes = planted(data, seed, each)
    labels = np.array([classes.index(label) for label in rows["label"]], np.int64)
    run = shipped(rows, labels, classes, train, seed)
    columns = numbers(run.table) | peers(run.method_inputs)
    result: dict = {
        each: {"base rate": base_rate(kind, each)} | {name: auprc(kind, each, v) for name, v in columns.items()}
        for each in KINDS
    }
    accuracy = {f"accuracy, {way}": value for way, value in run.facts().items()}
    own = {f"on HEM's probes: {key}": run.info["reasons"][key] for key in OWN if run.info["reasons"][key] is not None}
    return result | {"accuracy": accuracy, "reasons": named(run.table["reason"].to_numpy(), kind, WORDS) | own}


OWN = ("macro_f1", "balanced_accuracy", "ece", "auroc")
WORDS = {"flip": "mislabelled", "outlier": "outlier"}


def named(reason: np.ndarray, kind: np.ndarray, words: dict[str, str]) -> dict[str, float]:
    """Recall and precision of the word for each kind; reason and kind (N,) strings."""
    found = {}
    for each, word in words.items():
        said, true = reason == word, kind == each
        found[f"{each}: called {word}"] = float(said[true].mean())
        found[f"{word}: is {each}"] = float(true[said].mean()) if said.any() else 0.0
    return found


def planted(data: Path, seed: int, each: int) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Columns id, text, label of the rows; the kind of each; the intents."""
    chance = np.random.default_rng(seed)
    folder = data / "text/clinc_oos"
    domains = json.loads((folder / "domains.json").read_text())
    domain_of = {intent: domain for domain in DOMAINS for intent in domains[domain]}
    classes, whole = sorted(domain_of), pd.read_csv(folder / "clinc150_full.csv.gz")
    whole = whole.iloc[chance.permutation(len(whole))]
    known = whole[whole["intent"].isin(classes) & (whole["split"] == "train")].groupby("intent").head(each)
    none = whole[whole["is_oos"] == 1].head(OUT)
    labels = known["intent"].to_numpy(object)
    flipped = chance.permutation(len(labels))[: round(FLIPPED * len(labels))]
    alike = most_alike(known, classes, domain_of)
    kind = np.full(len(labels), "regular", dtype=object)
    kind[flipped], labels[flipped] = "flip", [alike[label] for label in labels[flipped]]
    labels = np.concatenate([labels, chance.choice(classes, len(none))])
    kind = np.concatenate([kind, np.full(len(none), "outlier")]).astype(str)
    rows = pd.DataFrame({"text": [*known["text"], *none["text"]], "label": labels.astype(str)})
    order = chance.permutation(len(rows))
    rows = rows.iloc[order].reset_index(drop=True)
    return rows.assign(id=[f"{index:05d}" for index in range(len(rows))]), kind[order], classes


def most_alike(known: pd.DataFrame, classes: list[str], domain_of: dict[str, str]) -> dict[str, str]:
    """Intent -> the one of its domain whose words are most alike, by the cosine of their TF-IDF."""
    texts = [" ".join(known.loc[known["intent"] == name, "text"]) for name in classes]
    words = TfidfVectorizer().fit_transform(texts)
    alike = (words @ words.T).toarray()
    np.fill_diagonal(alike, -1)
    domain = np.array([domain_of[name] for name in classes])
    alike[domain[:, None] != domain] = -1
    return {name: classes[to] for name, to in zip(classes, alike.argmax(axis=1), strict=True)}


def train(dataset: object, seed: int) -> object:
    """TF-IDF of words and pairs of words, and logistic regression."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(C=10, max_iter=100))
    return model.fit(dataset.texts(), np.asarray(dataset.targets))  # pyright: ignore[reportAttributeAccessIssue]
