import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import TensorDataset

import hem_core
from hem_core import HemError
from hem_core.errors import DataError, ModelError, RunError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def score(model, data, out, **options):
    return hem_core.score(model, data, out=out, **({"has_map": False, "unit_size": 64, "batch_size": 16} | options))


def content(folder):
    """Every file of a run but run.json, which holds times, as bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def test_a_run_of_pictures_has_every_score_an_embedding_and_a_reason(tmp_path, model, digits_npz):
    run = score(model, digits_npz, tmp_path / "run")
    table = run.table()
    assert len(table) == run.n == 400
    wanted = {"loss", "margin", "entropy", "least_confidence", "top2_gap", "el2n", "grand_last_layer", "energy"}
    wanted |= {"neighbour_disagreement", "prototype_distance", "knn_distance", "difficulty", "label_suspicion"}
    assert wanted <= set(table.columns)
    assert table[sorted(wanted)].notna().all().all()
    assert set(table["reason"]) <= {"mislabelled", "ambiguous", "outlier", "rare", "subtle", "easy", "unsure"}
    assert table["is_even"].tolist() == [int(label) % 2 == 0 for label in table["label"]]
    assert run.info["status"] == "complete"
    assert run.info["neighbours"] == {"k": 15, "method": "exact", "recall": 1.0}
    assert not (run.folder / "progress.json").exists()
    assert len(run.neighbours(table["id"][3])) == 15


def test_the_loss_in_the_table_is_torch_s_for_the_same_id(tmp_path, model, digits_npz):
    table = score(model, digits_npz, tmp_path / "run").table().set_index("id")
    with np.load(digits_npz) as data:
        x, y = torch.from_numpy(data["images"])[:, None].float() / 255, torch.from_numpy(data["labels"])
    with torch.no_grad():
        expected = F.cross_entropy(model.eval()(x), y, reduction="none")
    found = torch.tensor([table.loc[str(index), "loss"] for index in range(400)])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_two_runs_are_the_same_bytes(tmp_path, model, digits_npz):
    first, second = score(model, digits_npz, tmp_path / "a"), score(model, digits_npz, tmp_path / "b")
    assert content(first.folder) == content(second.folder)


SLOW = """
import sys, time
import numpy as np, torch, hem_core
from demo_models import digits
from hem_core.engine.runners import local
torch.manual_seed(0)
model = digits.model()
wait = float(sys.argv[3])
real = local.write_unit
def slow(*arguments):
    time.sleep(wait)
    return real(*arguments)
