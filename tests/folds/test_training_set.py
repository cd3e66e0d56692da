from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from torch.utils.data import DataLoader

from hem_core.engine.extra import Extra
from hem_core.engine.inputs import Tensors, open_inputs
from hem_core.errors import DataError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.training_set import TrainingSet
from hem_core.media import medium
from hem_core.media._feature_rows import FeatureRows, TableRows

TARGETS = np.array([0, 1, 0, 1, 1])
IDS = ["a", "b", "c", "d", "e"]


class Numbered:
    """Five items; item 3 cannot be read; every read is counted."""

    is_quick = True

    def __init__(self):
        self.n_read = 0

    def __len__(self):
        return 5

    def __getitem__(self, index):
        self.n_read += 1
        if index == 3:
            raise OSError("gone")
        return torch.full((2,), float(index)), 0


def extra(values, **more):
    """One example of class 1, made from row 0 and planted in fold 1 for row 2."""
    given = {"labels": [1], "kinds": ["mislabelled"], "source": [0], "planted_in": [1], "replaces": [2]} | more
    return Extra(values, **{name: np.array(value) for name, value in given.items()})


def items(dataset):
    return open_inputs(pa.table({}), {"medium": "dataset"}, root=Path(), dataset=dataset, channels=3, resize=None)


def rows_of(features):
    return Tensors(TableRows(features), medium("row"))


def make(inputs, rows=(0, 1, 2, 4), *, most_bytes=1 << 20, is_picture=False, **more):
    cached_inputs = CachedInputs(inputs, 5, most_bytes=most_bytes)
    return TrainingSet(cached_inputs, np.array(rows), TARGETS, IDS, ["no", "yes"], is_picture=is_picture, **more)


def pictures():
    """Five pictures (2, 2, 3) of uint8, each of one level, as rows of an array."""
    from hem_core.engine.batch import Batch

    class Pictures:
        is_quick = False

        def read(self, indices):
            levels = torch.tensor([index * 51 for index in indices], dtype=torch.uint8)
            return Batch(levels[:, None, None, None].expand(-1, 2, 2, 3).contiguous(), list(indices), [], [])

    return Pictures()


@pytest.mark.parametrize("most_bytes", [1 << 20, 0])
def test_items_are_input_target_and_id(most_bytes):
    dataset = make(items(Numbered()), rows=(4, 1, 0), most_bytes=most_bytes)
    assert len(dataset) == 3
    assert [(value.tolist(), target, id) for value, target, id in (dataset[0], dataset[1], dataset[-1])] == [
        ([0, 0], 0, "a"),
        ([1, 1], 1, "b"),
        ([4, 4], 1, "e"),
    ]
    assert (dataset.ids, dataset.targets.tolist(), dataset.classes) == (["a", "b", "e"], [0, 1, 1], ["no", "yes"])
    with pytest.raises(IndexError):
        dataset[3]


@pytest.mark.parametrize("most_bytes", [1 << 20, 0])
def test_a_shuffled_loader_keeps_input_target_and_id_together(most_bytes):
    dataset = make(items(Numbered()), most_bytes=most_bytes)
    seen = {}
    for values, targets, ids in DataLoader(dataset, batch_size=3, shuffle=True):
        seen |= {id: (value[0].item(), target.item()) for value, target, id in zip(values, targets, ids, strict=True)}
    assert seen == {"a": (0, 0), "b": (1, 1), "c": (2, 0), "e": (4, 1)}


def test_what_fits_into_memory_is_read_once_and_what_does_not_each_time():
    kept, fresh = Numbered(), Numbered()
    for inputs, most_bytes in ((kept, 1 << 20), (fresh, 4)):
        cached_inputs = CachedInputs(items(inputs), 5, most_bytes=most_bytes)
        assert cached_inputs.is_good.tolist() == [True, True, True, False, True]
        before = inputs.n_read
        for _ in range(3):
            assert cached_inputs.read(np.array([4, 0, 4]))[:, 0].tolist() == [4, 0, 4]
        assert (inputs.n_read > before) == (inputs is fresh)


