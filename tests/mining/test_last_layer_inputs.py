import pytest
import torch
from torch import nn

from hem_core import mining
from hem_core.errors import MiningError

INPUTS = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))


class Items:
    """A data set of items (input, target, id)."""

    def __init__(self, inputs):
        self.inputs = inputs

    def __len__(self):
        return len(self.inputs)

    def __getitem__(self, index):
        return self.inputs[index], 0, f"id{index}"


class AtOnce(Items):
    def __getitem__(self, index):
        raise AssertionError("asked one by one")

    def __getitems__(self, indices):
        return [(self.inputs[index], 0) for index in indices]


class Words(nn.Module):
    """Counts letters."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(1, 2)

    @staticmethod
    def preprocess(texts):
        return torch.tensor([[float(len(text))] for text in texts])

    def forward(self, lengths):
        return self.head(lengths)


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


@pytest.mark.parametrize("dataset", [INPUTS, Items(INPUTS), AtOnce(INPUTS), Items(INPUTS.numpy())])
@pytest.mark.parametrize("batch_size", [2, 100])
def test_they_are_what_the_layers_below_give(dataset, batch_size):
    model = net()
    found = mining.last_layer_inputs(model, dataset, "3", batch_size=batch_size)
    model.eval()
    torch.testing.assert_close(found, model[:3](INPUTS))


def test_the_model_is_left_as_it_was():
    model = net().train()
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    mining.last_layer_inputs(model, INPUTS, "3")
    assert [model.training, model[1].training, model[2].training] == [True, True, False]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model[3]._forward_pre_hooks


def test_texts_go_through_the_model_s_preprocess_or_through_collate():
    texts = Items(["a", "four", ""])
    assert mining.last_layer_inputs(Words(), texts, "head").tolist() == [[1], [4], [0]]
    found = mining.last_layer_inputs(
        nn.Sequential(nn.Linear(1, 2)),
        texts,
        "0",
        collate=lambda items: torch.tensor([[float(len(items))]] * len(items)),
    )
    assert found.tolist() == [[3], [3], [3]]
    with pytest.raises(MiningError, match="the inputs are texts and the model has no `preprocess`; pass collate="):
        mining.last_layer_inputs(net(), texts, "3")


def test_pictures_of_a_model_with_preprocess_come_as_stored():
    class Stored(Items):
        def as_stored(self):
            return Items(255 * self.inputs)

    model = nn.Sequential(nn.Linear(3, 2))
    model.preprocess = lambda stored: stored / 51
    torch.testing.assert_close(mining.last_layer_inputs(model, Stored(INPUTS), "0"), INPUTS * 5)


def test_unusable_layers_are_named():
    with pytest.raises(MiningError, match="no layer 'head'; the linear ones are: 0, 3"):
        mining.last_layer_inputs(net(), INPUTS, "head")
    with pytest.raises(MiningError, match=r"layer '0' receives \(2, 5, 3\); expected features \(B, D\)"):
        mining.last_layer_inputs(nn.Sequential(nn.Linear(3, 2)), torch.zeros(2, 5, 3), "0")
    same = nn.Linear(3, 3)
    with pytest.raises(MiningError, match="layer '0' was called 2 times in a batch; expected once"):
        mining.last_layer_inputs(nn.Sequential(same, same), INPUTS, "0")


def test_no_examples_give_no_rows():
    assert len(mining.last_layer_inputs(net(), INPUTS[:0], "3")) == 0
