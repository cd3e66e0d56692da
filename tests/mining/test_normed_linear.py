import torch

from hem_core import mining


def test_the_logits_are_cosines_whatever_the_lengths():
    head = mining.NormedLinear(2, 2)
    head.weight.data = torch.tensor([[5.0, 0.0], [0.0, 0.1]])
    cosines = head(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    torch.testing.assert_close(cosines, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_the_seed_says_the_first_directions_and_no_global_chance_is_used():
    state = torch.get_rng_state()
    one, two, other = mining.NormedLinear(4, 3, seed=1), mining.NormedLinear(4, 3, seed=1), mining.NormedLinear(4, 3)
    assert torch.equal(one.weight, two.weight)
    assert not torch.equal(one.weight, other.weight)
    assert torch.equal(torch.get_rng_state(), state)
