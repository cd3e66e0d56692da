"""What is in an image, in words."""

from collections import Counter

from hem_core.boxes.contents import in_words


def test_numbers_of_objects_come_before_their_names_the_most_frequent_first():
    assert in_words(Counter({"WBC": 1, "RBC": 17})) == "17 RBC, 1 WBC"
    assert in_words(Counter()) == "no objects"


def test_a_name_that_would_run_into_the_numbers_is_quoted():
    assert in_words(Counter({"6": 2, "3": 4})) == "4 × '3', 2 × '6'"
    assert in_words(Counter({"car, red": 1, "type 2": 1})) == "1 × 'car, red', 1 × 'type 2'"
