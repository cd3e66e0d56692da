import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from hem_core.engine.network import place
from hem_core.retrain.arms.balancing import TAU, adjust, balanced_loss, class_counts, logit_offsets
from hem_core.retrain.arms.recipe import training_rows
from hem_core.retrain.material import Material
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.runs.score import score

MORE = """

def by_loss(dataset, *, seed=0, loss_fn=None):
    SEEN.append(loss_fn)
    return plain(dataset) if loss_fn is None else train(dataset, weights=torch.ones(len(dataset)))


SEEN = []
"""


def rows(**takes):
    n, nothing = 100, np.zeros(0, dtype=np.int64)
    targets, in_set = (np.arange(n) >= 75).astype(np.int64), np.arange(n) % 10 == 0
    one = Material(np.arange(n), targets, targets, np.ones(n), in_set, nothing, nothing, nothing > 0)
    return training_rows("curated", one, "balanced", 0, sampler=True, **takes)


def test_three_of_four_and_one_of_four_are_a_logarithm_of_three_apart():
    offsets = logit_offsets(class_counts(np.array([0, 0, 0, 1, -1]), 2))
    assert offsets[0] - offsets[1] == pytest.approx(TAU * np.log(3))
    assert class_counts(np.array([0, 0]), 3).tolist() == [2, 1, 1]  # nobody takes the logarithm of 0


def test_the_loss_of_even_logits_is_the_share_of_the_class():
    losses = balanced_loss(np.array([1, 1]))(torch.zeros(2, 2), torch.tensor([0, 1]))
    assert losses.tolist() == pytest.approx([np.log(2), np.log(2)])


def test_a_loss_comes_before_weights_and_weights_before_the_outputs():
    assert rows(weights=True, loss_fn=True).how == "loss"
    assert rows(weights=True).how == "weights"
    assert rows(weights=False).how == "adjusted"
    assert rows(weights=False).places.tolist() == list(range(100))  # a plain training


@pytest.mark.parametrize("ends_in_a_layer", [True, False])
def test_the_outputs_are_reduced_by_the_offsets_and_the_weights_of_a_last_layer_hold_them(ends_in_a_layer):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), *([] if ends_in_a_layer else [nn.Tanh()]))
    inputs = torch.eye(3)
    network, _ = place(model, torch.device("cpu"), inputs, is_picture=False, layer=None)
    bias = model[0].bias.detach().clone()
    with torch.inference_mode():
        before = network.forward(inputs)[0]
        adjust(network, np.array([1.0, -2.0], np.float32))
        after = network.forward(inputs)[0]
    torch.testing.assert_close(before - after, torch.tensor([[1.0, -2.0]] * 3))
    assert torch.equal(model[0].bias, bias) != ends_in_a_layer


@pytest.fixture
def tailed(workspace, my_training, make_set):
    """Blobs of which every fifth bee and cat is there, and a set that changes no label."""
    file = my_training / "my_training.py"
    file.write_text(file.read_text() + MORE)
    table = pd.read_csv(workspace / "data" / "blobs.csv")
    table = table[(table["label"] == "ant") | (np.arange(len(table)) % 5 == 0)]
    table.to_csv(workspace / "data" / "tailed.csv", index=False)
    options = {"has_map": False, "has_probes": False, "columns": {"feature_columns": "x,y"}, "overwrite": True}
    data = workspace / "data" / "tailed.csv"
    score(None, data, train="my_training:train", oos=2, out=workspace / "runs" / "blobs", **options)
    make_set(where="label = 'ant'", truth=False)
    return workspace


def settings(home, function):
    test = str(home / "data" / "held_out.csv")
    return Settings("hard", f"my_training:{function}", test, ("control", "curated"), 2, recipe="balanced")


@pytest.mark.slow
def test_a_function_that_takes_neither_is_not_trained_again_for_other_seeds_and_its_outputs_are_adjusted(tailed):
    found = retrain(tailed, settings(tailed, "plain"))
    logits = {}
    for arm in ("control", "curated"):
        with np.load(found.folder / "arms" / arm / "seed_1.npz") as kept:
            logits[arm] = kept["logits"]
    apart = logits["control"] - logits["curated"]
    with np.load(found.folder / "material.npz") as kept:
        counts = np.bincount(kept["given"])
    assert apart == pytest.approx(np.tile(TAU * np.log(counts / counts.sum()), (len(apart), 1)), abs=1e-4)
    assert not (found.folder / "arms" / "curated" / "seed_1.safetensors").exists()
    assert (found.folder / "arms" / "curated" / "seed_0.safetensors").exists()
    assert any("takes neither loss_fn nor weights" in note for note in found.plan["notes"])


@pytest.mark.slow
def test_a_function_that_takes_a_loss_gets_it_in_the_curated_arm_alone(tailed):
    found = retrain(tailed, settings(tailed, "by_loss"))
    import my_training

    assert [loss is None for loss in my_training.SEEN] == [True, True, False, False]
    assert my_training.SEEN[-1](torch.zeros(1, 3), torch.tensor([0])).shape == (1,)
    assert any("by its loss_fn: BalancedSoftmaxLoss" in note for note in found.plan["notes"])
