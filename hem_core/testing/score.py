"""What every score promises."""

from __future__ import annotations

import inspect

import torch
from torch import Tensor

from hem_core import folder, scores
from hem_core.scores import compute, describe, needs
from hem_core.testing._outputs import changed, outputs, part
from hem_core.testing._want import want
from hem_core.types import Outputs

CLOSE = {"rtol": 1e-6, "atol": 1e-6, "equal_nan": True}
WORDS = ("meaning", "formula", "range", "cost", "use", "reference")


def check_score(name: str) -> None:
    """Check all that a score promises: PROMISES, one after the other.

    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    for promise in PROMISES:
        promise(name)


def it_reads_fields_of_outputs_and_its_options_have_defaults(name: str) -> None:
    parameters = inspect.signature(getattr(folder.load(scores, name), name)).parameters.values()
    fields = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    unknown = set(fields) - (set(Outputs.__dataclass_fields__) - {"ids"})
    want(fields and not unknown, f"{name} reads {sorted(unknown) or 'nothing'}; the fields are those of Outputs")
    want(needs(name) == fields, f"the card of {name} names the fields {needs(name)}; its signature has {fields}")
    options = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    want(all(each.default is not each.empty for each in options), f"an option of {name} has no default")


def its_docstring_has_every_part_of_a_card(name: str) -> None:
    card = describe(name)
    for part_of_card in WORDS:
        want(
            card[part_of_card],
            f"the docstring of {name} has no {part_of_card}: it begins 'MEANING: FORMULA.' and then says 'Returns (N,) "
            "UNIT in RANGE; higher = harder.', 'Cost: …', 'Use it: …' and 'Reference: …'",
        )


def n_examples_give_n_finite_float32_numbers(name: str) -> None:
    for n in (0, 1, 7):
        _want_finite(name, outputs(n))
    if "logits" in needs(name):
        for n_classes in (2, 3, 1000):
            _want_finite(name, outputs(7, n_classes=n_classes))


def an_example_s_score_does_not_depend_on_its_batch(name: str) -> None:
    whole = outputs(64, n_classes=10)
    together = compute(name, whole)
    alone = torch.cat([compute(name, part(whole, [index])) for index in range(64)])
    want(_is_close(alone, together), f"{name} of an example depends on the others in its batch")
    turned = list(range(64))[::-1]
    want(_is_close(compute(name, part(whole, turned)), together[turned]), f"{name} depends on the order of the batch")


def inputs_and_the_global_generator_are_left_alone(name: str) -> None:
    whole = outputs(7)
    before, state = changed(whole, torch.clone), torch.get_rng_state()
    compute(name, whole)
    for field in whole.present():
        same = torch.equal(getattr(whole, field).nan_to_num(9.0), getattr(before, field).nan_to_num(9.0))
        want(same, f"{name} changes its input {field}; compute on a copy")
    want(torch.equal(torch.get_rng_state(), state), f"{name} draws from torch's global generator; take a seed")


def half_precision_is_widened_before_the_arithmetic(name: str) -> None:
    for dtype in (torch.float16, torch.bfloat16):
        half = changed(outputs(64, n_classes=100), lambda field, to=dtype: _as(field, to))
        wide = changed(half, lambda field: _as(field, torch.float32))
        got = compute(name, half)
        want(got.dtype == torch.float32, f"{name} of {dtype} comes back as {got.dtype}; begin with .float()")
        want(_is_close(got, compute(name, wide)), f"{name} of {dtype} is computed in {dtype}; begin with .float()")


def a_view_with_strides_gives_the_same(name: str) -> None:
    whole = outputs(64)
    strided = changed(whole, lambda field: torch.stack([field, field], dim=-1)[..., 0])
    want(_is_close(compute(name, strided), compute(name, whole)), f"{name} of a view with strides differs")


def a_sure_hit_is_easier_than_a_coin_flip_and_a_sure_miss_harder(name: str) -> None:
    if "logits" not in needs(name):
        return
    logits = torch.tensor([[20.0, 0.0, 0.0], [0.0, 0.0, -20.0], [0.0, 20.0, 0.0]])
    three = Outputs(["hit", "coin", "miss"], logits=logits, targets=torch.zeros(3, dtype=torch.int64),
                    head_input_norm=torch.ones(3))  # fmt: skip
    if not set(needs(name)) <= set(three.present()):
        return
    hit, coin, miss = compute(name, three).tolist()
    want(hit < coin, f"{name} of a sure hit is {hit:g}, of a coin flip {coin:g}; higher means harder")
    if "targets" in needs(name):
        want(miss > coin, f"{name} of a sure miss is {miss:g}, of a coin flip {coin:g}; higher means harder")


def a_nan_stays_in_its_row(name: str) -> None:
    whole = outputs(7)
    fields = [field for field in needs(name) if field == "logits" or field.startswith("epoch_")]
    for field in fields:
        getattr(whole, field)[3] = torch.nan
    if fields:
        found = compute(name, whole).isnan().nonzero()[:, 0].tolist()
        want(found == [3], f"where row 3 of {', '.join(fields)} is NaN, {name} is NaN in rows {found}")


PROMISES = (
    it_reads_fields_of_outputs_and_its_options_have_defaults,
    its_docstring_has_every_part_of_a_card,
    n_examples_give_n_finite_float32_numbers,
    inputs_and_the_global_generator_are_left_alone,
    an_example_s_score_does_not_depend_on_its_batch,
    half_precision_is_widened_before_the_arithmetic,
    a_view_with_strides_gives_the_same,
    a_sure_hit_is_easier_than_a_coin_flip_and_a_sure_miss_harder,
    a_nan_stays_in_its_row,
)


def _want_finite(name: str, given: Outputs) -> None:
    n, got = len(given.ids), compute(name, given)
    want(got.shape == (n,), f"{name} of {n} examples has the shape {tuple(got.shape)}; wanted ({n},)")
    want(got.dtype == torch.float32, f"{name} is {got.dtype}; wanted torch.float32")
    want(bool(got.isfinite().all()), f"{name} of {n} examples with finite fields is not finite")


def _is_close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, **CLOSE)


def _as(field: Tensor, dtype: torch.dtype) -> Tensor:
    return field.to(dtype) if field.is_floating_point() else field
