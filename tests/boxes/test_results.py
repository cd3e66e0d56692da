"""Predicted boxes as detectors leave them: tables, dicts of tensors, Ultralytics' results; in files and from Python."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scenes
import torch
from typer.testing import CliRunner

import hem_core
from hem_core.boxes import formats, results
from hem_core.boxes.results import InMemory
from hem_core.cli import hem
from hem_core.errors import DataError


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return scenes.write(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="module")
def given(data):
    return formats.read(data / "annotations.json")


def flat():
    """(image, class, left, top, right, bottom, score) of every prediction of the scenes."""
    return [
        (name, scenes.CLASSES[k], x, y, x + w, y + h, score)
        for name, some in scenes.PREDICTED.items()
        for k, x, y, w, h, score in some
    ]


def found(predictions, given):
    boxes = predictions.boxes
    names = [given.image_ids[at] for at in boxes.image.tolist()]
    labels = [given.categories[at] for at in boxes.label.tolist()]
    rows = zip(names, labels, boxes.xyxy.tolist(), boxes.confidence.tolist(), strict=True)
    return sorted((name, label, *box, round(score, 6)) for name, label, box, score in rows)


def outputs(*, named=False):
    """One dict for each image, as torchvision's detectors return them, in the order of the annotations."""
    listed = []
    for name in scenes.IMAGES:
        some = scenes.PREDICTED.get(name, [])
        boxes = torch.tensor([[x, y, x + w, y + h] for _k, x, y, w, h, _s in some], dtype=torch.float32)
        labels = torch.tensor([scenes.KEYS[k] for k, *_rest in some], dtype=torch.int64)
        scores = torch.tensor([s for *_rest, s in some], dtype=torch.float64)
        listed.append(
            {"boxes": boxes.reshape(-1, 4), "labels": labels, "scores": scores} | ({"image": name} if named else {})
        )
    return listed


COLUMNS = ["image", "class", "x1", "y1", "x2", "y2", "score"]


@pytest.mark.parametrize("kind", ["csv", "semicolons", "tsv", "parquet", "jsonl", "frame", "arrow"])
def test_a_table_of_boxes(tmp_path, given, kind):
    table = pd.DataFrame(flat(), columns=COLUMNS)
    path = tmp_path / f"p.{'csv' if kind == 'semicolons' else kind}"
    separators = {"csv": ",", "semicolons": ";", "tsv": "\t"}
    if kind in separators:
        table.to_csv(path, index=False, sep=separators[kind])
    elif kind == "parquet":
        table.to_parquet(path)
    elif kind == "jsonl":
        table.to_json(path, orient="records", lines=True)
    in_memory = {"frame": table, "arrow": pa.Table.from_pandas(table)}
    predictions = results.read(InMemory(in_memory[kind]) if kind in in_memory else path, given)
    assert found(predictions, given) == sorted(flat())


def test_a_table_may_call_its_columns_and_images_otherwise(tmp_path, given):
    number = {image["file_name"]: image["id"] for image in scenes.document()["images"]}
    rows = [
        {
            "image_id": number[image],
            "class": 99,
            "name": label,
            "Left": x,
            "Top": y,
            "Width": r - x,
            "Height": b - y,
            "Conf": s,
        }
        for image, label, x, y, r, b, s in flat()
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "p.csv", index=False)
    assert found(results.read(tmp_path / "p.csv", given), given) == sorted(flat())
    key = dict(zip(scenes.CLASSES, scenes.KEYS, strict=True))
    paths = [
        {
            "path": f"/data/{image}",
            "category_id": key[label],
            "xmin": x,
            "ymin": y,
            "xmax": r,
            "ymax": b,
            "confidence": s,
        }
        for image, label, x, y, r, b, s in flat()
    ]
    pq.write_table(pa.Table.from_pylist(paths), tmp_path / "p.parquet")
    assert found(results.read(tmp_path / "p.parquet", given), given) == sorted(flat())


def test_what_a_table_lacks_is_named_and_odd_rows_are_counted(tmp_path, given):
    table = pd.DataFrame(flat(), columns=COLUMNS)
    table.drop(columns="score").to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(
        DataError, match=r"no column of the score, 'score' or 'confidence' .* there are: image, class, x1"
    ):
        results.read(tmp_path / "p.csv", given)
    (table.assign(x1=table["x1"] / 1000, x2=table["x2"] / 1000, y1=0.1, y2=0.2)).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DataError, match="parts of the image; multiply them"):
        results.read(tmp_path / "p.csv", given)
    table.assign(**{"class": "fox"}).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(DataError, match=r"none of the classes in .* \(fox\) is one of the .*: cell \(3\), dust \(7\)"):
        results.read(tmp_path / "p.csv", given)
    odd = table.astype("object")
    odd.loc[0, "image"], odd.loc[1, "x1"], odd.loc[2, "score"] = "other.png", "?", None
    odd.to_csv(tmp_path / "p.csv", index=False)
    read = results.read(tmp_path / "p.csv", given)
    kinds = {each.kind: each.count for each in read.problems}
    assert {name: kinds[name] for name in ("unknown_image", "unreadable_box", "unreadable_score")} == {
        "unknown_image": 1, "unreadable_box": 1, "unreadable_score": 1,
    }  # fmt: skip
    assert len(read.boxes) == len(flat()) - 3


