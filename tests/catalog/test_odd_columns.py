"""Columns and indices as pandas, Arrow and Parquet really hand them over."""

import uuid
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hem_core.catalog as catalogs
from hem_core.errors import DataError

FRAME = pd.DataFrame({"x": [0.1, 0.2, 0.3, 0.4], "label": [0, 1, 0, 1]})


def ids(source, **columns):
    return catalogs.read(source, **columns)["id"].to_pylist()


def notes(source):
    return " ".join(catalogs.info(catalogs.read(source)).get("notes", []))


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [(FRAME[FRAME.label == 1], ["1", "3"]), (FRAME.iloc[::-1], ["3", "2", "1", "0"]), (FRAME.iloc[2:], ["2", "3"])],
)
def test_rows_that_a_filter_leaves_keep_their_numbers_in_the_index(frame, wanted, tmp_path):
    assert ids(frame) == wanted
    frame.to_parquet(tmp_path / "x.parquet")
    assert ids(tmp_path / "x.parquet") == wanted


@pytest.mark.parametrize("name", ["patient", None])
def test_the_index_of_a_data_frame_in_parquet_gives_the_ids(name, tmp_path):
    frame = FRAME.set_index(pd.Index(["p1", "p0", "p7", "p3"], name=name))
    frame.to_parquet(tmp_path / "x.parquet")
    assert ids(tmp_path / "x.parquet") == ids(frame) == ["p1", "p0", "p7", "p3"]
    assert "__index_level_0__" not in catalogs.read(tmp_path / "x.parquet").column_names
    assert ids(pa.Table.from_pandas(frame)) == ["p1", "p0", "p7", "p3"]


def test_an_index_that_repeats_in_parquet_gives_no_ids_and_an_id_column_comes_first(tmp_path):
    frame = FRAME.set_index(pd.Index(["a", "a", "b", "c"], name="day"))
    frame.to_parquet(tmp_path / "x.parquet")
    assert ids(tmp_path / "x.parquet") == ["0", "1", "2", "3"]
    assert "index (day) repeats" in notes(tmp_path / "x.parquet")
    frame.assign(id=list("wxyz")).to_parquet(tmp_path / "x.parquet")
    assert ids(tmp_path / "x.parquet") == list("wxyz")


def test_uuids_are_ids_as_they_are_written(tmp_path):
    keys = [uuid.UUID(int=place) for place in range(4)]
    assert ids(FRAME.assign(id=keys)) == [str(key) for key in keys]
    pq.write_table(pa.table(FRAME.assign(id=keys)), tmp_path / "x.parquet")
    assert ids(tmp_path / "x.parquet") == [str(key) for key in keys]


def test_periods_and_intervals_are_ids_as_they_are_written():
    assert ids(FRAME.set_index(pd.period_range("2024-01", periods=4, freq="M")))[:2] == ["2024-01", "2024-02"]
    assert ids(FRAME.set_index(pd.interval_range(0, 4)))[:2] == ["(0, 1]", "(1, 2]"]


def test_path_objects_are_ids_as_text():
    assert ids(FRAME.assign(id=[PurePosixPath(f"a/{place}") for place in range(4)])) == ["a/0", "a/1", "a/2", "a/3"]


def test_numbers_stored_as_bytes_are_no_ids():
    table = pa.table(FRAME).append_column("id", pa.array([bytes([0, place]) for place in range(4)], pa.binary(2)))
    with pytest.raises(DataError, match=r"the id column 'id' holds bytes .* that are no text"):
        catalogs.read(table)


def test_a_sparse_column_is_a_feature():
    table = catalogs.read(FRAME.assign(x=pd.arrays.SparseArray([0, 0, 0, 2.5])), feature_columns="x")
    assert table["x"].to_pylist() == [0, 0, 0, 2.5]


def test_whole_numbers_beyond_what_floats_hold_are_features(tmp_path):
    when = [1_700_000_000_000_000_001, 2, 3, -(2**62) - 1]  # nanoseconds, as of a timestamp
    FRAME.assign(x=when).to_parquet(tmp_path / "x.parquet")
    table = catalogs.read(tmp_path / "x.parquet", feature_columns="x")
    assert table["x"].to_pylist() == [float(value) for value in when]
    large = pa.table(FRAME).set_column(0, "x", pa.array([2**64 - 1, 0, 1, 2], pa.uint64()))
    assert catalogs.read(large, feature_columns="x")["x"].to_pylist()[0] == 2.0**64


@pytest.mark.parametrize("wrap", [pa.RecordBatch.from_pandas, lambda frame: pa.table(frame).to_reader()])
def test_whatever_hands_out_a_table_by_arrows_protocol_is_one(wrap):
    table = catalogs.read(wrap(FRAME), feature_columns="x")
    assert table["label"].to_pylist() == ["0", "1", "0", "1"]


def test_an_array_by_arrows_protocol_is_no_table():
    with pytest.raises(DataError, match="the ChunkedArray is no table"):
        catalogs.read(pa.chunked_array([np.arange(3)]))


def test_the_labels_are_not_given_to_the_model_as_its_text():
    with pytest.raises(DataError, match="'label' holds the labels, and the model would read its own answer"):
        catalogs.read(FRAME.assign(label=list("abab")), text_column="label")


def test_a_second_byte_order_mark_belongs_to_no_column_name(tmp_path):
    (tmp_path / "x.csv").write_text("\ufeff\ufeffid,x,label\u200b\n007,1,a\n008,2,b\n", encoding="utf-8")
    assert ids(tmp_path / "x.csv") == ["007", "008"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [("a.png,x\n,y\nb.png,x\n", "1 rows of .* have no path in 'image_path', which also gives the ids"),
     ("a.png,x\na.png,y\nb.png,x\n", "1 rows of .* repeat a path of 'image_path'.* add a column id")],
)  # fmt: skip
def test_paths_that_cannot_be_ids_are_named_as_the_paths_that_they_are(tmp_path, cells, words):
    (tmp_path / "x.csv").write_text(f"image_path,label\n{cells}")
    with pytest.raises(DataError, match=words):
        catalogs.read(tmp_path / "x.csv")
