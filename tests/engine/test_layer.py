import pytest
import torch
from torch import nn

from hem_core.engine.layer import find_layer, pooled, tapped
from hem_core.errors import ModelError


class TwoHeads(nn.Module):
    """Registers the head first and runs it last."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(5, 3)
        self.body = nn.Linear(4, 5)

    def forward(self, inputs):
        return self.head(torch.relu(self.body(inputs)))


def test_the_head_is_the_linear_layer_that_gives_the_logits():
    model, inputs = TwoHeads().eval(), torch.ones(2, 4)
    layer = find_layer(model, inputs, None)
    assert (layer.name, layer.is_head, layer.has_bias) == ("head", True, True)
    with torch.inference_mode(), tapped(layer) as tap:
        model(inputs)
    assert torch.equal(tap.features, torch.relu(model.body(inputs)))


def test_a_named_layer_gives_its_output_pooled():
    model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.Flatten(), nn.Linear(6 * 4, 2))
    layer = find_layer(model, torch.ones(3, 1, 4, 4), "0")
    with tapped(layer) as tap:
        model(torch.ones(3, 1, 4, 4))
    assert tap.features.shape == (3, 6)


def test_a_model_without_a_linear_head_has_no_layer():
    assert find_layer(nn.Sequential(nn.Conv2d(1, 2, 4), nn.Flatten()), torch.ones(1, 1, 4, 4), None) is None
    scaled = nn.Sequential(nn.Linear(4, 3), nn.Softplus())
    assert find_layer(scaled, torch.ones(1, 4), None) is None


def test_an_unknown_layer_is_an_error_that_lists_the_modules():
    with pytest.raises(ModelError, match="no layer 'neck' in the model; there are: head, body"):
        find_layer(TwoHeads(), torch.ones(1, 4), "neck")


def test_hooks_are_gone_afterwards_also_after_an_error():
    model = TwoHeads()
    layer = find_layer(model, torch.ones(1, 4), None)
    with pytest.raises(RuntimeError), tapped(layer):
        model(torch.ones(1, 9))
    assert not model.head._forward_pre_hooks
    assert not model.head._forward_hooks


def test_pooling_is_the_mean_over_places_and_tokens():
    assert pooled(torch.arange(8.0).reshape(1, 2, 2, 2)).tolist() == [[1.5, 5.5]]
    assert pooled(torch.arange(6.0).reshape(1, 3, 2)).tolist() == [[2, 3]]
    with pytest.raises(ModelError, match=r"cannot make an embedding of features of shape \(1, 1, 1, 1, 1\)"):
        pooled(torch.zeros(1, 1, 1, 1, 1))
