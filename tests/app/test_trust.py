import pytest

from app import trust
from app.views.overview import sample

PROBED = {"how": "calibrated", "kinds": ["rare", "easy"], "auroc": 0.974, "n_probes": 480, "is_trusted": True}


def test_calibrated_reasons_say_how_well_flips_are_found():
    found = trust.trust({"reasons": PROBED})
    assert found.sentence.startswith(
        "flips found with AUROC .97 on our own probes; reasons calibrated on 480 probes that HEM planted. "
    )
    assert found.badge == "reasons: calibrated on our own probes"
    assert (found.how, found.is_grey) == ("calibrated", False)


def test_tags_of_people_are_counted_with_the_probes():
    found = trust.trust({"reasons": {**PROBED, "n_tagged": 31, "note": "planted in folds"}})
    said = found.sentence
    assert found.note == "planted in folds"
    assert "calibrated on 480 probes that HEM planted and 31 tags by people. Hard examples unlike these probes" in said


def test_what_a_refit_changed_is_a_table():
    changes = [
        {"was": "rare", "now": "outlier", "n": 12, "because": ["high brightness", "low margin"]},
        {"was": "easy", "now": "unsure", "n": 2, "because": []},
    ]
    found = trust.taught({"reasons": {**PROBED, "n_tagged": 31, "changes": changes}})
    assert found.to_dict("records") == [
        {"was": "rare", "now": "outlier", "n": 12, "because": "high brightness, low margin"},
        {"was": "easy", "now": "unsure", "n": 2, "because": "–"},
    ]
    assert trust.taught({"reasons": PROBED}).empty
    assert trust.taught({}).empty


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
        "Out-of-sample accuracy 88.4% (a linear head on the frozen embeddings, fitted on 5 folds, each without the "
        "examples that it predicts); in-sample accuracy 92.2%, 3.8 points higher."
    )


@pytest.mark.parametrize(("inside", "words"), [(0.99, "memorised part of these examples"), (0.801, ": no gap.")])
def test_a_large_gap_and_none_are_told_apart(inside, words):
    oos = {"how": "folds", "folds": 5, "repeats": 2, "accuracy": 0.8, "in_sample_accuracy": inside}
    said = sample.sentence({"oos": oos})
    assert words in said
    assert "retrained from scratch on 5 folds" in said
    assert "2 times" in said


def test_a_head_that_beats_the_held_out_accuracy_is_called_optimistic():
    oos = {"how": "head", "folds": 5, "accuracy": 0.91, "in_sample_accuracy": 0.925}
    said = sample.sentence({"oos": oos, "held_out_accuracy": 0.833}) or ""
    assert said.endswith(
        "On held-out examples the model has 83.3%: its embeddings were trained on the examples of this run, so the "
        "out-of-sample figures here are optimistic."
    )
    assert "optimistic" not in (sample.sentence({"oos": oos, "held_out_accuracy": 0.905}) or "")
    assert "optimistic" not in (sample.sentence({"oos": {**oos, "how": "folds"}, "held_out_accuracy": 0.833}) or "")


def test_a_run_that_measured_nothing_out_of_sample_says_nothing():
    assert sample.sentence({}) is None
    assert sample.sentence({"oos": None}) is None


PLANTED = {
    **PROBED,
    "planted": "wrong boxes",
    "by_planted": [
        {"planted": "moved", "shown_as": "misplaced", "n": 20, "found": 0.6,
         "says": {"suspect_label": 12, "easy": 3, "missed": 5}},
        {"planted": "removed", "shown_as": "missing", "n": 4, "found": 1.0, "says": {"suspect_label": 4}},
    ],
}  # fmt: skip


def test_what_was_planted_in_boxes_is_a_table():
    found = trust.by_planted({"reasons": PLANTED})
    assert found.to_dict("records") == [
        {"planted": "moved", "suspicion": "misplaced", "n": 20, "found": 60, "otherwise": "missed (5)"},
        {"planted": "removed", "suspicion": "missing", "n": 4, "found": 100, "otherwise": "–"},
    ]
    assert trust.by_planted({"reasons": PROBED}).empty


def test_only_suspects_of_boxes_are_doubted_where_planted_errors_stay_hidden():
    """That a box is missed or off is what it shows, whatever the model knows of annotations."""
    found = trust.trust({"reasons": {**PLANTED, "auroc": 0.62, "is_trusted": False}})
    assert (found.how, found.is_grey) == ("untrusted", False)
    assert found.sentence.startswith("AUROC .62 < .80 on planted wrong boxes: ")


def test_what_was_planted_is_named_for_tags():
    reasons = {"how": "calibrated", "auroc": 0.9, "is_trusted": True, "n_probes": 40, "spoiled": "wrong tags"}
    assert trust.trust({"reasons": reasons}).sentence.startswith("wrong tags found with AUROC .90 on our own probes")
