"""Pictures that were moved, that are gone or broken, and classes without an example: what an export does."""

import json
import resource
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import hem_core
from hem_core.errors import DataError, RunError
from hem_core.sets.export_run import export_run
from hem_core.sets.export_set import export_set
from hem_core.sets.run_of_set import run_of_set
from hem_core.sets.select import save, select
from hem_core.store import sets
from hem_core.store.workspace import open_workspace

NAMES = ["cat", "dog", "emu"]
QUICK = {"has_map": False, "has_probes": False, "oos": "none"}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = torch.nn.Linear(3 * 8 * 8, 3)

    def forward(self, x):
        return self.head(x.flatten(1))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """photos/<class>/<k>.png, the run w/runs/a over them, and the set hard of eight of them."""
    monkeypatch.chdir(tmp_path)
    chance = np.random.default_rng(0)
    for name in NAMES:
        (tmp_path / "photos" / name).mkdir(parents=True)
        for k in range(6):
            pixels = chance.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{k}.png")
    run = hem_core.score(Net(), tmp_path / "photos", out=tmp_path / "w" / "runs" / "a", **QUICK)
    save(tmp_path / "w", "hard", run.examples, select(run.examples, n=8, policies=["random"]), made_by="test")
    return tmp_path


def entries(folder):
    lines = (folder / "imagefolder" / "metadata.jsonl").read_text("utf-8").splitlines()
    return {entry["id"]: folder / "imagefolder" / entry["file_name"] for entry in map(json.loads, lines)}


def ids(home):
    return sets.load(home / "w", "hard")[0]["id"].tolist()


def test_pictures_that_were_moved_are_refused_in_one_line_and_found_where_data_says(home):
    wanted = {id: (home / "photos" / id).read_bytes() for id in ids(home)}
    (home / "photos").rename(home / "moved")
    with pytest.raises(DataError, match=r"^none of the 8 pictures can be read: no file at '.*photos.*'; .* --data FOL"):
        export_set("w", "hard", 1, home / "out", ["imagefolder", "csv"])
    assert not (home / "out").exists()
    made = entries(export_set("w", "hard", 1, home / "out", ["imagefolder"], data="moved"))
    assert {id: path.read_bytes() for id, path in made.items()} == wanted
    assert export_run("w/runs/a", home / "all", where=None, formats=["coco"], data="moved").n == 18


def test_a_place_of_pictures_that_is_not_there_or_not_wanted_is_refused(home, tmp_path):
    with pytest.raises(DataError, match=r"^nothing is at 'nowhere'; --data names the folder"):
        export_set("w", "hard", 1, home / "out", ["csv"], data="nowhere")
    table = pd.DataFrame({"id": list("ab"), "label": ["x", "y"], "logits": [[0.0, 2.0], [3.0, 0.0]]})
    table.to_parquet(tmp_path / "p.parquet")
    run = hem_core.score(None, tmp_path / "p.parquet", out=home / "w" / "runs" / "p", classes=["x", "y"], **QUICK)
    with pytest.raises(DataError, match="the data of run 'p' are no pictures"):
        export_run(run.folder, home / "out", where=None, formats=["csv"], data=home)


def test_tables_are_exported_without_the_pictures(home):
    shutil.rmtree(home / "photos")
    assert export_set("w", "hard", 1, home / "out", ["csv", "jsonl"]).is_dir()


def test_data_that_lie_deeper_or_flat_are_found_by_their_content(home):
    wanted = {id: (home / "photos" / id).read_bytes() for id in ids(home)}
    (home / "flat").mkdir()
    for path in (home / "photos").rglob("*.png"):
        (home / "flat" / path.name).write_bytes(path.read_bytes())  # of each number the last class alone is left
    shutil.rmtree(home / "photos")
    flat = [id for id, content in wanted.items() if (home / "flat" / id[4:]).read_bytes() == content]
    made = export_set("w", "hard", 1, home / "out", ["imagefolder"], data="flat")
    assert sorted(entries(made)) == sorted(flat)
    assert all(path.read_bytes() == wanted[id] for id, path in entries(made).items())


def test_another_picture_of_the_same_name_is_not_taken(home):
    for path in (home / "photos").rglob("*.png"):
        other = home / "others" / path.relative_to(home / "photos")
        other.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(other)
    (home / "photos").rename(home / "gone")
    with pytest.raises(DataError, match="nor the same picture below others"):
        export_set("w", "hard", 1, home / "out", ["imagefolder"], data="others")


