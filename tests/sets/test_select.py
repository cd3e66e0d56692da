"""A set out of a run: chosen, looked at, proven, saved."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hem_core.errors import DataError, RunError
from hem_core.sets.preview import preview
from hem_core.sets.proof import proof
from hem_core.sets.select import DEFAULT, UNRECORDED, default_for, save, select
from hem_core.store import sets
from hem_core.store.atomic import write_array, write_json, write_table
from hem_core.store.run import open_run

pytestmark = pytest.mark.slow

N = 400
CLASSES = ["a", "b"]
NO_TAGS = pd.DataFrame(columns=["id", "tag", "value", "who", "at"])
INFO = {
    "format_version": 1, "name": "two", "task": "classification", "status": "complete", "n": N, "fingerprint": "f00",
    "created": "2026-01-02T03:04:05Z", "classes": CLASSES, "data": {"name": "two"}, "sample": "in-sample",
    "n_failed": 0, "missing": {}, "notes": [], "reasons": {"kinds": ["mislabelled", "easy"]},
}  # fmt: skip


def write(folder, *, drop=(), embeddings=True):
    """Two classes on a line, .5 apart from the border at 0; the first 40 are labelled wrong, and known to be hard.

    Those of the next 100 nearest to the border are the most variable.
    """
    chance = np.random.default_rng(0)
    side = np.where(np.arange(N) % 2 == 0, -1.0, 1.0)
    x = side * (0.05 + chance.exponential(0.5, N))
    is_flipped = np.arange(N) < 40
    label = np.where((side > 0) ^ is_flipped, "b", "a")
    wrong = np.where(is_flipped, 0.75, 0.0)
    scores = {
        "id": [f"{k:03d}" for k in range(N)],
        "index": np.arange(N),
        "label": label,
        "loss": np.where(is_flipped, 4.0, 1 / (1 + np.abs(x))),
        "variability": np.where(is_flipped, 0.0, 0.3 / (1 + np.abs(x))),
        "top2_gap": 1 / (1 + np.abs(x)),
        "difficulty": np.where(is_flipped, 90 + np.arange(N) / 5, np.arange(N) / 5),
        "reason": np.where(is_flipped, "mislabelled", "easy"),
        "duplicate_group": np.where(np.isin(np.arange(N), [398, 399]), 1.0, np.nan),
    }
    table = pa.table({**scores, "reason_probs": [[p, 1 - p] for p in wrong]}).drop_columns(list(drop))
    write_table(folder / "scores.parquet", table)
    write_table(folder / "catalog.parquet", table.select(["id"] + ["label"] * ("label" not in drop)))
    if embeddings:
        noise = chance.normal(size=(N, 20))
        write_array(folder / "embeddings" / "00000.npy", np.column_stack([x, noise]).astype(np.float16))
    write_json(folder / "run.json", INFO)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(write(tmp_path_factory.mktemp("work") / "runs" / "two"))


def test_the_default_takes_the_uncertain_and_no_wrong_label(run):
    chosen = select(run.examples, n=40)
    assert chosen.settings["policies"] == list(DEFAULT)
    assert chosen.rows.min() >= 40
    assert chosen.examples["label"].value_counts().to_dict() == {"a": 20, "b": 20}
    assert chosen.examples["rank"].tolist() == list(range(1, 41))
    assert set(chosen.examples["picked_by"]) == {"margin, per_class"}
    assert len(chosen.left_out) == sum(chosen.counts.values()) == 360


def test_without_recorded_training_or_scores_another_chain_is_the_default(run, tmp_path):
    assert default_for(run.examples) == DEFAULT
    assert default_for(open_run(write(tmp_path / "a", drop=["variability"])).examples) == UNRECORDED
    assert default_for(open_run(write(tmp_path / "b", drop=["variability", "difficulty"])).examples) == ("margin",)
    assert default_for(open_run(write(tmp_path / "c", drop=["variability", "top2_gap"])).examples) == ("random",)
    unrecorded = open_run(tmp_path / "a")
    assert select(unrecorded.examples, n=40).rows.min() >= 40  # the hardest tenth, all labelled wrong, is set aside


def test_candidates_are_those_that_match_and_tags_count(run):
    tags = pd.DataFrame(
        {
            "id": ["000", "002", "004"],
            "tag": ["mislabelled", "mislabelled", "outlier"],
            "value": ["a", "", ""],
            "who": "eva",
            "at": ["1", "2", "3"],
        }
    )
    chosen = select(run.examples, n=99, where="difficulty >= 90", tags=tags, policies=["top"])
    assert len(chosen.examples) == 38
    assert chosen.counts == {"label called wrong, no new label given": 1, "called an outlier": 1}
    fixed = chosen.examples.set_index("id").loc["000"]
    assert (fixed["label"], fixed["label_before"], fixed["reviewer"], fixed["weight"]) == ("a", "b", "eva", 1)
    only_rule = select(run.examples, n=5, rule={"all": [{"column": "label", "in": ["a"]}]}, policies=["random"])
    assert set(only_rule.examples["label"]) == {"a"}
    assert only_rule.settings["in_words"] == "5 by random of label is a"


def test_quotas_follow_the_shares_of_the_whole_run_not_of_the_candidates(run):
    chosen = select(run.examples, n=20, where="label = 'b' OR id < '100'", policies=["per_class"])
    assert chosen.examples["label"].value_counts().to_dict() == {"a": 10, "b": 10}


def test_a_column_that_an_option_names_is_read(run):
    assert select(run.examples, n=1, policies=["top"], options={"top": {"by": "index"}}).examples["id"].tolist() == [
        "399"
    ]


def test_mistakes_are_said(run):
    with pytest.raises(DataError, match="a set has 1 example or more; asked for 0"):
        select(run.examples, n=0)
    with pytest.raises(DataError, match="no example of the 400 matches difficulty > 999; widen the condition"):
        select(run.examples, n=1, where="difficulty > 999")


def test_preview_sets_the_chosen_beside_random_and_the_hardest(run):
    chosen = select(run.examples, n=40)
    table = preview(run.examples, chosen).table
    assert table.index.tolist() == ["chosen", "random", "top"]
    assert table["n"].tolist() == [40, 40, 40]
    assert table.loc["top", "expected_label_errors"] == pytest.approx(40 * 0.75)
    assert table.loc["top", "mean_difficulty"] == pytest.approx(90 + 39 / 10)  # 90 + the mean of 0, .2 … 7.8
    assert table["n_suspects"].tolist()[::2] == [0, 40]
    assert table.loc["chosen", "expected_label_errors"] == 0
    assert table.loc["random", "coverage"] == pytest.approx(0.5, abs=0.01)
    assert table.loc["chosen", "rarest_class_share"] == 0.5


def test_the_curve_ends_with_the_mean_of_all_and_classes_are_counted(run):
    chosen = select(run.examples, n=250, policies=["top"])
    seen = preview(run.examples, chosen)
    assert seen.curve["n"].tolist()[:1] == [1]
    assert seen.curve["mean_difficulty"].iloc[0] == pytest.approx(97.8)
    assert seen.curve.iloc[-1].tolist() == pytest.approx([250, chosen.examples["difficulty"].mean()])
    assert len(seen.curve) == 200
    assert seen.classes["n_whole"].sum() == 400
    assert seen.classes["n"].sum() == 250


def test_a_verdict_stands_in_for_the_probability_of_a_wrong_label(run):
    tags = NO_TAGS.assign(id=["000", "001", "002"], tag=["mislabelled", "hard", "mislabelled"], value=["a", "", ""])
    chosen = select(
        run.examples, n=99, where="difficulty >= 90", tags=tags.assign(at="1", who="x"), policies=["top"], leave_out=()
    )
    # 37 unjudged of .75, one corrected, one called right, one wrong without a new label
    assert preview(run.examples, chosen).table.loc["chosen", "expected_label_errors"] == pytest.approx(37 * 0.75 + 1)
    assert preview(run.examples, chosen).table.loc["chosen", "n_corrected"] == 1


def test_near_duplicates_beyond_the_first_are_counted(run):
    both = select(run.examples, n=2, policies=["top"], where="id >= '398'")
    assert preview(run.examples, both).table.loc["chosen", "n_duplicates"] == 1


def test_proof_shows_the_harm_of_the_hardest_and_the_size_of_every_arm(run):
    chosen = select(run.examples, n=40)
    told = []
    found = proof(run.examples, chosen, seeds=6, progress=lambda *said: told.append(said))
    table = found.table.set_index("arm")
    assert table.index.tolist() == ["base", "base + random", "base + chosen", "base + top"]
    assert table.loc["base", "n"] == 40
    assert table.loc["base + random", "n"] == table.loc["base + chosen", "n"]
    assert table.loc["base + top", "accuracy"] < table.loc["base + random", "accuracy"] - 0.05
    assert found.n_test == 80
    assert told[-1] == ("proof", 24, 24)
    gain = 100 * (table.loc["base + chosen", "accuracy"] - table.loc["base + random", "accuracy"])
    assert found.gain["mean"] == pytest.approx(gain)
    assert found.gain["low"] < gain < found.gain["high"]
    assert found.note.startswith(("gain shown: ", "no gain shown: ", "worse than random: "))


def test_proof_calls_the_mislabelled_worse_than_random(run):
    found = proof(run.examples, select(run.examples, n=40, policies=["top"]))
    assert found.gain["high"] < 0
    assert found.note.startswith("worse than random: -")
    assert "has seen all of them" in found.note


def test_proof_trains_on_nothing_that_it_tests_on(run):
    arms = proof(run.examples, select(run.examples, n=400, policies=["top"]), seeds=2).table.set_index("arm")
    assert arms.loc["base + chosen", "n"] == 400 - 80


def test_proof_trains_and_tests_on_corrected_labels(run):
    wrong = run.table(["id", "label"]).head(40)
    fixed = wrong["label"].map({"a": "b", "b": "a"})
    tags = NO_TAGS.assign(id=wrong["id"], tag="mislabelled", value=fixed, who="eva", at="1")
    spoiled, mended = (
        proof(run.examples, select(run.examples, n=40, policies=["top"], tags=known)) for known in (NO_TAGS, tags)
    )
    assert mended.gain["low"] > spoiled.gain["high"]


def test_proof_of_a_random_set_shows_no_gain(run):
    assert proof(run.examples, select(run.examples, n=40, policies=["random"])).note.startswith("no gain shown: ")


def test_the_same_proof_again_is_the_same(run):
    chosen = select(run.examples, n=40)
    pd.testing.assert_frame_equal(
        proof(run.examples, chosen, seeds=2).table, proof(run.examples, chosen, seeds=2).table
    )


def test_proof_needs_embeddings_and_two_seeds(run, tmp_path):
    bare = open_run(write(tmp_path / "bare", embeddings=False))
    with pytest.raises(RunError, match="run 'bare' has no embeddings, which a proof needs"):
        proof(bare.examples, select(bare.examples, n=5))
    assert preview(bare.examples, select(bare.examples, n=5)).table["coverage"].isna().all()
    with pytest.raises(DataError, match="an interval needs 2 seeds or more; asked for 1"):
        proof(run.examples, select(run.examples, n=5), seeds=1)
    few = select(run.examples, n=5, where="id < '030'")
    few.candidates["is_ruled_out"] = True
    assert proof(run.examples, few, seeds=2).n_test == 370 // 5


def test_a_saved_set_can_be_read_with_what_was_left_out_and_how_it_was_made(run):
    chosen = select(run.examples, n=40, where="difficulty < 99", seed=3)
    workspace = run.folder.parents[1]
    folder = save(
        workspace,
        "hard",
        run.examples,
        chosen,
        made_by="eva",
        preview=preview(run.examples, chosen),
        proof=proof(run.examples, chosen, seeds=2),
    )
    assert folder == workspace / "sets" / "hard" / "v1"
    examples, manifest = sets.load(workspace, "hard")
    assert examples["id"].tolist() == chosen.examples["id"].tolist()
    assert len(sets.left_out(workspace, "hard", 1)) == 360
    assert manifest["rule_in_words"] == "40 by margin, then per_class of difficulty < 99"
    assert manifest["selection"]["seed"] == 3
    assert manifest["left_out"] == chosen.counts
    assert manifest["excluded"] == {}
    assert manifest["preview"]["chosen"]["n"] == 40
    assert manifest["proof"]["table"][0]["arm"] == "base"
    assert json.dumps(manifest, allow_nan=False)


def hem(*words):
    command = [sys.executable, "-c", "from hem_core.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_from_the_command_line_to_a_saved_set(run):
    done = hem("select", run.folder, "--n", 30, "--policy", "margin,per_class", "--preview", "--save", "typed")
    assert done.returncode == 0, done.stderr
    assert "30 by margin, then per_class of everything (400 candidates)" in done.stderr
    assert "left out: " in done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["", "chosen", "random", "hardest"]
    assert ["examples", "30", "30", "30"] in lines
    assert [line[0] for line in lines][-4:] == ["base", "base + random", "base + chosen", "base + top"]
    assert "points over random" in done.stderr
    assert "saved as typed v1" in done.stderr
    assert len(sets.load(run.folder.parents[1], "typed")[0]) == 30


def test_an_option_is_typed_with_its_policy(run):
    done = hem("select", run.folder, "--n", 1, "--policy", "top", "--option", "top.by=loss", "--where", "loss < 4")
    assert "left out: 359 lower loss than those chosen" in done.stderr
    assert "not saved; to save it, add --save NAME" in done.stderr
    done = hem("select", run.folder, "--option", "by=loss")
    assert done.returncode == 2
    assert "expects POLICY.OPTION=VALUE" in done.stderr
    done = hem("select", run.folder, "--policy", "margn")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "no policy 'margn'; there are: " in done.stderr
    assert {"cover", "margin", "random", "top"} <= set(done.stderr.strip().partition("there are: ")[2].split(", "))
