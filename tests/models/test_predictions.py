import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.errors import DataError
from hem_core.models.predictions import open_predictions


def store(path, row_group_size=None, **columns):
    pq.write_table(pa.table(columns), path, row_group_size=row_group_size)
    return path


def test_logits_and_embeddings_are_read_by_position_across_row_groups(tmp_path):
    logits = np.arange(15, dtype=np.float32).reshape(5, 3)
    embedding = np.arange(10, dtype=np.float32).reshape(5, 2)
    path = store(tmp_path / "p.parquet", 2, logits=logits.tolist(), embedding=embedding.tolist())
    source = open_predictions(path)
    values, vectors, bad = source.read(1, 4)
    assert (source.n_classes, source.width, bad) == (3, 2, [])
    assert values.tolist() == logits[1:4].tolist()
    assert vectors.tolist() == embedding[1:4].tolist()


def test_probabilities_become_logits_with_the_same_softmax(tmp_path):
    source = open_predictions(store(tmp_path / "p.parquet", probs=[[0.25, 0.75], [1.0, 0.0]]))
    values, _vectors, _bad = source.read(0, 2)
    assert np.exp(values[0]).tolist() == pytest.approx([0.25, 0.75])
    assert values[1, 1] < -80
    assert np.isfinite(values).all()


def test_pandas_lists_and_arrays_are_read(tmp_path):
    pd.DataFrame({"logits": [np.array([1.0, 2.0]), np.array([3.0, 4.0])]}).to_parquet(tmp_path / "p.parquet")
    assert open_predictions(tmp_path / "p.parquet").read(0, 2)[0].tolist() == [[1, 2], [3, 4]]


def test_a_file_that_was_written_again_in_its_place_is_read_again(tmp_path):
    path = store(tmp_path / "p.parquet", logits=[[1.0, 2.0]])
    assert open_predictions(path).read(0, 1)[0].tolist() == [[1, 2]]
    store(path, logits=[[5.0, 6.0]])
    assert open_predictions(path).read(0, 1)[0].tolist() == [[5, 6]]


def test_bad_rows_are_named_and_the_others_stay(tmp_path):
    rows = [[0.5, 0.5], [0.5, 0.9], None, [1.0], [float("nan"), 1.0], [0.1, 0.9]]
    _values, _vectors, bad = open_predictions(store(tmp_path / "p.parquet", probs=rows)).read(0, 6)
    assert [index for index, _reason in bad] == [1, 2, 3, 4]
    assert bad[0][1] == "probs sum to 1.4, not to 1"
    assert bad[1][1] == "probs has 0 numbers; the others have 2"
    assert bad[3][1] == "probs has a NaN or infinite number"


def test_a_file_without_predictions_is_none(tmp_path):
    assert open_predictions(store(tmp_path / "p.parquet", id=["a"])) is None


def test_both_kinds_and_columns_that_are_no_lists_are_refused(tmp_path):
    with pytest.raises(DataError, match="both logits and probs"):
        open_predictions(store(tmp_path / "b.parquet", logits=[[1.0]], probs=[[1.0]]))
    with pytest.raises(DataError, match=r"'logits' in .* must be a list of floats; it is string"):
        open_predictions(store(tmp_path / "c.parquet", logits=["1.0"]))
    with pytest.raises(DataError, match="is empty in every row"):
        open_predictions(store(tmp_path / "d.parquet", logits=pa.array([None, []], pa.list_(pa.float32()))))


def test_probabilities_called_logits_are_refused_and_rounded_ones_are_scaled(tmp_path):
    with pytest.raises(DataError, match="these are probabilities; call the column 'probs'"):
        open_predictions(store(tmp_path / "a.parquet", logits=[[0.25, 0.75], [0.5, 0.5]]))
    values, _vectors, bad = open_predictions(store(tmp_path / "b.parquet", probs=[[0.33, 0.33, 0.33]])).read(0, 1)
    assert bad == []
    assert np.exp(values).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[0.5], [-2.0]], pa.list_(pa.float64())),
        pa.array([[0.5], [-2.0]], pa.list_(pa.float16())),
        pa.array([[0.5], [-2.0]], pa.list_(pa.float32(), 1)),
        pa.array([[0.5], [-2.0]], pa.large_list(pa.float32())),
        pa.array([0.5, -2.0]),
        pa.FixedShapeTensorArray.from_numpy_ndarray(np.array([[0.5], [-2.0]])),
    ],
)
def test_one_logit_a_row_is_that_of_the_second_class(tmp_path, column):
    source = open_predictions(store(tmp_path / "p.parquet", logits=column))
    assert source.n_classes == 2
    assert source.read(0, 2)[0].tolist() == [[0, 0.5], [0, -2]]
    assert source.notes == [
        "The rows of 'logits' have one logit z each, taken as the two logits (0, z): it is that of the second class."
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[0.33, 0.33, 0.33], [0.67, 0.17, 0.17]], "sum to 1 .* call the column 'probs'$"),
        ([[33.3, 66.6], [99.0, 1.0]], "sum to 100 .* call the column 'probs' and divide it by 100"),
        ([[0], [1], [1]], "call the column 'probs'"),
    ],
)
def test_rounded_probabilities_and_percentages_called_logits_are_refused(tmp_path, rows, words):
    with pytest.raises(DataError, match=words):
        open_predictions(store(tmp_path / "a.parquet", logits=rows))


def test_one_probability_a_row_is_that_of_the_second_class(tmp_path):
    source = open_predictions(store(tmp_path / "p.parquet", probs=[0.25, 1.5, None, 0.0]))
    values, _vectors, bad = source.read(0, 4)
    assert np.exp(values[0]).tolist() == pytest.approx([0.75, 0.25])
    assert bad == [(1, "probs is 1.5, not a probability"), (2, "probs has 0 numbers; the others have 1")]
    with pytest.raises(DataError, match="these are probabilities; call the column 'probs'"):
        open_predictions(store(tmp_path / "q.parquet", logits=[0.25, 0.75]))


def test_minus_infinity_is_a_logit_and_plus_infinity_and_nan_are_none(tmp_path):
    rows = [[1.0, -np.inf], [np.inf, 0.0], [np.nan, 0.0], [0.0, None]]
    values, _vectors, bad = open_predictions(store(tmp_path / "p.parquet", logits=rows)).read(0, 4)
    assert values[0].tolist() == [1, -np.inf]
    assert bad == [(row, "logits has a NaN or infinite number") for row in (1, 2, 3)]


def test_the_commonest_length_is_that_of_all_even_when_the_first_row_is_odd(tmp_path):
    rows = [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    source = open_predictions(store(tmp_path / "p.parquet", logits=rows))
    assert source.n_classes == 2
    assert source.read(0, 4)[2] == [(0, "logits has 4 numbers; the others have 2")]


@pytest.mark.parametrize("kind", [pa.decimal128(6, 2), pa.int16(), pa.float16(), pa.float64()])
def test_lists_of_any_kind_of_number_are_read(tmp_path, kind):
    from decimal import Decimal

    rows = [[Decimal(3), Decimal(-2)]] if pa.types.is_decimal(kind) else [[3, -2]]
    source = open_predictions(store(tmp_path / "p.parquet", logits=pa.array(rows, pa.list_(kind))))
    assert source.read(0, 1)[0].tolist() == [[3, -2]]
