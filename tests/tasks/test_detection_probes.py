"""Errors planted in the boxes of a run: what they teach, what is said of it, and what people's verdicts change."""

import json

import numpy as np
import pytest
from PIL import Image

import hem_core
from hem_core.cli.reasons import reasons
from hem_core.runs.refit import refit
from hem_core.store.workspace import open_workspace

N, SIDE = 40, 240


def boxes_of(chance):
    """Nine objects an image, one a cell of a grid."""
    for row in range(3):
        for column in range(3):
            size = chance.integers(20, 50, 2)
            yield [80 * column + 10, 80 * row + 10, *size.tolist()], int(chance.integers(1, 4))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A run of 360 boxes. Its model finds all but one in ten, to a pixel or two, and seldom sees what is not there.

    Four annotations are wrong: image 0 lacks its first box, box 2 of image 1 has another class.
    """
    folder, chance = tmp_path_factory.mktemp("planted"), np.random.default_rng(0)
    photos = folder / "photos"
    photos.mkdir()
    images, annotations, results = [], [], []
    for at in range(N):
        name = f"{at:02}.png"
        Image.new("RGB", (SIDE, SIDE), (at, at, at)).save(photos / name)
        images.append({"id": at, "file_name": name, "width": SIDE, "height": SIDE})
        for number, (box, label) in enumerate(boxes_of(chance)):
            shaken = (np.array(box) + chance.integers(-2, 3, 4)).tolist()
            if chance.random() < 0.9 or at < 2:
                sure = round(float(chance.uniform(0.7, 0.99)), 3)
                results.append({"image_id": at, "category_id": label, "bbox": shaken, "score": sure})
            if (at, number) == (0, 0):
                continue
            given = label % 3 + 1 if (at, number) == (1, 1) else label
            annotations.append(
                {"image_id": at, "category_id": given, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            )
        if chance.random() < 0.3:
            stray = [*chance.integers(0, 200, 2).tolist(), 25, 25]
            results.append({"image_id": at, "category_id": 1, "bbox": stray, "score": 0.2})
    document = {
        "images": images,
        "annotations": [{"id": at, **each} for at, each in enumerate(annotations, 1)],
        "categories": [{"id": k, "name": name} for k, name in ((1, "cup"), (2, "dog"), (3, "hat"))],
    }
    (folder / "a.json").write_text(json.dumps(document))
    (folder / "r.json").write_text(json.dumps(results))
    out = folder / "runs" / "planted"
    hem_core.score(None, folder / "a.json", images=photos, predictions=folder / "r.json", out=out, has_map=False)
    return folder


@pytest.fixture
def run(workspace):
    return hem_core.open_run(workspace / "runs" / "planted")


def test_a_good_model_gives_away_what_was_planted(run):
    info = run.info["reasons"]
    assert (info["how"], info["level"], info["is_trusted"]) == ("calibrated", "boxes", True)
    assert info["auroc"] > 0.9
    found = {each["planted"]: each for each in info["by_planted"]}
    assert set(found) == {"removed", "moved", "resized", "relabelled", "added"}
    assert found["relabelled"]["found"] > 0.8
    assert found["removed"]["found"] > 0.1
    assert all(sum(each["says"].values()) == each["n"] for each in found.values())
    precision = {each["kind"]: each["precision"] for each in info["by_suspicion"]}
    assert precision["wrong_class"] > 0.6


def test_the_real_errors_are_called_by_their_name(run):
    boxes = run.level("boxes").table().set_index("id")
    missing = boxes.loc["00.png#p1"]
    assert (missing["reason"], missing["suspicion_kind"]) == ("suspect_label", "missing")
    assert missing["evidence"].endswith("An object may be missing from the annotation.")
    assert (boxes.loc["01.png#g2", "reason"], boxes.loc["01.png#g2", "suspicion_kind"]) == (
        "suspect_label", "wrong_class",
    )  # fmt: skip
    is_suspect = boxes["reason"] == "suspect_label"
    assert is_suspect.sum() < 20
    assert boxes.loc[is_suspect, "reason_prob"].min() >= 0.5
    assert boxes.loc[~is_suspect, "reason_prob"].isna().all()


def test_a_scored_run_reads_back_what_the_probes_taught(run):
    from hem_core import tasks

    task = tasks.of(run.info)
    assert [name for name, *_weights in task.suspect_weights] == ["missing", "spurious", "misplaced", "wrong_class"]
    assert task.settled(task.settings) == task


def test_too_few_boxes_are_said_to_be_too_few(tmp_path, workspace):
    document = json.loads((workspace / "a.json").read_text())
    document["annotations"] = document["annotations"][:40]
    (tmp_path / "a.json").write_text(json.dumps(document))
    options = {
        "images": workspace / "photos",
        "predictions": workspace / "r.json",
        "out": tmp_path / "run",
        "has_map": False,
    }
    info = hem_core.score(None, tmp_path / "a.json", **options).info["reasons"]
    assert (info["how"], info["note"][:44]) == ("rules", "Too few boxes (40; 100 are needed) to plant ")


def test_verdicts_on_boxes_change_the_reasons_and_the_command_says_so(workspace, run, capsys):
    boxes = run.level("boxes").table()
    suspects = boxes.loc[boxes["reason"] == "suspect_label", "id"].tolist()
    missed = boxes.loc[(boxes["type"] == "Missed") & (boxes["reason"] != "suspect_label"), "id"].tolist()
    log = open_workspace(workspace / "runs" / "planted").tags().level("boxes")
    log.add(run.data, [suspects[0]], "right", who="ann")
    log.add(run.data, [missed[0]], "mislabelled", who="ann")
    again = refit(run.folder)
    after = again.level("boxes").table().set_index("id")
    assert after.loc[suspects[0], "reason"] != "suspect_label"
    assert not after.loc[suspects[0], "evidence"].endswith(("annotation.", "wrong.", "off.", "nothing."))
    assert (after.loc[missed[0], "reason"], after.loc[missed[0], "evidence"][-21:]) == (
        "suspect_label", "There may be nothing.",
    )  # fmt: skip
    assert again.info["reasons"]["n_tagged"] == 2
    bytes_of = {path: path.read_bytes() for path in again.folder.glob("*.parquet")}
    assert refit(run.folder).info["fingerprint"] == again.info["fingerprint"]
    assert {path: path.read_bytes() for path in again.folder.glob("*.parquet")} == bytes_of
    reasons(run.folder, refit=True)
    printed = "".join(capsys.readouterr())
    assert "0 of " in printed  # the same verdicts, once more
    assert "wrong boxes are found with AUROC" in printed
    assert "relabelled" in printed
