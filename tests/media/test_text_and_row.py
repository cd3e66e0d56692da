import numpy as np
import pyarrow as pa
import pytest

from hem_core.errors import DataError
from hem_core.media._feature_rows import FeatureRows
from hem_core.media._texts import read_text

FEATURES = [{"name": "age", "kind": "number"}, {"name": "job", "kind": "category"}]


def rows(age, job):
    return FeatureRows(pa.table({"age": pa.array(age, pa.float64()), "job": pa.array(job, pa.string())}), FEATURES)


def test_a_text_is_read_as_it_is_and_nothing_is_no_text():
    assert read_text(" two words ") == " two words "
    for nothing in (None, "", " \n"):
        with pytest.raises(DataError, match="no text"):
            read_text(nothing)


def test_a_frame_holds_the_asked_rows_with_gaps_as_nan():
    frame = rows([1.5, None, 3.0], ["b", "a", None]).frame([2, 0])
    assert frame.columns.tolist() == ["age", "job"]
    assert frame["age"].tolist() == [3.0, 1.5]
    assert frame["job"].isna().tolist() == [True, False]
    assert frame["job"].tolist()[1] == "b"


def test_a_category_knows_all_values_of_its_column_in_every_batch():
    whole = rows([1, 2, 3], ["b", "a", None])
    assert whole.frame([0])["job"].cat.categories.tolist() == ["a", "b"]
    assert whole.frame([2])["job"].dtype == whole.frame([0, 1])["job"].dtype


def test_a_row_is_bad_when_nothing_is_known_of_it_or_a_number_is_infinite():
    found = rows([None, None, np.inf, 1e39, np.nan], [None, "a", "a", "a", None])
    assert [found.problem(index) for index in range(5)] == [
        "every feature is missing",
        None,
        "feature 'age' is infinite or too large",
        "feature 'age' is infinite or too large",
        "every feature is missing",
    ]


def test_what_is_said_of_two_rows_differs_when_one_value_does():
    found = rows([1, 1, 1, None], ["a", "a", "b", "a"])
    assert found.row_bytes(0) == found.row_bytes(1)
    assert len({found.row_bytes(index) for index in range(4)}) == 3


def test_no_rows_and_columns_without_a_value_make_a_frame():
    assert rows([], []).frame([]).shape == (0, 2)
    assert rows([None], [None]).frame([0]).isna().all(axis=None)
