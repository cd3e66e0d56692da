from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from hem_core.dynamics.table import Dynamics
from hem_core.embeddings.neighbours import neighbours
from hem_core.engine.batch import Batch
from hem_core.engine.network import place
from hem_core.errors import RunError
from hem_core.folds.assign import assign
from hem_core.folds.linear_head import cross_fit_head
from hem_core.media import medium
from hem_core.probes.asked_model import AskedModel
from hem_core.probes.calibrate import calibrate
from hem_core.probes.choose import probes_for
from hem_core.probes.fold_models import FoldModels, Planted
from hem_core.probes.judge import Rows
from hem_core.probes.linear_heads import LinearHeads
from hem_core.probes.own_model import OwnModel
from hem_core.probes.place import nearest
from hem_core.probes.spoil import planted, spoil
from hem_core.reasons.rules import REASONS
from hem_core.runs.refit import refit
from hem_core.store.atomic import write_arrays, write_json, write_table
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace

CLASSES = ["red", "green", "blue"]
N = 2400
FLIPPED = np.arange(0, N, 30)


class Points:
    """Points around three corners, read by position; every thirtieth has a wrong label."""

    is_quick = True

    def __init__(self):
        rng = np.random.default_rng(7)
        self.truth = np.arange(N) % 3
        self.targets = self.truth.astype(np.int64)
        self.targets[FLIPPED] = (self.truth[FLIPPED] + 1) % 3
        self.values = (np.eye(3)[self.truth] * 4).repeat(2, axis=1) + rng.normal(0, 1, (N, 6))
        self.values = self.values.astype(np.float32)

    def fingerprint(self):
        return ""

    def read(self, indices):
        good = [index for index in indices if index not in self.unreadable]
        return Batch(torch.from_numpy(self.values[good]), good, [], [(i, "bad") for i in indices if i not in good])

    unreadable: tuple[int, ...] = ()

    def picture(self, index):
        return None

    def spoil(self, values, kinds, partners, *, pool, is_picture, seed):
        given = {"pool": pool.numpy(), "is_picture": is_picture, "seed": seed}
        return torch.from_numpy(medium("array").spoil(values.numpy(), kinds, partners.numpy(), **given))


class World:
    def __init__(self):
        self.inputs = Points()
        self.targets = self.inputs.targets
        torch.manual_seed(0)
        model = nn.Sequential(nn.Identity(), nn.Linear(6, 3))
        self.network, _ = place(
            model, torch.device("cpu"), self.inputs.read([0, 1]).values, is_picture=False, layer=None
        )
        self.embeddings = self.inputs.values.astype(np.float16)
        self.graph = neighbours(self.embeddings, 10)
        self.fold = assign(self.targets, 5, groups=None, seed=0)
        self.heads = cross_fit_head(self.embeddings, self.targets, self.fold, 3, seed=0)
        p = np.exp(self.heads.logits)
        self.columns = {
            "index": np.arange(N),
            "predicted": p.argmax(axis=1),
            "label_prob": p[np.arange(N), self.targets],
            "top_classes": np.argsort(-p, axis=1),
            "top_probs": -np.sort(-p, axis=1),
        }

    @property
    def rows(self):
        return Rows(self.columns, self.targets, CLASSES, self.embeddings, self.graph)

    @property
    def judge(self):
        return LinearHeads(self.heads, self.fold, AskedModel(self.network, self.inputs))


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def outcome(world):
    return calibrate(world.rows, world.judge)


def test_wrong_labels_are_found_and_their_right_labels_suggested(world, outcome):
    reason = outcome.columns["reason"]
    is_flip = np.isin(np.arange(N), FLIPPED)
    likeliest = np.argsort(-outcome.columns["reason_probs"][:, 0], kind="stable")[: len(FLIPPED)]
    assert is_flip[likeliest].mean() > 0.9
    assert is_flip[reason == "mislabelled"].mean() > 0.9
    assert (reason[is_flip] == "mislabelled").mean() > 0.5
    found = is_flip & (reason == "mislabelled")
    right = np.array(CLASSES, object)[world.inputs.truth]
    assert (outcome.columns["suggested_label"][found] == right[found]).mean() > 0.9
    assert outcome.columns["suggested_label"][reason == "easy"].tolist() == [None] * int((reason == "easy").sum())


