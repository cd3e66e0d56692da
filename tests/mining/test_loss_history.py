"""LossHistory against a loop over dictionaries, and the data set with an index that feeds it."""

import pytest
import torch
from torch.utils.data import DataLoader

from hem_core import mining
from hem_core.errors import MiningError


def test_it_is_the_naive_loop_s_also_where_an_index_repeats():
    chance = torch.Generator().manual_seed(0)
    history, known, times = mining.LossHistory(6, ema=0.7), {}, dict.fromkeys(range(6), 0)
    for _ in range(20):
        index, losses = torch.randint(5, (4,), generator=chance), torch.rand(4, generator=chance)
        history.update(index, losses)
        for example in set(index.tolist()):
            new = [loss for at, loss in zip(index.tolist(), losses.tolist(), strict=True) if at == example]
            mean = sum(new) / len(new)
            known[example] = mean if example not in known else 0.7 * known[example] + 0.3 * mean
            times[example] += len(new)
    assert history.losses[:5].tolist() == pytest.approx([known[example] for example in range(5)])
    assert history.losses[5].isnan()
    assert history.counts.tolist() == [times[example] for example in range(6)]


def test_its_state_goes_on():
    first, second = mining.LossHistory(2, ema=0.5), mining.LossHistory(2, ema=0.5)
    first.update(torch.tensor([1]), torch.tensor([4.0]))
    second.load_state_dict(first.state_dict())
    second.update(torch.tensor([1]), torch.tensor([2.0]))
    assert second.losses[1] == 3
    assert first.losses[1] == 4
    with pytest.raises(MiningError, match="this LossHistory has 3 examples; the state has 2"):
        mining.LossHistory(3).load_state_dict(first.state_dict())


@pytest.mark.parametrize(
    ("index", "losses", "text"),
    [
        ([0], torch.tensor(1.0), "got a scalar: pass reduction='none'"),
        ([0, 1], torch.tensor([1.0]), "expects an index for each loss; got 2 for 1"),
        ([5], torch.tensor([1.0]), r"knows indices 0 \.\. 4; got 5: take them from mining.WithIndex"),
        ([-1], torch.tensor([1.0]), "got -1"),
        ([0.5], torch.tensor([1.0]), r"expects indices \(B,\), whole numbers; got torch.float32 of shape \(1,\)"),
        ([3], torch.tensor([torch.inf]), "the loss of example 3 is infinite"),
        ([3], torch.tensor([torch.nan]), "a loss that is NaN, at position 0 of 1"),
    ],
)
def test_what_it_cannot_take_in_is_named_and_nothing_changes(index, losses, text):
    history = mining.LossHistory(5)
    with pytest.raises(MiningError, match=text):
        history.update(torch.tensor(index), losses)
    assert history.counts.sum() == 0
    with pytest.raises(MiningError, match="ema must be a number"):
        mining.LossHistory(5, ema=2)


class Batched:
    """Gives a batch at once, as rows of one tensor."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        raise AssertionError("asked for one by one")

    def __getitems__(self, indices):
        return [(torch.tensor(10.0 * index), "y") for index in indices]


def test_a_batch_has_its_index_also_where_it_is_made_at_once():
    batches = list(DataLoader(mining.WithIndex(Batched()), batch_size=2))
    assert [[part if isinstance(part, tuple) else part.tolist() for part in batch] for batch in batches] == [
        [[0.0, 10.0], ("y", "y"), [0, 1]],
        [[20.0, 30.0], ("y", "y"), [2, 3]],
    ]
    one_by_one = mining.WithIndex([{"x": 5}, {"x": 6}], key="row")
    assert next(iter(DataLoader(one_by_one, batch_size=2)))["row"].tolist() == [0, 1]


def test_a_scoring_pass_leaves_the_model_and_chance_as_they_were():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5), torch.nn.Linear(3, 4))
    model[1].eval()  # a part that someone has frozen stays so
    inputs, targets = torch.randn(10, 3), torch.arange(10) % 4
    before, random_before = {name: value.clone() for name, value in model.state_dict().items()}, torch.get_rng_state()
    data = mining.WithIndex(list(zip(inputs, targets, strict=True)))
    found = mining.reference_losses(model, DataLoader(data, batch_size=4, sampler=range(9, -1, -1)), n=10)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random_before)
    assert [module.training for module in model] == [True, False, True]
    model.eval()
    wanted = [torch.nn.functional.cross_entropy(model(row[None]), y[None]).item() for row, y, _ in data]
    assert found.tolist() == pytest.approx(wanted, abs=1e-5)
    assert not found.requires_grad


def test_a_state_of_other_or_reordered_examples_is_refused_where_ids_are_known():
    history = mining.LossHistory(3, ids=["a", "b", "c"])
    history.update(torch.tensor([0]), torch.tensor([2.0]))
    state = history.state_dict()
    same = mining.LossHistory(3, ids=["a", "b", "c"])
    same.load_state_dict(state)
    assert same.losses[0] == 2
    mining.LossHistory(3).load_state_dict(state)
    for ids in (["b", "a", "c"], ["a", "bc", ""]):
        with pytest.raises(MiningError, match="saved with other ids, or in another order, than its 3 examples have"):
            mining.LossHistory(3, ids=ids).load_state_dict(state)
    with pytest.raises(MiningError, match="expects an id for each example; got 2 for 3"):
        mining.LossHistory(3, ids=["a", "b"])


def test_a_state_of_an_older_version_is_loaded():
    state = {"losses": torch.tensor([1.0, 2.0]), "counts": torch.tensor([1, 2]), "synced": torch.tensor([0, 0])}
    history = mining.LossHistory(2)
    history.load_state_dict(state)
    assert history.losses.tolist() == [1, 2]
