"""Labels as written -> classes: names, indices, or one line that says what was found and what was wanted."""

import pyarrow as pa
import pytest

from hem_core.catalog._label_kind import labels_are
from hem_core.errors import DataError
from hem_core.tasks import _class_labels


def catalog(*labels):
    return pa.table({"id": [str(i) for i in range(len(labels))], "label": pa.array(labels, pa.string())})


def facts(table, **more):
    return {"source": "x.csv", "classes": None, "labels_are": labels_are(table["label"]), **more}


def read(labels, names, choice=None):
    """What the labels are, and the class of each."""
    table = catalog(*labels)
    found = _class_labels.read_labels(table, facts(table), names, choice=choice)
    _class_labels.check_labels(table, found, names, "x.csv")
    return found, _class_labels.targets(table, facts(table, labels_are=found), names)[0].tolist()


@pytest.mark.parametrize(
    ("labels", "names", "expected"),
    [
        (["0", "2", "1"], ["cat", "dog", "cow"], ("indices", [0, 2, 1])),
        (["0", "2", "1"], ["0", "1", "2"], ("indices", [0, 2, 1])),
        (["1.0", "0.0", "1.0"], ["no", "yes"], ("indices", [1, 0, 1])),
        (["true", "FALSE"], ["no", "yes"], ("indices", [1, 0])),
        (["true", "false"], ["True", "False"], ("indices", [0, 1])),
        (["1", "2", "3"], ["1", "2", "3"], ("names", [0, 1, 2])),
        (["1", "-1", "1"], ["-1", "1"], ("names", [1, 0, 1])),
        (["1", "0"], ["1", "0"], ("names", [0, 1])),
        (["02", "01"], ["01", "02"], ("names", [1, 0])),
        (["NA", "null", "None"], ["None", "NA", "null"], ("names", [1, 2, 0])),
        (["3.0", "4.0"], ["3", "4"], ("names", [0, 1])),
        ([" cat", "dog "], ["cat", "dog"], ("names", [0, 1])),
        (["1.10", "1.1"], ["1.1", "1.10"], ("names", [1, 0])),
    ],
)
def test_labels_are_the_given_names_as_written_or_plain_indices(labels, names, expected):
    assert read(labels, names) == expected


def test_integers_that_are_names_and_indices_of_other_classes_are_refused_unless_somebody_says_which():
    labels, names = ["1", "2"], ["1", "2", "3"]
    with pytest.raises(DataError, match="'1' is output 0 by its name and '2' by its number; choose with --labels-are"):
        read(labels, names)
    assert read(labels, names, "names") == ("names", [0, 1])
    assert read(labels, names, "indices") == ("indices", [1, 2])
    assert read(["01", "00"], ["a", "b"], "indices") == ("indices", [1, 0])


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (["1", "2", "3"] * 20, r"run from 1 to 3, the model's outputs from 0 to 2 \(20 of 60 .*--classes=1,2,3; else"),
        (["1"] * 500 + ["3"], r"run from 1 to 3, the model's outputs from 0 to 2 \(1 of 501 rows"),
        (["-1", "1"] * 5, r"run from -1 to 1, the model's outputs from 0 to 2 \(5 of 10 rows"),
        (["0", "7", "8"] * 9, "run from 0 to 8, the model's outputs from 0 to 2"),
    ],
)
def test_indices_that_cannot_be_outputs_stop_the_run_with_both_ranges(labels, text):
    with pytest.raises(DataError, match=text):
        read(labels, ["0", "1", "2"])


def test_a_few_typing_errors_are_left_to_be_recorded():
    assert read(["0", "1", "2"] * 30 + ["22", "x"], ["0", "1", "2"])[1][-3:] == [2, -1, -1]
    assert read(["a", "b"] * 30 + ["c", None], ["a", "b"])[1][-4:] == [0, 1, -1, -1]


def test_names_that_are_none_of_the_classes_stop_the_run_with_both():
    with pytest.raises(DataError, match=r"20 of 60 labels in 'x.csv' are none of the 2 classes \(a, b\): 'c' \(20\)"):
        read(["a", "b", "c"] * 20, ["a", "b"])
    with pytest.raises(DataError, match="2 of 2 labels"):
        read(["yes", "no"], ["a", "b"])


def test_na_beside_integers_is_no_label_and_among_names_a_name():
    assert read(["0", "NA", "1", "nan"] * 9, ["a", "b"])[1][:4] == [0, -1, 1, -1]
    with pytest.raises(DataError, match="if 'NA' means that there is no label, leave the cell empty"):
        read(["x", "NA", "y"] * 9, ["x", "y"])


def test_missing_labels_are_no_wrong_labels():
    assert read([None] * 50 + ["0", "1"], ["a", "b"])[1][-2:] == [0, 1]


def test_labels_without_a_zero_are_noted():
    table = catalog("1", "2")
    (note,) = _class_labels.check_labels(table, "indices", list("abcd"), "x.csv")
    assert note.startswith("No label is 0: the labels run from 1 to 2, the outputs from 0 to 3.")
    assert _class_labels.check_labels(catalog("0", "2"), "indices", list("abcd"), "x.csv") == []


@pytest.mark.parametrize(
    ("labels", "classes", "k"),
    [
        (["2", "0", "1"], None, 3),
        (["0", "2", "3"], None, 4),
        (["1", "3", "2"], ["1", "2", "3"], 3),
        (["-1", "1"], ["-1", "1"], 2),
        (["2019", "2021.0"], ["2019", "2021"], 2),
        (["b", "a"], ["a", "b"], 2),
        (["true", "false"], None, 2),
    ],
)
def test_a_model_that_is_still_to_be_trained_has_the_classes_that_occur(labels, classes, k):
    table = catalog(*labels)
    found = _class_labels.for_training(table, facts(table), None)
    assert (found["classes"], _class_labels.count_classes(table, found, None)) == (classes, k)


def test_truth_values_name_the_two_classes_as_they_are_written():
    table = catalog("TRUE", "FALSE", "TRUE")
    assert _class_labels.class_names(table, facts(table), 2, None) == ["FALSE", "TRUE"]
    assert _class_labels.class_names(table, facts(table), 3, None) == ["0", "1", "2"]


def test_numbers_that_nothing_orders_say_what_they_are():
    for label, words in (("0.5", "numbers with a fraction"), ("01", "numbers with leading zeros, which are read as")):
        with pytest.raises(DataError, match=rf"labels in 'x.csv' are {words}.*pass --classes"):
            _class_labels.class_names(catalog(label), facts(catalog(label)), 2, None)


def test_a_label_that_is_a_class_in_another_unicode_form_is_said_to_be(tmp_path):
    with pytest.raises(DataError, match=r"'e\\u0301' differs from a class in how Unicode writes its letters"):
        read(["e\u0301", "x"] * 10, ["\u00e9", "x"])