local.write_unit = slow
hem_core.score(model, sys.argv[1], out=sys.argv[2], unit_size=64, batch_size=16, has_map=False)
"""


@pytest.mark.parametrize("shards_before_the_kill", [0, 3])
def test_a_killed_run_goes_on_to_the_bytes_of_an_undisturbed_one(tmp_path, model, digits_npz, shards_before_the_kill):
    folder = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(digits_npz), str(folder), "0.4"], cwd=ROOT)
    for _wait in range(600):
        time.sleep(0.05)
        if (folder / "run.json").exists() and len(list(folder.glob("shards/*.parquet"))) >= shards_before_the_kill:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (folder / "shards" / f".00006.parquet.{process.pid}-0000.tmp").write_bytes(b"half")
    done = {path.name: path.stat().st_mtime_ns for path in folder.glob("shards/*.parquet")}
    assert shards_before_the_kill <= len(done) < 7
    with pytest.raises(RunError, match="is not complete"):
        hem_core.open_run(folder)
    run = score(model, digits_npz, folder)
    assert {name: (folder / "shards" / name).stat().st_mtime_ns for name in done} == done
    assert run.info["status"] == "complete"
    whole = score(model, digits_npz, tmp_path / "whole")
    assert content(folder) == content(whole.folder)


def test_a_run_killed_in_the_middle_of_the_map_keeps_its_scores_and_makes_the_map(tmp_path, model, digits_npz):
    folder = tmp_path / "killed"
    code = SLOW.replace("has_map=False", "has_map=True")
    process = subprocess.Popen([sys.executable, "-c", code, str(digits_npz), str(folder), "0"], cwd=ROOT)
    for _wait in range(1200):
        time.sleep(0.05)
        report = folder / "progress.json"
        if report.exists() and json.loads(report.read_text())["stage"] == "map":
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "projection.parquet").exists()
    scored = (folder / "scores.parquet").read_bytes()
    run = score(model, digits_npz, folder, has_map=True)
    assert (folder / "scores.parquet").read_bytes() == scored
    assert np.isfinite(run.table()[["x", "y"]].to_numpy()).all()


def test_a_finished_run_is_not_made_again_and_another_model_is_refused(tmp_path, model, digits_npz):
    run = score(model, digits_npz, tmp_path / "run")
    before = (run.folder / "scores.parquet").stat().st_mtime_ns
    assert score(model, digits_npz, tmp_path / "run").info == run.info
    assert (run.folder / "scores.parquet").stat().st_mtime_ns == before
    with torch.no_grad():
        model[0].weight.add_(1)
    with pytest.raises(RunError, match=r"another model, data or parameters; .*--overwrite"):
        score(model, digits_npz, tmp_path / "run")
    assert score(model, digits_npz, tmp_path / "run", overwrite=True).info["model"] != run.info["model"]


def test_training_mode_and_gradients_of_the_model_are_not_needed(tmp_path, model, digits_npz):
    model.train()
    statistics = model[1].running_mean.clone()
    score(model, digits_npz, tmp_path / "run")
    assert torch.equal(model[1].running_mean, statistics)


def folder_of_images(root, n=6):
    for index in range(n):
        path = root / ("cat" if index % 2 else "dog") / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), index * 20, np.uint8)).save(path)
    return root


def two_classes():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.Flatten(), torch.nn.Linear(144, 2))


def test_an_image_folder_with_bad_files_reports_them_and_goes_on(tmp_path):
    root = folder_of_images(tmp_path / "photos")
    (root / "cat" / "broken.png").write_bytes(b"\x89PNG nothing")
    Image.new("L", (9, 8)).save(root / "dog" / "wide.png")
    run = score(two_classes(), root, tmp_path / "run")
    assert (run.n, run.info["n_failed"]) == (6, 2)
    failures = run.failures().set_index("id")["reason"]
    assert "not a readable image" in failures["cat/broken.png"]
    assert failures["dog/wide.png"] == "9 × 8 px, where most are 8 × 8 px; pass --resize"
    assert score(two_classes(), root, tmp_path / "other", resize=8).info["n_failed"] == 1
    with pytest.raises(DataError, match=r"example 'cat/broken.png': .* \(--fail-fast\)"):
        score(two_classes(), root, tmp_path / "strict", is_strict=True)
    assert not (tmp_path / "strict").exists()


def test_a_csv_with_names_needs_their_order_and_drops_unknown_labels(tmp_path):
    folder_of_images(tmp_path / "photos")
    path = tmp_path / "photos" / "list.csv"
    path.write_text("path,label\ndog/0.png,dog\ncat/1.png,cat\ndog/2.png,cow\ncat/3.png,\ndog/4.png,dog\n")
    with pytest.raises(DataError, match="pass --classes in the order of the model's 2 outputs"):
        score(two_classes(), path, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    run = score(two_classes(), path, tmp_path / "run", classes=["dog", "cat"])
    assert run.table()["label"].tolist() == ["dog", "cat", "dog"]
    assert set(run.failures()["reason"]) == {"label 'cow' is not among the 2 classes", "no label"}


def predictions(path, n=50, *, probs=False, embedding=True):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(n, 3)).astype(np.float32)
    values = np.exp(logits) / np.exp(logits).sum(1, keepdims=True) if probs else logits
    frame = pd.DataFrame({"id": [f"p{i}" for i in range(n)], "label": generator.integers(0, 3, n)})
    frame["probs" if probs else "logits"] = list(values)
    if embedding:
        frame["embedding"] = list(generator.normal(size=(n, 4)).astype(np.float32))
    frame.to_parquet(path)
    return path, logits, frame["label"].to_numpy().copy()


@pytest.mark.parametrize("probs", [False, True])
def test_predictions_alone_are_scored_without_a_model(tmp_path, probs):
    path, logits, labels = predictions(tmp_path / "predictions.parquet", probs=probs)
    run = score(None, path, tmp_path / "run", classes=["a", "b", "c"])
    expected = F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels), reduction="none")
    assert run.table()["loss"].tolist() == pytest.approx(expected.tolist(), abs=1e-4)
    assert run.table()["label"].tolist() == [["a", "b", "c"][label] for label in labels]
    assert "grand_last_layer" not in run.table().columns
    assert len(run.neighbours("p7")) == 15
    assert "pictures" in run.info["missing"]


def test_a_run_without_embeddings_works_and_says_what_is_missing(tmp_path):
    path, _logits, _labels = predictions(tmp_path / "predictions.parquet", embedding=False)
    run = score(None, path, tmp_path / "run")
    assert "knn_distance" not in run.table().columns
    assert "add a list column 'embedding'" in run.info["missing"]["embeddings"]
    assert run.table()["difficulty"].between(0, 100).all()
    assert not list(run.folder.glob("embeddings/*"))


def test_a_recorded_training_gives_dynamics_by_id(tmp_path):
    torch.manual_seed(0)
    x, y = torch.randn(60, 5), torch.randint(0, 3, (60,))
    model, recorder = torch.nn.Linear(5, 3), hem_core.Recorder(tmp_path / "recording")
    expected = []
    for epoch in range(4):
        with recorder.epoch(epoch):
            logits = model(x) * (epoch + 1)
            order = torch.randperm(60)
            for index in order.split(7):
                recorder.log(index, logits[index], y[index])
            expected.append(logits.detach().softmax(1)[range(60), y])
    run = score(model, TensorDataset(x, y), tmp_path / "run", dynamics=tmp_path / "recording", sample="in-sample")
    table = run.table()
    mean = 1 - torch.stack(expected).mean(0)
    assert table["confidence_mean"].tolist() == pytest.approx(mean.tolist(), abs=1e-5)
    assert {"variability", "correctness", "forgetting", "learned_epoch", "aum", "aum_windowed"} <= set(table.columns)
    assert run.curve(table["id"][5])["confidence"].tolist() == pytest.approx([float(e[5]) for e in expected], abs=1e-5)


def test_examples_that_were_never_recorded_have_no_dynamics(tmp_path):
    x, y = torch.randn(30, 5), torch.randint(0, 3, (30,))
    model, recorder = torch.nn.Linear(5, 3), hem_core.Recorder(tmp_path / "recording")
    with recorder.epoch(0):
        recorder.log(list(range(20)), model(x[:20]), y[:20])
    run = score(model, TensorDataset(x, y), tmp_path / "run", dynamics=tmp_path / "recording")
    assert run.table()["aum"].isna().tolist() == [False] * 20 + [True] * 10
    assert run.table()["difficulty"].notna().all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_examples_is_scored(tmp_path, n):
    run = hem_core.score(
        torch.nn.Linear(4, 3), TensorDataset(torch.randn(n, 4), torch.zeros(n, dtype=torch.long)), out=tmp_path / "run"
    )
    assert run.n == n
    assert run.table()["difficulty"].notna().all()


def test_two_logits_and_one_logit_are_binary(tmp_path):
    data = TensorDataset(torch.randn(20, 4), torch.randint(0, 2, (20,)))
    run = score(torch.nn.Linear(4, 1), data, tmp_path / "run")
    assert run.classes == ("0", "1")


def test_thumbnails_are_the_pictures_of_the_rows(tmp_path, model, digits_npz):
    import io

    run = score(model, digits_npz, tmp_path / "run")
    with np.load(digits_npz) as data:
        picture = Image.open(io.BytesIO(run.thumbnail(17))).convert("L")
        assert np.array_equal(np.asarray(picture), data["images"][17])


def test_each_bad_call_says_what_to_do_and_leaves_nothing(tmp_path, model, digits_npz):
    out = tmp_path / "run"
    wide = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 7))
    calls = [
        (lambda: score(None, digits_npz, out), ModelError, "no --model was given"),
        (lambda: score("nowhere:model", digits_npz, out), ModelError, "cannot import 'nowhere'"),
        (lambda: score(model, tmp_path / "gone", out), DataError, "no data at"),
        (lambda: score(model, digits_npz, out, layer="neck"), ModelError, "no layer 'neck'"),
        (lambda: score(model, digits_npz, out, device="abacus"), ModelError, "no device 'abacus'"),
        (lambda: score(model, digits_npz, out, dynamics=tmp_path / "gone"), DataError, "no training dynamics"),
        (
            lambda: score(model, digits_npz, out, classes=["a", "b"]),
            DataError,
            "10 outputs but there are 2 class names",
        ),
        (
            lambda: score(wide, digits_npz, out, classes=list("abcdefg")),
            DataError,
            "labels in .* run from 0 to 9, the model's outputs from 0 to 6",
        ),
    ]
    for call, error, text in calls:
        with pytest.raises(error, match=text):
            call()
        assert not out.exists(), text
    with pytest.raises(TypeError, match="no option 'colour'; did you mean 'columns'"):
        hem_core.score(model, digits_npz, out=out, colour=1)


def test_folders_that_are_taken_are_left_alone(tmp_path, model, digits_npz):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty and holds no run"):
        score(model, digits_npz, tmp_path / "full")
    assert (tmp_path / "full" / "thesis.txt").read_text() == "mine"
    with pytest.raises(RunError, match="is a file; --out names a folder"):
        score(model, digits_npz, tmp_path / "full" / "thesis.txt")


@pytest.mark.parametrize(
    "name", ["scores.parquet", "catalog.parquet", "neighbours.npz", "slices.parquet", "shards/a.txt", "arrays/mine.npy",
             "embeddings/00000.npy", "out_of_sample/mine.npz", "embeddings", "thumbnails.bin", "notes.tmp"],
)  # fmt: skip
def test_a_file_named_like_one_of_a_run_is_left_alone(tmp_path, model, digits_npz, name):
    path = tmp_path / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    for more in ({}, {"overwrite": True}):
        with pytest.raises(RunError, match=r"is not empty and holds no run: .* would be replaced"):
            score(model, digits_npz, tmp_path / "mine", **more)
    assert [(file.relative_to(tmp_path / "mine").as_posix(), file.read_text())
            for file in (tmp_path / "mine").rglob("*") if file.is_file()] == [(name, "mine")]  # fmt: skip


def test_no_example_that_can_be_read_is_an_error(tmp_path):
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    (tmp_path / "photos" / "cat" / "a.png").write_bytes(b"nothing")
    with pytest.raises(HemError, match="none of the 1 images can be read"):
        score(two_classes(), tmp_path / "photos", tmp_path / "run")


def test_the_batch_size_can_be_tried(tmp_path, model, digits_npz):
    run = score(model, digits_npz, tmp_path / "run", batch_size="auto")
    assert run.info["parameters"]["batch_size"] in (8, 16, 32, 64, 128)


def test_a_memorised_training_set_is_said(tmp_path, digits_npz):
    class Oracle(torch.nn.Module):
        def forward(self, x):
            return F.one_hot(x.long().flatten(), 3).float() * 9

    labels = torch.arange(30) % 3
    data = TensorDataset(labels[:, None].float(), labels)
    run = score(Oracle(), data, tmp_path / "run", sample="in-sample", held_out_accuracy=0.6)
    assert any("right on 100.0% of these examples but on 60.0% of held-out ones" in note for note in run.info["notes"])


def test_progress_is_told_and_the_file_is_readable_meanwhile(tmp_path, model, digits_npz):
    told, seen = [], []

    def listen(stage, done, total):
        told.append((stage, done, total))
        path = tmp_path / "run" / "progress.json"
        if path.exists():
            seen.append(json.loads(path.read_text()))

    score(model, digits_npz, tmp_path / "run", progress=listen)
    assert [done for stage, done, _total in told if stage == "score"][-1] == 400
    assert all(report["done"] <= report["total"] or not report["total"] for report in seen)
    assert seen[-1]["pid"] == os.getpid()


def test_shards_and_scores_agree_row_by_row(tmp_path, model, digits_npz):
    run = score(model, digits_npz, tmp_path / "run")
    joined = pq.read_table(tmp_path / "run" / "scores.parquet")
    parts = [pq.read_table(path) for path in sorted((tmp_path / "run" / "shards").glob("*.parquet"))]
    losses = np.concatenate([part["loss"].to_numpy() for part in parts])
    assert np.array_equal(joined["loss"].to_numpy(), losses)
    assert run.embeddings().shape == (400, 64)


NET = """
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(4, 3)

    def forward(self, x):
        return {forward}
