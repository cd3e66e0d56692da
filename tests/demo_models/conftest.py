"""Small data sets in the form in which the demos read them: what `--data` of each name can be."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from demo_models import adult


def fashion_mnist(folder):
    """Two IDX files of 80 pictures, two of 20: class k has a bright row k."""
    for name, n in (("train", 80), ("t10k", 20)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        images = np.zeros((n, 28, 28), np.uint8)
        images[np.arange(n), labels * 2] = 255
        for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes()
            (folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + values.tobytes()))


def sms_spam(folder):
    texts = [f"win a free prize call {n}" if n % 5 == 0 else f"see you at home at {n}" for n in range(100)]
    labels = ["spam" if n % 5 == 0 else "ham" for n in range(100)]
    pd.DataFrame({"text": texts, "label": labels}).to_csv(folder / "sms_spam.csv.gz", index=False)


def clinc(folder):
    said = {"balance": "how much money have I", "translate": "how do you say that in Latin", "oos": "tell me a story"}
    rows = [("train", f"{text} number {n}", name, int(name == "oos")) for n in range(30) for name, text in said.items()]
    pd.DataFrame(rows, columns=["split", "text", "intent", "is_oos"]).to_csv(
        folder / "clinc150_full.csv.gz", index=False
    )
    (folder / "domains.json").write_text(json.dumps({"banking": ["balance"], "travel": ["translate"]}))


def adult_(folder):
    draw = np.random.default_rng(0)
    table = pd.DataFrame({name: draw.integers(0, 50, 120) for name in adult.NUMBERS})
    table = table.assign(**{name: draw.choice(["a", "b", "?"], 120) for name in adult.WORDS})
    table["income"] = np.where(table["age"] > 25, ">50K", "<=50K")
    table.to_csv(folder / "adult.csv.gz", index=False)


WRITERS = {"fashion-mnist": fashion_mnist, "sms-spam": sms_spam, "clinc": clinc, "adult": adult_}
"""The demos that do not bring their data."""


@pytest.fixture
def brought(tmp_path):
    """Make the folder for `--data` of a name; None where the demo brings its own."""

    def make(name):
        if name not in WRITERS:
            return None
        folder = tmp_path / f"data of {name}"
        folder.mkdir()
        WRITERS[name](folder)
        return folder

    return make
