"""A run that was scored with relative paths is retrained from another folder: the app is rarely opened where one
scored."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hem_core
from hem_core.retrain.source import train_source
from hem_core.sets.check_model import check_model
from hem_core.sets.opened_set import open_set
from hem_core.sets.select import save, select

N = 4


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder where one scores: pictures below `photos`, annotations and tables below `tables`."""
    home = tmp_path / "home"
    for name in ("photos", "tables"):
        (home / name).mkdir(parents=True)
    for k in range(N):
        Image.fromarray(np.full((40, 40, 3), 50 * k, np.uint8)).save(home / "photos" / f"{k}.png")
    monkeypatch.chdir(home)
    return home


def boxes(home):
    images = [{"id": k, "file_name": f"{k}.png", "width": 40, "height": 40} for k in range(N)]
    one = {"category_id": 1, "bbox": [5, 5, 10, 10]}
    notes = [{**one, "id": k + 1, "image_id": k, "area": 100, "iscrowd": 0} for k in range(N)]
    document = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "cell"}]}
    (home / "tables" / "given.json").write_text(json.dumps(document))
    (home / "tables" / "results.json").write_text(json.dumps([{**one, "image_id": k, "score": 0.9} for k in range(N)]))
    where = {"images": "photos", "predictions": "tables/results.json"}
    return hem_core.score(None, "tables/given.json", out="w/runs/one", **where)


def table(home, **where):
    names = [f"photos/{k}.png" if not where else f"{k}.png" for k in range(N)]
    rows = pd.DataFrame({"image": names, "label": ["ant", "bee"] * 2, "probs": [[0.9, 0.1], [0.2, 0.8]] * 2})
    rows.to_parquet(home / "tables" / "rows.parquet")
    return hem_core.score(None, "tables/rows.parquet", out="w/runs/one", classes=["ant", "bee"], **where)


MADE = {
    "boxes beside --images": boxes,
    "a table whose paths are relative to the working folder": table,
    "a table beside --images": lambda home: table(home, images="photos"),
}


@pytest.mark.parametrize("kind", MADE)
def test_pictures_are_found_from_another_folder(kind, home, tmp_path, monkeypatch):
    MADE[kind](home)
    monkeypatch.chdir(tmp_path)
    run = hem_core.open_run(home / "w" / "runs" / "one")
    source = train_source(run, None, tmp_path)
    batch = source.inputs.read(range(N))
    assert sorted(batch.indices) == list(range(N))
    assert not batch.failures


def test_boxes_are_checked_from_another_folder(home, tmp_path, monkeypatch):
    boxes(home)
    level = hem_core.open_run(home / "w" / "runs" / "one").level("examples")
    save(home / "w", "hard", level, select(level, n=2, policies=["top"]), made_by="a test")
    monkeypatch.chdir(tmp_path)
    found = check_model(open_set(home / "w", "hard"), None, predictions=home / "tables" / "results.json")
    assert found.is_passed
