"""What every export format promises, and what each does with awkward text."""

import csv
import importlib
import json
import re
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import hem_core.export
from hem_core import folder as registry
from hem_core.errors import DataError, UnknownNameError
from hem_core.export._folder import export
from hem_core.testing import format as contract
from hem_core.testing.format import PROMISES, awkward_examples, read_image, run_readme

READ_BY = {"coco": "pycocotools", "webdataset": "webdataset", "huggingface": "datasets"}
FORMATS = registry.names(hem_core.export)
IDS = list(contract.IDS)


@pytest.fixture
def examples() -> pd.DataFrame:
    return awkward_examples()


def read_back(name: str, folder: Path) -> dict[str, list] | None:
    """Columns as each format's README says to read them, cells as they were; None where a test of its own reads it."""
    match name:
        case "parquet":
            return pd.read_parquet(folder / "examples.parquet").to_dict("list")
        case "jsonl":
            lines = (folder / "examples.jsonl").read_text("utf-8").split("\n")
            return pd.DataFrame([json.loads(line) for line in lines if line]).to_dict("list")
        case "csv":
            with (folder / "examples.csv").open(newline="", encoding="utf-8-sig") as file:
                rows = list(csv.DictReader(file))
            return {
                key: [row[key].removeprefix("'") if row[key][:1] == "'" else row[key] for row in rows]
                for key in rows[0]
            }
        case "imagefolder":
            lines = (folder / "imagefolder" / "metadata.jsonl").read_text("utf-8").splitlines()
            return pd.DataFrame([json.loads(line) for line in lines]).to_dict("list")
        case "yolo":
            lines = (folder / "yolo" / "metadata.jsonl").read_text("utf-8").splitlines()
            return pd.DataFrame([json.loads(line) for line in lines]).to_dict("list")
        case "coco":
            whole = json.loads((folder / "coco" / "annotations.json").read_text("utf-8"))
            names = {category["id"]: category["name"] for category in whole["categories"]}
            labels = {note["image_id"]: names[note["category_id"]] for note in whole["annotations"]}
            return {
                "id": [image["example_id"] for image in whole["images"]],
                "label": [labels.get(image["id"]) for image in whole["images"]],
            }
        case "webdataset":
            names = json.loads((folder / "webdataset" / "classes.json").read_text("utf-8"))
            found: dict[str, dict[str, bytes]] = {}
            with tarfile.open(folder / "webdataset" / "shard-000000.tar") as shard:
                for member in shard:
                    key, _, part = member.name.partition(".")
                    found.setdefault(key, {})[part] = shard.extractfile(member).read()
            return {
                "id": [json.loads(parts["json"])["id"] for parts in found.values()],
                "label": [names[int(parts["cls"])] if "cls" in parts else None for parts in found.values()],
            }
        case "huggingface":
            table = pq.read_table(folder / "huggingface" / "data" / "train-00000.parquet")
            names = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]["label"]["names"]
            labels = [None if number is None else names[number] for number in table["label"].to_pylist()]
            return {"id": table["id"].to_pylist(), "label": labels}
        case "hard_negatives":
            lines = (folder / "hard_negatives" / "metadata.jsonl").read_text("utf-8").splitlines()
            return pd.DataFrame([json.loads(line) for line in lines])[["id", "label"]].to_dict("list")
        case "voc":
            lines = (folder / "voc" / "boxes.jsonl").read_text("utf-8").splitlines()
            entries = [json.loads(line) for line in lines]
            files = [folder / "voc" / "Annotations" / Path(entry["file_name"]).stem for entry in entries]
            labels = [ElementTree.parse(f"{file}.xml").findtext("object/name") for file in files]
            return {"id": [entry["id"] for entry in entries], "label": labels}
        case "label_studio":
            tasks = json.loads((folder / "label_studio" / "tasks-00000.json").read_text("utf-8"))
            data = [task["data"] for task in tasks]
            return {"id": [each["example_id"] for each in data], "label": [each["given_label"] for each in data]}
        case _:
            return None


def missing_as_none(values: list) -> list:
    return [None if value is None or value == "" or value != value else value for value in values]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_brings_back_each_id_and_label_in_order(name, examples, tmp_path):
    module = importlib.import_module(f"hem_core.export.{name}")
    before = examples.copy(deep=True)
    path = module.write(examples, tmp_path, read_image=read_image)
    assert path.exists()
    assert path.is_relative_to(tmp_path)
    pd.testing.assert_frame_equal(examples, before)
    back = read_back(name, tmp_path)
    if back is not None:
        assert back["id"] == IDS
        assert missing_as_none(back["label"]) == missing_as_none(examples["label"].tolist())


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", FORMATS)
def test_a_format_keeps(name, promise, tmp_path, monkeypatch):
    if name in READ_BY:
        importlib.import_module(READ_BY[name])
    if name == "huggingface":
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    promise(name)


