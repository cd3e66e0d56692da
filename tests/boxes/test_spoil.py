"""Planted annotation errors are what they are called, and nothing else changes."""

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes
from hem_core.boxes.geometry import iou
from hem_core.boxes.spoil import SPOILS, spoil
from hem_core.errors import DataError


@pytest.fixture(scope="module")
def truth():
    """400 boxes of four classes in 40 images of 500 px, and ten crowd regions."""
    chance = np.random.default_rng(0)
    corner = chance.integers(0, 400, (410, 2))
    boxes = np.concatenate([corner, corner + chance.integers(20, 90, (410, 2))], axis=1)
    return given_boxes(np.arange(410) % 40, chance.integers(0, 4, 410), boxes, is_crowd=np.arange(410) < 10)


SIZE = np.full((40, 2), 500.0)


def test_each_kind_is_planted_as_often_and_as_it_is_called(truth):
    found = spoil(truth, SIZE, share=0.25, seed=1)
    counts = {kind: int((found.kind == kind).sum()) for kind in SPOILS} | {"removed": len(found.removed)}
    assert counts == dict.fromkeys(SPOILS, 20)
    was = truth.take(found.source[found.source >= 0])
    kind, given = found.kind[found.source >= 0], found.given.take(found.source >= 0)
    shared = iou(given.xyxy, was.xyxy)
    is_off = np.isin(kind, ("moved", "resized"))
    assert ((shared[is_off] >= 0.2) & (shared[is_off] <= 0.65)).all()
    assert (shared[~is_off] == 1).all()
    assert ((given.label != was.label) == (kind == "relabelled")).all()
    moved, size = kind == "moved", lambda boxes: boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]
    inside = moved & (given.xyxy > 0).all(axis=1) & (given.xyxy < 500).all(axis=1)
    np.testing.assert_allclose(size(given)[inside], size(was)[inside])


def test_added_boxes_lie_in_free_places_and_have_numbers_of_their_own(truth):
    found = spoil(truth, SIZE, kinds=["added"], seed=2)
    new, old = found.given.take(found.source < 0), found.given.take(found.source >= 0)
    assert len(new) == 40
    for at in range(len(new)):
        here = old.xyxy[old.image == new.image[at]]
        assert iou(np.repeat(new.xyxy[[at]], len(here), 0), here).max() < 0.1
    keys = list(zip(found.given.image.tolist(), found.given.number.tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    assert (new.xyxy >= 0).all()
    assert (new.xyxy <= 500).all()


def test_the_same_seed_plants_the_same_and_crowd_regions_are_left_alone(truth):
    one, other = spoil(truth, SIZE, share=0.9, seed=3), spoil(truth, SIZE, share=0.9, seed=3)
    np.testing.assert_array_equal(one.given.xyxy, other.given.xyxy)
    assert one.given.is_crowd.sum() == 10
    assert (one.kind[one.given.is_crowd] == "").all()


def test_an_unknown_kind_lists_those_there_are(truth):
    with pytest.raises(DataError, match="no kind 'blurred' of planted box; there are: removed, moved"):
        spoil(truth, SIZE, kinds=["blurred"])