def test_scoring_the_moved_pictures_again_makes_the_set_find_them(home):
    (home / "photos").rename(home / "moved")
    before = (home / "w" / "runs" / "a" / "scores.parquet").read_bytes()
    hem_core.score(Net(), home / "moved", out=home / "w" / "runs" / "a", name="photos", **QUICK)
    assert (home / "w" / "runs" / "a" / "scores.parquet").read_bytes() == before
    assert len(entries(export_set("w", "hard", 1, home / "out", ["imagefolder"]))) == 8


def test_another_run_over_the_moved_pictures_makes_the_set_find_them(home):
    (home / "photos").rename(home / "moved")
    hem_core.score(Net(), home / "moved", out=home / "w" / "runs" / "b", name="photos", **QUICK)
    assert len(entries(export_set("w", "hard", 1, home / "out", ["imagefolder"]))) == 8


def test_one_missing_and_one_broken_picture_cost_no_other_and_are_named(home):
    missing, broken, *others = ids(home)
    (home / "photos" / missing).unlink()
    (home / "photos" / broken).write_bytes(b"no picture")
    made = export_set("w", "hard", 1, home / "out", ["imagefolder", "coco", "yolo", "huggingface"])
    assert sorted(entries(made)) == sorted(others)
    skipped = json.loads((made / "manifest.json").read_text("utf-8"))["skipped"]
    assert list(skipped) == [missing, broken]
    assert "no file at" in skipped[missing]
    assert "is no picture" in skipped[broken]
    readme = (made / "README.md").read_text("utf-8")
    assert "2 examples were skipped in every format" in readme
    assert f"`{missing}`" in readme


def test_a_run_with_another_name_is_found_by_its_fingerprint_and_one_that_is_gone_is_named(home):
    (home / "w" / "runs" / "a").rename(home / "w" / "runs" / "renamed")
    manifest = sets.load(home / "w", "hard")[1]
    assert run_of_set(open_workspace(home / "w"), manifest).name == "renamed"
    assert len(entries(export_set("w", "hard", 1, home / "out", ["imagefolder"]))) == 8
    (home / "w" / "runs" / "renamed").rename(home / "elsewhere")
    with pytest.raises(RunError, match=r"needs the pictures, and the run 'a' that .* is not in 'w' under any name"):
        export_set("w", "hard", 1, home / "out2", ["imagefolder"])
    made = export_set("w", "hard", 1, home / "out2", ["csv"])
    assert json.loads((made / "manifest.json").read_text("utf-8"))["classes"] == NAMES


def test_a_class_without_an_example_keeps_its_number_in_every_format(home):
    done = export_run(
        "w/runs/a", home / "out", where="label <> 'cat'", formats=["imagefolder", "yolo", "coco", "webdataset"]
    )
    folder = done.folder
    assert sorted(path.name for path in (folder / "imagefolder").iterdir() if path.is_dir()) == NAMES
    for part in ("train", "val"):
        assert sorted(path.name for path in (folder / "yolo" / part).iterdir()) == NAMES
    whole = json.loads((folder / "coco" / "annotations.json").read_text("utf-8"))
    assert [(each["id"], each["name"]) for each in whole["categories"]] == [(1, "cat"), (2, "dog"), (3, "emu")]
    assert {note["category_id"] for note in whole["annotations"]} == {2, 3}
    assert json.loads((folder / "webdataset" / "classes.json").read_text("utf-8")) == NAMES
    readme = (folder / "README.md").read_text("utf-8")
    assert "1 of them has no example in this set: `cat`" in readme


def test_a_full_disk_leaves_one_line_and_nothing_half_written(home):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        run = hem_core.open_run(home / "w" / "runs" / "a")
        with pytest.raises(DataError, match=r"^set 'full' cannot be saved in 'w': .*nothing of it was kept"):
            save("w", "full", run.examples, select(run.examples, n=8, policies=["random"]), made_by="test")
        with pytest.raises(DataError, match=r"out cannot be written: .*; export to another folder"):
            export_set("w", "hard", 1, home / "out", ["csv", "imagefolder"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sets.versions("w", "full") == []
    assert not [path.name for path in home.iterdir() if "out" in path.name]


@pytest.mark.parametrize("out", ["w/tags.sqlite/out", "/proc/out", "x" * 300, ".", "w", "mine.txt"])
def test_a_place_that_cannot_be_a_new_folder_is_refused_and_kept(home, out):
    (home / "mine.txt").write_text("mine")
    (home / "w" / "tags.sqlite").touch()
    with pytest.raises(DataError, match=r"cannot be written|exists already"):
        export_set("w", "hard", 1, out, ["csv"])
    assert (home / "mine.txt").read_text() == "mine"


def test_a_folder_whose_name_is_as_long_as_a_name_can_be_is_written(home):
    assert export_set("w", "hard", 1, home / ("x" * 255), ["csv"]).is_dir()
