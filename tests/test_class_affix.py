"""Columns of probabilities whose names share what is around the class."""

import pyarrow as pa
import pytest

from hem_core.class_affix import ROWS, affixed
from hem_core.class_columns import class_columns

LIKELY, OTHER = [0.9, 0.2, 0.5], [0.1, 0.8, 0.5]


@pytest.mark.parametrize("name", ["Anteil {}", "{} (%)", "p[y={}]"])
def test_what_the_names_share_may_stand_before_behind_or_around_the_class(name):
    cat, dog = name.format("cat"), name.format("dog")
    found = affixed(pa.table({"id": ["a", "b", "c"], cat: LIKELY, dog: OTHER}), ["cat", "dog"])
    assert found == {"cat": cat, "dog": dog}


def test_a_class_that_no_label_is_of_has_a_column_too():
    columns = {"share cat": [0.8], "share dog": [0.1], "share hen": [0.1]}
    assert list(affixed(pa.table(columns), {"cat": 3, "dog": 1})) == ["cat", "dog", "hen"]


@pytest.mark.parametrize(
    "columns",
    [
        {"at cat": LIKELY, "at dog": [0.9, 0.9, 0.9]},
        {"at cat": LIKELY},
        {"cat": LIKELY, "dog": OTHER},
        {"a cat": LIKELY, "a dog": OTHER, "b cat": LIKELY, "b dog": OTHER},
    ],
    ids=["do not sum to 1", "one class lacks a column", "nothing is shared", "two sets"],
)
def test_there_is_no_set_of_columns_without_a_reason(columns):
    assert affixed(pa.table(columns), ["cat", "dog"]) == {}


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ([f"topic_{k}" for k in range(5)], ["0", "1"]),
        (["pct_1", "pct_2"], ["1", "2"]),
        (["score of 0", "score of 1", "score of 2"], ["0", "1"]),
    ],
    ids=["shares of topics", "per cents", "more columns than labels"],
)
def test_features_that_sum_to_1_are_no_predictions_of_labels_that_are_numbers(names, labels):
    even = pa.table({name: [1 / len(names)] * 3 for name in names})
    assert affixed(even, labels) == {}
    assert class_columns(even, dict.fromkeys(labels, 2)) is None
    assert set(affixed(even, labels, is_guess=True)) >= set(labels)


@pytest.mark.parametrize("name", ["Anteil {}", "P(y={})", "scoreOf{}", "{}_softmax"])
def test_labels_that_are_numbers_have_columns_whose_names_say_that_they_are_probabilities(name):
    no, yes = name.format(0), name.format(1)
    assert affixed(pa.table({no: LIKELY, yes: OTHER}), ["0", "1"]) == {"0": no, "1": yes}


@pytest.mark.parametrize("empty", [None, float("nan")])
@pytest.mark.filterwarnings("error")
def test_rows_without_probabilities_do_not_count(empty):
    none = [empty] * ROWS
    trained_first = pa.table({"at cat": none + LIKELY, "at dog": none + OTHER})
    assert affixed(trained_first, ["cat", "dog"]) == {"cat": "at cat", "dog": "at dog"}
    assert affixed(pa.table({"at cat": [0.5, empty], "at dog": [empty, 0.5]}), ["cat", "dog"]) == {}
