"""The small parts of a retraining."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from hem_core.engine.network import Network
from hem_core.retrain.arms.batch_norm import reestimate
from hem_core.retrain.arms.counted_sampler import CountedSampler
from hem_core.retrain.arms.head_arm import head_logits
from hem_core.retrain.material import dropped_ids
from hem_core.retrain.progress import Note
from hem_core.retrain.report.page import page
from hem_core.retrain.test_data import corrected
from hem_core.selection.verdicts_applied import EXCLUSIONS


def test_batch_norm_statistics_are_those_of_the_batches():
    net = nn.Sequential(nn.BatchNorm1d(1, momentum=0.1), nn.Linear(1, 2)).eval()
    net[0].running_mean.fill_(50)
    net[0].num_batches_tracked.fill_(100)
    network = Network(net, torch.device("cpu"), None, is_picture=False)
    batches = [torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0], [6.0]])]  # means 1 and 5, variances 2
    weights = net[1].weight.tolist()
    assert reestimate(network, batches) == 1
    assert net[0].running_mean.tolist() == [3.0]
    assert net[0].running_var.tolist() == [2.0]
    assert (net[0].momentum, net[0].training, net[1].weight.tolist()) == (0.1, False, weights)


def test_a_net_without_batch_norm_is_left_alone():
    network = Network(nn.Linear(1, 2).eval(), torch.device("cpu"), None, is_picture=False)
    assert reestimate(network, iter(())) == 0


def test_the_head_learns_the_corrected_labels():
    draw = np.random.default_rng(0)
    targets = np.arange(200) % 2
    features = (targets[:, None] * 4 + draw.normal(size=(200, 3))).astype(np.float16)
    used = targets.copy()
    used[:20] = -1
    said = head_logits(features, used, np.ones(200), features, 3)
    assert said.shape == (200, 3)
    assert (said.argmax(axis=1) == targets).mean() > 0.97
    assert np.exp(said[0, 2]) == pytest.approx(1 / 182)  # a class that no row has
    assert np.exp(said[:, :2]).sum(axis=1) == pytest.approx(np.ones(200), abs=1e-5)


def test_a_heavier_example_pulls_the_head():
    features, targets = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 1, 0, 1])
    light, heavy = (
        head_logits(features, targets, np.array([1.0, 1.0, 1.0, weight]), features[2:3], 2) for weight in (1, 9)
    )
    assert heavy[0, 1] > light[0, 1]


def test_the_counted_sampler_gives_each_once_and_counts_the_epochs():
    sampler = CountedSampler(20, seed=3)
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert (len(sampler), sampler.n_epochs) == (20, 2)
    again = CountedSampler(20, seed=3)
    again.set_epoch(1)
    assert list(again) == second


def test_who_was_ruled_out_leaves_by_the_word_of_the_set_or_of_the_log():
    left_out = pd.DataFrame({
        "id": list("abcdef"),
        "why": ["duplicate", EXCLUSIONS["outlier"], "over the class quota", "over the class quota", "skip", "other"],
    })  # fmt: skip
    state = pd.DataFrame({"id": ["c", "d"], "tag": ["mislabelled"] * 2, "value": ["", "cat"]})
    assert dropped_ids(left_out, state) == {"a", "b", "c"}


def test_a_label_that_people_gave_counts_where_it_is_a_class():
    state = pd.DataFrame({"id": ["a", "b", "c"], "tag": ["mislabelled", "mislabelled", "hard"],
                          "value": ["dog", "wolf", "dog"]})  # fmt: skip
    assert corrected(np.array([0, 0, 0]), ["a", "b", "c"], state, ("cat", "dog")).tolist() == [1, 0, 0]


def test_the_note_tells_the_time_left_from_the_first_training_on(tmp_path):
    heard = []
    note = Note(tmp_path, 4, 2, lambda *said: heard.append(said), seconds_between_writes=0)
    note.begin([("control", 0)])
    note._began -= 10
    note.tell("control, seed 1", 50, 100)
    found = json.loads((tmp_path / "progress.json").read_text())
    assert found["finished"] == [["control", 0]]
    assert found["seconds_left"] == pytest.approx(50, abs=1)  # half a training took 10 s, two and a half are left
    note.done("control", 1)
    note.tell("curated, seed 0", 0, 0)
    note.done("curated", 0)
    assert heard == [("arm control", 150, 200), ("arm curated", 0, 2), ("arm curated", 1, 2)]
    assert json.loads((tmp_path / "progress.json").read_text())["seconds_left"] == pytest.approx(5, abs=1)


def report():
    pair = {"mean": -0.5, "low": -1.0, "high": 0.2}
    arms = {arm: {"mean": 90.0, "sd": 0.5} for arm in ("control", "curated")}
    both = {arm: {"mean": 90.0, "low": 80.0, "high": 95.0} for arm in arms}
    counts = {"mean": 2.0, "per_seed": [2]}
    row = {"measure": "accuracy", "unit": "%", "better": "higher", "arms": arms,
           "difference": {"curated - control": pair}}  # fmt: skip
    rules = [{"rule": "the <b>rule</b>", "passed": False, "value": "-0.5 points"}]
    return {
        "verdict": {"word": "hold", "ship": False, "sentences": ["Hold <it>.", "It is -0.50, -1.00 to +0.20."],
                    "rules": rules},
        "table": [row],
        "classes": [{"label": "<script>", "n": 3, "arms": both, "difference": 0.0}],
        "slices": [],
        "flow": {"fixed": counts, "regressed": counts, "churn": None},
        "mcnemar": [{"seed": 0, "fixed": 2, "regressed": 2, "p": 1.0}],
        "smallest_effect": 1.0,
        "n_test": 10,
        "notes": ["one note."],
    }  # fmt: skip


PLAN = {
    "name": "hard-v1", "set": {"name": "hard", "version": 1, "n": 3}, "recipe": {"name": "labels", "what": "w"},
    "train": "m:f", "seeds": [0], "test": {"what": "10 examples"}, "created": "2026-01-02", "forced": [],
    "arms_are": {"control": "given"},
}  # fmt: skip


def test_the_page_shows_names_letter_by_letter_and_asks_nothing_of_the_network():
    made = page(PLAN, report())
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert "Hold &lt;it&gt;." in made
    assert "<b>rule" not in made
    assert "It is −0.50, −1.00 to +0.20." in made
    assert "curated − control" in made
    assert not any(word in made for word in ("http:", "https:", "src=", "@import", "url("))
    assert made.count("<svg") == made.count("</svg>") == 3


def test_what_the_app_reads_needs_no_torch():
    names = (
        "from hem_core.retrain import plan, settings, stored; from hem_core.retrain.report import page, ship_or_hold"
    )
    code = f"import sys; {names}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
