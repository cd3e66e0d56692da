"""Predictions in a file beside the data: which row is of which example, and which columns are repeated."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.catalog._predictions_file import key_and_place, predictions_by_id
from hem_core.errors import DataError


def places(ids, rows, **columns):
    return key_and_place(pa.table({**columns, "file": rows}), "p.csv", pa.array(ids))[1].to_pylist()


@pytest.mark.parametrize(
    ("ids", "rows", "expected"),
    [
        (["cat/1.jpg", "cat/sub/2.jpg"], ["/data/cat/1.jpg", "/data/cat/sub/2.jpg"], [0, 1]),
        (["1.jpg", "cat/1.jpg", "dog/1.jpg"], ["/d/dog/1.jpg", "/d/1.jpg", "/d/cat/1.jpg"], [1, 2, 0]),
        (["a.jpg", "cat/b.jpg"], ["a.jpg", "b.jpg"], [0, 1]),
        (["a.jpg", "cat/a.jpg"], ["a.jpg"], [0, None]),
        (["train/0.jpg", "train/1.jpg", "val/0.jpg"], ["/x/val/0.jpg", "/x/test/1.jpg"], [None, None, 0]),
        (["/a/img/cat/1.jpg", "/a/img/cat/sub/2.jpg"], ["/b/pics/cat/sub/2.jpg", "/b/pics/cat/1.jpg"], [1, 0]),
        (["/a/cat/1.jpg", "/a/dog/1.jpg", "/a/2.jpg"], ["/b/2.jpg", "/b/dog/1.jpg", "/b/cat/1.jpg"], [2, 1, 0]),
    ],
    ids=["depths", "same names", "a picture beside folders", "a part", "other folders", "other roots", "both"],
)
def test_paths_of_any_depth_are_found_by_what_they_end_with(ids, rows, expected):
    assert places(ids, rows) == expected


@pytest.mark.parametrize("rows", [["1.jpg"], ["/b/1.jpg", "/c/1.jpg"], ["2.jpg", "1.jpg"]])
def test_a_name_that_fits_several_pictures_is_an_error(rows):
    with pytest.raises(DataError, match="several have the same name; name each by its path"):
        places(["/a/cat/1.jpg", "/a/dog/1.jpg", "/a/dog/2.jpg"], rows)


def test_a_column_with_the_same_picture_in_several_rows_is_passed_over_or_named():
    blank = ["blank.png", "blank.png"]
    assert places(["a.jpg", "b.jpg"], ["b.jpg", "a.jpg"], thumb=blank) == [1, 0]
    with pytest.raises(DataError, match="has 1 file names in the column 'file' more than once; give one prediction"):
        places(["a.jpg", "b.jpg"], ["a.jpg", "a.jpg"])
    with pytest.raises(DataError, match="has 1 ids more than once"):
        places(["a.jpg", "b.jpg"], ["a.jpg", "b.jpg"], id=["a.jpg", "a.jpg"])


def test_a_file_about_some_of_the_rows_may_repeat_columns_of_the_data(tmp_path):
    data = {"id": ["a", "b", "c"], "label": ["1", "x", "2"], "age": [30.0, None, 41.5], "day": [None, "x", "y"]}
    known = {name: pa.chunked_array([values]) for name, values in data.items()}
    (tmp_path / "p.csv").write_text("id,label,age,day,pred\nc,2,41.50,y,x\na,1,30,,1\n")
    found = predictions_by_id(tmp_path / "p.csv", known["id"], known)
    assert {name: values.to_pylist() for name, values in found.items()} == {"pred": ["1", None, "x"]}
    (tmp_path / "other.csv").write_text("id,age\nc,41\n")
    with pytest.raises(DataError, match=r"the column 'age' is in '.*other\.csv' and, with other values, in the data"):
        predictions_by_id(tmp_path / "other.csv", known["id"], known)


def test_a_repeated_column_may_be_of_categories_and_lack_numbers(tmp_path):
    ids, nan = pa.array(["a", "b"]), pa.array([float("nan"), 2.0])
    pq.write_table(pa.table({"id": ids, "size": nan, "kind": pa.array(["7", "8"])}), tmp_path / "p.parquet")
    known = {"id": ids, "size": nan, "kind": pa.array(["7", "8"]).dictionary_encode()}
    assert predictions_by_id(tmp_path / "p.parquet", ids, known) == {}


def test_decimal_commas_of_a_file_of_predictions_are_numbers(tmp_path):
    (tmp_path / "p.csv").write_text("id;Anteil Hund;label\na;0,7;1,5\nb;0,25;2,5\n")
    known = {"id": pa.array(["a", "b"]), "label": pa.array(["1,5", "2,5"])}
    found = predictions_by_id(tmp_path / "p.csv", known["id"], known)
    assert {name: values.to_pylist() for name, values in found.items()} == {"Anteil Hund": [0.7, 0.25]}
