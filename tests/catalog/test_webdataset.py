"""Tar files of WebDataset, written by that library."""

import io
import tarfile

import fsspec
import numpy as np
import pytest
import webdataset
from PIL import Image

from hem_core import catalog
from hem_core.errors import DataError
from hem_core.runs.data_preview import Request, data_preview
from hem_core.testing import check_reader


def shard(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    with webdataset.TarWriter(str(path)) as writer:
        for sample in samples:
            writer.write(sample)
    return path


def picture(level):
    return Image.fromarray(np.full((4, 4, 3), level, np.uint8))


@pytest.fixture
def shards(tmp_path):
    """Three tars of two pictures each; the labels are cls files."""
    for number in range(3):
        samples = [
            {"__key__": f"{number}-{row}", "png": picture(40 * number + row), "cls": row, "json": {"place": "sea"}}
            for row in range(2)
        ]
        shard(tmp_path / "shards" / f"{number:03d}.tar", samples)
    return tmp_path / "shards"


def test_a_pattern_of_tars_gives_the_examples_that_the_library_gives(shards):
    pattern = f"{shards}/{{000..002}}.tar"
    check_reader("webdataset", pattern)
    found, _notes = catalog.unwrapped(pattern)
    theirs = [(one["__key__"], one["png"], int(one["cls"])) for one in webdataset.WebDataset(pattern, shardshuffle=0)]
    assert [(found.ids[row], found[row][0], found[row][1]) for row in range(6)] == theirs
    assert catalog.read(f"{shards}/*.tar").equals(catalog.read(pattern))
    table = catalog.read(f"{shards}/{{002,000}}.tar")
    assert table["id"].to_pylist() == ["2-0", "2-1", "0-0", "0-1"]
    assert table["place"].to_pylist() == ["sea"] * 4
    assert catalog.info(table)["name"] == "shards"
    preview = data_preview(Request(pattern, is_trained=True))
    assert (preview.reader, preview.n, preview.labels, preview.problem) == ("webdataset", 6, ("0", "1"), "")


def test_tars_in_a_store_are_downloaded(shards, tmp_path, monkeypatch):
    monkeypatch.setenv("HEM_CACHE", str(tmp_path / "cache"))
    system, name = fsspec.filesystem("memory"), f"memory://{tmp_path.name}"
    system.put(str(shards), f"{name}/shards", recursive=True)
    for pattern in ("{000..002}.tar", "*.tar"):
        found = catalog.read(f"{name}/shards/{pattern}")
        assert found.equals(catalog.read(f"{shards}/{pattern}"))
    system.rm(name, recursive=True)


def test_labels_and_columns_come_from_json_and_texts_are_a_medium(tmp_path):
    samples = [
        {"__key__": f"k{row}", "txt": f"text {row}", "json": {"kind": "ab"[row % 2], "n": row}} for row in range(4)
    ]
    path = shard(tmp_path / "texts.tar", samples)
    found = catalog.read(path, label_column="kind")
    assert found["text"].to_pylist() == [f"text {row}" for row in range(4)]
    assert found["label"].to_pylist() == ["a", "b", "a", "b"]
    assert found["n"].to_pylist() == [0, 1, 2, 3]
    assert (catalog.info(found)["medium"], catalog.info(found)["name"]) == ("text", "texts")
    with pytest.raises(
        DataError, match=r"no example of '.*texts.tar' has a label: a file .cls, or 'label' in its .json"
    ):
        catalog.read(path)


def test_keys_that_repeat_get_the_name_of_their_tar(tmp_path):
    for number in range(2):
        shard(tmp_path / f"part{number}.tar", [{"__key__": "same", "npy": np.ones(3, np.float32), "cls": number}])
    found, _notes = catalog.unwrapped(f"{tmp_path}/part{{0..1}}.tar")
    assert found.ids == ["part0/same", "part1/same"]
    assert found[1][0].tolist() == [1, 1, 1]


def test_a_tar_of_something_else_is_refused(tmp_path):
    (tmp_path / "no.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(DataError, match=r"cannot read '.*no.tar': it is no whole tar file .*unpack it"):
        catalog.read(tmp_path / "no.tar")
    with tarfile.open(tmp_path / "odd.tar", "w") as archive:
        for name, content in (("a.bin", b"1"), ("a.cls", b"1"), ("a.json", b"{")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(DataError, match=r"has a picture, an array \(.npy\) or a text"):
        catalog.read(tmp_path / "odd.tar")
    broken = [{"__key__": "a", "txt": "words", "json": b"{", "cls": 1}]
    with pytest.raises(DataError, match=r"the .json of 'a' in '.*broken.tar' cannot be read"):
        catalog.read(shard(tmp_path / "broken.tar", broken))
    with pytest.raises(DataError, match=r"no file is named '.*/none\*.tar'; check the pattern"):
        catalog.read(f"{tmp_path}/none*.tar")
    with pytest.raises(DataError, match=r"names '.*gone.tar', which is no file"):
        catalog.read(f"{tmp_path}/gone.tar")


@pytest.mark.parametrize("top", ["", "photos/", "photos/{split}/", "./"])
def test_a_tar_of_class_folders_is_read_like_the_folder_that_was_packed(top, tmp_path):
    for split in ("train", "val"):
        for row, name in enumerate(
            ("cats/1.jpg", "cats/1.png", "cats/tabby/b.v2.png", "dogs/a.png", "dogs/.hidden.png")
        ):
            path = tmp_path / "root" / top.format(split=split) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(9 * row).save(path)
    (tmp_path / "root/README.txt").write_text("cats and dogs")
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        archive.add(tmp_path / "root", arcname="." if top == "./" else "")
    ours, theirs = catalog.read(tmp_path / "photos.tar"), catalog.read(tmp_path / "root")
    columns = ["id", "label", *(["split"] if "split" in top else [])]
    assert ours.select(columns).to_pylist() == theirs.select(columns).to_pylist()
    items, _notes = catalog.unwrapped(tmp_path / "photos.tar")
    assert items[0][0] == (tmp_path / "root" / items.ids[0]).read_bytes()
    assert len(items) == ours.num_rows


def test_pictures_of_a_tar_without_two_class_folders_have_no_label(tmp_path):
    for name in ("a.png", "cats/b.png"):
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        picture(9).save(tmp_path / "root" / name)
    for inside in ("", "cats"):
        with tarfile.open(tmp_path / "few.tar", "w") as archive:
            archive.add(tmp_path / "root" / inside, arcname=inside)
        with pytest.raises(DataError, match=r"no example of '.*few.tar' has a label: a file .cls"):
            catalog.read(tmp_path / "few.tar")
