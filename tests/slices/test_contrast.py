"""What sets a group apart, against pandas, scipy and planted truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import fisher_exact, mannwhitneyu

from hem_core.slices.attributes import values_of
from hem_core.slices.contrast import SMALLEST, contrast
from hem_core.slices.picked import picked
from hem_core.slices.repetitions import distinct
from hem_core.slices.text_words import words_of
from hem_core.slices.traits import Numbers, Traits, numbers, pairs, values_of_attribute
from hem_core.store.rules import validate

N = 3_000


def traits_of(table, texts=None):
    """The traits of a table: numbers as numbers, everything else as values."""
    made = {name: values_of(name, table[name], 5) for name in table if table[name].dtype.kind not in "fi"}
    ranked = [numbers(name, table[name]) for name in table if table[name].dtype.kind in "fi"]
    confused = [pairs(made["label"], made["predicted"])] if {"label", "predicted"} <= set(made) else []
    words = []
    if texts is not None:
        found, lengths = words_of("text", pa.array(texts, pa.large_string()))
        words, ranked = [found], [*ranked, numbers("words in text", lengths, of_text="text")]
    values = [values_of_attribute(one) for one in made.values()] + [one for one in confused if one is not None]
    return Traits(len(table), values, [one for one in ranked if one is not None], words)


@pytest.fixture(scope="module")
def world():
    """Camera, night, age and a constant, of which none has to do with anything; label and prediction."""
    draw = np.random.default_rng(0)
    label = draw.choice(list("abcd"), N)
    predicted = np.where(draw.random(N) < 0.1, draw.choice(list("abcd"), N), label)
    return pd.DataFrame(
        {
            "night": draw.random(N) < 0.2,
            "camera": draw.choice([f"c{k}" for k in range(9)], N),
            "age": draw.integers(18, 90, N),
            "bright": np.where(draw.random(N) < 0.03, np.nan, draw.normal(size=N)),
            "one": 1.0,
            "label": label,
            "predicted": predicted,
        }
    )


def split(is_in):
    return np.flatnonzero(is_in), np.flatnonzero(~is_in)


def test_a_planted_value_is_first_with_the_counts_and_the_p_of_a_brute_force(world):
    draw, table = np.random.default_rng(1), world
    is_in = draw.random(N) < np.where(table["night"], 0.4, 0.06)
    found = contrast(traits_of(table), *split(is_in))
    first = found.statements[0]
    inside, outside = table["night"][is_in], table["night"][~is_in]
    assert (first.subject(), first.n, first.n_elsewhere) == ("night = true", inside.sum(), outside.sum())
    assert first.ratio == pytest.approx(inside.mean() / outside.mean())
    assert first.low < first.ratio < first.high
    cells = [[first.n, first.n_group - first.n], [first.n_elsewhere, first.n_others - first.n_elsewhere]]
    assert np.log10(first.p) == pytest.approx(np.log10(fisher_exact(cells).pvalue), abs=0.5)
    assert first.p < first.p_adjusted
    share, rest = f"{100 * inside.mean():.0f}%", f"{100 * outside.mean():.0f}%"
    assert first.sentence().startswith(f"night = true: {first.ratio:.2g}× as frequent (")
    assert first.sentence().endswith(f"), {share} of the selection, {rest} elsewhere")


def test_a_planted_shift_of_a_number_is_that_of_scipy_with_its_medians(world):
    draw, table = np.random.default_rng(1), world
    is_in = draw.random(N) < (table["age"] - 18) / 300
    first = contrast(traits_of(table), *split(is_in)).statements[0]
    old, young = table["age"][is_in], table["age"][~is_in]
    assert (first.kind, first.columns) == ("shift", ("age",))
    assert first.medians == (old.median(), young.median())
    wanted = mannwhitneyu(old, young, method="asymptotic")
    assert np.log(first.p) == pytest.approx(np.log(wanted.pvalue), rel=1e-6)
    assert first.higher[0] == pytest.approx(wanted.statistic / len(old) / len(young))
    (clause,) = first.clauses
    assert first.n == (old >= clause["min"]).sum()
    assert first.sentence().startswith(f"age higher: {old.median():g} (median) against {young.median():g}, higher in ")


def test_a_group_in_the_middle_of_a_number_is_told_as_a_range(world):
    draw, table = np.random.default_rng(1), world
    is_in = table["age"].between(45, 58) & (draw.random(N) < 0.6)
    first = contrast(traits_of(table), *split(is_in)).statements[0]
    assert (first.kind, first.columns) == ("range", ("age",))
    assert first.n == table["age"][is_in].between(*first.names).sum()


def test_a_confused_pair_is_told_as_given_and_predicted(world):
    table = world
    is_pair = (table["label"] == "a") & (table["predicted"] == "c")
    is_in = is_pair | (np.arange(N) % 11 == 0)
    found = contrast(traits_of(table), *split(is_in)).statements
    pair = next(one for one in found if one.kind == "pair")
    assert pair.subject() == "given a, predicted c"
    assert pair.n == is_pair.sum()
    assert pair.n_elsewhere == 0
    assert "none elsewhere" in pair.sentence()
    assert [one["in"] for one in pair.clauses] == [["a"], ["c"]]


def test_a_pair_needs_two_different_values():
    table = pd.DataFrame({"label": ["a", "b"] * 20, "predicted": ["a", "b"] * 20})
    assert pairs(values_of("label", table["label"], 5), values_of("predicted", table["predicted"], 5)) is None


@pytest.mark.slow
def test_groups_drawn_by_chance_have_a_statement_no_more_often_than_promised(world):
    draw, table = np.random.default_rng(1), world
    wide = table.assign(**{f"f{k}": draw.normal(size=N) for k in range(20)})
    texts = [" ".join(draw.choice([f"w{k}" for k in range(60)], 8)) for _ in range(N)]
    traits = traits_of(wide, texts)
    told = []
    for seed in range(120):
        is_in = np.random.default_rng(seed).random(N) < (0.03, 0.2, 0.5)[seed % 3]
        told.append(bool(contrast(traits, *split(is_in), q=0.2).statements))
    assert np.mean(told) <= 0.25  # q = 20%, and one and a half standard errors of 120 draws


def test_small_differences_are_no_news_however_many_rows_there_are():
    draw, n = np.random.default_rng(0), 200_000
    is_in = draw.random(n) < 0.5
    table = pd.DataFrame({"night": draw.random(n) < np.where(is_in, 0.22, 0.2), "x": draw.normal(0.05 * is_in, 1)})
    found = contrast(traits_of(table), *split(is_in))
    assert found.statements == []
    assert found.n_tested > 2


def test_too_few_rows_are_not_compared(world):
    traits = traits_of(world)
    rows = np.arange(N)
    for group, others in ((rows[: SMALLEST - 1], rows[SMALLEST:]), (rows[SMALLEST:], rows[:3]), (rows, rows[:0])):
        found = contrast(traits, group, others)
        assert (found.statements, found.n_tested) == ([], 0)


def test_only_the_rows_named_are_compared(world):
    draw, table = np.random.default_rng(1), world
    is_in = draw.random(N) < np.where(table["night"], 0.4, 0.06)
    scope = np.flatnonzero(table["camera"] == "c1")
    group = scope[is_in[scope]]
    first = contrast(traits_of(table), group, np.setdiff1d(scope, group), skipped={"camera"}).statements[0]
    assert first.subject() == "night = true"
    assert first.n_group + first.n_others == len(scope)
    assert first.n == table["night"][group].sum()


def test_a_skipped_column_is_not_compared(world):
    table = world
    found = contrast(traits_of(table), *split(table["night"].to_numpy()), skipped={"night"})
    assert all("night" not in one.columns for one in found.statements)


def test_of_a_value_and_its_complement_the_rarer_way_to_say_it_is_left_out(world):
    draw, table = np.random.default_rng(1), world
    is_in = draw.random(N) < np.where(table["night"], 0.01, 0.2)
    of_night = [one for one in contrast(traits_of(table), *split(is_in)).statements if one.columns == ("night",)]
    assert [one.names for one in of_night] == [(True,)]
    assert of_night[0].ratio < 0.5


def test_words_and_lengths_of_texts(world):
    draw, table = np.random.default_rng(1), world
    is_in = np.arange(N) % 10 == 0
    words = [
        [*draw.choice(["the", "a", "of"], 2 if short else 9), *(["Free!"] if short and k % 20 == 0 else [])]
        for k, short in enumerate(is_in)
    ]
    found = contrast(traits_of(table, [" ".join(one) for one in words]), *split(is_in)).statements
    free = next(one for one in found if one.names == ("free",))
    assert free.n == sum("Free!" in one for one, short in zip(words, is_in, strict=True) if short)
    assert free.clauses == ({"column": "text", "word": "free"},)
    length = next(one for one in found if one.kind == "shift")
    median = np.median([len(one) for one, short in zip(words, is_in, strict=True) if short])
    assert length.sentence().startswith(f"shorter texts: {median:g} words (median) against 9, shorter in ")
    assert set(length.clauses[0]) == {"column", "words"}


def test_every_statement_has_a_rule_that_picks_its_rows(world):
    draw, table = np.random.default_rng(1), world
    texts = [" ".join(draw.choice(["red", "blue", "don't"], 1 + k % 5)) for k in range(N)]
    is_in = (draw.random(N) < np.where(table["night"], 0.5, 0.05)) & (table["age"] > 40) & (np.arange(N) % 5 > 1)
    traits = traits_of(table, texts)
    found = contrast(traits, *split(is_in)).statements
    assert {one.kind for one in found} >= {"value", "shift"}
    types = {"night": "bool", "age": "number", "bright": "number", "text": "text", "camera": "category"}
    group = np.flatnonzero(is_in)
    for one in found:
        validate({"all": list(one.clauses)}, {**types, "label": "category", "predicted": "category"})
        assert picked(traits, one, group).sum() == one.n


def test_what_picks_the_same_rows_stands_behind_the_first(world):
    draw, table = np.random.default_rng(1), world
    twin = table.assign(dark=table["night"])
    is_in = draw.random(N) < np.where(table["night"], 0.4, 0.06)
    traits = traits_of(twin)
    found = contrast(traits, *split(is_in)).statements
    kept = distinct(found, [picked(traits, one, np.arange(N)) for one in found], 8)
    assert {one.columns[0] for one in found[:2]} == {"night", "dark"}
    assert len(kept) == len(found) - 1
    assert [one.columns for one in kept[0].also] == [found[1].columns]


def test_numbers_of_many_values_are_ranked_in_steps_of_equal_size():
    values = np.random.default_rng(0).normal(size=30_000)
    made = numbers("x", values)
    assert isinstance(made, Numbers)
    assert made.totals[-1] == 0
    assert made.totals[:-1].max() < 3 * 30_000 / made.count
    clause = made.clause(100, 200)
    is_in = (values >= clause["min"]) & (values <= clause["max"])
    assert (is_in == ((made.steps >= 100) & (made.steps <= 200))).all()
    assert len(repr(clause["min"])) < len(repr(float(made.lows[100])))


def test_missing_and_equal_numbers():
    assert numbers("x", np.full(9, np.nan)) is None
    assert numbers("x", np.array([2.0, 2.0, np.nan])) is None
    made = numbers("x", np.array([1.0, np.nan, -np.inf, np.inf]))
    assert made is not None
    assert made.steps.tolist() == [1, 3, 0, 2]


def test_a_range_of_one_number_is_told_once(world):
    is_in = world["age"].between(45, 58)
    one = next(each for each in contrast(traits_of(world), *split(is_in)).statements if each.kind == "range")
    assert replace(one, names=(3.0, 3.0)).subject() == "age 3"
    assert replace(one, names=(0.12341, 0.12344)).subject() == "age 0.1234"
    assert replace(one, names=(2.0, 4.0)).subject() == "age 2 to 4"
