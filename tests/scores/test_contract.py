"""What every score promises; an author of a score tests only what is special to it."""

import subprocess
import sys

import pytest
import torch

from hem_core import scores
from hem_core.errors import DataError, UnknownNameError
from hem_core.scores import compute, describe, needs
from hem_core.testing._outputs import changed, outputs
from hem_core.testing.score import PROMISES
from hem_core.types import Outputs

NAMES = scores.names()


def test_there_are_scores():
    assert {"loss", "margin", "aum", "knn_distance"} <= set(NAMES)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_score_keeps(name, promise):
    promise(name)


@pytest.mark.parametrize("name", [name for name in NAMES if needs(name)[0].startswith("epoch_")])
def test_epochs_in_which_it_was_not_seen_are_skipped(name):
    """Right in one epoch and wrong in the next, with and without gaps around them."""
    gap = torch.nan
    fields = ("epoch_confidences", "epoch_margins", "epoch_hits", "epoch_losses")
    dense = {field: torch.tensor([[1.0, 0.0]]) for field in fields}
    gappy = {field: torch.tensor([[1.0, gap, gap, 0.0]]) for field in fields}
    want = compute(name, Outputs(["a"], **dense))
    if name == "learned_epoch":
        want = want + 2  # a number of an epoch, not a count: the gaps stay in it
    torch.testing.assert_close(compute(name, Outputs(["a"], **gappy)), want)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", NAMES)
def test_a_gpu_gives_the_same(name):
    whole = outputs(1000, n_classes=100)
    on_gpu = compute(name, changed(whole, torch.Tensor.cuda))
    assert on_gpu.is_cuda
    torch.testing.assert_close(on_gpu.cpu(), compute(name, whole), rtol=1e-5, atol=1e-5)


def test_what_is_available_follows_from_the_fields():
    only_logits = Outputs(["a"], logits=torch.zeros(1, 3))
    assert scores.available(only_logits) == ["energy", "entropy", "least_confidence", "top2_gap"]
    assert scores.available(Outputs(["a"])) == []
    assert scores.available(Outputs(["a"], loss=torch.ones(1))) == ["loss"]
    everything = outputs(1)
    assert scores.available(everything) == NAMES


def test_a_loss_of_the_task_s_own_is_the_loss():
    own = Outputs(["a"], logits=torch.zeros(1, 2), targets=torch.tensor([0]), loss=torch.tensor([7.0]))
    assert compute("loss", own).tolist() == [7.0]


def test_a_missing_field_is_named_with_those_that_are_there():
    given = Outputs(["a"], loss=torch.ones(1))
    with pytest.raises(DataError, match=r"^score 'margin' needs logits, targets; these outputs have loss$"):
        compute("margin", given)
    with pytest.raises(DataError, match=r"^score 'energy' needs logits; these outputs have none$"):
        compute("energy", Outputs(["a"]))


def test_a_misspelt_score_is_answered_with_the_list():
    for ask in (needs, describe, lambda name: compute(name, outputs(1))):
        with pytest.raises(UnknownNameError, match=r"^no score 'margn'; there are: .*aum, .*confidence_mean, .*margin"):
            ask("margn")
    with pytest.raises(UnknownNameError, match="no score '_card'"):
        describe("_card")


def test_a_misspelt_option_is_answered_with_the_list():
    with pytest.raises(DataError, match=r"^score 'energy' has no option 'temprature'; its options: temperature$"):
        compute("energy", outputs(1), temprature=2.0)
    with pytest.raises(DataError, match=r"^score 'loss' has no option 'reduction'; its options: none$"):
        compute("loss", outputs(1), reduction="mean")


def test_a_card_says_what_a_tooltip_needs():
    card = describe("energy")
    assert card["meaning"] == "How little the model finds of any class it knows"
    assert card["formula"] == "-T log of the sum of exp(z / T)"
    assert (card["unit"], card["range"]) == ("logits", "-inf .. inf")
    assert card["cost"] == "one forward pass; itself about 0.1 µs an example"
    assert card["use"] == "to look for inputs from elsewhere, beside a score of typicality; blind to wrong labels"
    assert card["reference"] == "Liu et al. 2020, arXiv:2010.03759"
    assert card["needs"] == ["logits"]
    assert card["options"] == {"temperature": {"type": "float", "default": 1.0}}
    assert "never a headline" in describe("variability")["remark"]


def test_cards_need_no_torch():
    asked = "import sys; from hem_core import scores; [scores.describe(name) for name in scores.names()]"
    asked += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