@pytest.mark.parametrize("name", FORMATS)
def test_the_readme_of_a_format_defines_what_it_says(name, examples, tmp_path, monkeypatch):
    if name == "huggingface":
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    folder = export(examples, tmp_path / "set", [name], {}, read_image=read_image)
    names = run_readme(folder)
    monkeypatch.chdir(folder)
    if name in ("csv", "jsonl"):
        assert [row["id"] for row in names["rows"]] == IDS
    if name == "imagefolder":
        assert names["image"].size == (2, 2)
    if name == "coco":
        assert (names["entry"]["example_id"], names["label"]) == (IDS[0], "T-shirt/top")
        assert names["file"].read_bytes() == read_image(examples.iloc[0])[1]
    if name == "yolo":
        assert len(names["train"]) + sum(entry["split"] != "train" for entry in names["entries"]) == 7
        assert [len(names["names"]), all(path.is_file() for path in names["train"])] == [5, True]
    if name == "webdataset":
        assert (names["sample"]["json"]["id"], names["sample"]["png"].size) == (IDS[0], (2, 2))
    if name == "huggingface":
        assert (list(names["dataset"]["id"]), names["name_of"](names["dataset"][0]["label"])) == (IDS, "T-shirt/top")
        assert names["dataset"][1]["image"].getpixel((0, 0)) == 1
    if name == "label_studio":
        assert [task["data"]["example_id"] for task in names["tasks"]] == IDS
        assert names["config"].startswith("<View>")


def test_parquet_is_the_table_itself(examples, tmp_path):
    back = pd.read_parquet(importlib.import_module("hem_core.export.parquet").write(examples, tmp_path))
    assert back["top_probs"].map(list).tolist() == examples["top_probs"].tolist()
    pd.testing.assert_frame_equal(back.drop(columns="top_probs"), examples.drop(columns="top_probs"))


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_numbers_come_back_exactly(name, examples, tmp_path):
    importlib.import_module(f"hem_core.export.{name}").write(examples, tmp_path)
    back = read_back(name, tmp_path)
    floats = np.array([np.nan if value in ("", None) else value for value in back["loss"]], np.float32)
    np.testing.assert_array_equal(floats, examples["loss"].to_numpy())
    assert [int(value) for value in back["n_seen"]] == examples["n_seen"].tolist()
    lists = [json.loads(value) if isinstance(value, str) else value for value in back["top_probs"]]
    assert lists == examples["top_probs"].tolist()
    assert [str(value) for value in back["is_correct"]] == [str(value) for value in examples["is_correct"]]


def test_no_csv_cell_of_text_begins_as_a_formula_and_numbers_stay_numbers(tmp_path):
    texts = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "plain", "'tis"]
    table = pd.DataFrame({"id": texts, "=header": texts, "loss": np.arange(10) - 5.0})
    importlib.import_module("hem_core.export.csv").write(table, tmp_path)
    with (tmp_path / "examples.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "'=header", "loss"]
    for row, text in zip(rows[1:], texts, strict=True):
        assert row[0] == (text if text == "plain" else f"'{text}")
    assert rows[1][2] == "-5.0"


AWKWARD = ["../x", "..", ".", "", " ", "T-shirt/top", "T-shirt:top", "a\0b", "CON", "con.txt", "Cat", "cat", "CAT",
           "c" * 400, "c" * 399 + "d", "猫" * 200, "-rf", ".hidden", "trailing. ", "/etc/passwd", "C:\\x", "ﬁ", "fi",
           "e\u0301", "\u00e9", "lpt1", "metadata.jsonl", "no_label", "a\nb", "a_b", "a*b", "a?b"]  # fmt: skip


def test_imagefolder_names_stay_inside_and_apart_and_nothing_is_lost(tmp_path):
    rows = [(f"{label}|{id}", label) for label in AWKWARD for id in ("../../up", "UP", "up")]
    rows += [(text, "one") for text in AWKWARD] + [("free", None)]
    table = pd.DataFrame(rows, columns=["id", "label"])
    content = {id: id.encode("utf-8", "surrogatepass") for id in table["id"]}
    outside = tmp_path / "outside"
    outside.mkdir()
    module = importlib.import_module("hem_core.export.imagefolder")
    root = module.write(table, outside, read_image=lambda row: (".PNG", content[row["id"]]))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(root)] == []
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.name != "metadata.jsonl"]
    assert len(files) == len(table)
    assert len({str(path).casefold() for path in files}) == len(files)
    assert len({path.parts[0].casefold() for path in files}) == table["label"].nunique(dropna=False)
    for path in files:
        assert len(path.parts) == 2
        for part in path.parts:
            assert re.fullmatch(r"[^/\\:*?\"<>|\x00-\x1f]+", part)
            assert part[0] not in ".-"
            assert part[-1] not in ". "
            assert len(part.encode()) <= 150
            assert part.partition(".")[0].upper() not in ("CON", "NUL", "LPT1")
    entries = [json.loads(line) for line in (root / "metadata.jsonl").read_text("utf-8").split("\n") if line]
    assert {entry["id"]: (root / entry["file_name"]).read_bytes() for entry in entries} == content
    assert [entry["label"] for entry in entries] == [
        None if label != label else label for label in table["label"].tolist()
    ]


