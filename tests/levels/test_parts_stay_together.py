"""The parts of an example are on its side of every split: of that in the data, and of the test that a proof draws."""

import sys

import numpy as np
import pandas as pd
import pytest

from hem_core import score, tasks
from hem_core.errors import RunError
from hem_core.sets.draw import draw
from hem_core.sets.proof import proof
from hem_core.sets.select import select
from hem_core.store.level_write import Attachments, name_level, write_level
from hem_core.store.run import open_run

TASK = """
import pyarrow as pa

from hem_core.tasks import Parts
from hem_core.tasks.classification import Task as Classes


class Task(Classes):
    def parts(self, columns, ids):
        owners = [id for id in ids for _ in range(2)]
        parts = [f"{id}#p{side}" for id in ids for side in range(2)]
        return Parts("halves", pa.table({"id": parts, "example": owners, "split": ["train"] * len(parts)}))
"""


@pytest.fixture
def scored(tmp_path, monkeypatch):
    """A run of four rows, every second one of the test split, by a task whose examples have two parts."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "halved.py").write_text(TASK)
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(tmp_path / "more")])
    table = pd.DataFrame({"id": list("abcd"), "label": list("xyxy"), "logits": [[2.0, 0.0], [0.0, 3.0]] * 2})
    table.assign(split=["train", "test"] * 2).to_parquet(tmp_path / "few.parquet")
    options = {"classes": ["x", "y"], "has_map": False, "has_probes": False, "task": "halved"}
    yield score(None, tmp_path / "few.parquet", out=tmp_path / "runs" / "few", **options)
    tasks.load.cache_clear()
    sys.modules.pop("hem_core.tasks.halved", None)


def test_a_part_has_the_split_of_its_example_whatever_the_task_says(scored):
    found = scored.level("halves").table(["example", "split"]).set_index("example")["split"]
    assert found["a"].tolist() == found["c"].tolist() == ["train", "train"]
    assert found["b"].tolist() == found["d"].tolist() == ["test", "test"]


def test_a_level_that_is_written_later_has_it_too(scored):
    write_level(scored.folder, "boxes", pd.DataFrame({"id": ["b#g0", "a#g0", "z#g0"], "example": ["b", "a", "z"]}))
    name_level(scored.folder, "boxes")
    assert open_run(scored.folder).level("boxes").table(["split"])["split"].tolist()[:2] == ["test", "train"]
    assert open_run(scored.folder).level("boxes").table(["split"])["split"].isna().tolist() == [False, False, True]


def test_parts_of_the_test_split_are_not_selected(scored):
    chosen = select(scored.level("halves"), n=8, policies=["random"])
    assert set(chosen.examples["example"]) == {"a", "c"}


def test_a_test_takes_whole_examples():
    owner = np.repeat(np.arange(50), 3)
    rows = np.flatnonzero(np.arange(150) % 7 > 0)
    for seed in range(5):
        test, rest = draw(rows, 31, np.random.default_rng(seed), owner)
        assert sorted([*test, *rest]) == rows.tolist()
        assert 31 <= len(test) <= 33
        assert not set(owner[test]) & set(owner[rest])


def test_a_test_of_examples_is_the_first_of_a_permutation():
    rows = np.arange(10, 30)
    test, rest = draw(rows, 4, np.random.default_rng(3))
    assert [*test, *rest] == np.random.default_rng(3).permutation(rows).tolist()


def test_a_proof_is_refused_where_one_example_has_most_of_the_parts(own):
    home = own / "runs" / "few"
    level = open_run(home).level("halves")
    table = level.table([name for name in level.source.columns if name not in ("x", "y", "label", "is_correct")])
    crowded = table.assign(example=np.where(np.arange(800) < 200, "0", table["example"]))
    write_level(home, "halves", crowded, Attachments(embeddings=np.asarray(level.embeddings())))
    level = open_run(home).level("halves")
    with pytest.raises(RunError, match="needs parts of many examples; '0' alone has 200 of the 800 in level 'halves'"):
        proof(level, select(level, n=5, policies=["top"]), seeds=2)
