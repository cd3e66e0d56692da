"""A loss that mines as a part of a model: its state goes wherever a model's state goes."""

import copy
import importlib
import pickle

import pytest
import torch
from torch import nn

from hem_core import mining

SELECTORS = {
    "TopK": lambda: mining.TopK(),
    "TrimmedTopK": lambda: mining.TrimmedTopK(window=16),
    "RankSampling": lambda: mining.RankSampling(seed=3),
}
every = pytest.mark.parametrize("name", sorted(SELECTORS))


class Model(nn.Module):
    def __init__(self, select):
        super().__init__()
        self.layer = nn.Linear(3, 4)
        self.loss = mining.HardExampleLoss(nn.CrossEntropyLoss(reduction="none"), select)

    def forward(self, inputs, targets):
        return self.loss(self.layer(inputs), targets)


def trained(name, seed=0):
    torch.manual_seed(seed)
    model = Model(SELECTORS[name]())
    for step in range(3):
        model.loss.set_progress(0.2 + step / 10)
        model(*batch(step))
    return model


def batch(seed):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(8, 3, generator=chance), torch.randint(4, (8,), generator=chance)


def goes_on_alike(first, second):
    for seed in range(5, 8):
        assert torch.equal(first(*batch(seed)), second(*batch(seed)))
    assert first.loss.progress == second.loss.progress


@every
def test_safetensors_holds_it_and_a_strict_load_takes_it(name, tmp_path):
    safetensors = importlib.import_module("safetensors.torch")
    first, second = trained(name), Model(SELECTORS[name]())
    assert all(isinstance(value, torch.Tensor) for value in first.state_dict().values())
    safetensors.save_file(first.state_dict(), tmp_path / "state.safetensors")
    second.load_state_dict(safetensors.load_file(tmp_path / "state.safetensors"), strict=True)
    goes_on_alike(copy.deepcopy(first), second)
    third = Model(SELECTORS[name]())
    safetensors.save_model(first, str(tmp_path / "model.safetensors"))
    safetensors.load_model(third, str(tmp_path / "model.safetensors"), strict=True)
    goes_on_alike(first, third)


@every
def test_a_checkpoint_of_torch_holds_it(name, tmp_path):
    first, second = trained(name), Model(SELECTORS[name]())
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    goes_on_alike(first, second)


def test_a_state_that_was_saved_without_the_loss_is_loaded_strictly():
    model = trained("TopK")
    layers = {key: value for key, value in model.state_dict().items() if key.startswith("layer")}
    model.load_state_dict(layers, strict=True)
    with pytest.raises(RuntimeError, match=r"Missing key.*layer\.bias"):
        model.load_state_dict({"layer.weight": layers["layer.weight"]}, strict=True)


def test_the_dict_of_an_older_version_is_loaded():
    model = trained("TrimmedTopK")
    state = model.state_dict()
    state["loss._extra_state"] = {"progress": 0.7, "select": {"recent": torch.tensor([1.0, 2.0])}}
    model.load_state_dict(state)
    assert model.loss.progress == 0.7
    assert model.loss.select.recent.values.tolist() == [1.0, 2.0]


@every
def test_a_model_is_copied_and_pickled_with_it(name):
    first = trained(name)
    goes_on_alike(first, pickle.loads(pickle.dumps(copy.deepcopy(first))))
