"""What is read off pictures and texts is a column of the run, describes groups, and never hides the user's own."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import hem_core
from app.wire import columns as wire
from hem_core.runs.described_by import model_columns, own_columns

N = 60


class DarkIsOne(nn.Module):
    """Says 1 of dark pictures, 0 of the others."""

    def forward(self, x):
        is_dark = x.flatten(1).mean(dim=1) < 0.4
        return torch.where(is_dark[:, None], torch.tensor([[0.0, 2.0]]), torch.tensor([[3.0, 0.0]]))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """60 pictures, the first 20 dark, with predictions that are wrong on these."""
    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    images = draw.integers(0, 60, (N, 12, 12), dtype=np.uint8) + np.where(np.arange(N) < 20, 0, 150)[:, None, None]
    np.savez(folder / "data.npz", images=images.astype(np.uint8), labels=np.arange(N) % 2)

    return hem_core.score(DarkIsOne(), folder / "data.npz", out=folder / "w" / "runs" / "dark", has_map=False)


def test_pictures_are_measured_and_the_measures_describe_groups(pictures):
    level = pictures.level("examples")
    table = level.table(["index", "brightness"])
    assert (table["brightness"] < 0.4).tolist() == (table["index"] < 20).tolist()
    assert {"brightness", "contrast", "sharpness", "pixel_entropy"} <= set(own_columns(level))
    assert "brightness" not in model_columns(level)
    assert "aspect" not in level.source.columns  # all pictures are square
    found = hem_core.why(level, where="predicted = '1'")
    first = [one for one in found.statements if not one.is_of_model]
    assert any("brightness" in one.sentence() for one in first)


def test_a_measure_has_its_words_on_screen(pictures):
    shown = wire.described(pictures.level("examples"))["pixel_entropy"]
    assert (shown["title"], shown["unit"]) == ("pixel entropy", "bits")
    assert shown["meaning"].startswith("entropy of the 256 grey levels")


def test_texts_are_measured_and_a_column_of_the_user_stays(tmp_path):
    frame = pd.DataFrame({"text": ["one two", "два слова", "one one one"] * 4, "label": ["a", "b"] * 6})
    frame["prob_a"], frame["prob_b"], frame["repetition"] = 0.7, 0.3, "mine"
    frame.to_parquet(tmp_path / "texts.parquet")
    run = hem_core.score(None, tmp_path / "texts.parquet", out=tmp_path / "w" / "runs" / "texts", has_map=False)
    table = run.table(["index", "script", "n_characters", "repetition"]).sort_values("index")
    assert table["script"].tolist() == ["Latin", "Cyrillic", "Latin"] * 4
    assert table["n_characters"].tolist() == [7, 9, 11] * 4
    assert table["repetition"].tolist() == ["mine"] * 12
