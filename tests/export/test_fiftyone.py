"""What a set is as a FiftyOneDataset."""

import io
import json

import pandas as pd
from PIL import Image

from hem_core import catalog
from hem_core.export import fiftyone


def read_image(row):
    buffer = io.BytesIO()
    Image.new("L", (4, 2)).save(buffer, "PNG")
    return ".png", buffer.getvalue()


def samples_of(examples, folder, classes=("cat", "dog")):
    home = fiftyone.write(pd.DataFrame(examples), folder, read_image=read_image, classes=classes)
    return json.loads((home / "samples.json").read_text("utf-8"))["samples"]


def test_scores_are_fields_tags_are_tags_and_what_no_field_can_be_called_is_renamed(tmp_path):
    examples = {"id": ["a"], "label": ["cat"], "predicted": ["dog"], "predicted_prob": [0.75], "loss": [1.5],
                "tags": ["odd, skip"], "reviewer": [""], "is_correct": [False], "_own.field": [3],
                "metadata": ["x"], "top_probs": [[0.5, 0.5]]}  # fmt: skip
    (sample,) = samples_of(examples, tmp_path)
    assert sample == {
        "filepath": "data/a.png",
        "tags": ["odd", "skip"],
        "metadata": {"_cls": "ImageMetadata", "width": 4, "height": 2},
        "hem_id": "a",
        "ground_truth": {"_cls": "Classification", "label": "cat"},
        "predictions": {"_cls": "Classification", "label": "dog", "confidence": 0.75},
        "loss": 1.5,
        "is_correct": False,
        "own_field": 3,
        "metadata_column": "x",
    }


def test_sets_are_classifications_and_numbers_regressions(tmp_path):
    (several,) = samples_of({"id": ["a"], "label": [["cat", "dog"]]}, tmp_path / "sets")
    assert [each["label"] for each in several["ground_truth"]["classifications"]] == ["cat", "dog"]
    (number,) = samples_of({"id": ["a"], "label": ["2.5"], "predicted": [3.0]}, tmp_path / "numbers", ())
    assert number["ground_truth"] == {"_cls": "Regression", "value": 2.5}
    assert number["predictions"] == {"_cls": "Regression", "value": 3.0}


def test_what_was_exported_is_scored_again_under_its_ids_with_its_predictions(tmp_path):
    examples = pd.DataFrame({"id": ["a/b", "c"], "label": ["cat", None], "predicted": ["dog", "cat"],
                             "predicted_prob": [0.75, 0.5]})  # fmt: skip
    found = catalog.read(fiftyone.write(examples, tmp_path, read_image=read_image))
    assert found["id"].to_pylist() == ["a/b", "c"]
    assert found["label"].to_pylist() == ["cat", None]
    assert found["predicted"].to_pylist() == ["dog", "cat"]
    assert found["confidence"].to_pylist() == [0.75, 0.5]
