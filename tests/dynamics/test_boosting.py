"""A round of boosting is an epoch: what is kept of each, and for which class."""

import importlib
import importlib.util
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import hem_core
from hem_core.dynamics.boosting import MOST_EPOCHS, record, rounds, staged
from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.scikit_learn import fit
from hem_core.errors import DataError, ModelError
from hem_core.folds.mean_dynamics import mean

X, Y = load_iris(return_X_y=True)
IDS = [f"iris-{row:03d}" for row in range(150)]
NAMES = ["setosa", "versicolor", "virginica"]


def boosted(kind=GradientBoostingClassifier, n=6, labels=Y, **more):
    size = {"max_iter": n, "min_samples_leaf": 5} if kind is HistGradientBoostingClassifier else {"n_estimators": n}
    return kind(random_state=0, **size, **more).fit(X, labels)


@pytest.mark.parametrize("kind", [GradientBoostingClassifier, HistGradientBoostingClassifier, AdaBoostClassifier])
def test_the_last_round_is_the_estimator_itself(kind):
    model = boosted(kind)
    found = staged(model, X, Y, IDS)
    assert found.confidences.shape == (150, 6)
    np.testing.assert_allclose(found.confidences[:, -1], model.predict_proba(X)[np.arange(150), Y], rtol=1e-4)
    assert found.hits[:, -1].tolist() == (model.predict(X) == Y).tolist()


def test_each_round_is_an_ensemble_of_so_many_trees():
    found = staged(boosted(n=4), X, Y, IDS)
    for round in (1, 2, 3, 4):
        want = boosted(n=round).predict_proba(X)[np.arange(150), Y]
        np.testing.assert_allclose(found.confidences[:, round - 1], want, rtol=1e-4)


def test_margins_are_differences_of_raw_scores():
    model = boosted()
    raw = model.decision_function(X)
    others = np.where(np.eye(3, dtype=bool)[Y], -np.inf, raw).max(axis=1)
    np.testing.assert_allclose(staged(model, X, Y, IDS).margins[:, -1], others - raw[np.arange(150), Y], rtol=1e-4)


def test_two_classes_have_two_columns():
    two = (Y == 2).astype(int)
    model = boosted(labels=two)
    [*_, (last, logits)] = rounds(model, X)
    assert (last, logits.shape) == (6, (150, 2))
    want = model.decision_function(X)
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], want, rtol=1e-4)


@pytest.mark.parametrize(("n", "kept"), [(1, [1]), (50, list(range(1, 51))), (51, [*range(2, 51, 2), 51])])
def test_rounds_are_thinned_evenly_and_the_last_is_kept(n, kept):
    model = boosted(labels=(Y == 2).astype(int), n=n, max_depth=1)
    assert [number for number, _ in rounds(model, X[:5])] == kept
    assert len(kept) <= MOST_EPOCHS


def test_every_so_many_rounds():
    assert [number for number, _ in rounds(boosted(n=7), X, every=3)] == [3, 6, 7]
    with pytest.raises(DataError, match="every expects a number of rounds from 1; got 0"):
        staged(boosted(), X, Y, IDS, every=0)


def test_a_pipeline_transforms_first_and_a_frame_stays_a_frame():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), GradientBoostingClassifier(n_estimators=3))
    model.fit(frame, Y)
    found = staged(model, frame, Y, IDS)
    np.testing.assert_allclose(found.confidences[:, -1], model.predict_proba(frame)[np.arange(150), Y], rtol=1e-4)


def test_classes_are_matched_by_name_not_by_place():
    """Sorted, the names' order is another than that of the targets."""
    names = ["zebra", "ant", "moth"]
    model = boosted(labels=np.array(names)[Y])
    assert model.classes_.tolist() == ["ant", "moth", "zebra"]
    found = staged(model, X, Y, IDS, classes=names)
    plain = staged(boosted(), X, Y, IDS)
    np.testing.assert_allclose(found.confidences, plain.confidences, rtol=1e-4)
    by_label = staged(model, X, np.array(names)[Y], IDS)
    np.testing.assert_array_equal(by_label.confidences, found.confidences)


