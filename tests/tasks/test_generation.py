"""Generated texts by hand: how wrong, where the loss lies, and what is refused."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

import hem_core
from hem_core import tasks
from hem_core.errors import DataError, ModelError

ROWS = pd.DataFrame(
    {
        "id": ["one", "many", "easy"],
        "text": ["a b c d", "e f g h", "i j k l"],
        "label": [4, 4, 4],
        "token_loss_mean": [1.0, 2.0, 0.25],
        "token_loss_worst": [3.0, 2.5, 0.375],
        "tokens_right": [3, 1, 4],
    }
)


def test_the_error_is_the_share_of_tokens_that_are_no_first_choice(tmp_path):
    ROWS.to_parquet(tmp_path / "examples.parquet")
    run = hem_core.score(None, tmp_path / "examples.parquet", task="generation", out=tmp_path / "run", has_map=False)
    found = run.table().set_index("id")
    assert found["error"].to_dict() == {"one": 0.25, "many": 0.75, "easy": 0.0}
    assert found["loss"].to_dict() == {"one": 1.0, "many": 2.0, "easy": 0.25}
    assert found["reason"].to_dict() == {"one": "one token", "many": "many tokens", "easy": "easy"}
    assert found.loc["one", "evidence"] == "worst token 3.00 nats, mean 1.00"
    assert found.loc["one", ["given", "predicted"]].tolist() == ["4", "3"]
    accuracy, loss = run.info["metrics"]
    assert (accuracy["value"], accuracy["n"]) == (pytest.approx(8 / 12), 12)
    assert loss["value"] == pytest.approx(13 / 12)


def test_a_label_that_is_no_number_of_tokens_is_bad():
    found = tasks.load("generation").encode(["3", "0", "-1", "two", None], ())
    np.testing.assert_array_equal(found, [3, np.nan, np.nan, np.nan, np.nan])


def test_a_model_and_columns_without_numbers_are_refused():
    task = tasks.load("generation")
    with pytest.raises(ModelError, match="generation runs no model: record its training with hem_core"):
        task.raw(torch.zeros(2, 5, 7))
    words = pa.table({"token_loss_mean": ["low"], "token_loss_worst": ["high"], "tokens_right": ["few"]})
    with pytest.raises(DataError, match="token_loss_worst, tokens_right must hold numbers"):
        task.raw_in(words, {})
