"""Planted wrong tags: who finds them, who calls them wrong, and the examples that have one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _peers import HAS_CLEANLAB
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hem_core import score

SHARE = 0.1
KINDS = ("removed", "added", "both")
NAMES = ("emotions", "scene", "yeast")


def sets(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray, list[str]]]:
    """Name -> features (N, F), tags (N, K) as 0 and 1, and the K names."""
    found = {}
    for name in NAMES:
        frame = pd.read_csv(data / "multilabel" / f"{name}.csv.gz")
        tags = [set(str(text).split("|")) for text in frame["labels"]]
        names = sorted(set().union(*tags))
        given = np.array([[each in own for each in names] for own in tags], float)
        found[name] = frame.drop(columns=["id", "labels"]).to_numpy(float), given, names
    return found


def one(features: np.ndarray, truth: np.ndarray, names: list[str], kind: str, seed: int) -> dict[str, dict[str, float]]:
    """ "tags" and "examples" -> column -> AUPRC of what is wrong; "suspects" -> column -> F1 of tags called wrong."""
    given = planted(truth, kind, np.random.default_rng(seed))
    probs = predicted(features, given, seed)
    is_bad = given != truth
    of_tags, is_suspect, of_examples = scored(given, probs, names)
    own = np.where(given > 0, probs, 1 - probs)
    tags = {"HEM suspicion": of_tags, "self-confidence": 1 - own}
    examples = {"HEM label_suspicion": of_examples, "lowest self-confidence": 1 - own.min(axis=1)}
    examples |= {"mean cross-entropy": -np.log(own.clip(1e-6)).mean(axis=1), "number of tags": given.sum(axis=1)}
    suspects = {"HEM suspect_label": is_suspect, "predicted otherwise": own < 0.5}
    if HAS_CLEANLAB:
        tags |= {"cleanlab per class": cleanlab_per_class(given, probs)}
        examples |= cleanlab(given, probs)
        suspects |= {"cleanlab, issues per class": cleanlab_issues(given, probs)}
    found = {"tags": {name: auprc(is_bad.ravel(), values.ravel()) for name, values in tags.items()}}
    found["examples"] = {name: auprc(is_bad.any(axis=1), values) for name, values in examples.items()}
    found["suspects"] = {name: float(f1_score(is_bad.ravel(), mask.ravel())) for name, mask in suspects.items()}
    found["tags"]["base rate"], found["examples"]["base rate"] = float(is_bad.mean()), float(is_bad.any(axis=1).mean())
    return found


def planted(truth: np.ndarray, kind: str, chance: np.random.Generator) -> np.ndarray:
    """The tags with a tenth of them removed, as many added where they are not, or both."""
    given, n = truth.copy(), round(SHARE * truth.sum())
    for state, names in ((1, ("removed", "both")), (0, ("added", "both"))):
        if kind in names:
            places = np.argwhere(truth == state)
            rows, tags = places[chance.choice(len(places), n, replace=False)].T
            given[rows, tags] = 1 - state
    return given


def predicted(features: np.ndarray, given: np.ndarray, seed: int) -> np.ndarray:
    """(N, K) probabilities of models that had not seen the example: logistic regressions, 5 folds."""
    probs = np.zeros(given.shape)
    for train, test in KFold(5, shuffle=True, random_state=seed).split(features):
        model = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression(C=0.03, max_iter=200)))
        probs[test] = model.fit(features[train], given[train]).predict_proba(features[test])
    return probs


def scored(given: np.ndarray, probs: np.ndarray, names: list[str]) -> tuple[np.ndarray, ...]:
    """`suspicion` (N, K) of every tag, 0 for those that are no row of the level; which of them are suspect (N, K); and
    `label_suspicion` (N,)."""
    frame = pd.DataFrame(probs, columns=[f"prob_{name}" for name in names])
    frame["label"] = [[name for name, has in zip(names, row, strict=True) if has] for row in given]
    frame.insert(0, "id", np.arange(len(frame)).astype(str))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predicted.parquet"
        frame.to_parquet(path)
        run = score(None, path, task="multilabel", sample="out-of-sample", has_map=False, out=Path(folder) / "run")
        tags = run.level("tags").table(["id", "suspicion", "reason"])
        found, is_suspect = np.zeros(given.shape), np.zeros(given.shape, bool)
        rows, places = np.array([[int(part) for part in id.split("#")] for id in tags["id"]]).T
        found[rows, places] = tags["suspicion"]
        is_suspect[rows, places] = tags["reason"] == "suspect_label"
        return found, is_suspect, run.table(["label_suspicion"])["label_suspicion"].to_numpy()


def cleanlab(given: np.ndarray, probs: np.ndarray) -> dict[str, np.ndarray]:
    """Its scores of examples, as suspicion: with its default pooling and with softmin."""
    from cleanlab.internal.multilabel_scorer import MultilabelScorer  # pyright: ignore[reportMissingImports]
    from cleanlab.multilabel_classification import get_label_quality_scores  # pyright: ignore[reportMissingImports]

    lists = [np.flatnonzero(row).tolist() for row in given]
    soft = MultilabelScorer(aggregator=_softmin)(given.astype(int), probs)
    return {"cleanlab": 1 - get_label_quality_scores(lists, probs), "cleanlab softmin": 1 - soft}


def _softmin(values: np.ndarray, temperature: float = 0.1, **_more: object) -> np.ndarray:
    from cleanlab.internal.multilabel_scorer import softmin  # pyright: ignore[reportMissingImports]

    return softmin(values, temperature=temperature, axis=1)


def cleanlab_per_class(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(N, K) its scores of single tags, as suspicion."""
    from cleanlab.internal.multilabel_scorer import MultilabelScorer  # pyright: ignore[reportMissingImports]

    return 1 - MultilabelScorer().get_class_label_quality_scores(given.astype(int), probs)


def cleanlab_issues(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(N, K) bool, the single tags that it returns."""
    from cleanlab.multilabel_classification.filter import (  # pyright: ignore[reportMissingImports]
        find_multilabel_issues_per_class,
    )

    lists = [np.flatnonzero(row).tolist() for row in given]
    return np.asarray(find_multilabel_issues_per_class(lists, probs, n_jobs=1))


def auprc(is_bad: np.ndarray, values: np.ndarray) -> float:
    """Area under the precision-recall curve, 0 .. 1; values: higher = more suspect."""
    return float(average_precision_score(is_bad, values))
