"""What a format says that it holds."""

from types import ModuleType

from hem_core.export._holds import has_pictures, holds_boxes, is_background


def test_a_format_holds_what_it_says_and_nothing_else():
    table, pictures = ModuleType("table"), ModuleType("pictures")
    pictures.HAS_PICTURES, pictures.HOLDS_BOXES = True, True  # pyright: ignore[reportAttributeAccessIssue]
    assert (has_pictures(table), holds_boxes(table), is_background(table)) == (False, False, False)
    assert (has_pictures(pictures), holds_boxes(pictures), is_background(pictures)) == (True, True, False)
