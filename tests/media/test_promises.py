"""Every medium of the folder keeps what a medium promises, on something small of its own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from hem_core import media
from hem_core.testing import check_medium

HERE = ("array", "image", "text", "row", "none", "dataset")


@pytest.fixture
def small(tmp_path):
    """A little of each medium: what is read, and how its columns are named."""
    pixels = np.arange(5 * 6 * 6, dtype=np.uint8).reshape(5, 6, 6)
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    for row, values in enumerate(pixels):
        Image.fromarray(values).save(tmp_path / "pictures" / "cat" / f"{row}.png")
    (tmp_path / "pictures" / "cat" / "torn.png").write_bytes(b"no picture")
    np.savez(tmp_path / "few.npz", images=pixels, labels=np.arange(5) % 2)
    labels = list("ababa")
    texts = pd.DataFrame({"label": labels, "text": ["see you", "win a prize", None, "good night", "call now"]})
    rows = pd.DataFrame({"label": labels, "age": [1.0, 2.0, 3.0, 4.0, None], "job": ["x", "y", "x", None, "z"]})
    logits = pd.DataFrame({"label": labels, "logits": [[0.0, 1.0]] * 5})
    return {
        "array": (tmp_path / "few.npz", {}),
        "image": (tmp_path / "pictures", {}),
        "text": (texts, {}),
        "row": (rows, {"feature_columns": "*"}),
        "none": (logits, {}),
        "dataset": (torch.utils.data.TensorDataset(torch.arange(20.0).reshape(5, 4), torch.arange(5) % 2), {}),
    }


@pytest.mark.parametrize("name", HERE)
def test_a_medium_keeps_what_it_promises(name, small):
    source, columns = small[name]
    check_medium(name, source, **columns)


def test_every_other_medium_has_a_test_that_checks_it():
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    files = {path.stem for path in Path(str(media.__file__)).parent.glob("[!_]*.py")}
    assert {name for name in files if f'check_medium("{name}"' not in tests} <= set(HERE)
