import pytest

from app import trust
from app.views.overview import sample

PROBED = {"how": "calibrated", "kinds": ["rare", "easy"], "auroc": 0.974, "n_probes": 480, "is_trusted": True}


def test_calibrated_reasons_say_how_well_flips_are_found():
    found = trust.trust({"reasons": PROBED})
    assert found.sentence == "flips found with AUROC .97 on this model: reasons calibrated on 480 planted probes"
    assert (found.how, found.is_grey) == ("calibrated", False)


def test_tags_of_people_are_counted_with_the_probes():
    found = trust.trust({"reasons": {**PROBED, "n_tagged": 31, "note": "planted in folds"}})
    said = found.sentence
    assert found.note == "planted in folds"
    assert said.endswith("calibrated on 480 planted probes and 31 tags of people")


@pytest.mark.parametrize(("auroc", "shown"), [(0.72, ".72"), (0.798, ".798"), (0.5, ".50")])
def test_reasons_of_a_weak_model_are_grey(auroc, shown):
    found = trust.trust({"reasons": {**PROBED, "auroc": auroc, "is_trusted": False}})
    assert found.sentence == (
        f"AUROC {shown} < .80: this model cannot tell wrong labels from hard examples; reasons are greyed out"
    )
    assert (found.how, found.is_grey) == ("untrusted", True)


@pytest.mark.parametrize("info", [{}, {"reasons": None}, {"reasons": {"how": "rules", "is_trusted": None}}])
def test_without_probes_the_reasons_are_simple_rules(info):
    found = trust.trust(info)
    assert (found.how, found.sentence, found.is_grey) == ("rules", "simple rules, not calibrated", False)
    assert trust.kinds(info) == []


def test_the_order_of_the_probabilities_is_that_of_the_run():
    assert trust.kinds({"reasons": PROBED}) == ["rare", "easy"]


def test_the_gap_to_new_data_is_said_in_words():
    oos = {"how": "head", "folds": 5, "repeats": 1, "accuracy": 0.884, "in_sample_accuracy": 0.922}
    said = sample.sentence({"oos": oos})
    assert said == (
        "Out-of-sample accuracy 88.4% (a linear head on the frozen embeddings, fitted on 5 folds without the examples "
        "it is asked about); on the examples it was trained on it has 92.2%, 3.8 points more."
    )


@pytest.mark.parametrize(("inside", "words"), [(0.99, "learned part of them by heart"), (0.801, ": no gap.")])
def test_a_large_gap_and_none_are_told_apart(inside, words):
    oos = {"how": "folds", "folds": 5, "repeats": 2, "accuracy": 0.8, "in_sample_accuracy": inside}
    said = sample.sentence({"oos": oos})
    assert words in said
    assert "retrained from scratch on 5 folds" in said
    assert "2 times" in said


def test_a_run_that_measured_nothing_out_of_sample_says_nothing():
    assert sample.sentence({}) is None
    assert sample.sentence({"oos": None}) is None
