"""Labels that are sets, in every form in which they come."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core import catalog as catalogs
from hem_core.errors import DataError


def labels(source, **columns):
    table = catalogs.read(source, **columns)
    return table["label"].to_pylist(), catalogs.info(table)


def test_a_list_column_is_sets_and_names_the_task():
    found, facts = labels(pa.table({"x": [1, 2, 3], "labels": [["b", "a"], [], None]}))
    assert found == ["b|a", "(none)", None]
    assert (facts["task"], facts["tag_sets"]) == ("multilabel", "list")


def test_lists_in_a_parquet_file_and_in_json_lines(tmp_path):
    pq.write_table(pa.table({"x": [1, 2], "label": [["a"], ["a", "b|c"]]}), tmp_path / "d.parquet")
    assert labels(tmp_path / "d.parquet")[0] == ["a", "a|b\\|c"]
    (tmp_path / "d.jsonl").write_text('{"x": 1, "tags": ["a"]}\n{"x": 2, "tags": ["b", "a"]}\n')
    assert labels(tmp_path / "d.jsonl")[0] == ["a", "b|a"]


def test_objects_of_yes_and_no_leave_unnamed_tags_unknown(tmp_path):
    (tmp_path / "d.jsonl").write_text('{"x": 1, "label": {"a": 1, "b": 0}}\n{"x": 2, "label": {"b": 1}}\n')
    assert labels(tmp_path / "d.jsonl")[0] == ["a", "b|?a"]


def test_a_column_for_each_tag_by_a_list_or_a_pattern(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("id,is_cat,is_dog,size\nx,1,0,3\ny,,1,4\nz,0,0,5\nw,,,6\n")
    found, facts = labels(path, label_column="is_*")
    assert found == ["cat", "dog|?cat", "(none)", None]
    assert facts["tags"] == ["cat", "dog"]
    assert [feature["name"] for feature in facts["features"]] == ["size"]
    assert labels(path, label_column="is_cat, is_dog")[0][0] == "is_cat"


def test_cells_and_columns_that_are_no_tags_are_refused(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("id,a,b,size\nx,1,0,3\ny,-1,1,4\n")
    with pytest.raises(DataError, match="the column 'a' holds '-1'; the column of a tag has 1 for yes, 0 for no"):
        labels(path, label_column="a,b")
    with pytest.raises(DataError, match="no label column 'c'; there are: id, a, b, size"):
        labels(path, label_column="a,c")
    with pytest.raises(DataError, match=r"no column matches 'tag_\*'"):
        labels(path, label_column="tag_*")


def test_an_empty_cell_of_a_csv_is_noted(tmp_path):
    (tmp_path / "d.csv").write_text("x,labels\n1,a|b\n2,\n")
    assert labels(tmp_path / "d.csv")[1]["has_blank_labels"] is True


def test_rows_of_zeros_and_ones_of_a_torch_data_set():
    import torch
    from torch.utils.data import TensorDataset

    rows = torch.tensor([[1.0, 0, 1], [0, 0, 0], [float("nan"), 1, 0]])
    found, facts = labels(TensorDataset(torch.zeros(3, 2), rows))
    assert found == ["0|2", "(none)", "1|?0"]
    assert (facts["task"], facts["tags"]) == ("multilabel", ["0", "1", "2"])


def test_arrays_with_a_row_of_labels_for_each_example(tmp_path):
    x, y = np.zeros((3, 4)), np.array([[1, 0], [1, 1], [0, 0]])
    assert labels((x, y))[0] == ["0", "0|1", "(none)"]
    np.savez(tmp_path / "d.npz", x=x, y=y, classes=np.array(["cat", "dog"]))
    assert labels(tmp_path / "d.npz")[0] == ["cat", "cat|dog", "(none)"]


def test_lists_of_numbers_of_one_length_are_indices_unless_one_repeats():
    assert labels(pa.table({"x": [1, 2], "label": [[0, 1], [1, 0]]}))[0] == ["0|1", "1|0"]
    assert labels(pa.table({"x": [1, 2], "label": [[0, 0, 1], [1, 0, 0]]}))[0] == ["2", "0"]


def test_class_labels_in_lists_of_a_hugging_face_data_set_get_their_names():
    datasets = pytest.importorskip("datasets")
    features = {"x": datasets.Value("float32"), "label": datasets.Sequence(datasets.ClassLabel(names=["cat", "dog"]))}
    data = datasets.Dataset.from_dict({"x": [1.0, 2.0], "label": [[1], [0, 1]]}, features=datasets.Features(features))
    assert labels(data)[0] == ["dog", "cat|dog"]


def test_predictions_in_a_file_of_their_own_are_added_by_id(tmp_path):
    (tmp_path / "d.csv").write_text("id,x,labels\na,1,p|q\nb,2,q\nc,3,p\n")
    (tmp_path / "probs.csv").write_text("id,p,q\nb,0.1,0.9\na,0.8,0.7\n")
    table = catalogs.read(tmp_path / "d.csv", predictions=tmp_path / "probs.csv")
    assert table["p"].to_pylist() == [0.8, 0.1, None]
    facts = catalogs.info(table)
    assert facts["prediction_columns"] == ["p", "q"]
    assert [feature["name"] for feature in facts["features"]] == ["x"]
    (tmp_path / "odd.csv").write_text("id,x\na,5\n")
    with pytest.raises(
        DataError, match=r"the column 'x' is in .*odd\.csv' and, with other values, in the data; rename it"
    ):
        catalogs.read(tmp_path / "d.csv", predictions=tmp_path / "odd.csv")
    (tmp_path / "other.csv").write_text("id,p\nz,1\n")
    with pytest.raises(DataError, match="has none of the 3 ids of the data, such as 'a'"):
        catalogs.read(tmp_path / "d.csv", predictions=tmp_path / "other.csv")
    (tmp_path / "bare.csv").write_text("p,q\n1,1\n")
    with pytest.raises(DataError, match="has no column id among p, q, nor one of file names; predictions"):
        catalogs.read(tmp_path / "d.csv", predictions=tmp_path / "bare.csv")
    (tmp_path / "twice.csv").write_text("id,p\na,1\na,0\n")
    with pytest.raises(DataError, match="has 1 ids more than once; give one prediction each"):
        catalogs.read(tmp_path / "d.csv", predictions=tmp_path / "twice.csv")
    with pytest.raises(DataError, match="no predictions at"):
        catalogs.read(tmp_path / "d.csv", predictions=tmp_path / "gone.csv")