def test_probes_are_in_no_column_and_the_run_says_how_it_was_done(outcome):
    assert {len(values) for values in outcome.columns.values()} == {N}
    info = outcome.info
    assert info["how"] == "calibrated"
    assert info["auroc"] > 0.95
    assert info["is_trusted"]
    assert info["macro_f1"] > 0.59
    assert info["balanced_accuracy"] > 0.6
    assert info["ece"] <= 0.08
    assert info["n_probes"] == 4 * 90  # .15 of 2,400, since none is in a training
    probs = outcome.columns["reason_probs"]
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    reason, own = outcome.columns["reason"], outcome.columns["reason_prob"]
    for column, name in enumerate(REASONS):
        np.testing.assert_array_equal(own[reason == name], probs[reason == name, column])


def test_the_same_seed_gives_the_same_reasons(world, outcome):
    again = calibrate(world.rows, world.judge)
    np.testing.assert_array_equal(again.columns["reason_probs"], outcome.columns["reason_probs"])
    assert again.info == outcome.info


@pytest.mark.parametrize(
    ("of_rows", "of_judge", "why"),
    [
        ({}, {"model": None}, "no model"),
        ({"graph": None}, {}, "No head"),
        ({"embeddings": None}, {}, "No head"),
        ({"targets": np.full(N, -1)}, {}, "no label"),
    ],
)
def test_where_nothing_can_be_calibrated_the_rules_stand_and_it_is_said_why(world, of_rows, of_judge, why):
    found = calibrate(replace(world.rows, **of_rows), replace(world.judge, **of_judge))
    assert found.info["how"] == "rules"
    assert why in found.info["note"]
    assert found.columns == found.rows == {}


def test_the_model_itself_judges_rows_that_it_never_saw(world):
    asked = AskedModel(world.network, world.inputs)
    with torch.no_grad():
        z, _ = world.network.forward(torch.from_numpy(world.inputs.values))
    margin = (z.max(dim=1).values - z[torch.arange(N), torch.from_numpy(world.targets)]).numpy()
    rows = replace(world.rows, columns={**world.columns, "margin": margin})
    found = calibrate(rows, OwnModel(asked))
    assert found.info["how"] == "calibrated"
    assert "margin" in found.rows["names"].tolist()
    assert str(found.rows["voice"]) == "the model"
    without_model = calibrate(rows, OwnModel(None))
    assert "no model" in without_model.info["note"]
    assert without_model.info["auroc"] is None  # its own logits tell nothing of flips that it was trained on


def test_where_no_probe_was_planted_in_the_folds_flips_alone_tell_how_far_to_trust(world):
    found = calibrate(world.rows, FoldModels(world.heads.logits, None))
    assert f"Too few examples ({N:,}".replace(",", "") in found.info["note"]
    assert found.info["auroc"] > 0.95


def test_where_there_are_too_few_rows_flips_alone_tell_how_far_to_trust(world):
    few = slice(0, 600)
    embeddings, fold = world.embeddings[few], world.fold[few]
    graph, heads = neighbours(embeddings, 10), replace(world.heads, logits=world.heads.logits[few])
    rows = replace(world.rows, targets=world.targets[few], embeddings=embeddings, graph=graph)
    found = calibrate(rows, replace(world.judge, heads=heads, fold=fold))
    assert "Too few examples (600; some 1,400 are needed)" in found.info["note"]
    assert found.info["how"] == "rules"
    assert found.info["auroc"] > 0.95
    assert found.info["is_trusted"]
    assert found.info["n_probes"] == 90
    assert found.info["macro_f1"] is None


def test_a_probe_whose_source_cannot_be_read_is_left_out(world):
    chosen = probes_for(world.targets, 3, logits_oos=None, fold=world.fold, seed=0, share=0.2)
    blind = Points()
    blind.unreadable = (int(chosen.source[0]),)
    found = spoil(chosen, blind, np.arange(N), is_picture=False, seed=0)
    assert len(found.plan) == len(chosen) - 1 - int((chosen.partner == chosen.source[0]).sum())
    assert len(found.values) == len(found.plan)


