import importlib
import sys

import numpy as np
import pytest
from PIL import Image

import hem_core.catalog as catalogs
from hem_core.catalog._examples import Examples
from hem_core.errors import DataError
from hem_core.testing import check_reader

datasets = importlib.import_module("datasets")


def pictures(n=4):
    rows = {
        "image": [Image.fromarray(np.full((3, 3, 3), 10 * index, np.uint8)) for index in range(n)],
        "label": [index % 2 for index in range(n)],
        "weather": ["sun", "rain"] * (n // 2),
    }
    features = {
        "image": datasets.Image(),
        "label": datasets.ClassLabel(names=["cat", "dog"]),
        "weather": datasets.Value("string"),
    }
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))


def test_columns_of_numbers_are_features_and_class_names_are_known():
    made = datasets.Dataset.from_dict({"age": [1, 2, 3], "label": [0, 1, -1]})
    table = catalogs.read(made.cast_column("label", datasets.ClassLabel(names=["no", "yes"])))
    facts = catalogs.info(table)
    assert (facts["medium"], facts["classes"], facts["labels_are"]) == ("row", ["no", "yes"], "indices")
    assert table["label"].to_pylist() == ["0", "1", None]


def test_texts_are_texts():
    table = catalogs.read(datasets.Dataset.from_dict({"text": ["a", "b"], "label": ["x", "y"]}))
    assert catalogs.info(table)["medium"] == "text"
    assert table["text"].to_pylist() == ["a", "b"]


def test_pictures_are_read_from_their_bytes_in_the_data_set_s_own_order():
    data, _notes = catalogs.unwrapped(pictures().select([3, 1]).with_format("torch"))
    assert isinstance(data, Examples)
    assert data[0][0].startswith(b"\x89PNG")
    table = catalogs.read(data)
    assert table.select(["label", "weather"]).to_pylist() == [{"label": "1", "weather": "rain"}] * 2
    assert catalogs.info(table)["is_picture"]
    assert catalogs.info(table)["classes"] == ["cat", "dog"]


def test_splits_become_a_column_and_part_of_the_ids():
    table = catalogs.read(datasets.DatasetDict(train=pictures(), test=pictures(2)))
    assert table["split"].to_pylist() == ["train"] * 4 + ["test"] * 2
    assert table["id"].to_pylist()[3:5] == ["train/3", "test/0"]


def test_a_transform_of_its_own_is_used_and_the_class_names_stay():
    def change(batch):
        return {"pixel_values": [np.asarray(image) / 255 for image in batch["image"]], "label": batch["label"]}

    table = catalogs.read(pictures().with_transform(change))
    assert catalogs.info(table)["classes"] == ["cat", "dog"]
    assert table["label"].to_pylist() == ["0", "1", "0", "1"]


def test_lists_of_numbers_are_inputs():
    table = catalogs.read(datasets.Dataset.from_dict({"x": [[1.0, 2.0], [3.0, 4.0]], "label": [0, 1]}))
    assert catalogs.info(table)["medium"] == "dataset"


def test_a_named_label_column_is_taken():
    made = datasets.Dataset.from_dict({"age": [1, 2], "colour": ["red", "blue"]})
    assert catalogs.read(made, label_column="colour")["label"].to_pylist() == ["red", "blue"]


def test_a_stream_is_read_once_and_gives_what_its_data_set_gives():
    passes = []

    def rows():
        passes.append(1)
        yield from ({"text": f"text {row}", "label": row % 2} for row in range(600))

    made = catalogs.read(datasets.IterableDataset.from_generator(rows))
    assert made["text"].to_pylist() == [f"text {row}" for row in range(600)]
    assert made["id"].to_pylist() == [str(row) for row in range(600)]
    assert len(passes) == 1
    assert "The stream was read once" in catalogs.info(made)["notes"][0]
    ours, theirs = (catalogs.unwrapped(data)[0] for data in (pictures().to_iterable_dataset(), pictures()))
    assert [ours[row] for row in range(4)] == [theirs[row] for row in range(4)]
    assert ours.classes == theirs.classes
    parts = datasets.IterableDatasetDict({"train": pictures().to_iterable_dataset()})
    assert set(catalogs.read(parts)["split"].to_pylist()) == {"train"}


def test_a_stream_that_fails_or_is_empty_is_named():
    def broken():
        yield {"text": "a", "label": 0}
        raise OSError("the line is down")

    with pytest.raises(DataError, match=r"IterableDataset failed while it was read: .*the line is down"):
        catalogs.read(datasets.IterableDataset.from_generator(broken))
    with pytest.raises(DataError, match="the IterableDataset has no examples"):
        catalogs.read(pictures().to_iterable_dataset().take(0))


def test_a_saved_data_set_is_read_by_its_folder(tmp_path):
    made = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]})
    made.save_to_disk(tmp_path / "saved")
    check_reader("hugging_face", tmp_path / "saved")
    assert (
        catalogs.read(tmp_path / "saved")
        .select(["id", "text", "label"])
        .equals(catalogs.read(made).select(["id", "text", "label"]))
    )


def test_a_name_of_the_hub_is_asked_for_and_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match=r"cannot load 'hf://datasets/owner/none:train': .*owner/none"):
        catalogs.read("hf://datasets/owner/none:train")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match="'hf://datasets/none' is read by the package datasets: pip install datasets"):
        catalogs.read("hf://datasets/none")


def test_missing_labels_and_several_pictures_are_refused():
    with pytest.raises(DataError, match="no label among the columns age; name it with label_column"):
        catalogs.read(datasets.Dataset.from_dict({"age": [1]}))
    with pytest.raises(DataError, match=r"several columns of pictures \(image, other\)"):
        catalogs.read(pictures().map(lambda row: {"other": row["image"]}))
    with pytest.raises(DataError, match="the splits train, test have different columns"):
        catalogs.read(datasets.DatasetDict(train=pictures(), test=pictures().remove_columns("weather")))
