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
    with pytest.raises(DataError, match=r"'logits' in .* must be a list of floats; it is double"):
        open_predictions(store(tmp_path / "c.parquet", logits=[1.0]))
    with pytest.raises(DataError, match="is empty in every row"):
        open_predictions(store(tmp_path / "d.parquet", logits=pa.array([None, []], pa.list_(pa.float32()))))


def test_probabilities_called_logits_are_refused_and_rounded_ones_are_scaled(tmp_path):
    with pytest.raises(DataError, match="these are probabilities; call the column 'probs'"):
        open_predictions(store(tmp_path / "a.parquet", logits=[[0.25, 0.75], [0.5, 0.5]]))
    values, _vectors, bad = open_predictions(store(tmp_path / "b.parquet", probs=[[0.33, 0.33, 0.33]])).read(0, 1)
    assert bad == []
    assert np.exp(values).sum() == pytest.approx(1)
