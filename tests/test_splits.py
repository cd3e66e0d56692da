"""Words of a column `split`."""

import pytest

from hem_core.splits import is_held_out, part_of


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("train", "train"), ("Training set", "train"), ("pool", "train"), ("test", "test"), (" TEST ", "test"),
        ("test_set", "test"), ("test2017", "test"), ("hold-out", "test"), ("held out", "test"), ("val", "validation"),
        ("Valid", "validation"), ("dev", "validation"), ("eval_split", "validation"), ("", ""), (None, ""), ("a", ""),
        ("train_images", "train"), ("Test Data", "test"), ("images-val", "validation"), ("images", ""),
        ("latest", ""), ("contest", ""), (3, ""), (float("nan"), ""),
    ],
)  # fmt: skip
def test_a_word_names_a_part_whatever_its_case_and_punctuation(word, part):
    assert part_of(word) == part
    assert is_held_out(word) == (part in ("test", "validation"))
