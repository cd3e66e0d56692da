"""A list column `embedding` is read for every task, whatever the file is that it stands in."""

import json

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.errors import DataError

N, WIDTH = 24, 3


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(0).normal(size=(N, WIDTH)).round(3)


def table(task, vectors):
    chance = np.random.default_rng(1)
    columns = {"id": [f"r{row}" for row in range(N)]}
    if task == "regression":
        label = chance.normal(size=N).round(3)
        columns |= {"label": label, "prediction": label + 0.1, "x": chance.normal(size=N).round(3)}
    elif task == "multilabel":
        columns |= {"label": ["p|q", "q"] * (N // 2), "prob_p": chance.random(N), "prob_q": chance.random(N)}
    else:
        columns |= {"label": ["p", "q"] * (N // 2), "prob_p": 0.25, "prob_q": 0.75}
    return pd.DataFrame(columns).assign(embedding=vectors.tolist())


def written(frame, path):
    if path.suffix == ".csv":
        frame.assign(embedding=[json.dumps(row) for row in frame["embedding"]]).to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    return path


def scored(data, out, task, **more):
    classes = ["p", "q"] if task == "multilabel" else None
    return hem_core.score(
        None, data, task=task, classes=classes, has_map=False, sample="out-of-sample", out=out, **more
    )


@pytest.mark.parametrize("task", ["regression", "multilabel", "classification"])
@pytest.mark.parametrize("kind", ["a.csv", "a.jsonl", "frame"])
def test_embeddings_in_lists_are_those_of_the_rows(tmp_path, vectors, task, kind):
    frame = table(task, vectors)
    data = frame if kind == "frame" else written(frame, tmp_path / kind)
    run = scored(data, tmp_path / "run", task, name="few")
    np.testing.assert_allclose(run.examples.embeddings(), vectors, atol=1e-3)
    assert "embedding" not in run.columns()
    assert "knn_distance" in run.columns()


def test_embeddings_of_a_file_of_predictions_go_by_id(tmp_path, vectors):
    frame = table("regression", vectors)
    frame.drop(columns=["prediction", "embedding"]).to_csv(tmp_path / "data.csv", index=False)
    shuffled = frame[["id", "prediction", "embedding"]].sample(frac=1, random_state=0)
    beside = written(shuffled, tmp_path / "predicted.csv")
    run = scored(tmp_path / "data.csv", tmp_path / "run", "regression", predictions=beside)
    np.testing.assert_allclose(run.examples.embeddings(), vectors, atol=1e-3)


def test_other_embeddings_are_another_run(tmp_path, vectors):
    frame = table("regression", vectors)
    first = scored(frame, tmp_path / "first", "regression", name="few")
    other = scored(frame.assign(embedding=(2 * vectors).tolist()), tmp_path / "other", "regression", name="few")
    assert first.fingerprint != other.fingerprint
    assert first.info["data"] != other.info["data"] or first.info["model"] != other.info["model"]


def test_a_cell_that_is_no_list_is_named(tmp_path, vectors):
    frame = table("regression", vectors)
    frame.assign(embedding="wide").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError, match=r"'embedding' in .*a.csv' holds 'wide'; expected a list of numbers a row"):
        scored(tmp_path / "a.csv", tmp_path / "run", "regression")
