"""Detection with a train function: what it is given, and boxes of models that did not see the image."""

import json

import numpy as np
import pyarrow as pa
import pytest
import scenes
import torch

import hem_core
from hem_core import catalog as catalogs
from hem_core.engine.inputs import open_inputs
from hem_core.errors import ModelError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.training_set import TrainingSet
from hem_core.tasks import ModelFacts, TargetOptions, load, training_arguments


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return scenes.write(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def dataset(data):
    """All seven scenes but the first, as a training gets them; `off.png` has a box that leaves its image too."""
    document = scenes.document()
    more = {"category_id": 7, "area": 1, "iscrowd": 0}
    numbers = {image["file_name"]: image["id"] for image in document["images"]}
    document["annotations"] += [
        {"id": 98, "image_id": numbers["off.png"], "bbox": [100, 90, 30, 30], **more},
        {"id": 99, "image_id": numbers["off.png"], "bbox": [20, 20, 0, 8], **more},
    ]
    (data / "more.json").write_text(json.dumps(document))
    catalog = catalogs.read(data / "more.json", images=str(data / "photos"))
    facts = catalogs.info(catalog)
    targets = load("detection").read_targets(catalog, facts, ModelFacts(first_label=1), TargetOptions())
    inputs = open_inputs(catalog, facts, root=data / "photos", dataset=None, channels=3, resize=None, is_mixed=True)
    ids = catalog["id"].to_pylist()
    rows = np.arange(1, len(ids))
    cached = CachedInputs(inputs, len(ids))
    return TrainingSet(cached, rows, targets.values, ids, [], is_picture=True, task=targets.task)


def test_an_item_is_an_image_and_a_dict_as_torchvision_s_references_have_it(dataset):
    at = dataset.ids.index("right.png")
    image, target = dataset[at]
    assert (image.shape, image.dtype) == ((3, 100, 100), torch.float32)
    assert image[0, 0, 0] == pytest.approx((40 + 20 * 6) / 255)
    assert target["boxes"].tolist() == [[10, 10, 50, 50], [60, 60, 80, 80]]
    assert target["labels"].tolist() == [1, 2]  # 0 is background
    assert target["area"].tolist() == [1600, 400]
    assert (target["image_id"], target["iscrowd"].tolist()) == (at, [0, 0])
    assert (target["boxes"].dtype, target["labels"].dtype) == (torch.float32, torch.int64)
    assert dataset.classes == ["cell", "dust"]


def test_an_image_without_objects_has_no_boxes_of_the_same_shape(dataset):
    image, target = dataset[dataset.ids.index("empty.png")]
    assert image.shape == (3, 60, 60)
    assert (target["boxes"].shape, target["labels"].shape) == ((0, 4), (0,))


def test_crowd_regions_are_marked_and_boxes_end_with_the_image(dataset):
    assert dataset[dataset.ids.index("crowd.png")][1]["iscrowd"].tolist() == [1, 0]
    target = dataset[dataset.ids.index("off.png")][1]
    assert target["boxes"].tolist() == [[10, 10, 50, 50], [100, 90, 110, 100]]  # without the one of no width


def test_a_loader_of_lists_works_with_it(dataset):
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=3, collate_fn=lambda batch: tuple(zip(*batch, strict=True))
    )
    images, targets = next(iter(loader))
    assert [image.shape[1:] for image in images] == [(100, 140), (60, 60), (80, 100)]
    assert [target["image_id"] for target in targets] == [0, 1, 2]


def test_what_is_offered_by_name_counts_background(dataset):
    offered = training_arguments(dataset._task)
    assert offered == {"classes": ["cell", "dust"], "n_classes": 3, "num_classes": 3}


class Memory(torch.nn.Module):
    """Knows the boxes of every image of its training by its colour, and finds nothing in others."""

    def __init__(self, dataset, num_classes):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.num_classes = num_classes
        self.known = {float(image[0, 0, 0]): target for image, target in (dataset[at] for at in range(len(dataset)))}

    def forward(self, images):
        nothing = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
        found = [self.known.get(float(image[0, 0, 0]), nothing) for image in images]
        return [
            {"boxes": one["boxes"], "labels": one["labels"], "scores": torch.full((len(one["labels"]),), 0.9)}
            for one in found
        ]


SIZES = []


def train(dataset, *, num_classes, classes):
    """See `Memory`."""
    assert (num_classes, classes) == (3, ["cell", "dust"])
    SIZES.append(len(dataset))
    return Memory(dataset, num_classes)


def score(data, out, **more):
    more = {"train": train, "has_map": False} | more
    return hem_core.score(None, data / "annotations.json", images=data / "photos", out=out, **more)


@pytest.fixture(scope="module")
def by_folds(data, tmp_path_factory):
    SIZES.clear()
    run = score(data, tmp_path_factory.mktemp("w") / "runs" / "folds", oos=3)
    assert sorted(SIZES) == [4, 5, 5, 7]
    return run


