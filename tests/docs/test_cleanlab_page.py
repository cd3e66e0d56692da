"""The code of the page for those who come from cleanlab."""

import re
from pathlib import Path

import pytest

import hem_core

PAGE = Path(__file__).parents[2] / "docs" / "cleanlab.md"


def test_the_code_of_the_page_runs_and_gives_the_numbers_that_it_says():
    names: dict = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)
    assert names["quality"] == pytest.approx([0.9, 0.2, 0.8, 0.7])
    assert names["share"].n_reviewed == 2


def test_every_call_of_the_page_exists():
    named = set(re.findall(r"hem_core\.(\w+)\(", PAGE.read_text()))
    assert named == {"label_quality", "label_quality_of_parts", "find_label_issues", "issue_table"}
    assert named <= set(hem_core.__all__)