def test_imagefolder_without_pictures_or_with_a_bad_one_says_what_to_do(tmp_path):
    table = pd.DataFrame({"id": ["a"], "label": ["b"]})

    def unreadable(row):
        raise FileNotFoundError("no file at 'a.png'")

    with pytest.raises(DataError, match=r"'imagefolder' needs the pictures.*use parquet, csv or jsonl"):
        export(table, tmp_path / "set", ["imagefolder"], {})
    with pytest.raises(DataError, match=r"picture of 'a' cannot be exported: no file at 'a.png'; repair it"):
        export(table, tmp_path / "set", ["imagefolder"], {}, read_image=unreadable)
    with pytest.raises(DataError, match="needs the columns id and label; there is no 'label'"):
        export(table[["id"]], tmp_path / "set", ["imagefolder"], {}, read_image=read_image)
    assert list(tmp_path.iterdir()) == []


def test_the_wrapper_refuses_what_it_cannot_write(examples, tmp_path):
    with pytest.raises(DataError, match="nothing to export: the set is empty; widen the filter"):
        export(examples[:0], tmp_path / "set", ["csv"], {})
    with pytest.raises(DataError, match="needs the column 'id'; there are: label"):
        export(examples[["label"]], tmp_path / "set", ["csv"], {})
    with pytest.raises(DataError, match="'a/b' occurs twice"):
        export(pd.concat([examples, examples[:1]]), tmp_path / "set", ["csv"], {})
    with pytest.raises(UnknownNameError, match="no format 'cvs'; there are: coco, csv, "):
        export(examples, tmp_path / "set", ["cvs"], {})
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="exists already; export to another folder, or delete this one"):
        export(examples, tmp_path / "file", ["csv"], {})
    with pytest.raises(DataError, match=r"cannot be written: .*; export to another folder"):
        export(examples, tmp_path / "file" / "set", ["csv"], {})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_made_by_someone_else_meanwhile_is_kept(examples, tmp_path):
    target = tmp_path / "set"

    def read(row):
        target.mkdir(exist_ok=True)
        (target / "theirs").write_text("")
        return ".png", b""

    with pytest.raises(DataError, match="was created by another process meanwhile"):
        export(examples, target, ["imagefolder"], {}, read_image=read)
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "theirs"]


def test_the_manifest_counts_what_is_in_the_folder(examples, tmp_path):
    folder = export(examples, tmp_path / "set", ["csv"], {"rule": {"all": []}, "counts": {"left_out": {"skip": 3}}})
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["format_version"] == 1
    assert manifest["rule"] == {"all": []}
    assert manifest["formats"] == ["parquet", "csv"]
    labels = {"-": 1, "../x": 1, "@home": 1, "Bag": 2, "T-shirt/top": 1}
    assert manifest["counts"] == {"left_out": {"skip": 3}, "n": 7, "labels": labels}
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "examples.csv",
        "examples.parquet",
        "manifest.json",
    ]


@pytest.mark.slow
def test_progress_is_told_and_ends_at_the_total(tmp_path):
    table = pd.DataFrame({"id": [str(k) for k in range(250)], "label": "x"})
    seen: list = []
    export(
        table, tmp_path / "set", ["imagefolder"], {}, read_image=read_image, progress=lambda *step: seen.append(step)
    )
    assert seen == [
        ("parquet", 250, 250),
        ("imagefolder", 100, 250),
        ("imagefolder", 200, 250),
        ("imagefolder", 250, 250),
    ]
