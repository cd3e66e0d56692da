"""Loops of boxes, tags and numbers: what chooses, what is compared, people's labels, and a kill in the middle."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

import hem_core
from hem_core import tasks
from hem_core.errors import DataError, HemError
from hem_core.labels.import_labels import import_labels
from hem_core.loop.dry_run import dry_run
from hem_core.loop.loop import loop
from hem_core.loop.settings import Settings
from hem_core.runs.options import Options
from hem_core.selection.options import names as policy_names
from hem_core.store import sets
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.slow

SMALL = Settings(start=8, add=4, rounds=2, seeds=2)
N = 40


class Spots(nn.Module):
    """One box around the brightest place; its confidence is what the training saw of such brightness."""

    def __init__(self, seen):
        super().__init__()
        self.seen = nn.Parameter(seen)

    def forward(self, images):
        found = []
        for image in images:
            grey = image.mean(dim=0)
            top, left = divmod(int(grey.argmax()), grey.shape[1])
            near = (self.seen - grey.max()).abs().min()
            score = (0.95 - 4 * near).clamp(0.1, 0.95)
            box = torch.tensor([[left, top, left + 10.0, top + 10.0]])
            found.append({"boxes": box, "labels": torch.ones(1, dtype=torch.int64), "scores": score.detach()[None]})
        return found

    def box_features(self, images, boxes):
        return [torch.stack([image.mean(dim=(1, 2))] * len(own)) for image, own in zip(images, boxes, strict=True)]


def spots(dataset):
    """See `Spots`."""
    return Spots(torch.stack([dataset[at][0].max() for at in range(len(dataset))])).eval()


class Linear(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self, x):
        return {"logits": x @ self.weights[:-1] + self.weights[-1], "embeddings": x}


def fitted(dataset):
    """Least squares: of tags on ±2, of numbers on these."""
    x = np.stack([dataset[at][0].numpy() for at in range(len(dataset))]).astype(np.float64)
    y = np.asarray(dataset.targets, np.float64).reshape(len(x), -1)
    y = 4 * y - 2 if set(y.flatten()) <= {0.0, 1.0} else y
    weights = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return Linear(torch.from_numpy(weights.round(6)).float()).eval()


def boxes(folder):
    """A folder with 40 pictures of one bright spot each, and their annotations."""
    (folder / "photos").mkdir(exist_ok=True)
    chance, images, notes = np.random.default_rng(0), [], []
    for at in range(N):
        grey = np.zeros((48, 48, 3), np.uint8)
        left, top = chance.integers(2, 36, 2).tolist()
        grey[top : top + 10, left : left + 10] = 60 + 4 * at
        Image.fromarray(grey).save(folder / "photos" / f"i{at:02d}.png")
        images.append({"id": at + 1, "file_name": f"i{at:02d}.png", "width": 48, "height": 48})
        box = {"bbox": [left, top, 10, 10], "area": 100, "iscrowd": 0}
        notes.append({"id": at + 1, "image_id": at + 1, "category_id": 1, **box})
    document = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "spot"}]}
    (folder / "spots.json").write_text(json.dumps(document))
    return folder / "spots.json", spots, Options(images=folder / "photos")


def rows_of_numbers():
    points = np.random.default_rng(0).normal(size=(N, 2)).round(3)
    return pd.DataFrame({"id": [f"row-{k:02d}" for k in range(N)], "x": points[:, 0], "y": points[:, 1]})


def tags(folder):
    table = rows_of_numbers()
    has = {"warm": table["x"] > 0, "high": table["y"] > 0}
    table["label"] = ["|".join(name for name in has if has[name][at]) or "(none)" for at in range(N)]
    table.to_csv(folder / "tags.csv", index=False)
    return folder / "tags.csv", fitted, Options(task="multilabel", columns={"feature_columns": "x,y"})


def number(folder):
    table = rows_of_numbers()
    table.assign(label=(3 * table["x"] - table["y"] ** 2).round(3)).to_csv(folder / "number.csv", index=False)
    return folder / "number.csv", fitted, Options(task="regression", columns={"feature_columns": "x,y"})


def numbers(folder):
    table = rows_of_numbers()
    table.assign(heat=table["x"] ** 3 + 0.5, cold=table["y"] ** 2 - 2.5).to_csv(folder / "numbers.csv", index=False)
    return folder / "numbers.csv", fitted, Options(columns={"feature_columns": "x,y", "label_column": "heat,cold"})


DATA = {"boxes": boxes, "tags": tags, "number": number, "numbers": numbers}
HEADLINES = {
    "boxes": "mAP50",
    "tags": "mAP",
    "number": "mean absolute error",
    "numbers": "normalised mean absolute error",
}
LOWER = ("number", "numbers")


def run(source, out, settings=SMALL, **more):
    data, train, options = source
    return loop(data, train=train, out=out, settings=settings, options=options, **more)


@pytest.mark.parametrize("kind", DATA)
def test_a_loop_compares_by_the_measures_of_its_task(kind, tmp_path):
    source = DATA[kind](tmp_path)
    found = run(source, tmp_path / "work")
    report, points = found.report, pd.read_parquet(found.folder / "report.parquet")
    head = report["measures"][0]
    assert (head["words"], head["better"]) == (HEADLINES[kind], "lower" if kind in LOWER else "higher")
    assert points.groupby(["arm", "round"])["n"].first().to_dict() == {
        ("start", 0): 8, ("mined", 1): 12, ("mined", 2): 16, ("random", 1): 12, ("random", 2): 16,
        ("all", 2): report["n_pool"],
    }  # fmt: skip
    assert report["n_pool"] + report["test"]["n"] == N
    assert points[[each["column"] for each in report["measures"]]].notna().all().all()
    assert report["verdict"]["rule"].count(HEADLINES[kind]) == 1
    assert ("lies below 0; it loses when it lies above" in report["verdict"]["rule"]) == (kind in LOWER)
    page = (found.folder / "report.html").read_text()
    assert page.count("<svg") == len(report["measures"])
    counted = dry_run(source[0], train=source[1], out=tmp_path / "work", settings=SMALL, options=source[2])
    assert (counted.n_trainings, counted.n_done) == (12, 12)
    examples, manifest = sets.load(tmp_path / "work", report["set"]["name"])
    assert (len(examples), manifest["task"], examples["label"].notna().all()) == (16, report["task"], True)
    assert run(source, tmp_path / "work").report == report


@pytest.mark.parametrize("kind", DATA)
def test_each_policy_that_a_task_can_give_mines_a_round(kind, tmp_path):
    source = DATA[kind](tmp_path)
    refused = ["per_class"] if kind == "boxes" else ["background_false_positives", "per_class"]
    for policy in policy_names():
        settings = Settings(8, 4, 1, 1, arms=("mined",), policies=(policy,))
        if policy in refused:
            with pytest.raises(HemError, match="Choose by"):
                run(source, tmp_path / "work" / policy, settings)
        else:
            found = run(source, tmp_path / "work" / policy, settings)
            assert found.report["curve"][-1]["n"] == 8 + 4  # drawn where the policy finds none


@pytest.mark.parametrize(
    ("kind", "column"),
    [("boxes", "box_uncertainty"), ("tags", "tag_entropy"), ("tags", "least_sure_tag"), ("number", "neighbour_spread")],
)
def test_the_picks_are_those_that_the_model_is_least_sure_of(kind, column, tmp_path):
    options = {"margin": {"by": column}}
    settings = Settings(8, 4, 1, 1, arms=("mined",), policies=("margin",), policy_options=options)
    found = run(DATA[kind](tmp_path), tmp_path / "work", settings)
    with np.load(found.folder / "arms" / "start" / "seed_0_round_0.npz") as stored:
        picked = np.isin(stored["pool_rows"], stored["picks"])
        assert stored[column][picked].min() >= np.median(stored[column])
        assert not np.isin(stored["picks"], stored["rows"]).any()


def test_a_policy_without_what_it_needs_is_refused_in_words(tmp_path):
    data, _train, options = number(tmp_path)

    def bare(dataset):
        return nn.Sequential(nn.Identity(), nn.Flatten(), Mean()).eval()

    settings = Settings(8, 4, 1, 1, arms=("mined",), policies=("diverse",))
    with pytest.raises(
        HemError, match=r"'diverse' cannot .* this model gives none .*Choose by random, stratified, top"
    ):
        loop(data, train=bare, out=tmp_path / "a", settings=settings, options=options)
    wanted = Settings(8, 4, 1, 1, policies=("top",), policy_options={"top": {"by": "entropy"}})
    with pytest.raises(HemError, match=r"no column of numbers 'entropy'.*Choose by .* columns neighbour_spread, loss"):
        run(number(tmp_path), tmp_path / "b", wanted)
    assert not (tmp_path / "b" / "loops" / "number" / "arms").exists()


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(dim=1, keepdim=True)


@pytest.mark.parametrize("kind", DATA)
def test_a_loop_that_ends_in_a_training_resumes_with_it_to_the_same_bytes(kind, tmp_path):
    data, train, options = DATA[kind](tmp_path)
    sizes = []

    def dying(dataset):
        sizes.append(len(dataset))
        if len(sizes) == 5:
            raise KeyboardInterrupt
        return train(dataset)

    def folder(name):
        return loop(data, train=dying, out=tmp_path / name, settings=SMALL, options=options).folder

    with pytest.raises(KeyboardInterrupt):
        folder("ended")
    ended = folder("ended")
    assert (len(sizes), sizes[4]) == (13, sizes[5])
    whole = folder("whole")
    for file in ("report.json", "report.parquet", "report.html"):
        assert (ended / file).read_bytes() == (whole / file).read_bytes(), file


@pytest.mark.parametrize("kind", ["tags", "number", "numbers"])
def test_people_label_the_picks_of_tags_and_numbers(kind, tmp_path):
    data, train, options = DATA[kind](tmp_path)
    right = pd.read_csv(data)
    given = [name for name in right.columns if name not in ("id", "x", "y")]
    partly = right.astype(dict.fromkeys(given, object))
    partly.loc[20:, given] = None
    data = data.with_suffix(".parquet")
    partly.to_parquet(data)
    settings = Settings(8, 4, 1, 1, arms=("mined",), by_person=True, policies=("diverse",))
    first = loop(data, train=train, out=tmp_path / "w", settings=settings, options=options)
    assert "0 of 4 picks have an answer" in first.waits_for
    queue = pd.read_csv(first.folder / "queue-v1" / "examples.csv")
    by_id = right.set_index("id")
    joined = [by_id.loc[id, given].astype(str).str.cat(sep="; ") for id in queue["id"]]
    queue.assign(label=joined)[["id", "label"]].to_csv(tmp_path / "answers.csv", index=False)
    import_labels(tmp_path / "answers.csv", tmp_path / "w", who="ann")
    done = loop(data, train=train, out=tmp_path / "w", settings=settings, options=options)
    assert done.report is not None, done.waits_for
    examples, _manifest = sets.load(tmp_path / "w", done.report["set"]["name"])
    task = tasks.of(_manifest)
    wanted = task.encode([by_id.loc[id, given].astype(str).str.cat(sep="; ") for id in examples["id"]], ())
    np.testing.assert_allclose(task.encode(examples["label"].tolist(), ()), wanted)


def test_boxes_wait_for_no_person_and_say_where_their_labels_come_from(tmp_path):
    settings = Settings(8, 4, 1, 1, arms=("mined",), by_person=True)
    with pytest.raises(HemError, match=r"correction of boxes in Review. .* without --by-person"):
        run(boxes(tmp_path), tmp_path / "work", settings)


def test_boxes_that_people_corrected_before_the_loop_are_trained_on(tmp_path):
    data, _train, options = boxes(tmp_path)
    seen = {}

    def remembered(dataset):
        seen.update({id: len(dataset[at][1]["boxes"]) for at, id in enumerate(dataset.ids)})
        return spots(dataset)

    def again():
        return loop(data, train=remembered, out=tmp_path / "w", settings=settings, options=options, test_share=0.1)

    results = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.9}]
    (tmp_path / "results.json").write_text(json.dumps(results))
    out = {"out": tmp_path / "w" / "runs" / "first", "images": options.images}
    ran = hem_core.score(None, data, predictions=tmp_path / "results.json", has_map=False, **out)
    log = open_workspace(tmp_path / "w").tags().level("boxes")
    log.add(ran.data, ["i03.png#g1"], "remove", who="anna")
    settings = Settings(8, 4, 1, 1)
    found = again()
    assert {id: n for id, n in seen.items() if n != 1} == {"i03.png": 0}
    assert any("corrected parts of 1 example before" in note for note in found.report["notes"])
    log.add(ran.data, ["i04.png#g1"], "remove", who="anna")
    assert (
        loop(data, train=remembered, out=tmp_path / "w", settings=settings, options=options, test_share=0.1).report
        == found.report
    )


def test_test_data_of_boxes_in_a_file_of_their_own(tmp_path):
    data, train, options = boxes(tmp_path)
    document = json.loads(data.read_text())
    later, early = dict(document), dict(document)
    later["images"], later["annotations"] = document["images"][30:], document["annotations"][30:]
    early["images"], early["annotations"] = document["images"][:30], document["annotations"][:30]
    (tmp_path / "later.json").write_text(json.dumps(later))
    data.write_text(json.dumps(early))
    settings = Settings(8, 4, 1, 1)
    found = loop(
        data, train=train, out=tmp_path / "w", settings=settings, options=options, test=tmp_path / "later.json"
    )
    assert found.report["test"]["n"] == 10
    assert found.report["curve"][0]["mAP50"]["mean"] == pytest.approx(1)
    (tmp_path / "later.json").write_text(json.dumps(later | {"annotations": []}))
    with pytest.raises(DataError, match="nothing is given in the 10 test examples, so that mAP50 cannot be measured"):
        loop(data, train=train, out=tmp_path / "v", settings=settings, options=options, test=tmp_path / "later.json")
