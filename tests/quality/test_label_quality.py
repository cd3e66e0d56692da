"""The array calls that stand in for cleanlab's: one scale, one direction, errors that say what to do."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.errors import DataError, HemError
from hem_core.tasks import load


def planted(n=400, k=4, seed=0):
    """Labels of four far clusters, a tenth of them wrong; what a good model says; which are wrong; the clusters."""
    chance = np.random.default_rng(seed)
    right = np.arange(n) % k
    is_wrong = np.arange(n) % 10 == 3
    labels = np.where(is_wrong, (right + 1) % k, right)
    probs = np.full((n, k), 0.02)
    probs[np.arange(n), right] = 0.94
    return labels, probs, is_wrong, 5 * np.eye(k)[right] + chance.normal(0, 0.5, (n, k))


def test_the_quality_is_the_share_of_the_label_among_itself_and_the_best_other_class():
    found = hem_core.label_quality([0, 1, 1], [[0.9, 0.1, 0.0], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    assert found == pytest.approx([0.9, 1 / 3, 0.25])


def test_neighbours_move_a_label_that_the_model_learned_by_heart_to_the_front():
    labels, probs, is_wrong, embeddings = planted()
    learned = int(np.flatnonzero(is_wrong)[0])
    probs[learned] = 0.001
    probs[learned, labels[learned]] = 0.997  # the model agrees with the wrong label
    plain = hem_core.label_quality(labels, probs)
    with_near = hem_core.label_quality(labels, probs, embeddings=embeddings)
    assert (plain < plain[learned]).sum() > (with_near < with_near[learned]).sum()
    assert sorted(with_near) == pytest.approx(sorted(plain), abs=0.05)


def test_the_order_is_that_of_label_suspicion_in_a_run(tmp_path):
    labels, _probs, _is_wrong, _embeddings = planted(80)
    probs = np.random.default_rng(1).dirichlet(np.ones(4), 80)
    frame = pd.DataFrame(probs, columns=[f"prob_c{k}" for k in range(4)])
    frame["label"], frame["id"] = [f"c{k}" for k in labels], [f"{row:03d}" for row in range(80)]
    frame.to_csv(tmp_path / "d.csv", index=False)
    run = hem_core.score(None, tmp_path / "d.csv", out=tmp_path / "work/runs/d", sample="out-of-sample", has_map=False)
    own = run.table(["id", "label_suspicion"]).sort_values("id")["label_suspicion"].to_numpy()
    assert np.argsort(-own).tolist() == np.argsort(hem_core.label_quality(labels, probs)).tolist()


def test_issues_are_the_planted_labels_as_a_mask_and_as_indices():
    labels, probs, is_wrong, _embeddings = planted()
    mask = hem_core.find_label_issues(labels, probs)
    assert mask.dtype == bool
    assert (mask == is_wrong).all()
    ranked = hem_core.find_label_issues(labels, probs, return_indices_ranked_by="label_quality")
    assert sorted(ranked) == np.flatnonzero(mask).tolist()
    quality = hem_core.label_quality(labels, probs)
    assert (np.diff(quality[ranked]) >= 0).all()
    three = hem_core.find_label_issues(labels, probs, filter_by="low_quality", most=3)
    assert np.flatnonzero(three).tolist() == sorted(np.argsort(quality, kind="stable")[:3])


def test_the_labels_that_the_prediction_contradicts_are_all_of_those_below_a_half():
    labels, probs, is_wrong, _embeddings = planted()
    probs[0] = [0.3, 0.5, 0.1, 0.1]  # class 0 is given
    is_wrong = is_wrong | (np.arange(400) == 0)
    assert not hem_core.find_label_issues(labels, probs)[0]  # less sure of class 1 than usual
    mask = hem_core.find_label_issues(labels, probs, filter_by="predicted_neq_given")
    assert (mask == (hem_core.label_quality(labels, probs) < 0.5)).all()
    assert (mask == is_wrong).all()


def test_of_each_class_an_example_is_left():
    labels, probs = [0, 0, 1, 1], [[0.1, 0.9], [0.2, 0.8], [0.05, 0.95], [0.1, 0.9]]
    ask = {"filter_by": "predicted_neq_given"}
    assert hem_core.find_label_issues(labels, probs, **ask).tolist() == [True, False, False, False]
    assert hem_core.find_label_issues(labels, probs, min_examples_per_class=0, **ask).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_tag_without_support_and_a_missing_one_are_named():
    probs = np.tile([0.99, 0.01], (200, 1))
    labels = [[0] for _example in range(200)]
    labels[7], labels[8] = [0, 1], []
    tags = hem_core.label_quality_of_parts(labels, probs, task="multilabel")
    assert tags.shape == (200, 2)
    assert sorted(np.argsort(tags, axis=None)[:2].tolist()) == [15, 16]  # tag 1 of example 7, tag 0 of example 8
    quality = hem_core.label_quality(labels, probs, task="multilabel")
    assert sorted(np.argsort(quality)[:2]) == [7, 8]
    assert np.flatnonzero(hem_core.find_label_issues(labels, probs, task="multilabel")).tolist() == [7, 8]
    matrix = np.array([[tag in own for tag in (0, 1)] for own in labels])
    np.testing.assert_array_equal(hem_core.label_quality(matrix, probs, task="multilabel"), quality)


def test_a_lost_decimal_point_is_the_worst_number():
    chance = np.random.default_rng(0)
    truth = chance.uniform(10, 100, 300)
    predicted = truth + chance.normal(0, 2, 300)
    given = truth.copy()
    given[5] *= 10
    quality = hem_core.label_quality(given, predicted, task="regression")
    assert quality.argmin() == 5
    assert quality[5] < 0.1 < 0.5 < np.median(quality)
    assert np.flatnonzero(hem_core.find_label_issues(given, predicted, task="regression")).tolist() == [5]
    several = hem_core.label_quality_of_parts(np.c_[given, truth], np.c_[predicted, predicted], task="regression")
    assert several.shape == (300, 2)
    assert np.unravel_index(several.argmin(), several.shape) == (5, 0)


def images():
    """Three images with two boxes each: as predicted, one of another class, one that nothing is given for."""
    boxes = np.array([[0, 0, 20, 20], [40, 40, 80, 80.0]])
    labels = [{"bboxes": boxes, "labels": np.array([0, 1])} for _image in range(3)]
    labels[1] = {"bboxes": boxes, "labels": np.array([0, 0])}
    labels[2] = {"bboxes": boxes[:1], "labels": np.array([0])}
    sure = [np.append(box, 0.98)[None] for box in boxes]
    return labels, [[sure[0], sure[1]] for _image in range(3)]


def test_a_box_of_the_wrong_class_and_a_missing_one_are_told_apart():
    labels, predictions = images()
    quality = hem_core.label_quality(labels, predictions, task="detection")
    assert quality[0] == pytest.approx(1, abs=0.01)
    assert quality[1:].max() < 0.8
    of_kind = {
        kind: hem_core.label_quality_of_parts(labels, predictions, task="detection", kind=kind)
        for kind in ("missing", "spurious", "misplaced", "wrong_class")
    }
    assert [len(each) for each in of_kind["missing"]] == [2, 2, 2]
    assert [len(each) for each in of_kind["wrong_class"]] == [2, 2, 1]
    assert of_kind["wrong_class"][1].argmin() == 1
    assert of_kind["missing"][2].argmin() == 1
    with pytest.raises(HemError, match=r"kind must be one of missing, spurious, misplaced, wrong_class; it is None"):
        hem_core.label_quality_of_parts(labels, predictions, task="detection")


def test_the_table_has_a_row_an_example_and_finds_the_same_picture_twice():
    labels, probs, _is_wrong, embeddings = planted(60)
    embeddings[1] = embeddings[0]
    table = hem_core.issue_table(labels, probs, embeddings=embeddings)
    assert len(table) == 60
    assert table.loc[[0, 1], "near_duplicate_set"].tolist() == [0, 0]
    np.testing.assert_array_equal(table["label_score"], hem_core.label_quality(labels, probs, embeddings=embeddings))
    assert table["given_label"].tolist() == labels.tolist()
    assert set(table) >= {"is_label_issue", "predicted_label", "outlier_score", "is_near_duplicate_issue"}
    tags = hem_core.issue_table([[0], [1]] * 30, np.tile([0.9, 0.2], (60, 1)), task="multilabel", embeddings=embeddings)
    assert tags["near_duplicate_set"].max() == 0


@pytest.mark.parametrize("task", ["classification", "multilabel", "regression", "detection"])
def test_no_examples_give_no_numbers(task):
    assert len(hem_core.label_quality([], [], task=task)) == 0
    assert load(task).name == task


PROBS = [[0.9, 0.1], [0.4, 0.6]]
WRONG = {
    "2 labels and 3 rows of pred_probs": (([0, 1], [*PROBS, [0.5, 0.5]]), {}),
    r"shape \(N, K\), a column a class; they have \(2,\).*column_stack": (([0, 1], [0.2, 0.8]), {}),
    r"1 rows hold a NaN or an infinity, row 1 first": (([0, 1], [[0.9, 0.1], [np.nan, 1]]), {}),
    r"row 0 is not. Logits need a softmax": (([0, 1], [[2.0, -1.0], [0.4, 0.6]]), {}),
    r"must sum to 1; row 1 sums to 1.500.*multilabel": (([0, 1], [[0.9, 0.1], [0.9, 0.6]]), {}),
    r"row 1 has the label 2; pred_probs have 2 columns, classes 0 to 1": (([0, 2], PROBS), {}),
    r"labels are names, such as 'cat'.*classes.index": ((["cat", "dog"], PROBS), {}),
    r"1 labels are missing, that of row 1 first": (([0, np.nan], PROBS), {}),
    r"0.5, which is no class number; for numbers pass task='regression'": (([0, 0.5], PROBS), {}),
    r"lists of tags are for task='multilabel'": (([[0], [1]], PROBS), {}),
    r"have one column; for two classes": (([0, 0], [[1.0], [1.0]]), {}),
    r"embeddings must have the shape \(N, D\)": (([0, 1], PROBS), {"embeddings": [[1.0]]}),
    r"row 1 names the tag 'rock'": (([[0], ["rock"]], PROBS), {"task": "multilabel"}),
    r"row 0 has the tag 5; pred_probs have columns 0 to 1": (([[5], []], PROBS), {"task": "multilabel"}),
    r"a list of tag numbers for each example; row 0 is 1": (([1, 0], PROBS), {"task": "multilabel"}),
    r"labels have 3 columns and pred_probs 2": ((np.zeros((2, 3)), PROBS), {"task": "multilabel"}),
    r"holds 1, 0 or NaN for each tag; row 1": ((np.array([[0, 1], [0, 7]]), PROBS), {"task": "multilabel"}),
    r"not measured by embeddings; omit them": (
        ([[0], [1]], PROBS),
        {"task": "multilabel", "embeddings": [[1.0, 0], [0, 1.0]]},
    ),
    r"labels must be numbers of the shape \(N,\) or \(N, D\)": ((["a", "b"], [1.0, 2.0]), {"task": "regression"}),
    r"labels have the shape \(2, 1\) and predictions \(2, 2\)": (([1, 2], [[1, 2], [3, 4]]), {"task": "regression"}),
    r"a dict with 'bboxes' and 'labels' for each image; image 0": (([0], [[[]]]), {"task": "detection"}),
    r"no task 'clasification'": (([0, 1], PROBS), {"task": "clasification"}),
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_an_error_says_what_to_do(words):
    arrays, options = WRONG[words]
    with pytest.raises(HemError, match=words):
        hem_core.label_quality(*arrays, **options)


def test_boxes_that_cannot_be_read_are_named_with_their_image():
    labels, predictions = images()
    ask = {"task": "detection"}
    with pytest.raises(DataError, match="one array a class for each image; images have 1 to 2 arrays"):
        hem_core.label_quality(labels, [*predictions[:2], predictions[2][:1]], **ask)
    with pytest.raises(DataError, match=r"shape \(M, 5\) for class 0 of image 0.*they have \(1, 4\)"):
        hem_core.label_quality(labels, [[np.ones((1, 4)), []], *predictions[1:]], **ask)
    with pytest.raises(DataError, match="image 2 has a box of class 2; predictions have 2 arrays, classes 0 to 1"):
        hem_core.label_quality([*labels[:2], {**labels[2], "labels": [2]}], predictions, **ask)
    with pytest.raises(DataError, match=r"image 2 names its classes \('cat'\)"):
        hem_core.label_quality([*labels[:2], {**labels[2], "labels": ["cat"]}], predictions, **ask)
    with pytest.raises(DataError, match=r"bboxes of the shape \(1, 4\) and 2 labels"):
        hem_core.label_quality([*labels[:2], {**labels[2], "labels": [0, 1]}], predictions, **ask)
    with pytest.raises(DataError, match=r"left, top, right, bottom; image 2 of labels.*x \+ width"):
        hem_core.label_quality([*labels[:2], {"bboxes": [[50, 50, 9, 9]], "labels": [0]}], predictions, **ask)


def test_options_that_do_not_exist_are_listed():
    with pytest.raises(HemError, match="suspect, predicted_neq_given, low_quality; it is 'prune_by_class'"):
        hem_core.find_label_issues([0, 1], PROBS, filter_by="prune_by_class")
    with pytest.raises(HemError, match="needs most=, how many to return"):
        hem_core.find_label_issues([0, 1], PROBS, filter_by="low_quality")
    with pytest.raises(HemError, match="most must be 0 or more; it is -1"):
        hem_core.find_label_issues([0, 1], PROBS, most=-1)
    with pytest.raises(HemError, match="must be None or 'label_quality'; it is 'self_confidence'"):
        hem_core.find_label_issues([0, 1], PROBS, return_indices_ranked_by="self_confidence")
    with pytest.raises(HemError, match=r"have no parts here; use hem_core\.label_quality"):
        hem_core.label_quality_of_parts([0, 1], PROBS, task="classification")


def test_importing_the_door_imports_neither_numpy_nor_torch():
    code = "import sys, hem_core; hem_core.HemError; print(sorted({'numpy', 'torch', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