def test_an_estimator_trained_on_indices_takes_them_beside_the_names():
    found = staged(boosted(), X, Y, IDS, classes=NAMES)
    np.testing.assert_array_equal(found.hits, staged(boosted(), X, Y, IDS).hits)


def test_a_target_that_it_does_not_know_is_named():
    model = boosted(labels=np.array(NAMES)[Y])
    with pytest.raises(DataError, match="example 'iris-000' has the target 0; the estimator knows 'setosa', 'vers"):
        staged(model, X, Y, IDS)
    with pytest.raises(DataError, match=r"targets must have shape \(150,\)"):
        staged(model, X, Y[:5], IDS)


def test_an_estimator_without_rounds_is_refused():
    with pytest.raises(ModelError, match="LogisticRegression has no rounds of boosting; expected a fitted Gradient"):
        staged(LogisticRegression(max_iter=500).fit(X, Y), X, Y, IDS)


def test_recorded_is_the_same_as_returned(tmp_path):
    model = boosted()
    record(model, X, Y, IDS, Recorder(tmp_path))
    found, wanted = read(tmp_path), staged(model, X, Y, IDS)
    assert found.ids == wanted.ids
    np.testing.assert_allclose(found.confidences, wanted.confidences, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.margins, wanted.margins, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("library", "name", "options"),
    [
        ("xgboost", "XGBClassifier", {"n_jobs": 1}),
        ("lightgbm", "LGBMClassifier", {"n_jobs": 1}),
        ("catboost", "CatBoostClassifier", {"thread_count": 1, "verbose": 0, "allow_writing_files": False}),
    ],
)
def test_wrappers_of_other_libraries(library, name, options):
    if library == "catboost" and importlib.util.find_spec(library) is None:
        pytest.skip("CatBoost is not installed: pip install catboost; its wheel of 97 MB is no part of the extra `dev`")
    kind = partial(getattr(importlib.import_module(library), name), learning_rate=0.3, **options)
    model = kind(n_estimators=8).fit(X, Y)
    found = staged(model, X, Y, IDS, every=3)
    assert found.n_epochs == 3
    np.testing.assert_allclose(found.confidences[:, -1], model.predict_proba(X)[np.arange(150), Y], rtol=1e-4)
    few = kind(n_estimators=3).fit(X, Y)
    np.testing.assert_allclose(found.confidences[:, 0], few.predict_proba(X)[np.arange(150), Y], rtol=1e-3)


def test_rounds_are_known_as_such_wherever_they_are_read(tmp_path):
    recorder = Recorder(tmp_path / "folder")
    record(boosted(), X, Y, IDS, recorder)
    saved = recorder.save(tmp_path / "dynamics.parquet")
    assert all(found.are_rounds for found in (staged(boosted(), X, Y, IDS), read(tmp_path / "folder"), read(saved)))
    assert read(saved).align(IDS[:3]).are_rounds
    assert mean([read(saved), None], IDS).are_rounds
    fit(SGDClassifier(), X, Y, IDS, tmp_path / "epochs", epochs=2)
    assert not read(tmp_path / "epochs").are_rounds


@pytest.mark.slow
def test_the_windowed_scores_of_a_run_are_of_all_rounds(tmp_path):
    """On its own examples the first tree is right far more often than .7, where the window of a net would end."""
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = HistGradientBoostingClassifier(max_iter=30, min_samples_leaf=5, random_state=0).fit(frame, Y)
    record(model, frame, Y, IDS, Recorder(tmp_path / "dynamics"))
    frame = frame.assign(id=IDS, label=Y)
    options = {"dynamics": tmp_path / "dynamics", "sample": "in-sample", "has_map": False}
    run = hem_core.score(model, frame, out=tmp_path / "run", **options)
    table = run.table()
    np.testing.assert_array_equal(table["aum_windowed"], table["aum"])
    assert "all 30 recorded rounds of boosting" in run.info["headline"]["window"]