def test_pictures_are_floats_in_0_to_1_or_as_stored():
    dataset = make(pictures(), is_picture=True)
    assert dataset[1][0].shape == (3, 2, 2)
    assert dataset[1][0].unique().tolist() == pytest.approx([0.2])
    stored = dataset.as_stored()[1][0]
    assert (stored.dtype, stored.shape, stored.unique().tolist()) == (torch.uint8, (3, 2, 2), [51])


def test_a_planted_example_comes_last_and_the_row_that_it_replaces_is_left_out():
    planted = extra(np.full((1, 2, 2, 3), 255, dtype=np.uint8))
    dataset = make(pictures(), is_picture=True, extra=planted, planted=[0])
    assert dataset.ids == ["a", "b", "e", "hem:planted:0"]
    assert dataset.targets.tolist() == [0, 1, 1, 1]
    batch = dataset.__getitems__([3, 0, 3])
    assert [(value.unique().item(), target, id) for value, target, id in batch] == [
        (1.0, 1, "hem:planted:0"),
        (0.0, 0, "a"),
        (1.0, 1, "hem:planted:0"),
    ]
    assert make(pictures(), is_picture=True, extra=planted).ids == ["a", "b", "c", "e"]


def test_rows_of_features_are_floats_and_a_frame():
    table = pa.table({"x": [0.0, 1.0, 2.0, 3.0, None], "n": [5, 6, 7, 8, 9]})
    rows = FeatureRows(table, [{"name": "x", "kind": "number"}, {"name": "n", "kind": "number"}])
    more = extra(pd.DataFrame({"x": [9.0], "n": [1.0]}))
    dataset = make(rows_of(rows), extra=more, planted=[0])
    assert dataset[1][0].tolist() == [1, 6]
    assert torch.isnan(dataset[2][0][0])
    assert dataset.frame()["x"].fillna(-1).tolist() == [0, 1, -1, 9]
    with pytest.raises(DataError, match=r"dataset.texts\(\) is for texts"):
        dataset.texts()


def test_categories_are_for_the_frame_alone():
    table = pa.table({"colour": ["red", "blue", "red", None, "red"]})
    dataset = make(rows_of(FeatureRows(table, [{"name": "colour", "kind": "category"}])), rows=(0, 1, 2, 4))
    assert dataset.frame()["colour"].tolist() == ["red", "blue", "red", "red"]
    with pytest.raises(DataError, match=r"the features colour are categories.*train on dataset.frame\(\)"):
        dataset[0]


def test_texts_are_texts():
    from hem_core.engine.batch import Batch

    class Texts:
        is_quick = True

        def read(self, indices):
            return Batch([f"text {index}" for index in indices], list(indices), [], [])

    dataset = make(Texts(), extra=extra(["planted"]), planted=[0])
    assert dataset[1] == ("text 1", 1, "b")
    assert dataset.texts() == ["text 0", "text 1", "text 4", "planted"]
    assert next(iter(DataLoader(dataset, batch_size=2)))[0] == ("text 0", "text 1")
    with pytest.raises(DataError, match=r"dataset.frame\(\) is for rows of features"):
        dataset.frame()


def test_an_extra_example_in_its_own_source_s_fold_is_refused():
    fold = np.array([1, 0, 0, 0, -1])
    with pytest.raises(DataError, match="extra example 0 is planted in its own source's fold; 1 of 1"):
        extra(["x"]).checked(fold)
    with pytest.raises(DataError, match="extra example 0 has a source in no fold"):
        extra(["x"], source=[4]).checked(fold)
    assert len(extra(["x"], source=[1]).checked(fold)) == 1


def test_any_change_of_the_extra_examples_changes_their_digest():
    all_of_them = [extra(["x"]), extra(["y"]), extra(["x"], labels=[0]), extra(["x"], planted_in=[0])]
    all_of_them += [extra(np.zeros((1, 2))), extra(np.zeros((1, 2), np.float32)), extra(pd.DataFrame({"x": [0.0]}))]
    assert len({each.digest() for each in all_of_them}) == len(all_of_them)
    assert extra(["x"]).digest() == extra(["x"]).digest()
