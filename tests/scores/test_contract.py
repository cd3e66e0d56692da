"""What every score promises; an author of a score tests only what is special to it."""

import subprocess
import sys
from inspect import Parameter, signature

import pytest
import torch

from hem_core import folder, scores
from hem_core.errors import DataError, UnknownNameError
from hem_core.scores import compute, describe, needs
from hem_core.types import Outputs

NAMES = scores.names()
READ_LOGITS = [name for name in NAMES if "logits" in needs(name)]


def outputs(n, *, n_classes=5, n_epochs=6, width=8, seed=0):
    """Every field of Outputs, for n examples, from one seed; some epochs were not seen."""
    chance = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(n, n_classes, generator=chance)
    seen = torch.rand(n, n_epochs, generator=chance) < 0.8
    seen[:, 0] = True
    hits = (torch.rand(n, n_epochs, generator=chance) < 0.5).float()
    return Outputs(
        ids=[f"example-{index}" for index in range(n)],
        logits=logits,
        targets=torch.randint(n_classes, (n,), generator=chance),
        embeddings=torch.randn(n, width, generator=chance),
        head_input_norm=1 + torch.rand(n, generator=chance),
        prototypes=torch.randn(n, width, generator=chance),
        neighbour_targets=torch.randint(n_classes, (n, 4), generator=chance),
        neighbour_distances=torch.rand(n, 4, generator=chance).sort(dim=1).values,
        epoch_confidences=torch.rand(n, n_epochs, generator=chance).where(seen, torch.nan),
        epoch_margins=torch.randn(n, n_epochs, generator=chance).where(seen, torch.nan),
        epoch_hits=hits.where(seen, torch.nan),
        gradient_norm=torch.rand(n, generator=chance),
        member_confidences=torch.rand(n, 3, generator=chance),
    )


def part(whole, keep):
    fields = {name: getattr(whole, name)[keep] for name in whole.known()}
    return Outputs(ids=[whole.ids[index] for index in keep], **fields)


def changed(whole, change):
    fields = {name: change(getattr(whole, name)) for name in whole.known()}
    return Outputs(ids=whole.ids, **fields)


def halved(dtype):
    return lambda field: field.to(dtype) if field.is_floating_point() else field


def test_there_are_scores():
    assert {"loss", "margin", "aum", "knn_distance"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_fields_of_outputs_and_its_options_have_defaults(name):
    parameters = signature(getattr(folder.load(scores, name), name)).parameters.values()
    fields = [each.name for each in parameters if each.kind is Parameter.POSITIONAL_OR_KEYWORD]
    options = [each for each in parameters if each.kind is Parameter.KEYWORD_ONLY]
    assert needs(name) == fields
    assert set(fields) <= set(Outputs.__dataclass_fields__) - {"ids"}
    assert describe(name)["options"].keys() == {each.name for each in options}
    assert all(each.default is not Parameter.empty for each in options)


@pytest.mark.parametrize("name", NAMES)
def test_its_docstring_says_meaning_formula_range_direction_cost_use_and_reference(name):
    card = describe(name)
    for said in ("meaning", "formula", "range", "cost", "use", "reference"):
        assert card[said], f"no {said} in the docstring of {name}"
    assert card["name"] == name


@pytest.mark.parametrize("n", [0, 1, 7])
@pytest.mark.parametrize("name", NAMES)
def test_n_examples_give_n_finite_float32_numbers(name, n):
    got = compute(name, outputs(n))
    assert got.shape == (n,)
    assert got.dtype == torch.float32
    assert got.isfinite().all()


@pytest.mark.parametrize("n_classes", [2, 3, 1000])
@pytest.mark.parametrize("name", READ_LOGITS)
def test_any_number_of_classes_gives_finite_numbers(name, n_classes):
    assert compute(name, outputs(7, n_classes=n_classes)).isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_s_score_does_not_depend_on_its_batch(name):
    whole = outputs(64, n_classes=10)
    together = compute(name, whole)
    alone = torch.cat([compute(name, part(whole, [index])) for index in range(64)])
    torch.testing.assert_close(alone, together, rtol=1e-6, atol=1e-6)
    turned = list(range(64))[::-1]
    torch.testing.assert_close(compute(name, part(whole, turned)), together[turned], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_alone(name):
    whole = outputs(7)
    before = changed(whole, torch.clone)
    compute(name, whole)
    for field in whole.known():
        torch.testing.assert_close(getattr(whole, field), getattr(before, field), equal_nan=True, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_widened_before_the_arithmetic(name, dtype):
    half = changed(outputs(64, n_classes=100), halved(dtype))
    wide = changed(half, halved(torch.float32))
    got = compute(name, half)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, compute(name, wide), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_view_with_strides_gives_the_same(name):
    whole = outputs(64)
    strided = changed(whole, lambda field: torch.stack([field, field], dim=-1)[..., 0])
    torch.testing.assert_close(compute(name, strided), compute(name, whole), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_global_generator_is_left_alone(name):
    whole = outputs(7)
    before = torch.get_rng_state()
    compute(name, whole)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", READ_LOGITS)
def test_a_sure_hit_is_easier_than_a_coin_flip(name):
    logits = torch.tensor([[20.0, 0.0, 0.0], [0.0, 0.0, -20.0]])
    pair = Outputs(["sure", "coin"], logits=logits, targets=torch.tensor([0, 0]), head_input_norm=torch.ones(2))
    sure, coin = compute(name, pair).tolist()
    assert sure < coin


@pytest.mark.parametrize("name", [name for name in READ_LOGITS if "targets" in needs(name)])
def test_a_sure_miss_is_harder_than_a_coin_flip(name):
    logits = torch.tensor([[0.0, 20.0, 0.0], [0.0, 0.0, -20.0]])
    pair = Outputs(["miss", "coin"], logits=logits, targets=torch.tensor([0, 0]), head_input_norm=torch.ones(2))
    miss, coin = compute(name, pair).tolist()
    assert miss > coin


@pytest.mark.parametrize("name", READ_LOGITS)
def test_a_nan_stays_in_its_row(name):
    whole = outputs(7)
    whole.logits[3, 1] = torch.nan
    assert compute(name, whole).isnan().nonzero()[:, 0].tolist() == [3]


@pytest.mark.parametrize("name", [name for name in NAMES if needs(name)[0].startswith("epoch_")])
def test_an_example_never_seen_is_a_nan_and_no_one_else_is(name):
    whole = outputs(7)
    for field in ("epoch_confidences", "epoch_margins", "epoch_hits"):
        getattr(whole, field)[3] = torch.nan
    assert compute(name, whole).isnan().nonzero()[:, 0].tolist() == [3]


@pytest.mark.parametrize("name", [name for name in NAMES if needs(name)[0].startswith("epoch_")])
def test_epochs_in_which_it_was_not_seen_are_skipped(name):
    """Right in one epoch and wrong in the next, with and without gaps around them."""
    gap = torch.nan
    fields = ("epoch_confidences", "epoch_margins", "epoch_hits")
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
        with pytest.raises(UnknownNameError, match=r"^no score 'margn'; there are: aum, confidence_mean, .*margin"):
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
