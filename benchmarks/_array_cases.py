"""Real data with wrong labels planted in them, and out-of-fold predictions, in the arrays that cleanlab takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _box_quality
import _tags
import numpy as np
import pandas as pd
from _box_peers import as_cleanlab
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from tasks import SPOILS
from tasks import sets as number_sets

from hem_core.boxes.spoil import Spoiled, spoil

FLIPPED, SPOILED, ROWS = 0.1, 0.08, 4000


@dataclass(frozen=True, eq=False)
class Case:
    """N examples: labels as given, predictions that did not see them, and which labels are wrong (N,)."""

    name: str
    task: str
    labels: Any
    predictions: Any
    is_wrong: np.ndarray
    embeddings: np.ndarray | None = None


def cases(data: Path, seed: int) -> Iterator[Case]:
    """Every data set with errors planted by a seed."""
    yield from of_classes(data, seed)
    yield from of_tags(data, seed)
    yield from of_numbers(data, seed)
    yield from of_boxes(data, seed)


def of_classes(data: Path, seed: int) -> Iterator[Case]:
    """adult and phoneme through boosted trees, banking77 through TF-IDF; a tenth of the labels is another class."""
    for name, target in (("adult", "income"), ("phoneme", "label")):
        whole = pd.read_csv(data / "tabular" / f"{name}.csv.gz").sample(ROWS, random_state=seed)
        rows = whole.drop(columns=[target, "split", "id"], errors="ignore")
        texts = rows.select_dtypes(exclude="number").columns
        rows[texts] = OrdinalEncoder().fit_transform(rows[texts].astype(str)) if len(texts) else rows[texts]
        features = rows.fillna(-1).to_numpy(float)
        model = HistGradientBoostingClassifier(max_iter=50, random_state=seed)
        yield _flipped(name, whole[target], features, model, StandardScaler().fit_transform(features), seed)
    whole = pd.read_csv(data / "text" / "banking77" / "banking77.csv.gz").sample(ROWS, random_state=seed)
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(whole["text"])
    embedding = TruncatedSVD(64, random_state=seed).fit_transform(vectors)
    yield _flipped("banking77", whole["intent"], vectors, LogisticRegression(C=10, max_iter=300), embedding, seed)


def _flipped(name: str, target: pd.Series, features: Any, model: Any, embedding: np.ndarray, seed: int) -> Case:
    right = pd.factorize(target, sort=True)[0]
    chance, k = np.random.default_rng(seed), int(right.max()) + 1
    is_wrong = np.zeros(len(right), bool)
    is_wrong[chance.choice(len(right), round(FLIPPED * len(right)), replace=False)] = True
    given = np.where(is_wrong, (right + chance.integers(1, k, len(right))) % k, right)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    probs = cross_val_predict(model, features, given, cv=folds, method="predict_proba")
    return Case(name, "classification", given, probs, is_wrong, embedding.astype(np.float32))


def of_tags(data: Path, seed: int) -> Iterator[Case]:
    """emotions, scene and yeast with a tenth of the tags removed and as many added."""
    for name, (features, truth, _names) in _tags.sets(data).items():
        given = _tags.planted(truth, "both", np.random.default_rng(seed))
        lists = [np.flatnonzero(row).tolist() for row in given]
        probs = _tags.predicted(features, given, seed)
        yield Case(name, "multilabel", lists, probs, (given != truth).any(axis=1))


def of_numbers(data: Path, seed: int) -> Iterator[Case]:
    """energy and wine with 8% of the numbers spoiled in one way."""
    for name in ("energy", "wine"):
        features, truth = number_sets(data)[name]
        for kind in ("factor 10", "swapped rows"):
            chance = np.random.default_rng(seed)
            is_wrong = np.zeros(len(truth), bool)
            is_wrong[chance.choice(len(truth), int(SPOILED * len(truth)), replace=False)] = True
            given = truth.copy()
            given[is_wrong] = SPOILS[kind](truth[is_wrong], chance)
            forest = RandomForestRegressor(30, min_samples_leaf=3, random_state=seed)
            predicted = cross_val_predict(forest, features, given, cv=KFold(5, shuffle=True, random_state=seed))
            embedding = StandardScaler().fit_transform(features).astype(np.float32)
            yield Case(f"{name}, {kind}", "regression", given, predicted, is_wrong, embedding)


def of_boxes(data: Path, seed: int) -> Iterator[Case]:
    """BCCD with a simulated detector, 2% of whose boxes are wrong, so that not every image has an error."""
    one = _box_quality.sets(data, 1, seed)["bccd"]
    spoiled = spoil(one.truth, one.size_px, kinds=_box_quality.KINDS["all four"], seed=seed, share=0.02)
    n = len(one.size_px)
    seen = np.flatnonzero(one.predicted.confidence >= 0.05)
    labels, predictions, _order = as_cleanlab(spoiled.given, one.predicted, seen, n, one.n_classes)
    yield Case("bccd", "detection", labels, predictions, _wrong_images(spoiled, n))


def _wrong_images(spoiled: Spoiled, n: int) -> np.ndarray:
    """(N,) bool: whether an error was planted in the image."""
    is_wrong = np.zeros(n, bool)
    is_wrong[spoiled.given.image[spoiled.kind != ""]] = True
    is_wrong[spoiled.removed.image] = True
    return is_wrong
