"""A run with a second level, made here and nowhere else: the left and right halves of 400 digits."""

import io
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hem_core.store.level_write import Attachments, name_level, write_level
from hem_core.store.run import open_run

SIDES = ("left", "right")


@pytest.fixture(scope="session")
def scored_digits(digits_npz, tmp_path_factory):
    """A workspace with the run `few`: 400 digits, scored by an untrained CNN."""
    import torch

    from demo_models import digits
    from hem_core import score

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("halves") / "w"
    score(digits.model(), digits_npz, out=folder / "runs" / "few", has_map=False)
    return folder


@pytest.fixture(scope="session")
def halved(scored_digits, digits_npz, tmp_path_factory):
    """The same workspace, whose run has the level `halves` too; not to be written to."""
    folder = tmp_path_factory.mktemp("halved") / "w"
    shutil.copytree(scored_digits, folder)
    add_halves(folder / "runs" / "few", np.load(digits_npz)["images"])
    return folder


@pytest.fixture(scope="session")
def compared(halved, tmp_path_factory):
    """The same workspace with a second run, `other`, that has the same rows; not to be written to."""
    folder = shutil.copytree(halved, tmp_path_factory.mktemp("compared") / "w")
    shutil.copytree(folder / "runs" / "few", folder / "runs" / "other")
    return folder


@pytest.fixture
def own(halved, tmp_path):
    """A copy of it, to write to."""
    return shutil.copytree(halved, tmp_path / "w")


def add_halves(home, images):
    """800 halves `<id>#p0` (left) and `<id>#p1` (right); the lighter half of each digit counts as wrong."""
    examples = open_run(home).table(["id", "label"])
    crops = [images[k][:, 4 * side : 4 * side + 4] for k in range(len(examples)) for side in (0, 1)]
    ink = np.array([crop.mean() for crop in crops], np.float32)
    is_lighter = ink.reshape(-1, 2) == ink.reshape(-1, 2).min(axis=1, keepdims=True)
    rank = (ink.argsort(kind="stable").argsort(kind="stable") + 0.5) * 100 / len(ink)
    given = np.repeat(examples["label"].to_numpy(object), 2)
    angle = np.arange(len(ink)) * (2 * np.pi / len(ink))
    table = {
        "id": [f"{id}#p{side}" for id in examples["id"] for side in (0, 1)],
        "example": np.repeat(examples["id"].to_numpy(object), 2),
        "side": np.tile(np.array(SIDES, object), len(examples)),
        "given": given,
        "predicted": np.where(is_lighter.ravel(), "0", given),
        "error": is_lighter.ravel().astype(np.float32),
        "loss": ink / 255,
        "difficulty": rank.astype(np.float32),
        "label_suspicion": rank[::-1].astype(np.float32),
        "reason": np.where(rank > 90, "rare", "easy"),
        "evidence": [f"{value:.0f} of 255" for value in ink],
    }
    near = (np.arange(len(ink))[:, None] + np.array([1, 2])) % len(ink)
    attachments = Attachments(
        thumbnails=[webp(crop) for crop in crops],
        embeddings=np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float16),
        neighbours=(near.astype(np.int32), np.tile(np.float32([0.1, 0.2]), (len(ink), 1))),
        projection=np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32),
    )
    write_level(home, "halves", pd.DataFrame(table), attachments)
    name_level(home, "halves")


def webp(crop):
    out = io.BytesIO()
    Image.fromarray(crop).save(out, "WEBP", lossless=True)
    return out.getvalue()
