from dataclasses import replace

import numpy as np
import pytest

from hem_core.retrain.arms.recipe import MOST_REPEATS, mixture, systematic, training_rows
from hem_core.retrain.material import Material


def material(n=100, n_hard=10, *, dropped=(), weight=1.0):
    in_set = np.arange(n) < n_hard
    given = np.arange(n) % 4
    curated = given.copy()
    curated[:2] = 3 - given[:2]
    curated[list(dropped)] = -1
    weights = np.where(in_set, weight, 1.0)
    nothing = np.zeros(0, dtype=np.int64)
    return Material(np.arange(n) * 10, given, curated, weights, in_set, nothing, nothing, nothing.astype(bool))


def counts(made, n=100):
    return np.bincount(made.places, minlength=n)


@pytest.mark.parametrize("arm", ["control", "random", "curated"])
@pytest.mark.parametrize("recipe", ["labels", "mix", "weights", "balanced", "only"])
@pytest.mark.parametrize("takes", [(True, True), (False, True), (False, False)])
def test_every_arm_trains_on_as_many_examples(arm, recipe, takes):
    made = training_rows(arm, material(dropped=[50, 51]), recipe, 3, sampler=takes[0], weights=takes[1])
    assert len(made.places) == len(made.targets) == len(made.is_hard) == 100
    assert (made.targets >= 0).all()
    assert made.weights is None or made.weights.mean() == pytest.approx(1)


def test_the_control_knows_nothing_of_the_set():
    made = training_rows("control", material(dropped=[50]), "mix", 0, sampler=True, weights=True)
    assert made.places.tolist() == list(range(100))
    assert made.targets.tolist() == [row % 4 for row in range(100)]
    assert made.how == "natural"


def test_the_curated_arm_has_the_labels_of_the_set_and_not_what_was_ruled_out():
    made = training_rows("curated", material(dropped=[50]), "labels", 0, sampler=True, weights=True)
    assert made.targets[made.places == 0].tolist() == [3]
    assert counts(made)[50] == 0
    assert sorted(counts(made))[-1] == 2  # one other in the place of the one that left


def test_without_the_set_none_of_it_is_trained_on_and_at_random_as_few():
    made = material(dropped=range(10))  # the set itself
    curated = training_rows("curated", made, "without", 0, sampler=True, weights=True)
    assert len(curated.places) == 100
    assert counts(curated)[:10].tolist() == [0] * 10
    random = training_rows("random", made, "without", 0, sampler=True, weights=True)
    assert (counts(random) == 0).sum() == 10
    assert counts(random)[:10].any()
    assert (random.targets == random.places % 4).all()


def test_an_addition_and_as_many_random_ones_have_the_same_base():
    made = replace(material(), n_base=np.array(20))
    rows = {
        arm: training_rows(arm, made, "add", 5, sampler=True, weights=True) for arm in ("control", "curated", "base")
    }
    assert {len(each.places) for each in rows.values()} == {30}
    bases = [each.places[:20].tolist() for each in rows.values()]
    assert bases[0] == bases[1] == bases[2]
    assert min(bases[0]) >= 10  # none of the set
    assert rows["curated"].places[20:].tolist() == list(range(10))
    assert rows["curated"].targets[20:22].tolist() == [3, 2]  # its labels
    added = rows["control"].places[20:].tolist()
    assert not set(added) & {*range(10), *bases[0]}
    assert set(rows["base"].places.tolist()) == set(bases[0])
    other = training_rows("curated", made, "add", 6, sampler=True, weights=True)
    assert other.places[:20].tolist() != bases[0]


def test_random_takes_as_many_others_with_the_labels_as_given():
    made = training_rows("random", material(dropped=[50]), "mix", 0, sampler=True, weights=True)
    assert made.is_hard.sum() == 10
    assert (counts(made) == 0).sum() == 1
    assert (made.targets == made.places % 4).all()
    other = training_rows("random", material(dropped=[50]), "mix", 1, sampler=True, weights=True)
    assert made.places[made.is_hard].tolist() != other.places[other.is_hard].tolist()


