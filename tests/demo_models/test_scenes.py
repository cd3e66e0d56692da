"""Scenes with boxes made wrong on purpose: what is written, and that the truth of it is kept."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from demo_models import scenes
from demo_models.scenes.canvas import drawn, overlap
from demo_models.scenes.planted import Planted
from hem_core.boxes import formats


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The same forty scenes without and with wrong boxes."""
    folder = tmp_path_factory.mktemp("scenes")
    return [scenes.write(folder / name, 40, share=share) for name, share in (("right", 0.0), ("wrong", 0.05))]


def boxes_of(written):
    """Name of an image -> (class, left, top, right, bottom) of its boxes in their order."""
    found = formats.read(written.annotations)
    names = found.images["file_name"].to_pylist()
    by_image = {name: [] for name in names}
    for image, label, box in zip(found.boxes.image, found.boxes.label, found.boxes.xyxy, strict=True):
        by_image[names[image]].append((found.categories[label], *box))
    return by_image


def test_every_wrong_box_is_in_the_list_and_nothing_else_differs(pair):
    right, wrong = map(boxes_of, pair)
    planted = scenes.read_planted(pair[1].planted)
    assert set(Counter(one.kind for one in planted)) == set(scenes.KINDS)
    for name, given in wrong.items():
        truth = list(right[name])
        own = [one for one in planted if one.image == name]
        is_wrong = {one.number for one in own}
        untouched = [box for number, box in enumerate(given, 1) if number not in is_wrong]
        replaced = [(one.label, one.left, one.top, one.right, one.bottom) for one in own if one.kind != "spurious"]
        assert sorted(untouched + replaced) == sorted(truth)


def test_digits_can_be_rare():
    chance = np.random.default_rng(0)
    shares = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0.1]
    labels = Counter(label for at in range(60) for label, _box in drawn(at, chance, shares).objects)
    assert labels[8] == 0 < labels[9] < min(labels[digit] for digit in range(8))


def test_wrong_boxes_are_wrong_in_the_way_that_they_are_called(pair):
    wrong = boxes_of(pair[1])
    for one in scenes.read_planted(pair[1].planted):
        given = wrong[one.image][one.number - 1] if one.number else None
        if one.kind == "missing":
            assert given is None
        elif one.kind == "shifted":
            assert given[0] == one.label
            assert 0 < overlap(np.array(given[1:]), np.array([one.left, one.top, one.right, one.bottom])) < 0.5
        elif one.kind == "relabelled":
            assert given[0] != one.label
            assert given[1:] == (one.left, one.top, one.right, one.bottom)
        else:
            assert one.label is None


def test_every_kind_has_its_share_of_the_boxes(pair):
    n = sum(map(len, boxes_of(pair[0]).values()))
    counts = Counter(one.kind for one in scenes.read_planted(pair[1].planted))
    assert counts["missing"] == counts["shifted"] == counts["relabelled"] == round(0.05 * n)
    assert 0 < counts["spurious"] <= round(0.05 * n)


def test_the_same_seed_gives_the_same_bytes_and_a_set_that_is_there_stays(pair, tmp_path):
    again = scenes.write(tmp_path, 40, share=0.05)
    for name in ("annotations", "planted"):
        assert getattr(again, name).read_bytes() == getattr(pair[1], name).read_bytes()
    images = [sorted(path.read_bytes() for path in one.images.iterdir()) for one in (again, pair[1])]
    assert images[0] == images[1]
    again.planted.write_text("mine")
    assert scenes.write(tmp_path, 2).planted.read_text() == "mine"


def test_scenes_have_several_sizes_and_a_column_of_their_clutter(pair):
    document = json.loads(pair[0].annotations.read_text())
    assert {image["clutter"] for image in document["images"]} == {"calm", "busy", "crowded"}
    for image in document["images"]:
        with Image.open(pair[0].images / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])
    assert len({(image["width"], image["height"]) for image in document["images"]}) == 3


def test_a_missing_box_is_found_by_a_prediction_there_and_another_by_its_number():
    missing = Planted("a.png", "missing", None, "3", 0.0, 0.0, 10.0, 10.0)
    assert missing.is_at(None, [0, 0, 10, 12])
    assert not missing.is_at(None, [8, 0, 18, 10])
    assert not missing.is_at(2, [0, 0, 10, 10])  # a given box is not missing
    spurious = Planted("a.png", "spurious", 4, None, None, None, None, None)
    assert (spurious.is_at(4, [0, 0, 1, 1]), spurious.is_at(None, [0, 0, 1, 1])) == (True, False)