@pytest.mark.parametrize("kind", ["in order", "named", "by image", "pt", "pt by image", "json", "npz"])
def test_dicts_of_boxes_labels_and_scores(tmp_path, given, kind):
    if kind in ("in order", "named"):
        source = InMemory(outputs(named=kind == "named"))
    elif kind == "by image":
        source = InMemory(dict(zip(scenes.IMAGES, outputs(), strict=True)))
    elif kind.startswith("pt"):
        source = tmp_path / "p.pt"
        torch.save(outputs() if kind == "pt" else dict(zip(scenes.IMAGES, outputs(), strict=True)), source)
    elif kind == "json":
        source = tmp_path / "p.json"
        plain = [{name: value.tolist() for name, value in one.items()} for one in outputs()]
        source.write_text(json.dumps(plain))
    else:
        source = tmp_path / "p.npz"
        images, labels, *_rest = zip(*flat(), strict=True)
        sides = np.array([row[2:6] for row in flat()])
        np.savez(source, image=images, boxes=sides, labels=labels, scores=[row[6] for row in flat()])
    assert found(results.read(source, given), given) == sorted(flat())


def test_results_of_ultralytics(given):
    """Results have `boxes` with xyxy, conf and cls, `names` of the classes and the `path` of the picture."""
    listed = []
    for name, one in zip(scenes.IMAGES, outputs(), strict=True):
        number = torch.tensor([scenes.KEYS.index(key) for key in one["labels"].tolist()], dtype=torch.float32)
        boxes = SimpleNamespace(xyxy=one["boxes"], conf=one["scores"], cls=number)
        listed.append(SimpleNamespace(boxes=boxes, names=dict(enumerate(scenes.CLASSES)), path=f"/data/photos/{name}"))
    assert found(results.read(InMemory(listed[::-1]), given), given) == sorted(flat())


def test_what_cannot_be_read_says_what_can(tmp_path, given):
    with pytest.raises(DataError, match="6 outputs without a name for 7 images; name the image of each"):
        results.read(InMemory(outputs()[1:]), given)
    with pytest.raises(DataError, match="an output in the predictions has no 'scores'; there are: boxes, labels"):
        results.read(InMemory([{"boxes": one["boxes"], "labels": one["labels"]} for one in outputs()]), given)
    with pytest.raises(DataError, match="has 1 boxes, 2 labels and 1 scores"):
        results.read(InMemory({"off.png": {"boxes": [[1, 2, 3, 4]], "labels": [3, 3], "scores": [0.5]}}), given)
    (tmp_path / "p.pkl").write_bytes(b"\x80\x04N.")
    with pytest.raises(
        DataError, match="is a pickle, which could run code, so it is not opened; save the boxes as COCO"
    ):
        results.read(tmp_path / "p.pkl", given)
    torch.save(SimpleNamespace(a=1), tmp_path / "p.pt")
    with pytest.raises(DataError, match="cannot be opened without running code"):
        results.read(tmp_path / "p.pt", given)
    (tmp_path / "p.txt").write_text("")
    with pytest.raises(DataError, match="holds no predictions of boxes that can be read; expected COCO results"):
        results.read(tmp_path / "p.txt", given)


def test_they_are_scored_from_python_and_from_the_command_line(data, tmp_path):
    where = {"images": data / "photos", "name": "scenes"}
    run = hem_core.score(None, data / "annotations.json", predictions=outputs(), out=tmp_path / "w/runs/a", **where)
    types = dict(zip(*(run.level("boxes").table(["id", "type"])[name] for name in ("id", "type")), strict=True))
    assert (types["right.png#g1"], types["missed.png#g1"], types["false.png#p1"]) == ("right", "Missed", "Bkg")
    assert "predictions" not in run.info["parameters"]["columns"]
    pd.DataFrame(flat(), columns=COLUMNS).to_csv(tmp_path / "p.csv", index=False)
    line = [
        "score",
        str(data / "annotations.json"),
        "--images",
        str(data / "photos"),
        "--out",
        str(tmp_path / "w/runs/b"),
    ]
    done = CliRunner().invoke(
        hem, [*line, "--predictions", str(tmp_path / "p.csv"), "--annotations-format", "coco_json"]
    )
    assert done.exit_code == 0, done.output
    other = hem_core.open_run(tmp_path / "w/runs/b")
    assert other.info["parameters"]["columns"]["annotations_format"] == "coco_json"
    columns = ["id", "type", "confidence"]
    pd.testing.assert_frame_equal(other.level("boxes").table(columns), run.level("boxes").table(columns))
