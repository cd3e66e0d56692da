"""Projects of Label Studio: answers on whole examples as a table, rectangles as annotations of boxes."""

import importlib
import json

import numpy as np
import pytest
from PIL import Image

from hem_core import catalog
from hem_core.boxes import formats
from hem_core.boxes.columns import given_in, predicted_in
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.catalog import info
from hem_core.errors import DataError
from hem_core.testing import check_reader


def choice(*names, question="kind", **more):
    return {"from_name": question, "to_name": "it", "type": "choices", "value": {"choices": list(names)}, **more}


def rectangle(label, x, y, width, height, rotation=0, **more):
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": [label]}
    return {"from_name": "box", "to_name": "it", "type": "rectanglelabels", "original_width": 200,
            "original_height": 100, "value": value, **more}  # fmt: skip


def task(number, data, *annotations, predictions=(), **more):
    given = [{"id": at, "was_cancelled": False, **each} for at, each in enumerate(annotations)]
    return {"id": number, "data": data, "annotations": given, "predictions": list(predictions), **more}


def write(folder, *tasks):
    path = folder / "project.json"
    path.write_text(json.dumps(tasks))
    return path


def test_choices_are_labels_of_texts_with_the_prediction_that_was_shown(tmp_path):
    cancelled = {"result": [choice("bad")], "was_cancelled": True}
    first = task(7, {"text": "hello", "topic": "a"}, {"result": [choice("good")]}, cancelled,
                 predictions=[{"model_version": "m", "score": 0.75, "result": [choice("bad")]}])  # fmt: skip
    truth = {"result": [choice("good")], "ground_truth": True}
    path = write(tmp_path, first, task(8, {"text": "bye"}, truth, {"result": [choice("bad")]}), task(9, {"text": "?"}))
    check_reader("label_studio", path)
    found = catalog.read(path)
    assert found["id"].to_pylist() == ["7", "8", "9"]
    assert found["text"].to_pylist() == ["hello", "bye", "?"]
    assert found["label"].to_pylist() == ["good", "good", None]
    assert found["predicted"].to_pylist() == ["bad", None, None]
    assert found["confidence"].to_pylist() == [0.75, None, None]
    assert found["topic"].to_pylist() == ["a", None, None]


def test_pictures_are_found_by_their_path_or_the_name_before_the_upload(tmp_path):
    for name in ("cats/1.png", "2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / name)
    local, upload = "/data/local-files/?d=cats%2F1.png", "/data/upload/3/0a1b2c3d-2.png"
    path = write(
        tmp_path, *(task(at, {"image": each}, {"result": [choice("x")]}) for at, each in enumerate((local, upload)))
    )
    assert catalog.read(path)["image"].to_pylist() == ["cats/1.png", "2.png"]


def test_one_of_several_questions_is_named_and_several_choices_are_a_set(tmp_path):
    result = [choice("sure", question="how"), choice("sea", "sky", question="what")]
    path = write(tmp_path, task(1, {"text": "a"}, {"result": result}), task(2, {"text": "b"}, {"result": []}))
    assert catalog.read(path)["label"].to_pylist() == ["sure", None]
    assert catalog.read(path, label_column="what")["label"].to_pylist()[0] == "sea|sky"
    with pytest.raises(DataError, match="has an answer to 'why'; name one that has"):
        catalog.read(path, label_column="why")


def test_rectangles_are_boxes_in_px_and_predictions_come_along(tmp_path):
    turned = rectangle("dust", 50, 0, 10, 40, rotation=90)  # 20 x 40 px, turned about its corner to lie left of it
    one = {"result": [rectangle("cell", 10, 10, 20, 50), turned]}
    sure = {"model_version": "m", "score": 0.5, "result": [rectangle("cell", 0, 0, 50, 50, score=0.9)]}
    path = write(
        tmp_path, task(1, {"image": "/data/upload/1/a.png"}, one, predictions=[sure]), task(2, {"image": "b.png"})
    )
    check_reader("annotated_boxes", path)
    found = catalog.read(path)
    classes = info(found)["classes"]
    np.testing.assert_allclose(given_in(found["boxes"], classes).xyxy, [[20, 10, 60, 60], [60, 0, 100, 20]], atol=1e-9)
    predicted = predicted_in(found["predictions"], classes)
    np.testing.assert_allclose(predicted.xyxy, [[0, 0, 100, 50]])
    assert predicted.confidence.tolist() == [0.9]


def test_a_corrected_project_has_the_other_parts_as_they_were(tmp_path):
    one = {"result": [choice("x"), rectangle("cell", 10, 10, 20, 50, note="kept"), rectangle("dust", 0, 0, 5, 5)]}
    path = write(tmp_path, task(1, {"image": "a.png"}, one, meta={"a": 1}), task(2, {"image": "b.png"}, {"result": []}))
    before = json.loads(path.read_text())
    order = Correction("a.png", "move", "a.png#g1", (0, 0, 100, 50))
    formats.write(apply_corrections(formats.read(path), [order])[0], tmp_path)
    after = json.loads(path.read_text())
    moved = after[0]["annotations"][0]["result"][1]
    place = {"x": 0, "y": 0, "width": 50, "height": 50, "rotation": 0}
    assert moved["value"] == {**place, "rectanglelabels": ["cell"]}
    assert moved["note"] == "kept"
    after[0]["annotations"][0]["result"][1] = before[0]["annotations"][0]["result"][1]
    assert after == before


def test_label_studio_takes_the_rectangles_that_are_written(tmp_path):
    sdk = importlib.import_module("label_studio_sdk.label_interface")
    path = write(tmp_path, task(1, {"image": "a.png"}, {"result": [rectangle("cell", 10, 10, 20, 50)]}))
    order = Correction("a.png", "add", None, (0, 0, 100, 50), "dust")
    formats.write(apply_corrections(formats.read(path), [order])[0], tmp_path)
    labels = '<Label value="cell"/><Label value="dust"/>'
    controls = f'<RectangleLabels name="box" toName="it">{labels}</RectangleLabels>'
    interface = sdk.LabelInterface(f'<View><Image name="it" value="$image"/>{controls}</View>')
    (annotation,) = json.loads(path.read_text())[0]["annotations"]
    assert interface.validate_annotation(annotation)
    assert len(annotation["result"]) == 2


def test_a_file_without_tasks_is_refused_in_words(tmp_path):
    (tmp_path / "odd.json").write_text('[{"id": 1}]')
    with pytest.raises(DataError, match="has no tasks of Label Studio; export the project as JSON"):
        formats.read(tmp_path / "odd.json", format="label_studio_json")
