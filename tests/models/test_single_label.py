from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from torch import nn

from hem_core.errors import ModelError
from hem_core.models import factory
from hem_core.models.output_names import output_names
from hem_core.models.single_label import check_transformers

X = np.arange(24.0).reshape(12, 2)
Y = np.arange(12) % 3
SEVERAL = np.eye(3, dtype=int)[Y]


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (LinearRegression().fit(X, Y), "the LinearRegression is a regressor"),
        (make_pipeline(RandomForestRegressor(2)).fit(X, Y), "the Pipeline is a regressor"),
        (KMeans(2, n_init=1).fit(X), "the KMeans is a clusterer"),
        (IsolationForest(n_estimators=2).fit(X), "the IsolationForest is an outlier detector"),
        (RandomForestClassifier(2).fit(X, SEVERAL), "has 3 outputs, each with classes of its own"),
        (KNeighborsClassifier(1).fit(X, np.stack([Y, Y], 1)), "has 2 outputs, each with classes of its own"),
        (OneVsRestClassifier(LogisticRegression()).fit(X, SEVERAL), "gives several labels to one example"),
    ],
)
def test_an_estimator_that_is_no_classifier_of_one_label_is_refused_by_what_it_is(estimator, words):
    with pytest.raises(ModelError, match=words + r".*HEM scores classifiers that choose one class"):
        factory.as_module(estimator, "it")


def test_probabilities_that_do_not_sum_to_1_are_refused():
    several = MLPClassifier((2,), max_iter=2, random_state=0).fit(X, SEVERAL)
    with pytest.raises(ModelError, match="gives rows that do not sum to 1, as where one example has several labels"):
        factory.as_module(several, "it")(torch.from_numpy(X))


def test_a_plain_classifier_is_taken():
    assert factory.as_module(LogisticRegression().fit(X, Y), "it").class_labels == [0, 1, 2]


@pytest.mark.parametrize(
    ("config", "architecture", "words"),
    [
        ({}, "BertForTokenClassification", "BertForTokenClassification, which classifies tokens"),
        ({}, "BertForQuestionAnswering", "answers questions"),
        ({}, "GPT2LMHeadModel", "writes text"),
        ({}, "LlamaForCausalLM", "writes text"),
        ({}, "DetrForObjectDetection", "finds objects"),
        ({}, "SegformerForSemanticSegmentation", "segments pictures"),
        ({"problem_type": "multi_label_classification"}, "BertForSequenceClassification", "several labels"),
        ({"problem_type": "regression"}, "BertForSequenceClassification", "predicts numbers"),
        ({"id2label": {"0": "LABEL_0"}}, "BertForSequenceClassification", r"one output.*\(regression\)"),
    ],
)
def test_a_head_that_does_something_else_is_refused_by_what_it_does(config, architecture, words):
    with pytest.raises(ModelError, match=words):
        check_transformers(config, architecture, "the model")


def test_a_head_that_chooses_one_class_is_taken():
    config = {"id2label": {"0": "a", "1": "b"}, "problem_type": "single_label_classification"}
    check_transformers(config, "BertForSequenceClassification", "the model")
    check_transformers({}, "", "a model of which nothing is known")


def test_generic_names_of_outputs_are_none():
    def config(labels):
        return SimpleNamespace(id2label=labels)

    assert output_names(config({1: "LABEL_1", 0: "LABEL_0"})) is None
    assert output_names(config({1: "yes", 0: "no"})) == ["no", "yes"]
    assert output_names(config({1: "yes", 2: "no"})) is None
    assert output_names(None) is None


def test_the_module_inside_compilation_and_parallelism_is_scored():
    inner = nn.Linear(2, 2)
    for wrapped in (
        torch.compile(inner, backend="eager"),
        nn.DataParallel(inner),
        torch.compile(nn.DataParallel(inner), backend="eager"),
    ):
        assert factory.as_module(wrapped, "it") is inner


def test_weights_saved_from_a_wrapped_model_fit_the_plain_one(tmp_path):
    state = factory.load("demo_models.digits:model").state_dict()
    for prefix in ("module.", "_orig_mod.", "_orig_mod.module.", "model."):
        torch.save({prefix + name: value + 1 for name, value in state.items()}, tmp_path / "w.pt")
        loaded = factory.load("demo_models.digits:model", tmp_path / "w.pt").state_dict()
        assert all(torch.equal(loaded[name], value + 1) for name, value in state.items())


def test_weights_of_another_model_are_refused(tmp_path):
    torch.save({"w": torch.zeros(1)}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="do not fit the model"):
        factory.load("demo_models.digits:model", tmp_path / "w.pt")


def test_a_class_and_a_state_dict_are_refused_with_a_hint():
    with pytest.raises(ModelError, match="Linear is a class; pass an instance of it"):
        factory.as_module(nn.Linear, "it")
    with pytest.raises(ModelError, match="not its state_dict alone"):
        factory.as_module(nn.Linear(1, 1).state_dict(), "it")
