"""Every format that reads at all reads back what it writes, but for what it says itself that it does not carry."""

import importlib
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hem_core.export
from hem_core import folder as registry
from hem_core.errors import DataError
from hem_core.export._carries import Carries
from hem_core.export._files import picture_files
from hem_core.export._plain import rows

MODULES = {name: importlib.import_module(f"hem_core.export.{name}") for name in registry.names(hem_core.export)}
FORMATS = [name for name, module in MODULES.items() if hasattr(module, "read")]
CLASSES = ["T-shirt/top", "Bag", "nobody", "1"]


def picture(number, kind):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (3, 5, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def read_image(row):
    """Of every second example a TIFF, which browsers do not show."""
    number = int(row["number"])
    return (".png", picture(number, "PNG")) if number % 2 else (".tif", picture(number, "TIFF"))


@pytest.fixture
def examples():
    return pd.DataFrame(
        {
            "id": pd.array(["007", "=1+1", "'quoted'", "zeile\r\nzwei", "a/b", "ünïcødé 猫"], dtype="str"),
            "label": pd.array(["Bag", "1", "T-shirt/top", "Bag", "@home", None], dtype="str"),
            "label_before": pd.array(["Bag", "Bag", "T-shirt/top", "1", "@home", None], dtype="str"),
            "split": pd.array(["train", "test", "val", "train", "val", "train"], dtype="str"),
            "weight": np.array([1, 0.1, 1 / 3, 4, 2.5, 1]),
            "loss": np.array([0.1, -2.5, 1 / 3, 1e-30, 3e30, np.nan], np.float32),
            "number": np.arange(6),
            "top_probs": [[0.5, 0.25], [1.0], [], [0.125], [0.5], [0.5]],
        }
    )


def pixels(content):
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened.convert("RGB"))


def module_of(name):
    return importlib.import_module(f"hem_core.export.{name}")


def same(carried, back):
    assert list(rows(back.loc[:, list(carried.columns)])) == list(rows(carried))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_reads_back_what_it_carries(name, examples, tmp_path):
    module = module_of(name)
    module.write(examples, tmp_path, read_image=read_image, classes=CLASSES)
    back, read_back = module.read(tmp_path)
    same(module.CARRIES.of(examples), back)
    assert (read_back is not None) == (module.CARRIES.pictures != "none") == getattr(module, "HAS_PICTURES", False)
    for (_, row), (_, row_back) in zip(examples.iterrows(), back.iterrows(), strict=True):
        if module.CARRIES.pictures == "bytes":
            assert read_back(row_back) == read_image(row)
        elif module.CARRIES.pictures == "pixels":
            np.testing.assert_array_equal(pixels(read_back(row_back)[1]), pixels(read_image(row)[1]))


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_read_can_be_written_again_and_is_the_same(name, examples, tmp_path):
    module = module_of(name)
    module.write(examples, tmp_path, read_image=read_image, classes=CLASSES)
    first, first_image = module.read(tmp_path)
    (tmp_path / "again").mkdir()
    module.write(first, tmp_path / "again", read_image=first_image, classes=CLASSES)
    second, _ = module.read(tmp_path / "again")
    same(module.CARRIES.of(first), second)


@pytest.mark.parametrize("name", FORMATS)
def test_texts_come_back_without_pictures_or_the_format_wants_pictures(name, examples, tmp_path):
    module = module_of(name)
    texts = examples.assign(text=pd.array(["hello", "=cmd", "'tis", "two\nlines", "猫", "x"], dtype="str"))
    if hasattr(module, "files"):
        with pytest.raises(DataError, match=f"format '{name}' needs the pictures"):
            module.write(texts, tmp_path, classes=CLASSES)
        return
    module.write(texts, tmp_path, classes=CLASSES)
    back, read_back = module.read(tmp_path)
    assert read_back is None
    same(module.CARRIES.of(texts), back)


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_without_the_format_is_named_with_the_way_out(name, tmp_path):
    with pytest.raises(DataError, match=r"has no .*; export the set in this format first, or name another folder"):
        module_of(name).read(tmp_path)


@pytest.mark.parametrize("name", [name for name in FORMATS if hasattr(module_of(name), "files")])
def test_the_files_of_a_format_are_found_without_its_name(name, examples, tmp_path):
    module_of(name).write(examples, tmp_path, read_image=read_image, classes=CLASSES)
    found = picture_files(tmp_path)
    assert [found[id].read_bytes() for id in examples["id"]] == [read_image(row)[1] for _, row in examples.iterrows()]


def test_what_only_labelled_examples_keep_is_missing_for_the_others():
    examples = pd.DataFrame({"id": ["a", "b"], "label": ["x", None], "weight": [2.0, 3.0], "loss": [0.1, 0.2]})
    carried = Carries(columns=("label", "weight", "gone"), of_labelled=("weight",)).of(examples)
    assert list(carried.columns) == ["id", "label", "weight"]
    assert carried["weight"].tolist() == [2.0, None]
    assert Carries().of(examples).equals(examples)
