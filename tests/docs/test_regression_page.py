"""The code and the pictures of the page on numbers."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

import hem_core
from hem_core import tasks

PAGE = Path(__file__).parents[2] / "docs" / "regression.md"


def test_the_train_function_of_the_page_predicts_several_numbers(tmp_path):
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert code is not None
    names: dict = {}
    exec(code[1], names)
    chance = np.random.default_rng(0)
    x = chance.normal(size=(90, 3))
    table = pd.DataFrame(x, columns=list("abc")).assign(heating=10 + 3 * x[:, 0], cooling=500 + 90 * x[:, 1])
    table.loc[4, "cooling"] = np.nan
    table.to_csv(tmp_path / "d.csv", index=False)
    options = {"oos": 2, "has_map": False, "columns": {"label_column": "heating,cooling"}}
    run = hem_core.score(None, tmp_path / "d.csv", train=names["train"], out=tmp_path / "work/runs/d", **options)
    assert run.info["task"] == "regression"
    assert run.info["task_settings"]["outputs"] == ["heating", "cooling"]
    assert run.n == 90


def test_the_columns_of_the_page_are_those_of_a_run():
    words = PAGE.read_text()
    for column in tasks.load("regression").column_words:
        assert f"`{column}`" in words or column.startswith(("neighbours_", "residual_bias")), column


def test_every_picture_of_the_page_is_there():
    for name in re.findall(r"\]\((figures/[^)]+)\)", PAGE.read_text()):
        assert (PAGE.parent / name).is_file(), name
