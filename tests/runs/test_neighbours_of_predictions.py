"""Whether neighbours count for a run of predictions is tested by these predictions, not by a linear head's."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

import hem_core

N, K = 400, 4


def world(seed=0):
    """Given labels, which are wrong, embeddings that a linear head reads better than neighbours, poor predictions."""
    chance = np.random.default_rng(seed)
    right = np.arange(N) % K
    is_wrong = np.arange(N) % 10 == 3
    labels = np.where(is_wrong, (right + 1) % K, right)
    embeddings = np.c_[2 * np.eye(K)[right], chance.normal(0, 1, (N, 60))]
    logits = np.eye(K)[right] + chance.normal(0, 1.5, (N, K))
    return labels, is_wrong, embeddings, logits


def test_neighbours_count_that_know_more_than_the_predictions(tmp_path):
    labels, is_wrong, embeddings, logits = world()
    frame = pd.DataFrame({"id": np.arange(N).astype(str), "label": labels, "logits": list(logits)})
    frame["embedding"] = list(embeddings)
    given = {"labels_are": "indices", "classes": list("abcd"), "has_map": False, "has_probes": False}
    run = hem_core.score(None, frame, out=tmp_path / "run", sample="out-of-sample", **given)
    assert "neighbour disagreement" in run.info["headline"]["difficulty"]
    table = run.table().sort_values("index")
    found = {name: average_precision_score(is_wrong, table[name]) for name in ("loss", "difficulty", "label_suspicion")}
    assert found["difficulty"] > found["loss"], found
    assert found["label_suspicion"] > found["loss"], found