def test_each_image_is_judged_by_a_model_that_did_not_see_it(by_folds):
    assert by_folds.info["sample"] == "out-of-sample"
    assert by_folds.info["metrics"][0]["value"] == 0  # a memory knows nothing of other images
    oos = by_folds.info["oos"]
    assert oos.pop("train").endswith("train")
    assert oos == {"how": "folds", "folds": 3, "repeats": 1, "mAP50": 0, "in_sample_mAP50": 1}
    types = by_folds.level("boxes").table(["type"])["type"]
    assert set(types) == {"Missed"}


def test_one_training_on_everything_is_in_sample_and_says_so(data, tmp_path):
    run = score(data, tmp_path / "run", oos="none")
    assert run.info["sample"] == "in-sample"
    assert run.info["metrics"][0]["value"] == 1
    assert run.info.get("oos") is None
    assert any(note.startswith("In-sample") for note in run.info["notes"]), run.info["notes"]


@pytest.mark.slow
def test_the_boxes_of_a_run_by_folds_do_not_depend_on_when_it_was_killed(by_folds, data, tmp_path):
    whole = by_folds.folder

    class KilledError(Exception):
        pass

    def kill(stage, _done, _total):
        if stage == "fold 2 of 3: training":
            raise KilledError

    with pytest.raises(KilledError):
        score(data, tmp_path / "run", oos=3, progress=kill)
    SIZES.clear()
    score(data, tmp_path / "run", oos=3)
    assert len(SIZES) == 2
    for name in ("scores.parquet", "boxes.parquet", "boxes/thumbnails.bin"):
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes(), name


class Learned(torch.nn.Module):
    """Predicts one box in each image; a box is known by its centre and by what the training left in `weight`."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images):
        one = {"boxes": [[10.0, 10, 50, 50]], "labels": [1], "scores": [0.8]}
        return [{name: torch.tensor(value) for name, value in one.items()} for _image in images]

    def box_features(self, images, boxes):
        return [torch.cat([(own[:, :2] + own[:, 2:]) / 2, self.weight.expand(len(own), 1)], dim=1) for own in boxes]


def learn(dataset):
    SIZES.append(len(dataset))
    model = Learned()
    torch.nn.init.constant_(model.weight, len(dataset))
    return model


def resume(dataset, checkpoint):
    model = Learned()
    if checkpoint.exists():
        model.load_state_dict(torch.load(checkpoint, weights_only=True))
        return model
    model = learn(dataset)
    torch.save(model.state_dict(), checkpoint)
    return model


class KilledError(BaseException):
    pass


def killed_at(stage):
    def progress(now, _done, _total):
        if now == stage:
            raise KilledError

    return progress


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "stage", "n_left"),
    [(resume, "fold 2 of 3: training", 2), (resume, "boxes", 0), (learn, "thumbnails", 0)],
)
def test_killed_after_the_training_on_everything_it_is_not_trained_again(data, tmp_path, function, stage, n_left):
    out = tmp_path / "run"
    with pytest.raises(KilledError):
        score(data, out, train=function, oos=3, progress=killed_at(stage))
    SIZES.clear()
    resumed = score(data, out, train=function, oos=3)
    assert len(SIZES) == n_left
    assert 7 not in SIZES
    features = resumed.level("boxes").embeddings()
    assert (features[:, 2] == 7).all()  # of the model of all seven images
    assert not list((out / "out_of_sample").glob("checkpoint_*"))


def counts_from_zero(dataset):
    model = Memory(dataset, 3)
    model.first_label = 0
    return model


def invents_a_class(dataset):
    model = Memory(dataset, 3)
    for target in model.known.values():
        target["labels"] = target["labels"] + 1
    return model


def test_a_trained_model_whose_labels_would_be_read_wrongly_is_refused(data, tmp_path):
    with pytest.raises(ModelError, match="has first_label = 0; the labels of the data set begin at 1"):
        score(data, tmp_path / "zero", train=counts_from_zero)
    with pytest.raises(ModelError, match="everything: the model predicts the label 3"):
        score(data, tmp_path / "more", train=invents_a_class)


def test_pictures_of_any_size_are_kept_in_memory_up_to_the_limit(data):
    paths = pa.table({"image": list(scenes.IMAGES)})
    inputs = open_inputs(
        paths, {"medium": "image"}, root=data / "photos", dataset=None, channels=3, resize=None, is_mixed=True
    )
    assert CachedInputs(inputs, 7)._values is not None
    beyond = CachedInputs(inputs, 7, most_bytes=1000)
    assert beyond._values is None
    assert [one.shape[:2] for one in beyond.read(np.array([2, 0]))] == [(60, 60), (100, 120)]
