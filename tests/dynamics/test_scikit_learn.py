"""Recorded from scikit-learn: the estimator is what its own fit makes, and each epoch is what it said then."""

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import hem_core
from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.scikit_learn import fit
from hem_core.errors import DataError, ModelError

X, Y = load_iris(return_X_y=True)
IDS = [f"iris-{row:03d}" for row in range(150)]
NAMES = np.array(["zebra", "ant", "moth"])[Y]


def own_confidence(model):
    probs = model.predict_proba(X)
    return probs[np.arange(150), np.searchsorted(model.classes_, NAMES)]


@pytest.mark.parametrize(
    ("made", "plain"),
    [
        (SGDClassifier(loss="log_loss", shuffle=False), {"max_iter": 6, "tol": None}),
        (MLPClassifier((8,), random_state=0), {"max_iter": 6, "n_iter_no_change": 99}),
        (RandomForestClassifier(30, random_state=0), {}),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_estimator_is_what_its_own_fit_makes(tmp_path, made, plain):
    wanted = type(made)(**made.get_params() | plain).fit(X, NAMES)
    assert fit(made, X, NAMES, IDS, tmp_path, epochs=6) is made
    np.testing.assert_allclose(made.predict_proba(X), wanted.predict_proba(X), rtol=1e-6)
    found = read(tmp_path)
    assert found.ids == IDS
    assert found.n_epochs == 6
    np.testing.assert_allclose(found.confidences[:, -1], own_confidence(made), rtol=1e-4, atol=1e-30)
    assert found.hits[:, -1].tolist() == (made.predict(X) == NAMES).tolist()


def test_each_epoch_is_what_the_estimator_said_after_it(tmp_path):
    fit(MLPClassifier((8,), random_state=0), X, NAMES, IDS, tmp_path, epochs=4)
    twin = MLPClassifier((8,), random_state=0)
    for epoch in range(4):
        twin.partial_fit(X, NAMES, classes=np.unique(NAMES))
        np.testing.assert_allclose(read(tmp_path).confidences[:, epoch], own_confidence(twin), rtol=1e-4, atol=1e-30)


def test_a_warm_start_learns_on_and_is_set_back(tmp_path):
    model = LogisticRegression(max_iter=77)
    fit(model, X, NAMES, IDS, tmp_path, epochs=30)
    hits = read(tmp_path).hits.mean(axis=0)
    assert hits[0] < 0.9 < hits[-1]
    assert (model.max_iter, model.warm_start) == (77, False)


def test_without_probabilities_the_decision_values_are_the_logits(tmp_path):
    two = np.where(Y == 2, "yes", "no")
    model = fit(Perceptron(random_state=0), X, two, IDS, tmp_path, epochs=3)
    values = model.decision_function(X)
    np.testing.assert_allclose(read(tmp_path).margins[:, -1], np.where(Y == 2, -values, values), rtol=1e-5)


def test_a_pipeline_is_fitted_whole(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), SGDClassifier(loss="log_loss"))
    fit(model, frame, NAMES, IDS, Recorder(tmp_path), epochs=5)
    probs = model.predict_proba(frame)[np.arange(150), np.searchsorted(model.classes_, NAMES)]
    np.testing.assert_allclose(read(tmp_path).confidences[:, -1], probs, rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize(
    "model", [HistGradientBoostingClassifier(max_iter=5), LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1)]
)
def test_boosted_trees_are_recorded_by_rounds(tmp_path, model):
    fit(model, X, NAMES, IDS, tmp_path)
    found = read(tmp_path)
    assert found.n_epochs == 5
    np.testing.assert_allclose(found.confidences[:, -1], own_confidence(model), rtol=1e-4, atol=1e-30)


def test_what_cannot_be_recorded_is_named(tmp_path):
    with pytest.raises(ModelError, match="GaussianNB learns in one pass, so it has no epochs to record; expected"):
        fit(GaussianNB(), X, Y, IDS, tmp_path)
    with pytest.raises(DataError, match=r"targets must have shape \(150,\), one for each id; these are \(5,\)"):
        fit(SGDClassifier(), X, Y[:5], IDS, tmp_path)
    with pytest.raises(DataError, match="epochs expects a number from 1; got 0"):
        fit(SGDClassifier(), X, Y, IDS, tmp_path, epochs=0)


@pytest.mark.slow
def test_one_call_makes_a_run_with_the_dynamics(tmp_path):
    """Labels that were flipped are those with the highest area under the margin."""
    frame = pd.DataFrame(X, columns=list("abcd")).assign(id=IDS, label=NAMES)
    flipped = np.arange(0, 150, 15)
    frame.loc[flipped, "label"] = np.where(NAMES[flipped] == "ant", "moth", "ant")
    model = make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=0))
    fit(model, frame[list("abcd")], frame["label"], frame["id"], tmp_path / "dynamics", epochs=15)
    run = hem_core.score(
        model, frame, out=tmp_path / "run", dynamics=tmp_path / "dynamics", sample="in-sample", has_map=False
    )
    table = run.table().set_index("id")
    assert {"aum", "forgetting", "learned_epoch", "confidence_mean"} <= set(table.columns)
    assert "the recorded labels are those of the data" in " ".join(run.info["notes"])
    assert set(table["aum"].nlargest(20).index) >= {IDS[row] for row in flipped if Y[row] == 0}