def test_the_losses_of_a_class_a_third_as_large_weigh_three_times_as_much():
    n, nothing = 100, np.zeros(0, dtype=np.int64)
    targets, in_set = (np.arange(n) >= 75).astype(np.int64), np.arange(n) % 10 == 0
    one = Material(np.arange(n), targets, targets, np.where(in_set, 2.0, 1.0), in_set, nothing, nothing, nothing > 0)
    made = training_rows("curated", one, "balanced", 0, sampler=False, weights=True)
    assert made.weights[99] / made.weights[1] == pytest.approx(3, rel=1e-2)  # effective numbers: nearly the counts
    assert made.weights[90] == made.weights[99]  # whether it is of the set or not


def test_random_by_labels_alone_is_the_control():
    one, other = (
        training_rows(arm, material(), "labels", 0, sampler=True, weights=True) for arm in ("random", "control")
    )
    assert one.is_like(other)
    assert not training_rows("curated", material(), "labels", 0, sampler=True, weights=True).is_like(other)


def test_the_mixture_reaches_a_function_by_what_it_takes():
    hows = [
        training_rows("curated", material(), "mix", 0, sampler=takes[0], weights=takes[1]).how
        for takes in ((True, True), (False, True), (False, False))
    ]
    assert hows == ["sampler", "weights", "resampled"]


def test_half_is_from_a_set_of_a_quarter_and_no_example_comes_more_than_four_times():
    quarter, tenth = np.arange(100) < 25, np.arange(100) < 10
    assert mixture(quarter, np.ones(100))[:25].tolist() == [2.0] * 25  # 50 of 100
    assert mixture(quarter, np.ones(100))[25:].tolist() == pytest.approx([50 / 75] * 75)
    assert mixture(tenth, np.ones(100))[:10].tolist() == [4.0] * 10  # 40 of 100
    assert mixture(np.arange(100) < 60, np.ones(100))[:60].tolist() == [1.0] * 60


def test_a_heavier_example_of_the_set_comes_more_often_but_not_without_end():
    weight = np.where(np.arange(100) == 0, 100.0, 1.0)
    found = mixture(np.arange(100) < 25, weight)
    assert found[0] == MOST_REPEATS
    assert found[1] < 1


def test_a_data_set_drawn_anew_has_the_mixture():
    made = training_rows("curated", material(n_hard=25), "mix", 0, sampler=False, weights=False)
    assert made.is_hard.sum() == 50
    assert counts(made)[:25].tolist() == [2] * 25
    assert counts(made).max() <= MOST_REPEATS


def test_the_weights_of_the_set_reach_the_losses():
    made = training_rows("curated", material(weight=2.0), "weights", 0, sampler=True, weights=True)
    assert made.how == "weights"
    assert (made.weights[:10] / made.weights[10]).tolist() == pytest.approx([2.0] * 10)


def test_only_the_set():
    made = training_rows("curated", material(), "only", 0, sampler=True, weights=True)
    assert counts(made)[:10].tolist() == [10] * 10


def test_systematic_draws_are_rounded_down_or_up():
    found = np.bincount(systematic(np.array([1.5, 0.5, 2.0, 0.0]), 8, np.random.default_rng(0)), minlength=4)
    assert found.tolist() == [3, 1, 4, 0]
    again = np.bincount(systematic(np.array([1.0, 1.0, 1.0]), 4, np.random.default_rng(0)), minlength=3)
    assert sorted(again) == [1, 1, 2]


@pytest.mark.parametrize(
    ("recipe", "sampler", "weights"),
    [("mix", True, True), ("mix", False, True), ("mix", False, False), ("weights", False, True),
     ("weights", False, False), ("only", False, False), ("labels", True, True)],
)  # fmt: skip
def test_random_examples_in_the_place_of_all_of_them_are_the_training_of_the_control(recipe, sampler, weights):
    options = {"sampler": sampler, "weights": weights}
    control, random, curated = (
        training_rows(arm, material(n_hard=100), recipe, 0, **options) for arm in ("control", "random", "curated")
    )
    assert random.is_like(control)
    assert not curated.is_like(control)  # it has other labels
    assert {random.how, curated.how}.isdisjoint({"sampler"})  # which refuses to mix all with nothing
    assert not training_rows("random", material(n_hard=99, weight=3.0), "weights", 0, **options).is_like(control)
