"""Random scenes of boxes, pycocotools' answer to them, and the matching as one would write it down."""

import contextlib
import io

import numpy as np
import pytest

from hem_core.boxes.arrays import given_boxes, predicted_boxes
from hem_core.boxes.geometry import areas, iou


def _random_scene(seed, *, n_images=30, n_classes=3, given=6, predicted=10, extent=500):
    """Given and predicted boxes with ties of confidence, crowd regions, wrong classes and images without any."""
    chance = np.random.default_rng(seed)
    image = np.repeat(np.arange(n_images), chance.integers(0, 2 * given + 1, n_images))
    m = len(image)
    label, corner = chance.integers(0, n_classes, m), chance.integers(0, extent, (m, 2))
    xyxy = np.concatenate([corner, corner + chance.integers(4, 120, (m, 2))], axis=1).astype(float)
    found = np.flatnonzero(chance.random(m) < 0.8)
    moved = xyxy[found] + chance.integers(-6, 7, (len(found), 4))
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
    wrong = chance.integers(0, n_classes, len(found))
    answer = np.where(chance.random(len(found)) < 0.9, label[found], wrong)
    n = max(n_images * predicted - len(found), 0)
    corner = chance.integers(0, extent, (n, 2))
    stray = np.concatenate([corner, corner + chance.integers(4, 120, (n, 2))], axis=1)
    confidence = np.round(chance.random(len(found) + n), 2)
    images = np.concatenate([image[found], chance.integers(0, n_images, n)])
    labels = np.concatenate([answer, chance.integers(0, n_classes, n)])
    guess = predicted_boxes(images, labels, np.concatenate([moved, stray]), confidence)
    return given_boxes(image, label, xyxy, is_crowd=chance.random(m) < 0.1), guess


def _coco_objects(given, predicted, n_images, n_classes):
    """The scene as pycocotools' own objects; ids from 1."""
    from pycocotools.coco import COCO

    truth = COCO()
    truth.dataset = {
        "images": [{"id": at + 1} for at in range(n_images)],
        "categories": [{"id": at + 1, "name": str(at)} for at in range(n_classes)],
        "annotations": [
            {**_record(given, at), "id": at + 1, "area": float(given.area_px[at]), "iscrowd": int(given.is_crowd[at])}
            for at in range(len(given))
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        results = [{**_record(predicted, at), "score": float(predicted.confidence[at])} for at in range(len(predicted))]
        return truth, truth.loadRes(results)


def _coco_precision(given, predicted, n_images, n_classes):
    """(T, K, A) average precision by pycocotools, NaN where nothing is given."""
    from pycocotools.cocoeval import COCOeval

    truth, answers = _coco_objects(given, predicted, n_images, n_classes)
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCOeval(truth, answers, "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][..., -1]  # (T, R, K, A)
    return np.where(precision.min(axis=1) > -1, precision.mean(axis=1), np.nan)


def _record(boxes, at):
    left, top, right, bottom = boxes.xyxy[at].tolist()
    box = [left, top, right - left, bottom - top]
    return {"image_id": int(boxes.image[at]) + 1, "category_id": int(boxes.label[at]) + 1, "bbox": box}


def _slow_match(given, predicted, threshold, area=(0.0, 1e10), most=100):
    """One threshold, box by box: (M,) the prediction of each given box and (P,) the given box of each prediction."""
    of_given, of_predicted = [-1] * len(given), [-1] * len(predicted)
    is_ignored = [bool(given.is_ignored[g]) or not area[0] <= given.area_px[g] <= area[1] for g in range(len(given))]
    groups = {(i, k) for i, k in zip(predicted.image.tolist(), predicted.label.tolist(), strict=True)}
    for image, label in groups:
        mine = [p for p in range(len(predicted)) if (predicted.image[p], predicted.label[p]) == (image, label)]
        boxes = [g for g in range(len(given)) if (given.image[g], given.label[g]) == (image, label)]
        for p in sorted(mine, key=lambda p: -predicted.confidence[p])[:most]:
            best, chosen = None, -1
            for g in boxes:
                if of_given[g] >= 0 and not given.is_crowd[g]:
                    continue
                value = iou(predicted.xyxy[[p]], given.xyxy[[g]], given.is_crowd[[g]])[0]
                rank = (not is_ignored[g], value)
                if value >= min(threshold, 1 - 1e-10) and (best is None or rank >= best):
                    best, chosen = rank, g
            if chosen >= 0:
                of_given[chosen], of_predicted[p] = p, chosen
    return of_given, of_predicted, is_ignored, areas(predicted.xyxy)


@pytest.fixture(scope="session")
def random_scene():
    return _random_scene


@pytest.fixture(scope="session")
def coco_precision():
    return _coco_precision


@pytest.fixture(scope="session")
def slow_match():
    return _slow_match
