"""Data in a bucket: the same run as from the disk, each picture downloaded once."""

import json
import shutil
import sys

import fsspec
import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core import catalog
from hem_core.buckets.mirror import NOTE
from hem_core.errors import DataError
from hem_core.paths import read_file
from hem_core.runs.data_preview import Request, data_preview

QUICK = {"has_map": False, "has_probes": False, "oos": "none"}


@pytest.fixture
def in_memory(tmp_path):
    """put(folder): its files in fsspec's memory; the address."""
    system, name = fsspec.filesystem("memory"), f"memory://{tmp_path.name}"

    def put(folder):
        system.put(str(folder), name, recursive=True)
        return name

    yield put
    system.rm(name, recursive=True)


def test_a_run_of_pictures_in_a_bucket_is_that_of_the_same_files_and_downloads_each_once(
    bucket, downloads, write_photos, net, tmp_path
):
    system, name = bucket
    photos = write_photos(tmp_path / "photos")
    system.put(str(photos), f"{name}/photos", recursive=True)
    downloads(".png")
    ours = hem_core.score(net, f"s3://{name}/photos/", out=tmp_path / "ours", **QUICK)
    assert len(downloads(".png")) == 24
    theirs = hem_core.score(net, photos, out=tmp_path / "theirs", **QUICK)
    assert ours.table(["id", "label", "loss"]).equals(theirs.table(["id", "label", "loss"]))
    hem_core.buckets.mirror._listed.clear()  # as after half a minute, or in another process
    again = hem_core.score(net, f"s3://{name}/photos", out=tmp_path / "again", **QUICK)
    assert downloads(".png") == []
    assert again.info["key"] == ours.info["key"]
    assert ours.info["data"]["path"] == ours.info["data"]["root"] == f"s3://{name}/photos"


def test_an_object_that_changed_is_downloaded_again_and_alone(bucket, downloads, write_photos, net, tmp_path):
    system, name = bucket
    photos = write_photos(tmp_path / "photos")
    system.put(str(photos), f"{name}/photos", recursive=True)
    first = hem_core.score(net, f"s3://{name}/photos", out=tmp_path / "first", **QUICK)
    shutil.copy(photos / "light/3.png", photos / "dark/0.png")
    system.put(str(photos / "dark/0.png"), f"{name}/photos/dark/0.png")
    system.rm(f"{name}/photos/dark/1.png")
    hem_core.buckets.mirror._listed.clear()  # as after half a minute, or in another process
    downloads(".png")
    second = hem_core.score(net, f"s3://{name}/photos", out=tmp_path / "second", **QUICK)
    assert downloads(".png") == [f"/{name}/photos/dark/0.png"]
    assert (first.n, second.n) == (24, 23)
    losses = second.table(["id", "loss", "label"]).set_index("id")["loss"]
    assert np.exp(-losses["dark/0.png"]) + np.exp(-losses["light/3.png"]) == pytest.approx(1)  # one picture, two labels


def test_pictures_of_a_run_are_shown_also_after_the_cache_was_deleted(store, write_photos, net, tmp_path, cache):
    system, root = store
    system.put(str(write_photos(tmp_path / "photos")), f"{root}/photos", recursive=True)
    run = hem_core.score(net, f"{root}/photos", out=tmp_path / "run", **QUICK)
    shutil.rmtree(cache)
    picture = catalog.info(catalog.read(f"{root}/photos"))["root"]
    assert read_file(run.root / "light/3.png") == (tmp_path / "photos/light/3.png").read_bytes()
    assert str(run.root) == picture


def of_a_table(folder, write_photos):
    write_photos(folder / "pictures")
    rows = [{"file": f"pictures/{label}/{row}.png", "label": label} for label in ("dark", "light") for row in range(12)]
    pd.DataFrame(rows).to_csv(folder / "data.csv", index=False)
    return "data.csv"


def of_coco(folder, write_photos):
    write_photos(folder / "pictures")
    images = [{"id": row, "file_name": f"pictures/dark/{row}.png", "width": 8, "height": 8} for row in range(12)]
    boxes = [{"id": row, "image_id": row, "category_id": 1, "bbox": [1, 1, 4, 4]} for row in range(12)]
    whole = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "spot"}]}
    (folder / "coco.json").write_text(json.dumps(whole))
    return "coco.json"


def of_yolo(folder, write_photos):
    write_photos(folder / "images")
    for row in range(12):
        (folder / f"labels/dark/{row}.txt").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"labels/dark/{row}.txt").write_text("0 .5 .5 .5 .5\n")
    (folder / "data.yaml").write_text("train: images/dark\nnames: [spot]\n")
    return "data.yaml"


