"""Arms that are the same model: found, explained, and no verdict on the set."""

import numpy as np
import pandas as pd
import pytest

from hem_core.retrain.report.identical import identical
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.runs.score import score

pytestmark = pytest.mark.slow

IGNORES = """

def ignores_weights(dataset, *, seed=0, weights=None):
    return train(dataset, seed=seed)


def ignores_data(dataset, *, seed=0):
    from torch.utils.data import Subset
    first = dataset[0]
    torch.manual_seed(seed)
    return nn.Linear(2, 3)
"""


def settings(**more):
    return Settings(**({"set": "hard", "train": "my_training:train", "seeds": 2} | more))


def test_equal_logits_of_a_seed_are_one_group_and_others_are_none():
    one, other = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    found = identical({"control": [one, one], "random": [one + 1e-7, other], "curated": [one, one]})
    assert found == [
        {"arms": ["control", "random", "curated"], "seeds": [0]},
        {"arms": ["control", "curated"], "seeds": [1]},
    ]
    assert identical({"control": [one], "curated": [one * 1.01]}) == []


@pytest.mark.parametrize(
    ("function", "recipe", "words"),
    [
        ("ignores_weights", "weights", "takes `weights` and does not use them, so the set had no effect"),
        ("ignores_data", "labels", "does not learn from the data set that it is given"),
    ],
)
def test_a_function_that_ignores_what_it_is_given_is_named(workspace, make_set, my_training, function, recipe, words):
    file = my_training / "my_training.py"
    file.write_text(file.read_text() + IGNORES)
    make_set(weight=3.0, truth=recipe == "labels")
    report = retrain(workspace, settings(train=f"my_training:{function}", recipe=recipe, force=True)).report
    groups = [set(each["arms"]) for each in report["identical"] if each["seeds"] == [0, 1]]
    assert any({"control", "curated"} <= group for group in groups)
    assert (report["verdict"]["word"], report["verdict"]["ship"]) == ("the set had no effect", False)
    assert words in " ".join(report["verdict"]["sentences"])
    assert any(words in note for note in report["notes"])


def test_a_set_that_changes_nothing_plays_no_part_in_the_recipe_labels(workspace, make_set):
    make_set(truth=False)
    found = retrain(workspace, settings(recipe="labels", seeds=1))
    assert found.report["identical"] == [{"arms": ["control", "random", "curated"], "seeds": [0]}]
    assert found.report["verdict"]["word"] == "the set had no effect"
    assert "changes no label and rules nothing out" in found.report["verdict"]["sentences"][1]
    assert "The set had no effect" in found.html.read_text()


def test_of_a_class_balanced_recipe_the_report_says_that_the_set_played_no_part(workspace, make_set):
    table = pd.read_csv(workspace / "data" / "blobs.csv")
    table = table[(table["label"] == "ant") | (np.arange(len(table)) % 5 == 0)]
    table.to_csv(workspace / "data" / "tailed.csv", index=False)
    options = {"has_map": False, "has_probes": False, "columns": {"feature_columns": "x,y"}, "overwrite": True}
    train = "my_training:train"
    score(None, workspace / "data" / "tailed.csv", train=train, oos=2, out=workspace / "runs" / "blobs", **options)
    make_set(where="label = 'ant'", truth=False)
    report = retrain(workspace, settings(recipe="balanced", seeds=1)).report
    assert report["identical"] == [{"arms": ["random", "curated"], "seeds": [0]}]
    assert report["verdict"]["word"] != "the set had no effect"
    words = "the difference of these arms from control comes from the classes"
    assert words in report["verdict"]["sentences"][1]


def test_arms_that_differ_are_not_called_the_same(workspace, make_set):
    make_set()
    report = retrain(workspace, settings(recipe="mix", seeds=1)).report
    assert report["identical"] == []
    assert not any("same model" in note for note in report["notes"])


def test_a_set_of_all_examples_is_not_mixed_with_nothing_and_its_random_arm_is_not_trained_again(workspace, make_set):
    make_set(where="x IS NOT NULL", truth=True)
    found = retrain(workspace, settings(recipe="mix", seeds=1))
    assert found.report["identical"] == [{"arms": ["control", "random"], "seeds": [0]}]
    assert np.load(found.folder / "arms" / "random" / "seed_0.npz")["epochs"] == 0
    assert any("The set is all of the training data" in note for note in found.report["notes"])
