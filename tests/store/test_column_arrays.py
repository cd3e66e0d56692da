import numpy as np

from hem_core.store.column_arrays import array_of, lists_of


def test_numbers_become_single_precision_and_a_missing_one_is_null():
    column = array_of(np.array([1.5, np.nan]))
    assert str(column.type) == "float"
    assert column.to_pylist() == [1.5, None]


def test_texts_may_be_missing_and_a_row_of_numbers_is_a_list():
    assert array_of(np.array(["a", None], object)).to_pylist() == ["a", None]
    assert array_of(np.array(["a", "b"])).to_pylist() == ["a", "b"]
    assert array_of(np.array([[1, 2], [3, 4]])).to_pylist() == [[1.0, 2.0], [3.0, 4.0]]
    assert str(lists_of(np.array([[1, 2]], np.int64)).type) == "fixed_size_list<item: int64>[2]"
