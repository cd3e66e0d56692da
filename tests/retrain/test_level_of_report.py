"""A report of a retraining names the rows that it counts by their level."""

from hem_core import tasks
from hem_core.retrain.report.page import _of_what
from hem_core.retrain.report.together import _level_of


def test_changes_are_counted_of_tags_and_of_boxes_by_name():
    assert (_level_of(tasks.load("multilabel")), _level_of(tasks.load("detection"))) == ("tags", "boxes")
    assert (
        _of_what({"flow_of": "tags", "n_test": 1200})
        == "tags of 1,200 test examples, given or predicted, mean over seeds"
    )
