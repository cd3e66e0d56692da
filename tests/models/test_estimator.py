import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from hem_core.errors import ModelError
from hem_core.models import factory
from hem_core.models.estimator import Estimator

X = np.array([[0.0], [1.0], [2.0], [3.0]])


def fitted(labels, kind=DecisionTreeClassifier):
    return kind().fit(X, labels)


def test_logits_are_the_logarithm_of_the_probabilities():
    plain = LogisticRegression().fit(X, [0, 0, 1, 1])
    logits = Estimator(plain)(torch.from_numpy(X))["logits"]
    torch.testing.assert_close(logits.exp().numpy(), plain.predict_proba(X).astype(np.float32))
    assert Estimator(fitted([0, 0, 1, 1]))(X)["logits"].isfinite().all()


def test_a_pipeline_says_its_classes_and_pictures_are_flattened():
    model = Estimator(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, ["b", "b", "a", "c"]))
    assert model.class_labels == ["a", "b", "c"]
    assert model.preprocess(torch.zeros(3, 1, 2, 2)).shape == (3, 4)


def test_classes_that_were_not_met_are_impossible():
    logits = Estimator(fitted([0, 0, 2, 2]), n_classes=4)(X)["logits"]
    assert logits.shape == (4, 4)
    assert logits.argmax(1).tolist() == [0, 0, 2, 2]
    assert logits[:, [1, 3]].max() < -20
    with pytest.raises(ModelError, match=r"was fitted on labels \[0, 5\]; expected class indices 0 to 3"):
        Estimator(fitted([0, 0, 5, 5]), n_classes=4)


def test_an_embedding_scales_numbers_fills_gaps_and_parts_categories():
    frame = pd.DataFrame({"age": [1.0, 3.0, np.nan, 2.0], "job": ["a", "b", None, "a"], "same": 7.0})
    model = Estimator(DummyClassifier().fit(frame, [0, 1, 0, 1]))
    assert "embeddings" not in model(frame)
    model.fit_embedding(frame)
    found = model(frame)["embeddings"]
    assert found.shape == (4, 2 + 4)  # age, same; missing, a, b and whatever else
    deviation = np.std([1, 3, 2, 2])
    np.testing.assert_allclose(found[:, 0], np.array([-1, 1, 0, 0]) / deviation, rtol=1e-6)
    assert found[:, 1].abs().max() == 0
    np.testing.assert_allclose((found[0, 2:] - found[1, 2:]).norm(), 2**0.5, rtol=1e-6)
    np.testing.assert_allclose(found[:, 2:].sum(0), 0, atol=1e-6)


def test_an_embedding_does_not_depend_on_the_batch():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"age": generator.normal(size=50), "job": generator.choice(list("abcdefg"), 50)})
    frame.loc[3:5, "age"] = np.nan
    model = Estimator(DummyClassifier().fit(frame, np.arange(50) % 2))
    model.fit_embedding(frame)
    alone = torch.cat([model(frame.iloc[[i]])["embeddings"] for i in range(50)])
    assert torch.equal(alone, model(frame)["embeddings"])


def test_rare_values_and_new_ones_share_a_coordinate():
    frame = pd.DataFrame({"job": [f"job{min(i, 30 + i % 9)}" for i in range(200)]})
    model = Estimator(DummyClassifier().fit(frame, np.arange(200) % 2))
    model.fit_embedding(frame)
    found = model(pd.DataFrame({"job": ["never seen", "job1"]}))["embeddings"]
    assert found.shape == (2, 21)


def test_its_identity_tells_parameters_and_what_was_learned():
    one, same, flipped = fitted([0, 0, 1, 1]), fitted([0, 0, 1, 1]), fitted([1, 1, 0, 0])
    assert Estimator(one).identity([X]) == Estimator(same).identity([X])
    assert Estimator(one).identity([X]) != Estimator(flipped).identity([X])
    deeper = DecisionTreeClassifier(max_depth=5).fit(X, [0, 0, 1, 1])
    assert Estimator(one).identity() != Estimator(deeper).identity()


def test_an_estimator_that_cannot_be_used_says_the_way_out():
    with pytest.raises(ModelError, match=r"LogisticRegression is not fitted: return it fitted, .*--train"):
        Estimator(LogisticRegression())
    with pytest.raises(ModelError, match="Pipeline is not fitted"):
        Estimator(make_pipeline(StandardScaler(), LogisticRegression()))
    with pytest.raises(ModelError, match=r"LinearSVC gives no probabilities; wrap it in sklearn.calibration"):
        Estimator(fitted([0, 0, 1, 1], LinearSVC))
    with pytest.raises(ModelError, match="predict_proba of DecisionTreeClassifier failed on 4 rows: X has 2 features"):
        Estimator(fitted([0, 0, 1, 1]))(np.zeros((4, 2)))


def test_a_factory_may_return_an_estimator(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "wood.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "def fitted():\n    return DecisionTreeClassifier().fit([[0], [1]], [0, 1])\n"
        "def raw():\n    return DecisionTreeClassifier()\n"
    )
    assert isinstance(factory.load("wood:fitted"), Estimator)
    with pytest.raises(ModelError, match="is not fitted"):
        factory.load("wood:raw")
    with pytest.raises(ModelError, match="returned an estimator, which has no --weights"):
        factory.load("wood:fitted", tmp_path / "w.safetensors")
