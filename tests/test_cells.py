"""Cells of a CSV file; tests/browser/test_browser_side.py holds the browser to the same table."""

import json
from pathlib import Path

import pytest

from hem_core.cells import is_safe, plain_cell, safe_cell

CASES = json.loads((Path(__file__).parent / "cells.json").read_text("utf-8"))


@pytest.mark.parametrize(("text", "cell"), CASES)
def test_a_text_that_a_spreadsheet_would_run_has_an_apostrophe_before_it_and_comes_back(text, cell):
    assert safe_cell(text) == cell
    assert plain_cell(cell) == text


@pytest.mark.parametrize(("text", "cell"), CASES)
def test_a_cell_tells_whether_it_was_made_safe(text, cell):
    assert is_safe(cell)
    assert is_safe(text) == (safe_cell(text) == text or text in ("''", "'=1"))
