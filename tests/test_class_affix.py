"""Columns of probabilities whose names share what is around the class."""

import pyarrow as pa
import pytest

from hem_core.class_affix import affixed

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
