"""Embeddings, neighbours and the map of boxes: of the model where it has features of boxes, else of their pixels."""

import shutil

import numpy as np
import pytest
import scenes
import torch

import hem_core
from hem_core.errors import ModelError
from hem_core.runs.projection import project_run
from hem_core.store import words_near
from hem_core.store.fingerprint import fingerprint


class Corners(torch.nn.Module):
    """Predicts one box in each image, and knows a box by its centre."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images):
        one = {"boxes": [[10.0, 10, 50, 50]], "labels": [1], "scores": [0.8]}
        return [{name: torch.tensor(value) for name, value in one.items()} for _image in images]

    def box_features(self, images, boxes):
        assert all(image.dtype == torch.float32 for image in images)
        return [torch.cat([(own[:, :2] + own[:, 2:]) / 2, torch.ones(len(own), 1)], dim=1) for own in boxes]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return scenes.write(tmp_path_factory.mktemp("data"))


def score(data, out, model=None, **more):
    more = {"images": data / "photos", "is_map_awaited": False} | more
    return hem_core.score(model, data / "annotations.json", out=out, **more)


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    return score(data, tmp_path_factory.mktemp("w") / "runs" / "corners", Corners())


def test_boxes_have_the_features_that_the_model_has_of_them(run):
    boxes = run.level("boxes")
    table, features = boxes.table(), boxes.embeddings()
    assert features.shape == (len(table), 3)
    sides = [table[f"given_{side}"].fillna(table[f"predicted_{side}"]).to_numpy(float) for side in ("left", "right")]
    assert features[:, 0] == pytest.approx((sides[0] + sides[1]) / 2)
    assert run.info["level_neighbours"]["boxes"]["of"] == "features of the model"


def test_images_are_embedded_as_one_box_each(run):
    table = run.table(["id", "index"])
    sizes = np.array([scenes.IMAGES[id] for id in table["id"]])
    assert run.embeddings()[:, :2] == pytest.approx(sizes / 2)


def test_the_neighbours_of_a_box_are_those_whose_features_are_alike(run):
    near = run.level("boxes").neighbours("right.png#g2")  # about 70, 70: as are the centres on the diagonal
    assert near.iloc[0]["distance_cosine"] == pytest.approx(0, abs=1e-3)
    assert len(near) == run.level("boxes").n - 1


def test_the_map_of_the_boxes_follows_with_that_of_the_images_and_changes_the_fingerprint(run, tmp_path):
    home = shutil.copytree(run.folder, tmp_path / "run")
    before = fingerprint(home)
    project_run(home)
    done = hem_core.open_run(home)
    for level in (done.examples, done.level("boxes")):
        assert np.isfinite(level.table(["x", "y"]).to_numpy()).all()
    assert "pending" not in done.info
    assert fingerprint(home) != before
    (home / "projection.parquet").unlink()
    assert done.info["fingerprint"] != fingerprint(home)


def test_a_second_run_has_the_same_neighbours(run, data, tmp_path):
    again = score(data, tmp_path / "again", Corners())
    for name in ("boxes/neighbours.npz", "boxes/embeddings/00000.npy"):
        assert (again.folder / name).read_bytes() == (run.folder / name).read_bytes(), name


def test_without_a_model_boxes_are_known_by_their_pixels(data, tmp_path):
    found = score(data, tmp_path / "run", predictions=data / "results.json")
    boxes = found.level("boxes")
    assert found.info["level_neighbours"]["boxes"]["of"] == "pixels of the crop"
    assert boxes.embeddings().shape == (boxes.n, 192)
    near = boxes.neighbours("right.png#g1")["id"].tolist()
    bright = {"right.png#p2", "right.png#g2", "off.png#g1"}  # every scene has a grey of its own; these are above .5
    assert set(near[:3]) == bright
    assert found.examples.graph is None


def test_no_embeddings_are_made_where_none_are_wanted_or_there_are_no_pictures(data, tmp_path):
    assert "level_neighbours" not in score(data, tmp_path / "none", Corners(), layer="none").info
    blind = score(data, tmp_path / "blind", images=tmp_path, predictions=data / "results.json")
    assert "level_neighbours" not in blind.info
    assert "pending" not in blind.info


class Wrong(Corners):
    def box_features(self, images, boxes):
        return [torch.zeros(1, 2, 2) for _own in boxes]


class Failing(Corners):
    def box_features(self, images, boxes):
        raise RuntimeError("out of luck")


@pytest.mark.parametrize(
    ("model", "words"),
    [(Wrong, r"gave \(1, 2, 2\).* expected a tensor \(m, D\)"), (Failing, "failed on 2 images: out of")],
)
def test_features_of_another_shape_are_refused(data, tmp_path, model, words):
    with pytest.raises(ModelError, match=words):
        score(data, tmp_path / "run", model())


@pytest.mark.slow
def test_boxes_are_embedded_by_a_text_image_model_where_one_is_named(data, tiny_clip, tmp_path):
    run = score(data, tmp_path / "w" / "runs" / "words", Corners(), embedding=tiny_clip, has_map=False)
    boxes = run.level("boxes")
    assert run.info["level_neighbours"]["boxes"]["of"] == "crops by a text–image model"
    assert (boxes.embeddings().shape, run.embeddings().shape) == ((boxes.n, 8), (run.n, 8))
    assert boxes.text_image_model == run.examples.text_image_model == run.info["embedding"]
    rows, distances = boxes.near({"words": "a red disc", "k": boxes.n})
    assert sorted(rows) == list(range(boxes.n))
    assert distances.tolist() == sorted(distances.tolist())
    words_near.end()
