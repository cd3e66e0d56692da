"""What a run would read of some data, before it is scored."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from hem_core.runs.data_preview import Request, data_preview, option_words

CLASSES = {"label": ["cat", "dog"] * 10, "prob_cat": [0.9, 0.2] * 10, "prob_dog": [0.1, 0.8] * 10}


@pytest.fixture
def csv(tmp_path):
    """csv(columns): the path of a table of them."""

    def write(columns, name="data.csv"):
        pd.DataFrame(columns).to_csv(tmp_path / name, index=False)
        return str(tmp_path / name)

    return write


def test_a_table_of_probabilities_is_ready_and_says_what_was_recognized(csv):
    found = data_preview(Request(csv({"name": [f"e{k}" for k in range(20)], **CLASSES})))
    assert found.is_ready
    assert (found.reader, found.n, found.task, found.n_unlabelled) == ("table", 20, "classification", 0)
    assert found.columns.names == ("name", "label", "prob_cat", "prob_dog")
    assert (found.columns.id, found.columns.label, found.columns.text) == (None, "label", None)
    assert found.rows.num_rows == 5
    assert found.predictions == "in the columns prob_cat, prob_dog: 2 outputs per example"
    assert found.classes == ("cat", "dog")


def test_lists_whose_order_is_not_known_are_a_problem_until_the_classes_are_named(tmp_path):
    path = str(tmp_path / "lists.parquet")
    pd.DataFrame({"label": ["cat", "dog"] * 5, "probs": [[0.9, 0.1], [0.2, 0.8]] * 5}).to_parquet(path)
    found = data_preview(Request(path))
    assert "order of the outputs is not known" in found.problem
    assert (found.labels, found.columns.lists) == (("cat", "dog"), ("probs",))
    named = data_preview(Request(path, classes=("dog", "cat")))
    assert named.is_ready
    assert (named.classes, named.predictions) == (("dog", "cat"), "in the column probs: 2 outputs per example")


def test_without_predictions_it_says_which_columns_would_be_some_and_a_train_function_needs_none(csv):
    path = csv({"label": ["a", "b"] * 5, "x": range(10)})
    assert "prob_<class>" in data_preview(Request(path)).missing
    assert data_preview(Request(path, is_trained=True)).is_ready


def test_a_table_without_a_label_still_shows_its_columns_to_choose_from(csv):
    path = csv({"animal": ["a", "b"] * 5, "x": range(10)})
    found = data_preview(Request(path))
    assert "no label column" in found.problem
    assert (found.columns.names, found.columns.label, found.rows.num_rows) == (("animal", "x"), None, 5)
    assert data_preview(Request(path, columns={"label_column": "animal"})).labels == ("a", "b")


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"label": [1.5, 2.5, 3.0], "prediction": [1.0, 2.0, 3.0]}, "regression"),
        ({"label": list(range(100)), "prediction": [1.0] * 100}, "regression"),
        ({"label": [0, 1] * 50, "prob_0": [0.5] * 100, "prob_1": [0.5] * 100}, "classification"),
        ({"label": list(range(100)), **{f"prob_{k}": [0.01] * 100 for k in range(100)}}, "classification"),
        ({"label": ["rock|jazz", "rock", "jazz"] * 4}, "multilabel"),
        ({"label": ["hammerhead, hammerhead shark", "hen", "drake, duck"] * 4}, "classification"),
        ({"label": ["12,5", "3,25", "7,0"] * 4}, "regression"),
    ],
)
def test_the_task_is_suggested_by_the_labels(csv, columns, task):
    assert data_preview(Request(csv(columns))).task == task


def test_grades_with_decimal_predictions_are_numbers_and_two_classes_with_a_probability_are_not(csv):
    grades = {"quality": [3, 4, 5, 6] * 10, "x": range(40), "prediction": [3.1, 4.2, 4.9, 5.5] * 10}
    found = data_preview(Request(csv(grades)))
    assert (found.task, found.guesses, found.problem, found.is_ready) == (
        "regression", {"label_column": "quality"}, "", True)  # fmt: skip
    whole = {**grades, "prediction": [3, 4, 5, 6] * 10, "confidence": [0.9] * 40}
    assert data_preview(Request(csv(whole))).task == "classification"
    binary = {"label": [0, 1] * 20, "pred": [0.1, 0.8] * 20}
    found = data_preview(Request(csv(binary)))
    assert (found.task, found.is_ready, found.classes) == ("classification", True, ("0", "1"))


def test_a_requested_task_counts_and_annotations_name_their_own(csv, tmp_path):
    path = csv({"label": [1.5, 2.5], "prediction": [1.0, 2.0]})
    assert data_preview(Request(path, task="classification")).task == "classification"
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
        "categories": [{"id": 1, "name": "cell"}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    found = data_preview(Request(str(tmp_path / "coco.json")))
    assert (found.reader, found.task, found.is_fixed) == ("annotated_boxes", "detection", True)
    assert found.missing
    boxes = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.9}]
    (tmp_path / "results.json").write_text(json.dumps(boxes))
    whole = data_preview(Request(str(tmp_path / "coco.json"), predictions=str(tmp_path / "results.json")))
    assert whole.is_ready
    assert whole.predictions == "in results.json"
    (tmp_path / "bad.json").write_text("[{]")
    broken = data_preview(Request(str(tmp_path / "coco.json"), predictions=str(tmp_path / "bad.json")))
    assert "bad.json" in broken.problem
    assert (broken.task, broken.n) == ("detection", 1)


def test_what_cannot_be_read_is_a_problem_in_a_sentence(tmp_path):
    (tmp_path / "broken.csv").write_text("id,label\n1,cat\n2,dog,5\n")
    assert "line 3" in data_preview(Request(str(tmp_path / "broken.csv"))).problem
    assert data_preview(Request(str(tmp_path / "gone.csv"))).problem.startswith("nothing is at")
    assert "NUL" in data_preview(Request("a\0b")).problem


def test_options_get_the_names_that_a_page_has_for_them():
    words = {"--label-column": "Label", "--label": "never"}
    assert option_words("name it with --label-column", words) == "name it with Label"


def test_it_needs_no_torch():
    code = "import sys, hem_core.runs.data_preview; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_label_and_a_text_without_a_usual_name_are_guessed_and_what_is_named_wins(csv):
    intents = ["pay", "lost"] * 10
    said = [f"this is what customer number {k} wrote" for k in range(20)]
    columns = {"wrote": said, "intent": intents, "prediction": [*intents[1:], "pay"], "confidence": [0.9] * 20}
    found = data_preview(Request(csv(columns)))
    assert found.is_ready
    assert found.guesses == {"label_column": "intent", "text_column": "wrote"}
    assert found.labels == ("lost", "pay")

    named = data_preview(Request(csv(columns), columns={"label_column": "prediction"}))
    assert "label_column" not in named.guesses


@pytest.mark.parametrize(
    ("label", "predicted", "confidence"),
    [
        ("Klasse", "Vorhersage", "Wahrscheinlichkeit"),
        ("Kategorie", "Vorhergesagte Klasse", "Konfidenz"),
        ("Ground Truth", "Predicted Class", "Max Prob"),
        ("actual", "y-hat", "pred_prob"),
    ],
)
def test_usual_names_in_german_and_english_are_recognized(csv, label, predicted, confidence):
    classes = ["Rechnung", "Werbung"] * 10
    columns = {
        label: classes,
        "Region": ["Nord", "Ost"] * 10,
        predicted: [*classes[1:], "Werbung"],
        confidence: [0.9] * 20,
    }
    found = data_preview(Request(csv(columns)))
    assert (found.guesses, found.is_ready) == ({"label_column": label}, True)
    assert found.predictions.startswith(f"in the columns {predicted}, {confidence}")


def test_a_number_can_be_predicted_in_german(csv):
    columns = {"Ziel": [1.5, 2.5, 3.0, 4.0] * 5, "Vorhersage": [1.0, 2.0, 3.0, 4.5] * 5}
    found = data_preview(Request(csv(columns)))
    assert (found.task, found.guesses, found.is_ready) == ("regression", {"label_column": "Ziel"}, True)


def test_pictures_that_are_not_where_a_table_says_are_missed_before_anything_is_scored(csv, tmp_path):
    path = csv({"file": [f"pictures/{k}.png" for k in range(20)], **CLASSES})
    found = data_preview(Request(path))
    assert found.is_ready
    assert any("such as pictures/0.png; give --images" in note for note in found.notes)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "0.png").write_bytes(b"x")
    assert not any("--images" in note for note in data_preview(Request(path)).notes)
