from hem_core.boxes.suggestion import suggestions
from hem_core.boxes.suspicion import KINDS


def test_each_kind_of_suspicion_says_what_to_do():
    assert suggestions(
        ["missing", "wrong_class", "spurious", "misplaced", None],
        [None, "RBC", "RBC", "RBC", "RBC"],
        ["WBC", "WBC", None, "RBC", "RBC"],
    ) == ["add WBC", "WBC", "nothing here", "another box", None]
    assert all(suggestions(KINDS, ["a"] * len(KINDS), ["b"] * len(KINDS)))


def test_another_class_that_the_paired_prediction_does_not_have_is_not_named():
    assert suggestions(["wrong_class"] * 2, ["RBC"] * 2, ["RBC", None]) == ["another class", "another class"]
