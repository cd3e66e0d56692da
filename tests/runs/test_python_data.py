"""Data as Python has them, scored: pictures, arrays and items that fail."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import Dataset

import hem_core

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
LABELS = [index % 2 for index in range(12)]


class Mean(nn.Module):
    """Two logits out of the mean of its input, which is asked for in 0 .. 1."""

    def forward(self, values):
        assert values.is_floating_point()
        assert 0 <= values.min() <= values.max() <= 1
        mean = values.flatten(1).mean(dim=1)
        return torch.stack([torch.zeros_like(mean), mean], dim=1)


class Pictures(Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, index):
        if index == 5:
            raise OSError("truncated file")
        return Image.fromarray(PIXELS[index]), LABELS[index]


def score(data, out, **options):
    return hem_core.score(Mean(), data, out=out, has_map=False, has_probes=False, oos="none", **options)


def losses(run):
    return run.table().set_index("id")["loss"].to_dict()


def test_pictures_of_pillow_arrays_and_a_dict_of_them_are_scored_alike(tmp_path):
    arrays = losses(score({"images": PIXELS, "labels": LABELS}, tmp_path / "a"))
    pillow = score(Pictures(), tmp_path / "b")
    expected = float(np.log1p(np.exp(PIXELS[0].mean() / 255)))
    assert arrays["0"] == pytest.approx(expected, abs=1e-5)
    assert losses(pillow) == pytest.approx({id: loss for id, loss in arrays.items() if id != "5"}, abs=1e-6)
    assert pillow.failures().to_dict("records") == [
        {"id": "5", "index": 5, "reason": "the dataset fails on it: OSError: truncated file"}
    ]
    assert pillow.thumbnail(0) is not None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, bool, np.float16, np.float32, np.float64, ">f4"])
def test_pictures_in_an_npz_are_scaled_by_the_range_of_their_type(tmp_path, dtype):
    whole = np.stack([np.zeros((4, 4)), np.ones((4, 4))])
    top = {np.uint8: 255, np.uint16: 65_535}.get(dtype, 1)
    np.savez(tmp_path / "x.npz", images=(whole * top).astype(dtype), labels=np.array([0, 1]))
    run = score(tmp_path / "x.npz", tmp_path / "run")
    assert run.table()["loss"].tolist() == pytest.approx([np.log(2), np.log1p(np.exp(-1))], abs=1e-3)


def test_a_picture_with_a_nan_is_set_aside_by_its_id(tmp_path):
    images = RNG.random((3, 4, 4))
    images[1, 0, 0] = np.nan
    np.savez(tmp_path / "x.npz", images=images, labels=np.array([0, 1, 0]), ids=["a", "b", "c"])
    run = score(tmp_path / "x.npz", tmp_path / "run")
    assert run.failures()["id"].tolist() == ["b"]


def test_what_was_done_to_pictures_is_counted_in_the_notes(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for index in range(3):
            Image.fromarray(PIXELS[index]).save(tmp_path / "photos" / name / f"{index}.png", exif=exif)
    grey = Image.fromarray(RNG.integers(0, 65_536, (8, 8)).astype(np.uint16))
    grey.save(tmp_path / "photos" / "cat" / "deep.png")
    notes = score(tmp_path / "photos", tmp_path / "run").info["notes"]
    assert "6 pictures have an EXIF orientation and are turned upright." in notes
    assert "1 picture has more than 8 bits a channel and is scaled by their full range to 0 .. 255." in notes


def test_an_empty_class_folder_is_no_class_where_the_model_has_no_output_for_it(tmp_path):
    for name in ("cat", "dog", "emu"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    for name in ("cat", "dog"):
        Image.fromarray(PIXELS[0]).save(tmp_path / "photos" / name / "a.png")
    run = score(tmp_path / "photos", tmp_path / "run")
    assert run.classes == ("cat", "dog")
    assert "Class folder without a picture: 'emu'." in run.info["notes"]