def of_arrays(folder, _write_photos):
    folder.mkdir()
    np.savez(folder / "few.npz", images=np.zeros((3, 8, 8), np.uint8), labels=np.array([0, 1, 0]))
    return "few.npz"


def of_predictions(folder, _write_photos):
    folder.mkdir()
    rows = {"id": ["a", "b"], "label": ["x", "y"], "prob_x": [0.9, 0.8], "prob_y": [0.1, 0.2]}
    pd.DataFrame(rows).to_parquet(folder / "predictions.parquet")
    return "predictions.parquet"


@pytest.mark.parametrize("write", [of_a_table, of_coco, of_yolo, of_arrays, of_predictions])
def test_each_kind_of_file_is_read_in_a_store_as_on_the_disk(write, in_memory, write_photos, tmp_path):
    name = write(tmp_path / "there", write_photos)
    address = in_memory(tmp_path / "there")
    ours, theirs = catalog.read(f"{address}/{name}"), catalog.read(tmp_path / "there" / name)
    assert ours.equals(theirs)
    assert catalog.info(ours)["source"] == f"{address}/{name}"
    assert catalog.info(ours).get("failures") == catalog.info(theirs).get("failures")
    for image in (ours["image"].to_pylist() if write in (of_a_table, of_coco, of_yolo) else [])[:3]:
        assert read_file(catalog.info(ours)["root"] / tmp_path / image if False else _path(ours, image)) == (
            _path(theirs, image).read_bytes()
        )
    assert data_preview(Request(f"{address}/{name}")).n == theirs.num_rows


def _path(table, image):
    from pathlib import Path

    return Path(catalog.info(table)["root"]) / image


def test_a_column_of_addresses_names_pictures_in_a_bucket(in_memory, write_photos, tmp_path):
    write_photos(tmp_path / "photos")
    address = in_memory(tmp_path / "photos")
    rows = {"image": [f"{address}/dark/1.png", f"{address}/light/2.png", None], "label": ["dark", "light", "dark"]}
    pd.DataFrame({"id": ["a", "b", "c"], **rows}).to_csv(tmp_path / "table.csv", index=False)
    found = catalog.read(tmp_path / "table.csv")
    assert found["image"].to_pylist() == ["dark/1.png", "light/2.png", None]
    assert read_file(_path(found, "light/2.png")) == (tmp_path / "photos/light/2.png").read_bytes()
    mixed = pd.DataFrame({"image": [f"{address}/dark/1.png", "s3://other/2.png"], "label": ["dark", "light"]})
    with pytest.raises(DataError, match=r"holds 'memory://.*' and 's3://other/2.png'; use one store for all"):
        catalog.read(mixed)


def test_what_cannot_be_reached_is_named_with_the_way_out(bucket, monkeypatch, tmp_path):
    _system, name = bucket
    with pytest.raises(DataError, match=r"nothing is at 's3://.*/none.csv'; check the address"):
        catalog.read(f"s3://{name}/none.csv")
    with pytest.raises(DataError, match=r"there is no bucket 'no-such-bucket' for 's3://no-such-bucket/a'; check"):
        catalog.read("s3://no-such-bucket/a")
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(DataError, match=r"'gs://b/photos' cannot be opened without another package: .*'hem\[gcs\]'"):
        catalog.read("gs://b/photos/")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(DataError, match=r"no credentials for 's3://.*': set AWS_ACCESS_KEY_ID and AWS_SECRET"):
        catalog.read(f"s3://{name}/photos")
    fsspec.filesystem("s3").clear_instance_cache()


def test_a_note_outside_of_the_cache_is_not_followed(in_memory, write_photos, tmp_path):
    address = in_memory(write_photos(tmp_path / "photos"))
    note = NOTE + json.dumps({"address": f"{address}/dark/1.png", "size": 1}).encode()
    (tmp_path / "theirs.png").write_bytes(note)
    assert read_file(tmp_path / "theirs.png") == note


def test_names_that_lead_out_of_a_folder_are_not_copied(cache, tmp_path):
    system = fsspec.filesystem("memory")
    system.pipe({"/odd/a/../../out.csv": b"label\nx\n", "/odd/a/in.csv": b"label\nx\n"})
    with pytest.raises(DataError):
        catalog.read("memory://odd/a")
    assert not list(cache.rglob("out.csv"))
    assert list(cache.rglob("in.csv"))
    system.rm("/odd", recursive=True)
