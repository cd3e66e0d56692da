"""`hem synth`: a run without data or model that is like a real one."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
import typer
from sklearn.datasets import load_digits
from torch import nn
from typer.testing import CliRunner

import hem_core
from hem_core.cli.synth import synth
from hem_core.errors import DataError, RunError
from hem_core.media._fact_words import FACTS
from hem_core.media.synthetic import drawn
from hem_core.runs import weak_slices
from hem_core.runs.synthetic import make, sliced
from hem_core.runs.synthetic.make import Wanted, synthesise
from hem_core.store.damage import trouble
from hem_core.store.run import open_run

HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]
N = 2_000
TABLES = ("scores", "catalog", "projection", "dynamics", "failures", "slices")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return synthesise(tmp_path_factory.mktemp("w") / "runs" / "drawn", Wanted(N))


@pytest.fixture(scope="module")
def small_blocks(tmp_path_factory):
    """A run of several blocks, too large for lists of neighbours, whose slices are searched in a part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "ROW_GROUP", 700)
        patch.setattr(make, "WITH_NEIGHBOURS", 1_000)
        patch.setattr(sliced, "SEARCHED", 1_500)
        return synthesise(tmp_path_factory.mktemp("w") / "blocks", Wanted(N))


def train(dataset, *, seed, recorder):
    """A small net on digits, recorded."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    items = dataset.__getitems__(range(len(dataset)))
    inputs, targets = torch.stack([item[0] for item in items]), torch.tensor([item[1] for item in items])
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for epoch in range(6):
        with recorder.epoch(epoch):
            logits = net(inputs)
            recorder.log(list(dataset.ids), logits, targets)
            optimizer.zero_grad()
            F.cross_entropy(logits, targets).backward()
            optimizer.step()
    return net


@pytest.mark.slow
def test_every_table_has_the_columns_and_types_of_a_real_run(run, tmp_path):
    pixels, target = load_digits(return_X_y=True)
    images = (pixels.reshape(-1, 8, 8) * 15).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", images=images, labels=target.astype(np.int64))
    real = hem_core.score(None, tmp_path / "digits.npz", train=train, oos=5, out=tmp_path / "real", has_map=False)

    def types(of, table):
        schema = pq.read_schema(of.folder / f"{table}.parquet")
        return {
            field.name: field.type for field in schema if field.name not in FACTS
        }  # no picture is made, or measured

    for table in ("scores", "failures", "slices", "dynamics"):
        assert types(run, table) == types(real, table), table
    assert set(types(run, "catalog")) >= {"id", "label", "content_hash"}
    usual = {"failed", "warning", "memorised"}
    assert set(real.info) - usual <= set(run.info)


def test_the_run_is_whole_and_its_rows_agree_with_each_other(run):
    assert open_run(run.folder).n == N
    assert trouble(run.folder, run.info) == {}
    assert not list(run.folder.glob(".*"))
    assert not (run.folder / "progress.json").exists()
    table = run.table()
    assert table["id"].is_unique
    assert not table[["loss", "error_prob", "difficulty", "label_suspicion", "x", "y", "aum"]].isna().any().any()
    assert (table["is_correct"] == (table["predicted"] == table["given"])).all()
    assert (table["is_correct"] == (table["error"] == 0)).all()
    assert table["difficulty"].rank().corr(table["error_prob"].rank()) > 0.99
    counts = table["given"].value_counts()
    assert counts.max() > 5 * counts.min()
    assert table.groupby("duplicate_group").size().ge(2).all()
    assert run.info["metrics"][0]["value"] == pytest.approx(table["is_correct"].mean())


def test_the_probability_of_an_error_is_the_share_of_errors(run):
    table = run.table()
    bins = pd.cut(table["error_prob"], [0, 0.1, 0.35, 0.65, 0.9, 1])
    share = table.groupby(bins, observed=True)["error"].mean()
    assert share.is_monotonic_increasing
    assert share.iloc[0] < 0.05
    assert share.iloc[-1] > 0.9


@pytest.mark.parametrize("kind", ["mislabelled", "outlier", "ambiguous", "rare", "subtle", "easy"])
def test_a_planted_kind_is_what_the_reason_says_more_often_than_chance(run, kind):
    table = run.table()
    is_planted = table["planted_kind"] == kind
    is_named = table["reason"] == kind
    assert is_planted.sum() >= 15
    assert is_named[is_planted].mean() > 0.5 + 0.2 * (kind in ("mislabelled", "easy"))
    assert is_named[is_planted].mean() > 2 * is_named[~is_planted].mean()


def test_what_is_planted_shows_where_one_would_look_for_it(run):
    table = run.table()
    by_kind = table.groupby("planted_kind")
    wrong = table[table["planted_kind"] == "mislabelled"]
    assert (wrong["given"] != wrong["true_label"]).all()
    assert (wrong["predicted"] == wrong["true_label"]).mean() > 0.8
    assert by_kind["label_suspicion"].median()["mislabelled"] > 90
    assert by_kind["knn_distance"].median()[["outlier", "rare"]].min() > 3 * by_kind["knn_distance"].median()["easy"]
    named = table[table["reason"] == "mislabelled"]
    assert (named["suggested_label"] != named["given"]).all()
    assert table[table["reason"] != "mislabelled"]["suggested_label"].isna().all()


def test_the_neighbours_are_those_of_the_map(run):
    table = run.table()
    near = run.neighbours(table["id"].iloc[7])
    far = np.hypot(table["x"] - table["x"].iloc[7], table["y"] - table["y"].iloc[7])
    assert sorted(near["row"]) == sorted(far.drop(7).nsmallest(15).index)
    share = (near["given"] != table["given"].iloc[7]).mean()
    assert share == pytest.approx(table["neighbour_disagreement"].iloc[7])


def test_the_weak_slice_is_found(small_blocks, run):
    for of in (small_blocks, run):
        found = weak_slices.read(of.folder).iloc[0]
        assert "night" in found["name"]
        rows = of.rows(found["rule"])
        assert (found["n"], found["n_errors"]) == (len(rows), of.at(rows, ["error"])["error"].sum())
        assert found["ratio"] > 1.2


def test_a_large_run_says_what_it_does_not_store(small_blocks):
    assert trouble(small_blocks.folder, small_blocks.info) == {}
    assert "stores none" in small_blocks.info["missing"]["neighbours"]
    assert not (small_blocks.folder / "neighbours.npz").exists()
    assert pq.ParquetFile(small_blocks.folder / "scores.parquet").num_row_groups == 3
    table = small_blocks.table()
    assert table["neighbour_disagreement"].notna().all()
    assert table.groupby("planted_kind")["neighbour_disagreement"].mean()["mislabelled"] > 0.7


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(run, tmp_path):
    again = synthesise(tmp_path / "again", Wanted(N))
    other = synthesise(tmp_path / "other", Wanted(N, seed=1))
    for table in TABLES:
        one, two = (folder / f"{table}.parquet" for folder in (run.folder, again.folder))
        assert one.read_bytes() == two.read_bytes(), table
    assert again.fingerprint == run.fingerprint != other.fingerprint
    assert (run.table()["x"] != other.table()["x"]).mean() > 0.99


def test_small_pictures_are_drawn_when_they_are_asked_for(run):
    assert run.examples.has_pictures
    assert not (run.folder / "thumbnails.bin").exists()
    number = run.table(["synthetic_drawing"])["synthetic_drawing"].iloc[3]
    small = run.thumbnail(3)
    assert small[8:12] == b"WEBP"
    assert run.thumbnail(3) is small
    assert (run.thumbnail(N), run.thumbnail(-1)) == (None, None)
    assert drawn(number).shape == (64, 64, 3)


def test_the_same_command_again_returns_the_run_and_another_does_not_replace_it(run):
    before = (run.folder / "run.json").stat().st_mtime_ns
    assert synthesise(run.folder, Wanted(N)).fingerprint == run.fingerprint
    assert (run.folder / "run.json").stat().st_mtime_ns == before
    with pytest.raises(RunError, match="holds a run of another model, data or parameters"):
        synthesise(run.folder, Wanted(N, seed=2))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(999), "1,000 to 5,000,000 examples; requested: 999"),
        (Wanted(N, classes=1), "2 to 108 classes; requested: 1"),
        (Wanted(N, seed=-1), "from 0; requested: -1"),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(wanted, why, tmp_path):
    with pytest.raises(DataError, match=why):
        synthesise(tmp_path / "run", wanted)
    assert not (tmp_path / "run").exists()


def test_the_command_makes_a_run_with_so_many_classes(tmp_path):
    command = typer.Typer(add_completion=False)
    command.command()(synth)
    done = CliRunner().invoke(command, ["--n", "1000", "--classes", "3", "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert len(open_run(tmp_path / "run").classes) == 3


@pytest.mark.slow
def test_a_killed_command_leaves_nothing_that_opens_and_can_be_run_again(tmp_path):
    words = ["synth", "--n", "150000", "--out", str(tmp_path / "run")]
    process = subprocess.Popen([*HEM, *words], stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 60
    while not list((tmp_path / "run").glob(".scores.parquet.*.tmp")) and time.monotonic() < limit:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "run" / "run.json").exists()
    with pytest.raises(RunError, match="is not a run"):
        open_run(tmp_path / "run")
    made = synthesise(tmp_path / "run", Wanted(N))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["n"] == made.n == N
    assert {path.name for path in made.folder.iterdir() if path.name.startswith(".")} == set()
    assert isinstance(pq.read_table(made.folder / "scores.parquet"), pa.Table)
