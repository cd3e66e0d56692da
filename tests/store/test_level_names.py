"""What the rows of a level are called, by its name."""

import pytest

from hem_core.store.level_names import one


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("examples", "example"), ("boxes", "box"), ("classes", "class"), ("text_spans", "text span"),
        ("phrases", "phrase"), ("faces", "face"),
    ],
)  # fmt: skip
def test_one_row_is_called_by_the_singular(name, singular):
    assert one(name) == singular
