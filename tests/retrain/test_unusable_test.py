"""Test examples of other classes than the run's: counted, and refused when they are many."""

import pandas as pd
import pytest

from hem_core.errors import DataError, RunError
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings


def settings(workspace, **more):
    test = str(workspace / "data" / "held_out.csv")
    arms = ["control", "curated"]
    return Settings(**({"set": "hard", "train": "my_training:train", "test": test, "seeds": 1, "arms": arms} | more))


def relabelled(workspace, n, label):
    """The held-out data whose first n examples have another label."""
    path = workspace / "data" / "held_out.csv"
    table = pd.read_csv(path)
    table.loc[: n - 1, "label"] = label
    table.to_csv(path, index=False)


@pytest.mark.slow
def test_many_test_examples_of_other_classes_are_refused_with_both_lists(workspace, make_set):
    make_set()
    relabelled(workspace, 50, "dragon")
    words = r"^50 of the 150 test examples .* the test has 'dragon' too, the run 'ant', 'bee', 'cat'; .*--force"
    with pytest.raises(RunError, match=words):
        retrain(workspace, settings(workspace))
    found = retrain(workspace, settings(workspace, force=True))
    assert found.plan["test"]["n"] == 100
    assert any("50 of the 150 test examples are not used for testing" in note for note in found.plan["notes"])


@pytest.mark.slow
def test_a_few_of_them_are_counted_in_the_report(workspace, make_set):
    make_set()
    relabelled(workspace, 4, "dragon")
    found = retrain(workspace, settings(workspace))
    assert any("4 of the 150 test examples are not used for testing" in note for note in found.plan["notes"])
    assert found.plan["forced"] == []


@pytest.mark.slow
def test_examples_without_a_label_are_counted_too(workspace, make_set):
    make_set()
    relabelled(workspace, 50, None)
    found = retrain(workspace, settings(workspace))
    assert any("50 of the 150 test examples have no label" in note for note in found.plan["notes"])


def test_a_test_of_other_classes_alone_names_them(workspace, make_set):
    make_set()
    relabelled(workspace, 150, "dragon")
    with pytest.raises(DataError, match=r"none of the 150 .*the test has 'dragon' too, the run 'ant', 'bee', 'cat'"):
        retrain(workspace, settings(workspace))
