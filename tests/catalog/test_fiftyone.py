"""Exports of FiftyOne: labels of whole pictures as a table, boxes as annotations, and what a model said of either."""

import json

import numpy as np
import pytest
from PIL import Image

from hem_core import catalog
from hem_core.boxes import formats, results
from hem_core.boxes.columns import given_in, predicted_in
from hem_core.catalog import info
from hem_core.errors import DataError
from hem_core.testing import check_reader


def label(name, **more):
    return {"_id": {"$oid": "1"}, "_cls": "Classification", "tags": [], "label": name, **more}


def several(**confidence):
    return {"_cls": "Classifications", "classifications": [label(name, confidence=p) for name, p in confidence.items()]}


def box(name, *shares, **more):
    return {"_id": {"$oid": "2"}, "_cls": "Detection", "tags": [], "label": name, "bounding_box": list(shares), **more}


def boxes(*some):
    return {"_cls": "Detections", "detections": list(some)}


def write(folder, *fields, size=(40, 20)):
    """samples.json and a picture for each sample; fields: those of each beside its path."""
    (folder / "data").mkdir()
    samples = []
    for at, each in enumerate(fields):
        Image.new("RGB", size).save(folder / "data" / f"{at}.png")
        samples.append({"filepath": f"data/{at}.png", "tags": [], "metadata": None, "_rand": 0.5, **each})
    (folder / "samples.json").write_text(json.dumps({"samples": samples}))
    return folder


def test_labels_predictions_scores_and_tags_become_columns(tmp_path):
    cat = {"ground_truth": label("cat"), "predictions": label("dog", confidence=0.75), "uniqueness": 0.5}
    dog = {"ground_truth": label("dog"), "predictions": None, "tags": ["odd", "train"]}
    source = write(tmp_path, cat, dog)
    check_reader("fiftyone", source)
    check_reader("fiftyone", source / "samples.json")
    found = catalog.read(source)
    assert found["id"].to_pylist() == found["image"].to_pylist() == ["data/0.png", "data/1.png"]
    assert found["label"].to_pylist() == ["cat", "dog"]
    assert found["predicted"].to_pylist() == ["dog", None]
    assert found["confidence"].to_pylist() == [0.75, None]
    assert found["uniqueness"].to_pylist() == [0.5, None]
    assert found["tags"].to_pylist() == [None, "odd, train"]
    assert "_rand" not in found.column_names
    assert "The predictions are those of the field predictions." in info(found)["notes"]


def test_a_field_of_labels_can_be_named_and_the_other_one_with_confidences_is_the_models(tmp_path):
    source = write(tmp_path, {"human": label("cat"), "resnet": label("dog", confidence=0.5), "hem_id": "x"})
    assert catalog.read(source)["label"].to_pylist() == ["cat"]
    found = catalog.read(source, label_column="human")
    assert (found["id"].to_pylist(), found["predicted"].to_pylist()) == (["x"], ["dog"])
    with pytest.raises(DataError, match="no field of labels 'truth'; there are: human, resnet"):
        catalog.read(source, label_column="truth")


def test_several_labels_are_a_set_and_their_confidences_columns(tmp_path):
    first = {"ground_truth": several(sea=None, sky=None), "predictions": several(sea=0.75)}
    source = write(tmp_path, first, {"ground_truth": several(), "predictions": several(sky=0.5)})
    found = catalog.read(source)
    assert found["label"].to_pylist() == ["sea|sky", "(none)"]
    assert (found["prob_sea"].to_pylist(), found["prob_sky"].to_pylist()) == ([0.75, 0.0], [0.0, 0.5])


def test_numbers_are_labels_too(tmp_path):
    number = {"_cls": "Regression", "value": 2.5}
    found = catalog.read(write(tmp_path, {"ground_truth": number, "predictions": {**number, "value": 3.0}}))
    assert (found["label"].to_pylist(), found["predicted"].to_pylist()) == (["2.5"], [3.0])


def test_detections_are_boxes_in_px_and_their_predictions_come_along(tmp_path):
    given = boxes(box("cell", 0.25, 0.5, 0.5, 0.25), box("cell", 0, 0, 1, 1, iscrowd=True), box("dust", 0.5))
    source = write(
        tmp_path, {"ground_truth": given, "predictions": boxes(box("cell", 0.5, 0, 0.5, 1, confidence=0.75))}
    )
    found = catalog.read(source)
    there = given_in(found["boxes"], info(found)["classes"])
    np.testing.assert_allclose(there.xyxy, [[10, 10, 30, 15], [0, 0, 40, 20]])
    assert there.is_crowd.tolist() == [False, True]
    assert any("without four numbers" in note for note in info(found)["notes"])
    predicted = predicted_in(found["predictions"], info(found)["classes"])
    np.testing.assert_allclose(predicted.xyxy, [[20, 0, 40, 20]])
    assert predicted.confidence.tolist() == [0.75]


def test_predicted_boxes_of_another_export_are_read_beside_the_annotations(tmp_path):
    given, later = (tmp_path / name for name in ("given", "later"))
    for each in (given, later):
        each.mkdir()
    write(given, {"ground_truth": boxes(box("cell", 0, 0, 1, 1))})
    write(later, {"predictions": boxes(box("cell", 0, 0, 0.5, 1, confidence=0.5))})
    annotations = formats.read(given)
    assert results.own(annotations) is None
    np.testing.assert_allclose(results.read(later / "samples.json", annotations).boxes.xyxy, [[0, 0, 20, 20]])
    with pytest.raises(DataError, match="has no field of predicted boxes; name the field 'predictions'"):
        results.read(given, annotations)


def test_a_file_without_samples_is_refused_in_words(tmp_path):
    (tmp_path / "samples.json").write_text('{"samples": [{"filepath": ""}]}')
    with pytest.raises(DataError, match="no list of samples with a filepath, as FiftyOne exports them"):
        formats.read(tmp_path / "samples.json", format="fiftyone_json")
