"""Ids, labels, paths and texts of tables are what is written, whatever it looks like; other columns get types."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hem_core.catalog as catalogs
from hem_core.errors import DataError

ODD = ["00003", "1.10", "2024-01-01T00:00", "12345678901234567890", "1e5", "TRUE", " x ", "NA", "null", "None", "nan"]


def stored(path, text):
    path.write_text(text)
    return path


def rows(table, *names):
    return table.select(names).to_pylist()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_ids_labels_and_texts_that_look_like_something_else_stay_as_they_are(tmp_path, suffix):
    frame = pd.DataFrame({"id": ODD, "label": ODD, "text": ODD, "split": ODD})
    path = tmp_path / f"x.{suffix}"
    if suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    table = catalogs.read(path)
    for name in ("id", "label", "text", "split"):
        assert table[name].to_pylist() == ODD, name


def test_only_an_empty_cell_is_missing_quoted_or_not(tmp_path):
    table = catalogs.read(stored(tmp_path / "x.csv", 'id,label,job,age\na,,NA,1\nb,"",,NA\nc,NA,"",3\n'))
    assert table["label"].to_pylist() == [None, None, "NA"]
    assert table["job"].to_pylist() == ["NA", None, None]
    assert table["age"].to_pylist() == [1.0, None, 3.0]


def test_other_columns_become_numbers_truth_values_and_dates_where_all_cells_are(tmp_path):
    text = (
        "path,label,age,size,is_new,day,zip,hash\n"
        "a.png,x,1,0.5,true,2024-01-31,00123,9e12\n"
        "b.png,y,2,,False,2024-02-01,45678,ab\n"
    )
    table = catalogs.read(stored(tmp_path / "x.csv", text))
    assert rows(table, "age", "size", "is_new", "zip", "hash") == [
        {"age": 1, "size": 0.5, "is_new": True, "zip": "00123", "hash": "9e12"},
        {"age": 2, "size": None, "is_new": False, "zip": "45678", "hash": "ab"},
    ]
    assert table["day"].to_pylist() == [datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)]


def test_a_feature_with_leading_zeros_is_a_number_and_that_is_noted(tmp_path):
    table = catalogs.read(stored(tmp_path / "x.csv", "hour,label\n00,a\n09,b\n"), feature_columns="hour")
    assert table["hour"].to_pylist() == [0.0, 9.0]
    assert catalogs.info(table)["notes"] == ["The feature hour has leading zeros and is read as a number."]


def test_a_column_called_text_is_text_also_when_it_holds_numbers(tmp_path):
    table = catalogs.read(stored(tmp_path / "x.csv", "id,text,label\na,00123,0\nb,7,1\n"))
    assert catalogs.info(table)["medium"] == "text"
    assert table["text"].to_pylist() == ["00123", "7"]
    table = catalogs.read(stored(tmp_path / "y.csv", "id,zip,label\na,00123,0\nb,7,1\n"), text_column="zip")
    assert table["text"].to_pylist() == ["00123", "7"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pa.array([3, 4]), ["3", "4"]),
        (pa.array([2**64 - 1, 1], pa.uint64()), ["18446744073709551615", "1"]),
        (pa.array([3.0, 0.5]), ["3", "0.5"]),
        (pa.array([np.float16(1), np.float16(2)]), ["1", "2"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (pa.array([7, 8]).dictionary_encode(), ["7", "8"]),
        (pa.array([datetime.date(2024, 1, 31)] * 1 + [datetime.date(2024, 2, 1)]), ["2024-01-31", "2024-02-01"]),
        (pa.array([Decimal("1.10"), Decimal("2.00")]), ["1.10", "2.00"]),
        (pa.array(["ä".encode(), b"b"]), ["ä", "b"]),
        (pa.array(["a", "b"], pa.large_string()), ["a", "b"]),
        (pa.array(["a", "b"], pa.string_view()), ["a", "b"]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_ids_and_labels_of_other_types_are_written_plainly(tmp_path, values, words):
    pq.write_table(pa.table({"id": values, "label": values, "x": [1, 2]}), tmp_path / "x.parquet")
    table = catalogs.read(tmp_path / "x.parquet")
    assert table["id"].to_pylist() == words
    assert table["label"].to_pylist() == words


def test_lists_of_lists_odd_structures_and_bytes_are_no_labels_and_that_is_one_line():
    for values, text in (
        (pa.array([[["a"]], [["b"]]]), r"row 0 of 'table' has the tag \['a'\], which is no name"),
        (pa.array([{"a": 1}, {"a": 2}]), "'a' in 'table' holds '2'; the column of a tag has 1 for yes, 0 for no"),
        (pa.array([b"\xff", b"a"]), "the label column 'label' is of binary, which is no text"),
    ):
        with pytest.raises(DataError, match=text):
            catalogs.read(pa.table({"label": values, "x": [1, 2]}))


def test_ids_that_floats_have_already_rounded_are_refused():
    with pytest.raises(DataError, match=r"holds floats beyond 2\^53, whose last digits are lost; store ids as text"):
        catalogs.read(pa.table({"id": [1.2345678901234567e19, 1.0], "label": ["a", "b"]}))


def test_the_index_of_a_data_frame_is_the_id_where_it_says_something():
    frame = pd.DataFrame({"x": [1, 2], "label": ["a", "b"]})

    def ids(index):
        return catalogs.read(frame.set_axis(index, axis=0))["id"].to_pylist()

    assert ids(pd.RangeIndex(2)) == ["0", "1"]
    assert ids(["p", "q"]) == ["p", "q"]
    assert ids([7, 3]) == ["7", "3"]
    assert ids(pd.Index(["007", "1e5"], name="key")) == ["007", "1e5"]
    table = catalogs.read(frame.set_axis([7, 7], axis=0))
    assert table["id"].to_pylist() == ["0", "1"]
    assert "index repeats" in catalogs.info(table)["notes"][0]
    named = frame.assign(id=["s", "t"]).set_axis(["p", "q"], axis=0)
    assert catalogs.read(named)["id"].to_pylist() == ["s", "t"]


def test_an_unnamed_index_yields_to_the_paths_of_pictures_and_a_named_one_does_not():
    frame = pd.DataFrame({"image": ["a.png", "b.png"], "label": ["a", "b"]}, index=[7, 3])
    assert catalogs.read(frame)["id"].to_pylist() == ["a.png", "b.png"]
    assert catalogs.read(frame.rename_axis("key"))["id"].to_pylist() == ["7", "3"]


def test_numbers_and_words_in_one_column_of_a_data_frame_are_text():
    table = catalogs.read(pd.DataFrame({"id": [1, "b", "03"], "label": [0, "x", None], "x": [1, 2, 3]}))
    assert table["id"].to_pylist() == ["1", "b", "03"]
    assert table["label"].to_pylist() == ["0", "x", None]


def test_half_a_surrogate_pair_and_one_name_twice_are_one_line():
    half = pd.Series(["a", "\ud800"], dtype=object)
    with pytest.raises(DataError, match=r"cannot read the DataFrame: column 'label': .*surrogates not allowed"):
        catalogs.read(pd.DataFrame({"label": half, "x": [1, 2]}))
    with pytest.raises(DataError, match="the column '0' is in the DataFrame 2 times"):
        catalogs.read(pd.DataFrame([[1, 2, "a"]], columns=[0, "0", "label"]))


def test_ids_and_labels_of_an_npz_are_text_too(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros((3, 2)), y=np.array([1.0, np.nan, 0.0]), ids=np.array([b"007", b"b", b"c"]))
    table = catalogs.read(tmp_path / "x.npz")
    assert rows(table, "id", "label") == [
        {"id": "007", "label": "1"},
        {"id": "b", "label": None},
        {"id": "c", "label": "0"},
    ]
    assert catalogs.info(table)["labels_are"] == "indices"
    np.savez(tmp_path / "y.npz", x=np.zeros((3, 2)), y=np.zeros((3, 1), np.int64), ids=[1.5, 2.0, 3.0])
    table = catalogs.read(tmp_path / "y.npz")
    assert rows(table, "id", "label")[0] == {"id": "1.5", "label": "0"}
    np.savez(tmp_path / "z.npz", x=np.zeros((3, 2)), y=np.full((3, 3), "a"))
    with pytest.raises(DataError, match=r"'y' in .* is of shape \(3, 3\); expected \(3,\), one label"):
        catalogs.read(tmp_path / "z.npz")


def test_json_keeps_long_integers_dates_and_mixed_columns(tmp_path):
    text = '{"id": 12345678901234567890, "label": "2024-01-01", "x": 1}\n{"id": 3, "label": null, "x": 2.5}\n'
    table = catalogs.read(stored(tmp_path / "x.jsonl", text))
    assert rows(table, "id", "label", "x") == [
        {"id": "12345678901234567890", "label": "2024-01-01", "x": 1.0},
        {"id": "3", "label": None, "x": 2.5},
    ]
    mixed = catalogs.read(stored(tmp_path / "y.ndjson", '{"id": 1, "label": 2}\n{"id": "01", "label": "b"}\n'))
    assert rows(mixed, "id", "label") == [{"id": "1", "label": "2"}, {"id": "01", "label": "b"}]


def test_a_column_that_cannot_be_stored_is_left_out_and_noted():
    table = catalogs.read(pa.table({"label": ["a"], "x": [1], "span": pa.nulls(1, pa.month_day_nano_interval())}))
    assert "span" not in table.column_names
    assert catalogs.info(table)["notes"] == [
        "The column span is of month_day_nano_interval, which cannot be stored, and is left out."
    ]
