import numpy as np
import pytest

from hem_core.errors import HemError
from hem_core.probes.planted import KINDS, plan

TARGETS = np.repeat([0, 1, 2], [2000, 1000, 1000])


def test_a_twentieth_of_the_examples_is_shared_by_the_four_kinds():
    found = plan(TARGETS, 3)
    assert [int((found.kind == kind).sum()) for kind in KINDS] == [50, 50, 50, 50]


def test_no_row_is_the_source_of_two_probes():
    found = plan(TARGETS, 3)
    assert len(np.unique(found.source)) == len(found) == 200


def test_every_kind_has_sources_of_every_class_in_proportion():
    found = plan(TARGETS, 3)
    for kind in KINDS:
        count = np.bincount(TARGETS[found.source[found.kind == kind]], minlength=3)
        assert abs(count - [25, 12.5, 12.5]).max() <= 2


def test_a_flip_has_another_label_and_half_of_them_the_likeliest():
    confusion = np.array([[90, 10, 0], [0, 90, 10], [0, 10, 90]])
    found = plan(TARGETS, 3, confusion=confusion)
    flips = found.take(found.kind == "mislabelled")
    given = TARGETS[flips.source]
    assert (flips.label != given).all()
    likely = (flips.label == np.array([1, 2, 1])[given]).mean()
    assert 0.6 < likely < 0.9  # half on purpose, and half of the rest by chance
    assert set(flips.label[given == 0]) == {1, 2}


def test_an_ambiguous_probe_has_a_partner_of_another_class_and_one_of_the_two_labels():
    found = plan(TARGETS, 3)
    mixed = found.take(found.kind == "ambiguous")
    one, other = TARGETS[mixed.source], TARGETS[mixed.partner]
    assert (one != other).all()
    assert ((mixed.label == one) | (mixed.label == other)).all()
    assert 0.2 < (mixed.label == one).mean() < 0.8
    assert (found.partner[found.kind != "ambiguous"] == -1).all()


def test_partners_are_left_out_with_their_sources():
    fold = np.arange(len(TARGETS)) % 5
    mixed = plan(TARGETS, 3, fold=fold)
    mixed = mixed.take(mixed.kind == "ambiguous")
    assert (fold[mixed.source] == fold[mixed.partner]).all()


def test_outliers_and_rare_ones_keep_their_label():
    found = plan(TARGETS, 3)
    keep = np.isin(found.kind, ["outlier", "rare"])
    assert (found.label[keep] == TARGETS[found.source[keep]]).all()


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    one, same, other = plan(TARGETS, 3, seed=1), plan(TARGETS, 3, seed=1), plan(TARGETS, 3, seed=2)
    for name in ("kind", "source", "partner", "label"):
        assert (getattr(one, name) == getattr(same, name)).all()
    assert (one.source != other.source).any()


@pytest.mark.parametrize(
    ("targets", "share"),
    [(TARGETS[:0], 0.05), (TARGETS[::4], 0.05), (np.zeros(9000, int), 0.05), (np.full(9000, -1), 0.05)],
    ids=["none", "too few", "one class", "no labels"],
)
def test_where_nothing_can_be_calibrated_the_plan_is_empty(targets, share):
    assert len(plan(targets, 3, share=share)) == 0


def test_rows_without_a_label_are_no_sources():
    targets = np.where(np.arange(len(TARGETS)) % 2 == 0, TARGETS, -1)
    found = plan(targets, 3, share=0.1)
    assert (targets[found.source] >= 0).all()
    assert (targets[found.partner[found.kind == "ambiguous"]] >= 0).all()


def test_without_inputs_there_are_flips_alone():
    found = plan(TARGETS, 3, kinds=("mislabelled",))
    assert set(found.kind) == {"mislabelled"}
    assert len(found) == 200


def test_targets_and_confusion_must_fit_the_classes():
    with pytest.raises(HemError, match="a target is 2; with 2 classes"):
        plan(TARGETS, 2)
    with pytest.raises(HemError, match=r"confusion must be \(3, 3\)"):
        plan(TARGETS, 3, confusion=np.eye(2))
