"""Two detectors on the same images, beside a bootstrap that copies the images and measures them anew."""

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.average_precision import average_precision
from hem_core.boxes.curves import curve, miss_rate
from hem_core.boxes.detections import Detections
from hem_core.boxes.matching import match
from hem_core.boxes.overlaps import overlaps
from hem_core.boxes.paired import MISS_RATE, paired
from hem_core.boxes.same_boxes import same_boxes
from hem_core.errors import DataError

N, K = 12, 3


@pytest.fixture(scope="module")
def two(random_scene):
    """The same given boxes with the predictions of two models."""
    given, tied = random_scene(3, n_images=N, n_classes=K)
    chance = np.random.default_rng(0)
    unique = tied.confidence + 1e-6 * chance.permutation(len(tied))  # copies of an image would break ties otherwise
    first = predicted_boxes(tied.image, tied.label, tied.xyxy, unique)
    moved = first.xyxy + chance.normal(0, 4, first.xyxy.shape)
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
    kept = chance.random(len(first)) < 0.8
    sure = 0.8 * first.confidence + 0.2 * chance.random(len(first))
    second = predicted_boxes(first.image[kept], first.label[kept], moved[kept], sure[kept])
    return [Detections(given, each, N, ("a", "b", "c")) for each in (first, second)]


def _copied(model, drawn):
    """The images of a resample, one behind the other, as a data set of its own."""
    parts = [model.of_images(np.array([image])) for image in drawn]
    stacked = {}
    for name in ("given", "predicted"):
        boxes = [getattr(part, name) for part in parts]
        image = np.concatenate([np.full(len(each), at) for at, each in enumerate(boxes)])
        rest = [np.concatenate([getattr(each, key) for each in boxes]) for key in ("label", "xyxy")]
        stacked[name] = (image, *rest)
    crowd = np.concatenate([part.given.is_crowd for part in parts])
    sure = np.concatenate([part.predicted.confidence for part in parts])
    return given_boxes(*stacked["given"], is_crowd=crowd), predicted_boxes(*stacked["predicted"], sure)


def _measured_slowly(given, predicted):
    ap = average_precision(given, predicted, K)
    (matches,) = match(given, predicted, overlaps(given, predicted, least=0.5, right_class_only=True), [0.5])
    missed = miss_rate(curve(given, predicted, matches), N)
    return [ap.at(0.5), ap.at(), ap.at(0.75), missed, *ap.by_class(0.5), *ap.by_class()]


def test_each_resample_is_what_copies_of_its_images_measure(two):
    found = paired(two, n_resamples=5, seed=4)
    chance = np.random.default_rng(4)
    for draw in range(5):
        drawn = chance.integers(N, size=N)
        for at, model in enumerate(two):
            np.testing.assert_allclose(found.draws[draw, at], _measured_slowly(*_copied(model, drawn)), atol=1e-9)


def test_every_class_has_the_ap_of_pycocotools(two, coco_precision):
    found = paired(two, n_resamples=2)
    for at, model in enumerate(two):
        want = coco_precision(model.given, model.predicted, N, K)[:, :, 0]  # (T, K)
        by_name = {(m.name, m.label): value for m, value in zip(found.measures, found.point[at], strict=True)}
        for k, name in enumerate(model.classes):
            assert by_name["AP50", name] == pytest.approx(want[0, k])
            assert by_name["AP50–95", name] == pytest.approx(want[:, k].mean())
        assert by_name["mAP50–95", None] == pytest.approx(np.nanmean(want))


def test_a_model_does_not_differ_from_itself_and_differs_surely_from_one_without_predictions(two):
    same = paired([two[0], two[0]], n_resamples=20).differences()
    assert {(each.difference, each.low, each.high) for each in same} == {(0.0, 0.0, 0.0)}
    nothing = predicted_boxes([], [], np.zeros((0, 4)), [])
    blind = Detections(two[0].given, nothing, N, two[0].classes)
    worse = {each.measure.name: each for each in paired([two[0], blind], n_resamples=50).differences()[:4]}
    assert worse["mAP50"].is_worse
    assert not worse["mAP50"].is_better
    assert worse[MISS_RATE].after == 1
    assert worse[MISS_RATE].is_worse


def test_what_rests_on_one_image_has_no_interval_and_is_no_verdict(two):
    nothing = predicted_boxes([], [], np.zeros((0, 4)), [])
    alone = [two[0].of_images(np.array([0])), Detections(two[0].given, nothing, N, two[0].classes)]
    alone[1] = alone[1].of_images(np.array([0]))
    lost = paired(alone, n_resamples=5).differences()
    assert lost[0].difference < 0
    assert {(each.low, each.high, each.is_worse, each.is_better) for each in lost} == {(None, None, False, False)}

    rare = given_boxes([0, 1, 2], [0, 0, 1], [[0, 0, 9, 9]] * 3)
    both = [Detections(rare, each.predicted, N, each.classes) for each in two]
    of_class = {each.measure.label: each.low for each in paired(both, n_resamples=5).differences()}
    assert of_class["b"] is None
    assert of_class["a"] is not None


def test_other_images_are_refused(two):
    with pytest.raises(DataError, match="are of 12 and 3 images"):
        paired([two[0], two[0].of_images(np.arange(3))], n_resamples=2)


def _level(rows):
    names = ("id", "example", "given", "predicted", "predicted_left", "predicted_top", "predicted_right")
    columns = {name: np.array([row[at] for row in rows], object) for at, name in enumerate(names)}
    bottom = [None if row[5] is None else row[5] + 10 for row in rows]
    return columns | {"predicted_bottom": np.array(bottom, object)}


def test_given_boxes_are_the_same_by_id_and_false_positives_by_class_and_place():
    before = _level(
        [
            ("x#g1", "x", "cat", "cat", 0, 0, 10),
            ("x#p2", "x", None, "cat", 50, 50, 60),
            ("x#p3", "x", None, "dog", 50, 50, 60),
            ("y#p1", "y", None, "cat", 50, 50, 60),
        ]
    )
    after = _level(
        [
            ("x#p9", "x", None, "cat", 50, 50, 61),  # IoU 10 / 11 with x#p2
            ("x#p8", "x", None, "cat", 50, 50, 60),  # the same place as x#p2
            ("x#p7", "x", None, "bird", 50, 50, 60),
            ("x#g1", "x", "cat", None, None, None, None),
        ]
    )
    assert sorted(same_boxes(before, after)) == [(0, 3), (1, 1)]


def test_runs_without_a_box_at_all_have_none_in_common():
    assert same_boxes(_level([]), _level([])) == []
    assert same_boxes(_level([("x#p2", "x", None, "cat", 50, 50, 60)]), _level([])) == []
