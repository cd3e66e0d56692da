"""Rows whose split is test or validation: in no set, no export and no training, unless somebody asks for them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from hem_core.errors import DataError
from hem_core.folds.linear_head import cross_fit_head
from hem_core.runs.score import score
from hem_core.selection.choose import choose
from hem_core.selection.pool import pool_of
from hem_core.selection.verdicts_applied import curate
from hem_core.sets.export_run import export_run
from hem_core.sets.select import select
from hem_core.store.atomic import write_json
from hem_core.store.run import open_run

SPLIT = ["train", "Test", "dev", "train", None, "hold-out"]
TEST_WORDS = "in the test split, which is never trained on"
VAL_WORDS = "in the validation split, which is never trained on"


def table():
    return pd.DataFrame(
        {
            "id": list("abcdef"),
            "label": ["x", "y"] * 3,
            "label_before": ["x", "y"] * 3,
            "verdict": ["", "", "outlier", "outlier", "", ""],
            "split": SPLIT,
            "difficulty": np.arange(6.0),
        }
    )


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "w" / "runs" / "r"
    folder.mkdir(parents=True)
    rows = table().drop(columns=["label_before", "verdict"])
    pq.write_table(pa.Table.from_pandas(rows.drop(columns="split")), folder / "scores.parquet")
    pq.write_table(pa.Table.from_pandas(rows[["id", "label", "split"]]), folder / "catalog.parquet")
    data = {"name": "d", "medium": "none"}
    info = {"format_version": 1, "status": "complete", "classes": ["x", "y"], "n": 6, "data": data, "fingerprint": "f"}
    write_json(folder / "run.json", info)
    return open_run(folder)


def test_curating_leaves_out_the_test_and_validation_rows_and_says_which():
    made = curate(table())
    assert made.examples["id"].tolist() == ["a", "e"]
    why = dict(zip(made.excluded["id"], made.excluded["why"], strict=True))
    assert why == {"b": "test", "c": "validation", "d": "outlier", "f": "test"}
    assert curate(table(), has_held_out=True).examples["id"].tolist() == ["a", "b", "e", "f"]


def test_no_policy_chooses_a_held_out_row_and_the_reasons_count_them():
    found = choose(pool_of(table()), 6, ["random"])
    assert sorted(found.rows.tolist()) == [0, 4]
    assert found.counts == {TEST_WORDS: 2, VAL_WORDS: 1, "called an outlier": 1}
    assert sorted(choose(pool_of(table()), 6, ["random"], has_held_out=True).rows.tolist()) == [0, 1, 4, 5]


def test_a_set_takes_held_out_rows_only_when_asked(run):
    chosen = select(run.examples, n=6, policies=["top"])
    assert chosen.examples["id"].tolist() == ["e", "d", "a"]
    assert chosen.counts == {TEST_WORDS: 2, VAL_WORDS: 1}
    assert chosen.candidates.set_index("id")["is_ruled_out"].to_dict()["b"]
    assert select(run.examples, n=6, policies=["top"], has_held_out=True).examples["id"].tolist() == list("fedcba")


def test_a_condition_that_only_test_rows_meet_says_how_to_include_them(run, tmp_path):
    with pytest.raises(DataError, match=r"all 1 examples that match .* or add --with-held-out"):
        select(run.examples, n=2, policies=["top"], where="split = 'dev'")
    with pytest.raises(DataError, match=r"none of the 1 examples .*: 1 in the validation split.*--with-held-out"):
        export_run(run.folder, tmp_path / "out", where="split = 'dev'", formats=[])
    assert not (tmp_path / "out").exists()


def test_an_export_counts_the_held_out_rows_that_stay_out(run, tmp_path):
    done = export_run(run.folder, tmp_path / "out", where=None, formats=["csv"])
    assert (done.n, done.left_out) == (3, {TEST_WORDS: 2, VAL_WORDS: 1})
    whole = export_run(run.folder, tmp_path / "whole", where=None, formats=[], has_held_out=True)
    assert (whole.n, whole.left_out) == (6, {})
    assert pd.read_parquet(tmp_path / "whole" / "examples.parquet")["id"].tolist() == list("abcdef")


SEEN: list[set[str]] = []


def train(dataset, recorder):
    """A linear model of two features, fitted in a few steps; it notes which examples it was given."""
    SEEN.append(set(dataset.ids))
    inputs = torch.stack([dataset[k][0] for k in range(len(dataset))])
    targets = torch.from_numpy(dataset.targets)
    model = nn.Linear(2, 2)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    for epoch in range(3):
        logits = model(inputs)
        recorder.log(dataset.ids, logits.detach(), targets, epoch=epoch)
        optimiser.zero_grad()
        nn.functional.cross_entropy(logits, targets).backward()
        optimiser.step()
    return model


def rows_with_a_split(n=200):
    chance = np.random.default_rng(0)
    label = np.arange(n) % 2
    split = np.array(["train", "train", "train", "test", "val"], dtype=object)[np.arange(n) // 2 % 5]
    x, y = chance.normal(size=(2, n)) + 2 * label
    return pd.DataFrame({"id": [f"r{k}" for k in range(n)], "x": x, "y": y, "label": label.astype(str), "split": split})


@pytest.mark.slow
def test_no_training_of_a_run_takes_a_held_out_row_and_every_row_is_judged(tmp_path):
    SEEN.clear()
    data = rows_with_a_split()
    held_out = set(data.loc[data["split"] != "train", "id"])
    columns = {"feature_columns": ["x", "y"]}
    run = score(None, data, out=tmp_path / "run", train=train, oos=2, has_map=False, columns=columns)
    assert len(SEEN) == 3  # everything, and two folds
    own = [{id for id in ids if id.startswith("r")} for ids in SEEN]
    assert not any(ids & held_out for ids in own)
    assert set.union(*own) == set(data["id"]) - held_out
    table = run.table(["id", "loss", "split", "predicted", "label"])
    assert table["loss"].notna().all()
    judged = table.loc[table["split"] != "train", :]
    assert (judged["predicted"] == judged["label"]).mean() > 0.7
    assert any(note.startswith("80 examples of the test and validation splits") for note in run.info["notes"])


def test_a_training_of_held_out_rows_alone_is_refused(tmp_path):
    data = rows_with_a_split().assign(split="Test")
    with pytest.raises(DataError, match=r"^all 200 examples are of the test or validation split, on which --train"):
        score(None, data, out=tmp_path / "run", train=train, oos=2, columns={"feature_columns": ["x", "y"]})


def test_a_linear_head_learns_nothing_of_rows_that_are_only_asked_about():
    x = np.array([[-1.0], [-1.2], [1.0], [1.1], [-1.1], [1.2], [9.0], [9.1]], np.float32)
    targets, fold = np.array([0, 0, 1, 1, 0, 1, 0, 0]), np.array([0, 1, 0, 1, 0, 1, 0, 1])
    is_learned = np.arange(8) < 6
    heads = cross_fit_head(x, targets, fold, 2, seed=0, is_learned=is_learned)
    assert heads.n_rows.tolist() == [3, 3]
    assert heads.logits.argmax(axis=1).tolist() == [0, 0, 1, 1, 0, 1, 1, 1]
