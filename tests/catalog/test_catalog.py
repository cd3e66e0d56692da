import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image
from torch.utils.data import Subset, TensorDataset

import hem_core.catalog as catalogs
from hem_core import folder
from hem_core.catalog import image_folder
from hem_core.errors import DataError


def pictures(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(root / name)
    return root


def test_an_image_folder_lists_its_files_with_class_and_path(tmp_path):
    table = catalogs.read(pictures(tmp_path, ["dog/b.png", "cat/a.png", "cat/deep/c.png"]))
    assert table["id"].to_pylist() == ["cat/a.png", "cat/deep/c.png", "dog/b.png"]
    assert table["label"].to_pylist() == ["cat", "cat", "dog"]
    assert table["image"].to_pylist() == table["id"].to_pylist()
    assert catalogs.info(table)["classes"] == ["cat", "dog"]


def test_folders_named_like_splits_become_the_split_column(tmp_path):
    table = catalogs.read(pictures(tmp_path, ["train/cat/a.png", "test/dog/b.png"]))
    assert dict(zip(table["split"].to_pylist(), table["label"].to_pylist(), strict=True)) == {
        "train": "cat",
        "test": "dog",
    }
    assert catalogs.info(table)["classes"] == ["cat", "dog"]


def test_a_csv_of_paths_and_labels_keeps_its_other_columns(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("path,label,night\na.png,cat,true\nb.png,dog,false\n")
    table = catalogs.read(path)
    assert table.column_names == ["id", "label", "image", "night"]
    assert table["id"].to_pylist() == ["a.png", "b.png"]
    assert table["night"].to_pylist() == [True, False]
    assert catalogs.info(table)["labels_are"] == "names"


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet", "jsonl", "tsv"])
def test_every_table_format_gives_the_same_catalog(tmp_path, suffix):
    frame = pd.DataFrame({"id": ["x", "y"], "path": ["a.png", "b.png"], "label": [1, 0], "age": [3.5, 4.0]})
    path = tmp_path / f"data.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    table = catalogs.read(path)
    assert table.select(["id", "label", "image", "age"]).to_pylist() == [
        {"id": "x", "label": "1", "image": "a.png", "age": 3.5},
        {"id": "y", "label": "0", "image": "b.png", "age": 4.0},
    ]
    assert catalogs.info(table)["labels_are"] == "indices"
    assert catalogs.info(table)["name"] == "data"


def test_columns_can_be_named(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("key,file,y\nk1,a.png,cat\n")
    table = catalogs.read(path, id_column="key", image_column="file", label_column="y")
    assert table.to_pylist() == [{"id": "k1", "label": "cat", "image": "a.png"}]


def test_an_npz_keeps_labels_ids_classes_and_further_columns(tmp_path):
    images, labels = np.zeros((2, 5, 4), np.uint8), np.array([1, 0])
    np.savez(tmp_path / "few.npz", images=images, labels=labels, ids=["p", "q"], classes=["cat", "dog"], age=[1, 2])
    table = catalogs.read(tmp_path / "few.npz")
    assert table.to_pylist() == [
        {"id": "p", "label": "1", "image": "images.npy", "image_row": 0, "age": 1},
        {"id": "q", "label": "0", "image": "images.npy", "image_row": 1, "age": 2},
    ]
    facts = catalogs.info(table)
    assert (facts["classes"], facts["labels_are"], facts["is_picture"]) == (["cat", "dog"], "indices", True)


def test_inputs_beside_predictions_in_an_npz_are_found_in_upper_case(tmp_path):
    probs = np.array([[0.9, 0.1], [0.2, 0.8]])
    np.savez(tmp_path / "notebook.npz", probs=probs, Y=np.array([0, 1]), X=np.zeros((2, 4, 4), np.float32))
    table = catalogs.read(tmp_path / "notebook.npz")
    assert table["image"].to_pylist() == ["X.npy"] * 2
    assert table["label"].to_pylist() == ["0", "1"]
    assert catalogs.info(table)["is_picture"] is True


def test_rows_of_features_in_an_npz_are_no_pictures(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros((3, 7)), y=np.array([0, 1, 1]))
    assert catalogs.info(catalogs.read(tmp_path / "x.npz"))["is_picture"] is False


def test_a_torch_dataset_gives_positions_as_ids_and_its_labels():
    data = TensorDataset(torch.zeros(4, 2), torch.tensor([0, 1, 2, 1]))
    assert catalogs.read(data)["label"].to_pylist() == ["0", "1", "2", "1"]
    table = catalogs.read(Subset(data, [3, 2]))
    assert table["id"].to_pylist() == ["3", "2"]
    assert table["label"].to_pylist() == ["1", "2"]


def test_a_torch_dataset_without_targets_is_read_through():
    items = [(torch.zeros(1), 1), (torch.zeros(1), 0)]
    assert catalogs.read(items)["label"].to_pylist() == ["1", "0"]


def test_every_reader_is_found_by_its_file():
    assert {"arrays", "image_folder", "table", "torch_dataset"} <= set(folder.names(catalogs))
    for name in folder.names(catalogs):
        reader = folder.load(catalogs, name)
        assert callable(reader.accepts)
        assert callable(reader.read)


def bad(tmp_path, text):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    return path


def test_duplicate_ids_are_an_error_that_shows_them(tmp_path):
    with pytest.raises(DataError, match=r"1 ids occur more than once .*\(b\); ids must be unique"):
        catalogs.read(bad(tmp_path, "id,label\na,x\nb,y\nb,z\n"))


def test_a_missing_id_is_an_error():
    table = pa.table({"id": ["a", None], "label": ["x", "y"]})
    with pytest.raises(DataError, match="1 rows without an id"):
        catalogs.read(table)


def test_no_label_column_is_an_error_that_lists_the_columns(tmp_path):
    with pytest.raises(DataError, match=r"no label column among id, path; .*--label-column"):
        catalogs.read(bad(tmp_path, "id,path\na,x\n"))


def test_a_named_column_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no image column 'img'; there are: id, label"):
        catalogs.read(bad(tmp_path, "id,label\na,x\n"), image_column="img")


def test_labels_are_text_as_written_and_a_gap_is_no_label(tmp_path):
    table = catalogs.read(bad(tmp_path, "id,label\na,0.0\nb,\nc,1.0\n"))
    assert table["label"].to_pylist() == ["0.0", None, "1.0"]
    assert catalogs.info(table)["labels_are"] == "indices"
    table = catalogs.read(bad(tmp_path, "id,label\na,true\nb,FALSE\n"))
    assert table["label"].to_pylist() == ["true", "FALSE"]
    assert catalogs.info(table)["labels_are"] == "indices"
    table = catalogs.read(bad(tmp_path, "id,label\na,0.5\nb,1.0\n"))
    assert catalogs.info(table)["labels_are"] == "names"


def test_the_index_column_of_pandas_gets_a_name(tmp_path):
    pd.DataFrame({"label": ["a", "b"]}).to_csv(tmp_path / "x.csv")
    assert catalogs.read(tmp_path / "x.csv").column_names == ["id", "label", "unnamed"]


def test_hidden_files_are_no_examples(tmp_path):
    table = catalogs.read(pictures(tmp_path, ["cat/a.png", "cat/._a.png"]))
    assert table["id"].to_pylist() == ["cat/a.png"]


def test_the_label_of_a_dataset_is_the_second_part_of_its_items():
    group = TensorDataset(torch.zeros(3, 2), torch.tensor([0, 1, 2]), torch.tensor([9, 9, 9]))
    assert catalogs.read(group)["label"].to_pylist() == ["0", "1", "2"]

    class Shifted(list):
        targets = (0, 1, 2)

    assert catalogs.read(Shifted([(0, 1), (0, 2), (0, 0)]))["label"].to_pylist() == ["1", "2", "0"]


def test_a_subset_keeps_the_ids_and_classes_of_its_parent():
    class Named(list):
        ids = ("p", "q", "r")
        classes = ("cat", "dog")

    table = catalogs.read(Subset(Named([(0, 0), (0, 1), (0, 1)]), [2, 0]))
    assert table["id"].to_pylist() == ["r", "p"]
    assert catalogs.info(table)["classes"] == ["cat", "dog"]


def test_labels_of_a_dataset_may_be_names():
    table = catalogs.read([(0, "cat"), (0, "dog")])
    assert table["label"].to_pylist() == ["cat", "dog"]
    assert catalogs.info(table)["labels_are"] == "names"


@pytest.mark.parametrize("item", [torch.zeros(2), "a text", (torch.zeros(2),)])
def test_items_that_are_no_pairs_are_refused(item):
    with pytest.raises(DataError, match=r"items must be \(input, label\); item 0 is a"):
        catalogs.read([item])


def test_pictures_of_signed_integers_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros((2, 4, 4), np.int64), labels=np.array([0, 1]))
    with pytest.raises(DataError, match=r"looks like pictures, of int64 and shape \(2, 4, 4\); save them as uint8"):
        catalogs.read(tmp_path / "x.npz")


def test_an_option_for_a_column_that_is_none_is_refused():
    with pytest.raises(DataError, match="no option 'loss' for columns; there are: id_column"):
        catalogs.read([(0, 1)], loss="x")


def test_an_empty_table_and_an_empty_folder_are_errors(tmp_path):
    with pytest.raises(DataError, match="has no examples"):
        catalogs.read(bad(tmp_path, "id,label\n"))
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="has no class folders"):
        catalogs.read(tmp_path / "none")
    (tmp_path / "none" / "cat").mkdir()
    with pytest.raises(DataError, match="no images below"):
        image_folder.read(tmp_path / "none")


def test_a_path_that_is_not_there_and_a_format_that_nothing_reads(tmp_path):
    with pytest.raises(DataError, match=r"no data at '.*nowhere'; give an image folder"):
        catalogs.read(tmp_path / "nowhere")
    (tmp_path / "notes.odt").write_text("hello")
    with pytest.raises(DataError, match=r"cannot read '.*notes.odt'; expected"):
        catalogs.read(tmp_path / "notes.odt")


def test_a_broken_parquet_and_a_broken_npz_are_errors(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataError, match="as parquet"):
        catalogs.read(tmp_path / "a.parquet")
    (tmp_path / "a.npz").write_bytes(b"not an archive")
    with pytest.raises(DataError, match=r"as an \.npz of plain arrays"):
        catalogs.read(tmp_path / "a.npz")


def test_an_npz_of_objects_or_of_unequal_lengths_is_refused(tmp_path):
    np.savez(tmp_path / "o.npz", images=np.zeros((2, 3)), labels=np.array(["a", None], dtype=object))
    with pytest.raises(DataError, match="plain arrays"):
        catalogs.read(tmp_path / "o.npz")
    np.savez(tmp_path / "u.npz", images=np.zeros((2, 3)), labels=np.array([0, 1, 1]))
    with pytest.raises(DataError, match="2 rows in 'images' but 3 labels"):
        catalogs.read(tmp_path / "u.npz")
    np.savez(tmp_path / "m.npz", pictures=np.zeros((2, 3)), labels=np.array([0, 1]))
    with pytest.raises(DataError, match=r"no input array .*there are: pictures, labels"):
        catalogs.read(tmp_path / "m.npz")


def test_a_dataset_with_labels_that_are_no_integers_is_refused():
    with pytest.raises(DataError, match=r"labels must be integers or class names; one is \{1: 2\}"):
        catalogs.read([(0, {1: 2})])
    with pytest.raises(DataError, match=r"most labels of the dataset are numbers; one is 'cat'"):
        catalogs.read([(0, 0.5), (0, "cat")])


def test_a_dataset_with_ids_of_another_length_is_refused():
    class Odd(list):
        ids = ("a",)

    with pytest.raises(DataError, match="2 labels but 1 ids"):
        catalogs.read(Odd([(0, 1), (0, 0)]))


def test_an_npz_of_a_big_endian_machine_is_read(tmp_path):
    arrays = {"labels": np.array([0, 1], ">i8"), "ids": np.array(["a", "b"], ">U1"), "age": np.array([1.5, 2], ">f4")}
    np.savez(tmp_path / "x.npz", images=np.zeros((2, 4, 4), ">u2"), **arrays)
    table = catalogs.read(tmp_path / "x.npz")
    assert [table[name].to_pylist() for name in ("id", "label", "age")] == [["a", "b"], ["0", "1"], [1.5, 2.0]]


def test_an_npz_whose_input_is_one_number_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.float32(3), y=np.array([0, 1]))
    with pytest.raises(DataError, match=r"'x' in .* is a single number; expected one row an example"):
        catalogs.read(tmp_path / "x.npz")


def test_pictures_with_the_channels_first_are_refused_with_the_way_out(tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros((2, 3, 8, 8), np.uint8), labels=np.array([0, 1]))
    with pytest.raises(DataError, match=r"of uint8 and shape \(2, 3, 8, 8\).*moveaxis\(x, 1, -1\)"):
        catalogs.read(tmp_path / "x.npz")
