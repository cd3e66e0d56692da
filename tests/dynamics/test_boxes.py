"""How a detector learns boxes: what is recorded of each, and what a run makes of it."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import hem_core
from hem_core.dynamics.boxes import BoxRecorder
from hem_core.dynamics.read import read
from hem_core.errors import DataError

CAT, DOG = [10.0, 10.0, 30.0, 30.0], [40.0, 40.0, 60.0, 60.0]
SIZE = 64


@pytest.fixture
def data(tmp_path):
    """Image a has a cat and a dog, image b a cat, image c nothing; the ids of the classes have gaps."""
    (tmp_path / "photos").mkdir()
    images = [{"id": at, "file_name": f"{name}.png", "width": SIZE, "height": SIZE} for at, name in enumerate("abc")]
    for image in images:
        Image.new("RGB", (SIZE, SIZE), (10 * image["id"], 0, 0)).save(tmp_path / "photos" / image["file_name"])
    given = [(0, 7, CAT), (0, 9, DOG), (1, 7, CAT)]
    boxes = [
        {"id": at, "image_id": image, "category_id": name, "area": 400, "iscrowd": 0,
         "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]}
        for at, (image, name, box) in enumerate(given)
    ]  # fmt: skip
    names = [{"id": 7, "name": "cat"}, {"id": 9, "name": "dog"}]
    document = {"images": images, "annotations": boxes, "categories": names}
    (tmp_path / "annotations.json").write_text(json.dumps(document))
    return tmp_path


def found(*boxes):
    """A dict of boxes, labels (names) and scores."""
    corners = torch.tensor([corner for corner, _name, _score in boxes]).reshape(-1, 4)
    names, scores = [name for _corner, name, _score in boxes], torch.tensor([score for *_rest, score in boxes])
    return {"boxes": corners, "labels": names, "scores": scores}


def logged(data, *epochs):
    recorder = BoxRecorder(data / "recording", data / "annotations.json", images=data / "photos")
    for predictions in epochs:
        recorder.log(dict(zip(["a.png", "b.png", "c.png"], predictions, strict=True)))
    return read(data / "recording")


def test_boxes_and_images_of_two_epochs_by_hand(data):
    """First the cat of a alone is found, then all, and a dog is seen in c where none is."""
    moved = [10.0, 10.0, 30.0, 20.0]  # half of the cat: IoU .5
    first = [found((CAT, "cat", 0.75)), found(), found()]
    last = [found((CAT, "cat", 1.0), (DOG, "dog", 0.5)), found((moved, "cat", 0.75)), found((DOG, "dog", 0.25))]
    recorded = logged(data, first, last)
    ids = ["a.png#g1", "a.png#g2", "b.png#g1", "a.png", "b.png", "c.png"]
    assert sorted(recorded.ids) == sorted(ids)
    rows = recorded.align(ids)
    nan = np.nan
    np.testing.assert_allclose(rows.losses, [[0.25, 0], [1, 0.5], [1, 0.5], [0.625, 0.25], [1, 0.5], [0, 0.25]])
    np.testing.assert_allclose(rows.confidences, [[0.75, 1], [0, 0.5], [0, 0.75], [0.375, 0.75], [0, 0.75], [nan, nan]])
    # F1 of a is 2/3 in the first epoch, an error of 1/3; c has no confident prediction
    np.testing.assert_array_equal(rows.hits, [[1, 1], [0, 1], [0, 1], [1, 1], [0, 1], [1, 1]])
    assert np.isnan(rows.margins).all()


def test_one_command_makes_a_run_with_the_dynamics_of_boxes_and_images(data):
    first = [found((CAT, "cat", 0.75)), found(), found()]
    last = [found((CAT, "cat", 1.0), (DOG, "dog", 0.5)), found((CAT, "cat", 0.9)), found((DOG, "dog", 0.25))]
    logged(data, first, last)
    run = hem_core.score(
        None,
        data / "annotations.json",
        images=data / "photos",
        predictions=data / "recording" / "predictions.parquet",
        dynamics=data / "recording",
        out=data / "run",
        has_map=False,
        has_probes=False,
    )
    images, boxes = run.table().set_index("id"), run.level("boxes").table().set_index("id")
    assert images["loss_mean"].to_dict() == pytest.approx({"a.png": 0.4375, "b.png": 0.55, "c.png": 0.125})
    for table in (images, boxes):
        assert {"confidence_mean", "variability", "correctness", "forgetting", "learned_epoch"} <= set(table.columns)
    assert boxes.loc["a.png#g2", "learned_epoch"] == 1
    assert boxes.loc["a.png#g2", "loss_mean"] == 0.75
    assert boxes["loss_mean"].isna().sum() == 1  # what was seen in c is no given box
    assert run.level("boxes").curve("a.png#g2")["confidence"].tolist() == [0.0, 0.5]
    recorded = read(data / "recording").align(["a.png#g1", "a.png", "b.png"]).losses[:, -1]
    assert recorded.tolist() == pytest.approx([boxes.loc["a.png#g1", "loss"], *images.loc[["a.png", "b.png"], "loss"]])


class Detector(torch.nn.Module):
    """Sees a thing of the label that it has learnt where the dog is, in every picture; answers as torchvision's do."""

    def __init__(self, label):
        super().__init__()
        self.layer, self.label = torch.nn.Sequential(torch.nn.Dropout(0.5)), label
        self.layer[0].eval()  # frozen, as batch norm often is

    def forward(self, images):
        assert not self.training
        assert not torch.is_grad_enabled()
        assert [image.shape for image in images] == [(3, SIZE, SIZE)]
        return [{"boxes": torch.tensor([DOG, CAT]), "labels": torch.tensor([self.label, 0]),
                 "scores": torch.tensor([0.8, 0.9])}]  # fmt: skip


def test_a_model_predicts_the_pictures_and_keeps_its_modes(data):
    recorder = BoxRecorder(data / "recording", data / "annotations.json", images=data / "photos")
    model = Detector(2).train()
    model.layer[0].eval()
    recorder.log_model(model, 0)
    recorder.log_model(Detector(1), 1, classes=["dog", "cat"])
    assert model.training
    assert model.layer.training
    assert not model.layer[0].training
    rows = read(data / "recording").align(["a.png#g2", "a.png#g1"])
    np.testing.assert_allclose(rows.confidences, [[0.8, 0.8], [0, 0]], rtol=1e-6)
    last = pd.read_parquet(data / "recording" / "predictions.parquet")
    assert last["image"].tolist() == ["a.png", "b.png", "c.png"]
    assert set(last["class_name"]) == {"dog"}


def test_a_class_that_the_annotations_lack_and_a_picture_that_is_gone_are_named(data):
    recorder = BoxRecorder(data / "recording", data / "annotations.json", images=data / "photos")
    with pytest.raises(DataError, match="none of the classes in the predictions"):
        recorder.log({"a.png": found((CAT, "cow", 0.5))})
    (data / "photos" / "b.png").unlink()
    with pytest.raises(DataError, match=r"no file at '.*b\.png'"):
        recorder.log_model(Detector(1))
