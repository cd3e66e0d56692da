import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, TensorDataset

import hem_core.catalog as catalogs
from hem_core.errors import DataError

X, Y = torch.arange(12.0).reshape(4, 3), torch.tensor([0, 1, 1, 0])


class Made(Dataset):
    """Items made by a function."""

    def __init__(self, make, n=4):
        self.make, self.n = make, n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return self.make(index)


def labels(data, **columns):
    return catalogs.read(data, **columns)["label"].to_pylist()


@pytest.mark.parametrize(
    "data",
    [
        {"x": X, "y": Y},
        {"features": X.numpy(), "targets": Y.numpy()},
        (X, Y),
        (X.tolist(), Y.tolist()),
        [X.numpy(), Y.numpy()],
        {"a": X[:, 0], "b": X[:, 1], "label": Y},
        (pd.DataFrame(X.numpy()), pd.Series(Y.numpy())),
        (["one", "two", "three", "four"], [0, 1, 1, 0]),
        DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True),
        Made(lambda index: {"x": X[index], "label": int(Y[index])}),
    ],
)
def test_every_form_of_arrays_and_labels_gives_the_same_labels(data):
    assert labels(data) == ["0", "1", "1", "0"]


def test_ids_classes_and_further_columns_of_a_dict_are_kept():
    table = catalogs.read({"x": X, "y": Y, "ids": list("pqrs"), "classes": ["cat", "dog"], "age": [1, 2, 3, 4]})
    assert table.select(["id", "age"]).to_pylist()[1] == {"id": "q", "age": 2}
    assert catalogs.info(table)["classes"] == ["cat", "dog"]


def test_two_items_are_not_taken_for_inputs_and_labels():
    assert labels([(X[0], 0), (X[1], 1)]) == ["0", "1"]
    assert labels(((X[0], 0), (X[1], 1))) == ["0", "1"]


def test_a_loader_gives_its_data_set_in_its_order_and_says_so():
    notes = catalogs.info(catalogs.read(DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True)))["notes"]
    assert notes == [
        "Scored the data set of the DataLoader, each example once and in the data set's own order; "
        "the loader's sampler, batches and collate function are not used."
    ]


def test_arrays_of_pictures_are_pictures_and_features_are_none():
    assert catalogs.info(catalogs.read({"images": np.zeros((4, 5, 5, 3), np.uint8), "y": Y}))["is_picture"]
    assert not catalogs.info(catalogs.read({"x": X, "y": Y}))["is_picture"]
    assert catalogs.info(catalogs.read(Made(lambda _index: (Image.new("L", (3, 3)), 0))))["is_picture"]


def test_an_item_that_the_data_set_fails_on_has_a_reason_and_no_label():
    def make(index):
        if index == 2:
            raise OSError("truncated\nfile")
        return X[index], int(Y[index])

    table = catalogs.read(Made(make))
    assert table["label"].to_pylist() == ["0", "1", None, "0"]
    assert catalogs.info(table)["failures"] == {"2": "the dataset fails on it: OSError: truncated file"}
    with pytest.raises(DataError, match=r"none of the 4 items can be read; the first: .*ZeroDivisionError"):
        catalogs.read(Made(lambda _index: 1 / 0))


def test_no_label_is_none_or_nan():
    assert labels(Made(lambda index: (X[index], [0, None, float("nan"), 1][index]))) == ["0", None, None, "1"]


def test_data_sets_in_a_row_keep_their_ids_where_these_are_unique():
    class Named(list):
        classes = ("cat", "dog")

        def __init__(self, ids):
            super().__init__([(0, 0), (0, 1)])
            self.ids = ids

    table = catalogs.read(ConcatDataset([Named(["a", "b"]), Named(["c", "d"])]))
    assert table["id"].to_pylist() == ["a", "b", "c", "d"]
    assert catalogs.info(table)["classes"] == ["cat", "dog"]
    assert catalogs.read(ConcatDataset([Named(["a", "b"])] * 2))["id"].to_pylist() == ["0", "1", "2", "3"]


class Stream(IterableDataset):
    def __iter__(self):
        yield X[0], 0

    def __len__(self):
        return 1


class NoLength(Dataset):
    def __getitem__(self, index):
        return X[index], 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Stream(), "the Stream is a stream: its examples have no positions"),
        (DataLoader(Stream()), "the Stream is a stream"),
        ((pair for pair in [(X[0], 0)]), "the generator is a stream"),
        (NoLength(), "the NoLength has no length; give it a method __len__"),
        ({"x": X}, "the dict has no labels among x"),
        ({"x": X, "y": Y[:2]}, "4 inputs, 2 labels"),
        ((X, Y[:2]), "4 inputs and 2 labels"),
        ({"x": [[1], [1, 2]], "y": [0, 1]}, "rows of different shapes are no array"),
        (X.numpy(), r"Arrays and their labels go as a pair \(x, y\)"),
        (
            Made(lambda _index: {"input_ids": X, "attention_mask": X, "label": 0}),
            "item 0 has input_ids, attention_mask",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(data, words):
    with pytest.raises(DataError, match=words):
        catalogs.read(data)
