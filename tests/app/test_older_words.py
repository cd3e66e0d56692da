"""Runs of images with boxes that an older HEM made are read in the words of today."""

from types import SimpleNamespace

from app.wire.older_words import in_todays_words
from hem_core.boxes.contents import reworded


def test_numbers_and_names_of_classes_are_told_apart():
    assert reworded("4 3, 2 6", ["3", "6"]) == "4 × '3', 2 × '6'"
    for text in ("4 × '3', 2 × '6'", "17 RBC, 1 WBC", "no objects", "4 3, 2 cats"):
        assert reworded(text, ["3", "6", "RBC", "WBC"]) == text


def test_of_a_run_with_boxes_alone():
    records = [{"id": "4 3", "given": "4 3", "predicted": None, "note": "4 3"}]
    info = {"levels": ["examples", "boxes"], "level_classes": {"boxes": ["3"]}}
    level = SimpleNamespace(is_examples=True, info=info)
    assert in_todays_words(level, records) == [{**records[0], "given": "4 × '3'"}]
    for other in (SimpleNamespace(is_examples=False, info=info), SimpleNamespace(is_examples=True, info={})):
        assert in_todays_words(other, records) == records