"""


def test_changed_data_of_a_dataset_and_changed_code_of_a_model_are_another_run(tmp_path, monkeypatch):
    x, y = torch.randn(40, 4), torch.arange(40) % 3
    model = torch.nn.Linear(4, 3)
    score(model, TensorDataset(x, y), tmp_path / "run")
    changed = x.clone()
    changed[7] = 0
    with pytest.raises(RunError, match="another model, data or parameters"):
        score(model, TensorDataset(changed, y), tmp_path / "run")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "net_one.py").write_text(NET.format(forward="self.head(x)"))
    (tmp_path / "net_other.py").write_text(NET.format(forward="-self.head(x)"))
    one = importlib.import_module("net_one").Net()
    other = importlib.import_module("net_other").Net()
    other.load_state_dict(one.state_dict())
    score(one, TensorDataset(x, y), tmp_path / "code")
    with pytest.raises(RunError, match="another model, data or parameters"):
        score(other, TensorDataset(x, y), tmp_path / "code")


def test_the_model_is_given_back_in_its_mode(tmp_path, model, digits_npz):
    model.train()
    model[1].eval()
    score(model, digits_npz, tmp_path / "run")
    assert (model.training, model[0].training, model[1].training) == (True, True, False)


def test_tokens_reach_the_model_as_integers(tmp_path):
    class Bag(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = torch.nn.Embedding(50, 8), torch.nn.Linear(8, 2)

        def forward(self, tokens):
            return {"logits": self.head(self.embed(tokens).mean(1))}

    data = TensorDataset(torch.randint(0, 50, (30, 6)), torch.randint(0, 2, (30,)))
    assert score(Bag(), data, tmp_path / "run").n == 30


def test_a_model_in_double_precision_is_fed_doubles(tmp_path):
    data = TensorDataset(torch.randn(30, 4), torch.randint(0, 2, (30,)))
    assert score(torch.nn.Linear(4, 2).double(), data, tmp_path / "run").n == 30


def test_items_that_fail_or_differ_are_recorded_and_the_rest_is_scored(tmp_path):
    class Frail:
        targets = (0, 1) * 10

        def __len__(self):
            return 20

        def __getitem__(self, index):
            if index == 7:
                raise OSError("bad file 7")
            return torch.zeros(5 if index == 4 else 3), self.targets[index]

    run = score(torch.nn.Linear(3, 2), Frail(), tmp_path / "run")
    failures = run.failures().set_index("id")["reason"]
    assert failures["7"] == "the dataset fails on it: OSError: bad file 7"
    assert failures["4"] == "has shape (5,), where the first has (3,)"
    assert run.n == 18


def test_a_model_that_gives_probabilities_is_refused(tmp_path):
    data = TensorDataset(torch.randn(30, 4), torch.randint(0, 2, (30,)))
    with pytest.raises(ModelError, match="they are probabilities; return the logits"):
        score(torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Softmax(1)), data, tmp_path / "run")


def test_pictures_of_many_sizes_ask_for_resize(tmp_path):
    for index in range(6):
        path = tmp_path / "photos" / ("cat" if index % 2 else "dog") / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8 + index, 8)).save(path)
    with pytest.raises(DataError, match=r"the pictures have different sizes .* pass --resize PIXELS"):
        score(two_classes(), tmp_path / "photos", tmp_path / "run")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot make the folder"):
        score(torch.nn.Linear(2, 2), TensorDataset(torch.zeros(3, 2), torch.zeros(3).long()), tmp_path / "file" / "run")


def arrays_of(path, *, white):
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    images[:, 0, 0] = 255 if white else 0
    np.savez(path, images=images, labels=np.arange(40) % 10)
    return path


def test_a_file_that_was_changed_in_place_is_read_anew(tmp_path, model):
    data = arrays_of(tmp_path / "x.npz", white=False)
    first = score(model, data, tmp_path / "run")
    losses, kept = first.table()["loss"].tolist(), first.root
    arrays_of(data, white=True)
    with pytest.raises(RunError, match="another model, data or parameters"):
        score(model, data, tmp_path / "run")
    assert list(kept.parent.iterdir()) == [kept]
    assert hem_core.open_run(tmp_path / "run").table()["loss"].tolist() == losses
    second = score(model, data, tmp_path / "run", overwrite=True)
    assert second.table()["loss"].tolist() != losses
    root = second.root
    assert list(root.parent.iterdir()) == [root]
    assert np.load(root / "images.npy")[0, 0, 0] == 255


def test_a_run_killed_before_it_had_a_run_json_begins_anew(tmp_path, model, digits_npz):
    folder = tmp_path / "run"
    (folder / "arrays" / "0123456789abcdef").mkdir(parents=True)
    (folder / "arrays" / "0123456789abcdef" / "images.partial").write_bytes(b"half")
    (folder / ".run.json.1-0.tmp").write_bytes(b"half")
    assert score(model, digits_npz, folder).n == 400


def test_a_run_that_was_moved_still_finds_its_pictures(tmp_path, model, digits_npz):
    from hem_core.sets.pictures import pictures_of

    run = score(model, digits_npz, tmp_path / "here")
    before = pictures_of(run)(run.table().iloc[3])
    (tmp_path / "here").rename(tmp_path / "there")
    moved = hem_core.open_run(tmp_path / "there")
    assert pictures_of(moved)(moved.table().iloc[3]) == before


def test_a_run_killed_while_it_was_cleared_can_be_made_again(tmp_path, model, digits_npz):
    run = score(model, digits_npz, tmp_path / "run")
    (run.folder / "run.json").unlink()  # the first to go
    assert score(model, digits_npz, tmp_path / "run").n == 400