def test_probes_are_planted_outside_their_sources_fold_and_in_its_place(world):
    chosen = probes_for(world.targets, 3, logits_oos=None, fold=world.fold, seed=0, share=0.2)
    extra = planted(spoil(chosen, world.inputs, np.arange(N), is_picture=False, seed=0), world.fold, 5, seed=0)
    assert (extra.planted_in != world.fold[extra.source]).all()
    assert set(extra.planted_in) == set(range(5))
    assert (extra.replaces == extra.source).all()
    flips = extra.kinds == "mislabelled"
    np.testing.assert_array_equal(np.asarray(extra.values)[flips], world.inputs.values[extra.source[flips]])
    assert extra.checked(world.fold) is extra
    with pytest.raises(ValueError, match="two folds or more"):
        planted(spoil(chosen, world.inputs, np.arange(N), is_picture=False, seed=0), world.fold, 1, seed=0)


def test_the_dynamics_of_planted_probes_count_where_the_rows_have_them_too(world):
    chosen = probes_for(world.targets, 3, logits_oos=None, fold=world.fold, seed=0, share=0.2)
    spoiled = spoil(chosen, world.inputs, np.arange(N), is_picture=False, seed=0)
    logits = world.heads.predict(np.asarray(spoiled.values), world.fold[chosen.source])
    conflict = np.where(chosen.kind == "mislabelled", 3.0, -3.0)[:, None].repeat(4, axis=1).astype(np.float32)
    hits = (conflict < 0).astype(np.float32)
    seen = Dynamics([str(i) for i in range(len(chosen))], 1 / (1 + np.exp(conflict)), conflict, hits)
    names = ("aum_windowed", "confidence_mean", "variability", "forgetting", "learned_epoch")
    rng = np.random.default_rng(0)
    mean = {name: rng.normal(size=N) for name in names}  # over all trainings, which a probe's is not
    margins = rng.normal(size=(N, 4)).astype(np.float32)
    own = Dynamics([f"p{i}" for i in range(N)], 1 / (1 + np.exp(margins)), margins, (margins < 0).astype(np.float32))
    rows = replace(world.rows, columns=world.columns | mean)
    judge = FoldModels(world.heads.logits, Planted(spoiled, logits, seen, 2, own), world.network)
    np.testing.assert_allclose(judge.facts(rows)["aum_windowed"], margins[:, :2].mean(axis=1), rtol=1e-5, atol=1e-6)
    found = calibrate(rows, judge)
    assert set(names) <= set(found.rows["names"].tolist())
    assert found.info["how"] == "calibrated"
    assert "planted in the trainings" in found.info["note"]


def test_the_nearest_rows_of_a_probe_are_neither_its_source_nor_its_partner():
    rows = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.8, 0.2]])
    chosen = probes_for(np.repeat([0, 1], 400), 2, logits_oos=None, fold=None, seed=0, share=0.25).take(np.array([0]))
    chosen.source[0], chosen.partner[0] = 0, 1
    found, distances = nearest(np.array([[2.0, 0.0]]), rows, chosen, 2)
    assert found.tolist() == [[3, 2]]
    np.testing.assert_allclose(distances, [[1 - 0.8 / np.hypot(0.8, 0.2), 1]], atol=1e-6)


