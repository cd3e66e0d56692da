import pytest
import torch
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError


def test_the_copy_has_the_head_and_the_model_keeps_its_own():
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(2, 3)))
    head = nn.Linear(2, 5)
    changed = mining.with_last_layer(model, "1.0", head)
    inputs = torch.ones(4, 2)
    assert torch.equal(changed(inputs), head(inputs))
    assert model(inputs).shape == (4, 3)


def test_a_head_of_another_width_and_an_unknown_layer_are_refused():
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 3))
    with pytest.raises(MiningError, match="layer '1' gets 2 features, the head expects 7"):
        mining.with_last_layer(model, "1", nn.Linear(7, 3))
    with pytest.raises(MiningError, match="no layer '2'; the linear ones are: 1"):
        mining.with_last_layer(model, "2", nn.Linear(2, 3))
    with pytest.raises(MiningError, match="no layer ''"):
        mining.with_last_layer(model, "", nn.Linear(2, 3))
