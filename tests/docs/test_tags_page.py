"""The code and the pictures of the page on several labels."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

import hem_core

PAGE = Path(__file__).parents[2] / "docs" / "tags.md"


def test_the_train_function_of_the_page_scores_joined_labels(tmp_path):
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict = {}
    exec(code[1], names)
    chance = np.random.default_rng(0)
    x = chance.normal(size=(120, 4))
    labels = ["; ".join(np.array(["hot", "red", "soft"])[row > 0]) for row in x[:, :3]]
    pd.DataFrame(x, columns=list("abcd")).assign(labels=labels).to_csv(tmp_path / "d.csv", index=False)
    options = {"task": "multilabel", "oos": 3, "has_map": False}
    run = hem_core.score(None, tmp_path / "d.csv", train=names["train"], out=tmp_path / "work/runs/d", **options)
    metrics = {metric["name"]: metric["value"] for metric in run.info["metrics"]}
    assert list(metrics) == ["mAP", "micro F1", "macro F1", "subset accuracy"]
    assert metrics["mAP"] > 0.9
    assert run.info["sample"] == "out-of-sample"
    assert run.level("tags").n > 100


def test_every_picture_of_the_page_is_there():
    for name in re.findall(r"\]\((figures/[^)]+)\)", PAGE.read_text()):
        assert (PAGE.parent / name).is_file(), name