@pytest.fixture
def run(world, outcome, tmp_path) -> Path:
    """A finished run in a workspace, as the engine leaves it."""
    folder = tmp_path / "runs" / "points"
    names = np.array(CLASSES, object)
    text = {
        name: pa.array(outcome.columns[name].tolist(), pa.string())
        for name in ("reason", "suggested_label", "evidence")
    }
    probs = outcome.columns["reason_probs"]
    table = {"id": [f"p{i}" for i in range(N)], "label": names[world.targets], "loss": np.arange(N) * 1.0}
    table |= text | {"reason_prob": outcome.columns["reason_prob"]}
    table["reason_probs"] = pa.FixedSizeListArray.from_arrays(pa.array(probs.reshape(-1)), 6)
    write_table(folder / "scores.parquet", pa.table(table), metadata={"hem.key": "k"})
    write_table(folder / "catalog.parquet", pa.table({"id": table["id"]}))
    write_arrays(folder / "neighbours.npz", indices=world.graph.indices, distances=world.graph.distances)
    write_arrays(folder / "reason_rows.npz", **outcome.rows)
    info = {"format_version": 1, "status": "complete", "n": N, "classes": CLASSES, "data": {"name": "points"}}
    write_json(folder / "run.json", {**info, "fingerprint": "f00", "reasons": outcome.info})
    return folder


def test_without_tags_a_refit_changes_nothing(run, outcome):
    found = refit(run)
    after = found.table(["reason", "reason_prob", "evidence"])
    np.testing.assert_array_equal(after["reason_prob"], outcome.columns["reason_prob"])
    assert (after["reason"] == outcome.columns["reason"]).all()
    assert (after["evidence"].to_numpy(object) == outcome.columns["evidence"]).mean() > 0.99  # no distances in this run
    assert found.info["reasons"]["n_tagged"] == 0
    assert found.info["reasons"]["auroc"] == outcome.info["auroc"]


@pytest.mark.slow
def test_tags_change_the_reasons_and_the_same_tags_give_the_same_bytes(run):
    plain = refit(run)
    before, fingerprint = plain.table(["id", "reason_probs", "reason"]), plain.fingerprint
    easy = [f"p{i}" for i in FLIPPED[:12]]
    log = open_workspace(run).tags()
    for id in easy:
        log.add("points", [id], "easy", who="ann")
    log.add("points", ["p2", "p3"], "outlier", who="ann")  # two at once: nobody looked at each
    log.add("points", ["p1"], "skip", who="ann")
    log.add("points", ["gone"], "outlier", who="ann")
    found = refit(run)
    assert found.info["reasons"]["n_tagged"] == 12  # a skip says nothing; one is not of this run
    assert found.fingerprint != fingerprint
    rows = FLIPPED[:12]
    after = np.stack(found.table(["reason_probs"])["reason_probs"].to_list())
    was = np.stack(before["reason_probs"].to_list())
    assert after[rows, 0].mean() < was[rows, 0].mean()  # "easy" speaks for the label
    assert found.info["reasons"]["tags"] == {"easy": 12}
    told = found.info["reasons"]["changes"]
    now = found.table(["reason"])["reason"].to_numpy()
    assert sum(each["n"] for each in told) == (before["reason"].to_numpy() != now).sum() > 0
    assert any(each["because"] for each in told)
    bytes_before = [(run / name).read_bytes() for name in ("scores.parquet", "run.json")]
    refit(run)
    assert [(run / name).read_bytes() for name in ("scores.parquet", "run.json")] == bytes_before


def test_a_refit_keeps_the_other_columns_and_the_key(run):
    refit(run)
    table = pq.read_table(run / "scores.parquet")
    assert table.schema.metadata == {b"hem.key": b"k"}
    assert table["loss"].to_pylist() == list(range(N))
    assert open_run(run).n == N


def test_a_refit_that_cannot_be_done_says_why(run):
    (run / "reason_rows.npz").unlink()
    with pytest.raises(RunError, match=r"has no reason_rows\.npz"):
        refit(run)


def test_a_refit_needs_no_torch():
    import subprocess
    import sys

    code = "import sys, hem_core.runs.refit; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_many_mislabelled_examples_are_doubted_aloud(outcome):
    from hem_core.runs.calibrated_reasons import doubted

    def named(n_wrong):
        reason = np.array(["mislabelled"] * n_wrong + ["easy"] * (100 - n_wrong), dtype=object)
        return doubted(replace(outcome, columns={"reason": reason})).info["note"]

    assert named(10) == outcome.info["note"]
    assert named(11).startswith(outcome.info["note"])
    assert "11% are called mislabelled" in named(11)
