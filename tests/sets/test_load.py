"""A set as a torch data set: rows matched by id, corrected labels in place, drawn by weight."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

import hem_core
from hem_core.errors import DataError
from hem_core.sets.export_set import export_set
from hem_core.sets.load import load_set
from hem_core.store import sets

pytestmark = pytest.mark.slow

QUICK = {"has_map": False, "has_probes": False, "layer": "none", "oos": "none"}
LABELS = ["odd" if k % 2 else "even" for k in range(10)]


class TinyNet(nn.Module):
    """Two logits of the mean of a picture, a row or a text's length."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(1, 2)

    def forward(self, values):
        return self.head(values.float().flatten(1).mean(dim=1, keepdim=True))


class TextNet(TinyNet):
    def preprocess(self, texts):
        return torch.tensor([[len(text)] for text in texts])


def examples_of(run, ids, weights):
    table = run.table().set_index("id").loc[ids].reset_index()
    return table.assign(label_before=table["label"], weight=weights)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Runs over ten pictures (picture k is k grey), arrays, texts and rows; a set of 7, 2, 5 of each, 2 corrected."""
    home = tmp_path_factory.mktemp("home")
    for label in ("even", "odd"):
        (home / "pictures" / label).mkdir(parents=True)
    for k, label in enumerate(LABELS):
        Image.new("L", (3, 3), k).save(home / "pictures" / label / f"{k}.png")
    images = np.stack([np.full((3, 3), k, np.uint8) for k in range(10)])
    np.savez(home / "arrays.npz", images=images, labels=np.array(LABELS), ids=np.arange(10))
    texts = pd.DataFrame({"id": range(10), "label": LABELS, "text": [f"text {k}" for k in range(10)]})
    texts.to_csv(home / "texts.csv", index=False)
    rows = pd.DataFrame({"id": range(10), "label": LABELS, "loss": range(10), "size": [k / 2 for k in range(10)]})
    rows.to_csv(home / "rows.csv", index=False)
    kinds = {"pictures": home / "pictures", **{name: home / f"{name}.csv" for name in ("texts", "rows")}}
    for name, source in {**kinds, "arrays": home / "arrays.npz"}.items():
        model = TextNet() if name == "texts" else TinyNet()
        columns = {"feature_columns": "loss,size"} if name == "rows" else {}
        out = home / "work" / "runs" / name
        run = hem_core.score(model, source, out=out, classes=["odd", "even"], columns=columns, **QUICK)
        prefix = {"pictures": ("odd/7.png", "even/2.png", "odd/5.png")}.get(name, ("7", "2", "5"))
        examples = examples_of(run, list(prefix), [1.0, 3.0, 0.0])
        examples["label"] = ["odd", "odd", "odd"]
        sets.save(home / "work", name, examples, {"run": run.name, "run_fingerprint": run.fingerprint})
    return home / "work"


def exported(workspace, name, formats, folder):
    return export_set(workspace, name, 1, folder, formats)


@pytest.mark.parametrize("format", ["imagefolder", "yolo", "coco"])
def test_exported_pictures_come_as_they_were_with_the_class_order_of_the_model(workspace, tmp_path, format):
    found, _ = load_set(exported(workspace, "pictures", [format], tmp_path / "set"))
    assert found.ids == ["odd/7.png", "even/2.png", "odd/5.png"]
    assert found.classes == ["odd", "even"]
    (picture, target, id), (_, corrected, _), _last = (found[k] for k in range(3))
    assert (id, target, corrected) == ("odd/7.png", 0, 0)
    torch.testing.assert_close(picture, torch.full((1, 3, 3), 7 / 255))


@pytest.mark.parametrize("name", ["pictures", "arrays"])
def test_a_set_in_its_workspace_reads_the_data_of_its_run(workspace, name):
    found, _ = load_set(workspace / "sets" / name / "v1", channels=1)
    assert [found[k][0].flatten()[0].item() * 255 for k in range(3)] == pytest.approx([7, 2, 5])
    assert found.targets.tolist() == [0, 0, 0]


def test_texts_and_rows_need_no_pictures(workspace, tmp_path):
    texts, _ = load_set(exported(workspace, "texts", ["jsonl"], tmp_path / "texts"))
    assert [item[0] for item in texts] == ["text 7", "text 2", "text 5"]
    rows, _ = load_set(exported(workspace, "rows", [], tmp_path / "rows"))
    # The feature called loss, not the score of that name.
    assert [item[0].tolist() for item in rows] == [[7, 3.5], [2, 1], [5, 2.5]]


class Mine(Dataset):
    """Ten items (input, name of the label) under ids of their own."""

    def __init__(self, ids):
        self.ids = ids

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        number = int(self.ids[index])
        return float(number), LABELS[number]


def test_ones_own_data_set_is_matched_by_ids_in_the_order_of_the_set(workspace):
    mine = Mine([str(k) for k in reversed(range(10))])
    found, _ = load_set(workspace / "sets" / "arrays" / "v1", mine)
    assert isinstance(found, Subset)
    assert found.indices == [2, 7, 4]
    assert list(found) == [(7.0, "odd"), (2.0, "odd"), (5.0, "odd")]
    assert found.ids == ["7", "2", "5"]
    part, _ = load_set(workspace / "sets" / "arrays" / "v1", Subset(mine, [0, 2, 4, 7, 8]))
    assert list(part) == list(found)


def test_a_data_set_without_ids_is_matched_by_position_and_corrected_by_class_number(workspace):
    numbers = torch.tensor([0 if label == "odd" else 1 for label in LABELS])
    mine = TensorDataset(torch.arange(10.0), numbers)
    found, _ = load_set(workspace / "sets" / "arrays" / "v1", mine)
    assert found.indices == [7, 2, 5]
    inputs, targets = next(iter(DataLoader(found, batch_size=3)))
    assert (inputs.tolist(), targets.tolist()) == ([7, 2, 5], [0, 0, 0])
    assert mine[2][1] == 1


def test_the_sampler_draws_by_weight_and_the_same_for_a_seed(workspace):
    folder = workspace / "sets" / "arrays" / "v1"
    drawn = [index for _ in range(400) for index in load_set(folder, Mine([str(k) for k in range(10)]), seed=_)[1]]
    assert len(drawn) == 1200
    counts = np.bincount(drawn, minlength=3)
    assert counts[2] == 0
    assert counts[1] / counts[0] == pytest.approx(3, rel=0.2)
    state = torch.get_rng_state()
    assert list(load_set(folder, channels=1, seed=3)[1]) == list(load_set(folder, channels=1, seed=3)[1])
    assert torch.equal(state, torch.get_rng_state())


def test_what_cannot_be_loaded_says_what_to_do(workspace, tmp_path):
    with pytest.raises(DataError, match=r"is no set: it has no examples.parquet; give an exported folder"):
        load_set(tmp_path)
    folder = workspace / "sets" / "arrays" / "v1"
    with pytest.raises(DataError, match=r"2 of the 3 ids .* \(by positions, since it has no attribute 'ids'\), .* '7'"):
        load_set(folder, TensorDataset(torch.arange(3.0), torch.zeros(3)))
    with pytest.raises(DataError, match=r"3 of the 3 ids .* \(by its ids\)"):
        load_set(folder, Mine(["77"]))
    with pytest.raises(DataError, match=r"nothing in .* can be read as pictures, texts or rows; pass your dataset"):
        load_set(exported(workspace, "arrays", ["csv"], tmp_path / "tables"))
    copy = shutil.copytree(exported(workspace, "pictures", ["imagefolder"], tmp_path / "set"), tmp_path / "copy")
    next((copy / "imagefolder").rglob("*7.png")).write_bytes(b"")
    with pytest.raises(DataError, match=r"1 of 3 examples cannot be read; 'odd/7.png'"):
        load_set(copy)
    pd.DataFrame({"id": ["7"], "label": ["odd"], "weight": [-1.0]}).to_parquet(copy / "examples.parquet")
    with pytest.raises(DataError, match="the weights of a set are numbers of 0 or more"):
        load_set(copy, Mine(["7"]))
    pd.DataFrame({"id": ["7"], "label": ["new"], "label_before": ["odd"]}).to_parquet(copy / "examples.parquet")
    with pytest.raises(DataError, match="the corrected label 'new' has no index: the classes are odd, even"):
        load_set(copy, TensorDataset(torch.arange(8.0), torch.zeros(8, dtype=torch.int64)))
    pd.DataFrame({"id": ["odd/7.png"], "label": ["new"]}).to_parquet(copy / "examples.parquet")
    with pytest.raises(DataError, match=r"1 of 1 examples have no label that is a class, such as 'odd/7.png'"):
        load_set(copy)


def test_the_manifest_names_data_model_scores_seed_reviewers_and_classes(workspace, tmp_path):
    manifest = json.loads((exported(workspace, "arrays", ["csv"], tmp_path / "set") / "manifest.json").read_text())
    assert manifest["classes"] == ["odd", "even"]
    assert len(manifest["data"]["hash"]) == 64
    assert len(manifest["model"]["hash"]) == 64
    assert {"loss", "margin", "difficulty"} <= set(manifest["scores"])
    assert {"id", "index", "label", "predicted", "weight"}.isdisjoint(manifest["scores"])
    assert (manifest["seed"], manifest["reviewers"], manifest["counts"]["n"]) == (0, {}, 3)
    assert manifest["format_version"] == 1
    assert {"id", "content_hash", "label", "label_before", "weight"} <= set(manifest["columns"])


def test_loading_is_a_name_of_the_library_and_export_of_a_set_a_command(workspace, tmp_path):
    words = ["export", workspace, "--set", "rows_v1", "--format", "csv", "--format", "huggingface", "--out", "rows"]
    code = f"import sys; sys.argv = ['hem', *{[str(word) for word in words]}]; from hem_core.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "rows v1 in rows" in done.stderr
    there = {path.name for path in (tmp_path / "rows").iterdir()}
    assert there == {"README.md", "examples.csv", "examples.parquet", "huggingface", "manifest.json"}
    assert len(load_set(tmp_path / "rows")[0]) == 3


class Lines(Dataset):
    """Ten rows without ids, whose items must be read for their label."""

    def __init__(self, labels):
        self.lines = list(labels)

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, row):
        return float(row), self.lines[row]


@pytest.mark.parametrize("kind", ["tensors", "items", "subset"])
def test_a_data_set_whose_rows_were_reordered_is_refused_where_ids_are_positions(workspace, kind):
    """The set is of 7, 2 and 5 with the labels odd, even (corrected to odd) and odd; moved by one, all are others."""
    moved = LABELS[1:] + LABELS[:1]
    indices = [["odd", "even"].index(label) for label in moved]
    tensors = TensorDataset(torch.zeros(10), torch.tensor(indices))
    data = {"tensors": tensors, "items": Lines(moved), "subset": Subset(tensors, range(10))}[kind]
    text = (
        r"2 of 3 examples of the set have another label in the data set, such as id '7': 'odd' in the set, 'even' here"
    )
    with pytest.raises(DataError, match=text):
        load_set(workspace / "sets" / "rows" / "v1", data)
    right = TensorDataset(torch.arange(10.0), torch.tensor([["odd", "even"].index(label) for label in LABELS]))
    subset, _ = load_set(workspace / "sets" / "rows" / "v1", right)
    assert [float(x) for x, _ in subset] == [7, 2, 5]


def test_ranks_share_the_draws_of_a_set(workspace):
    folder = workspace / "sets" / "rows" / "v1"
    whole = list(load_set(folder, seed=3)[1])
    ranks = [list(load_set(folder, seed=3, rank=rank, world_size=2)[1]) for rank in range(2)]
    assert [len(part) for part in ranks] == [2, 2], "three draws, filled up to four"
    assert [ranks[0][0], ranks[1][0], ranks[0][1]] == whole
    with pytest.raises(DataError, match="pass both rank and world_size, or neither; got rank=1, world_size=None"):
        load_set(folder, rank=1)
    with pytest.raises(DataError, match=r"rank must be in 0 \.\. 1 \(world_size - 1\); got 2"):
        load_set(folder, rank=2, world_size=2)


def test_ranks_that_draw_the_same_examples_are_warned(tmp_path, run_twice):
    script = """
import sys, warnings
import torch.distributed as dist
from hem_core.sets.sampler import SetSampler
dist.init_process_group("gloo")
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    for _ in range(2):
        list(SetSampler([1.0, 2.0], 0, dist.get_rank(), 2))
    assert not told
    sampler = SetSampler([1.0, 2.0], 0)
    for _ in range(2):
        list(sampler)
assert [f"pass rank={dist.get_rank()}, world_size=2 to load_set" in str(each.message) for each in told] == [True]
dist.destroy_process_group()
"""
    run_twice(script)
