import numpy as np
import pytest

from hem_core.reasons.evidence import evidence
from hem_core.reasons.neighbourhood import count_labelled, majority
from hem_core.reasons.rules import REASONS, reasons

CAT, DOG, COW = 0, 1, 2
NAMES = ["cat", "dog", "cow"]
PLAIN = 60
"""Rows that are easy: sure, right, in the middle of their class, so that percentiles mean something."""


def world(*odd):
    """PLAIN easy rows and then the odd ones: dicts of what is special about each."""
    rows = [{} for _ in range(PLAIN)] + list(odd)
    n = len(rows)
    targets = np.array([row.get("target", i % 3) for i, row in enumerate(rows)])
    predictions = np.array([row.get("prediction", target) for row, target in zip(rows, targets, strict=True)])
    p1 = np.array([row.get("p1", 0.9) for row in rows])
    p_label = np.array(
        [row.get("p_label", p if a == b else 0.05) for row, p, a, b in zip(rows, p1, targets, predictions, strict=True)]
    )
    p2 = np.array([row.get("p2", 0.05) for row in rows])
    table = {
        "predicted_prob": p1,
        "label_prob": p_label,
        "top2_gap": 1 - (p1 - p2),
        "entropy": np.array([row.get("entropy", 0.1) for row in rows]),
        "energy": np.array([row.get("energy", -5.0) for row in rows]),
        "prototype_distance": np.array([row.get("far", 0.1 + 0.001 * (i % 7)) for i, row in enumerate(rows)]),
        "knn_distance": np.array([row.get("sparse", 0.1 + 0.001 * (i % 5)) for i, row in enumerate(rows)]),
        "label_suspicion": np.array([row.get("suspicion", 30.0) for row in rows]),
    }
    voters = np.array([row.get("voters", [target] * 5) for row, target in zip(rows, targets, strict=True)])
    assert len(voters) == n
    return table, {"targets": targets, "predictions": predictions, "neighbour_labels": voters}


def reasons_of(*odd):
    table, known = world(*odd)
    found = reasons(table, **known, n_classes=3)
    assert found.reason[:PLAIN].tolist() == ["easy"] * PLAIN
    return found.reason[PLAIN:].tolist(), found.suggested[PLAIN:].tolist()


def test_sure_of_another_class_and_the_neighbours_agree_is_mislabelled():
    found = reasons_of({"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [CAT] * 5})
    assert found == (["mislabelled"], [CAT])


def test_a_wrong_label_learned_by_heart_is_mislabelled_by_its_neighbours():
    found = reasons_of({"target": DOG, "prediction": DOG, "voters": [COW] * 5, "suspicion": 99})
    assert found == (["mislabelled"], [COW])


def test_sure_of_another_class_against_the_neighbours_is_not_mislabelled():
    (reason,), (suggested,) = reasons_of(
        {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [DOG] * 5}
    )
    assert reason != "mislabelled"
    assert suggested == -1


def test_a_wavering_model_among_split_neighbours_is_ambiguous():
    split = [CAT, DOG, CAT, DOG, CAT]
    assert reasons_of({"target": CAT, "p1": 0.48, "p2": 0.44, "voters": split})[0] == ["ambiguous"]


def test_far_from_its_class_and_hard_to_place_is_an_outlier():
    alone = {"target": CAT, "p1": 0.7, "p2": 0.2, "far": 1.2, "energy": 3.0, "entropy": 0.9, "voters": [0, 1, 2, 0, 1]}
    assert reasons_of(alone)[0] == ["outlier"]


def test_a_small_class_that_is_missed_without_confidence_is_rare():
    table, known = world({"target": 3, "prediction": CAT, "p1": 0.4, "p_label": 0.1, "voters": [3] * 5})
    assert reasons(table, **known, n_classes=4).reason[-1] == "rare"


def test_a_close_call_backed_by_the_neighbours_is_subtle():
    assert reasons_of({"target": CAT, "p1": 0.5, "p2": 0.3, "voters": [CAT] * 5})[0] == ["subtle"]


def without_neighbours(odd):
    table, known = world(odd)
    bare = {name: table[name] for name in ("predicted_prob", "label_prob", "top2_gap", "entropy")}
    return reasons(bare, targets=known["targets"], predictions=known["predictions"], n_classes=3).reason[-1]


def test_without_neighbours_a_label_that_loses_by_much_is_not_subtle():
    # Cats are predicted with .9 on average: .67 is no clear word against the label, and .006 for it no close call.
    assert without_neighbours({"target": DOG, "prediction": CAT, "p1": 0.67, "p2": 0.2, "p_label": 0.006}) == "unsure"
    assert without_neighbours({"target": DOG, "prediction": CAT, "p1": 0.97, "p2": 0.02, "p_label": 0.01}) == (
        "mislabelled"
    )


def test_without_neighbours_a_label_that_leads_or_loses_by_little_is_subtle():
    assert without_neighbours({"target": DOG, "prediction": CAT, "p1": 0.6, "p2": 0.35, "p_label": 0.35}) == "subtle"
    assert without_neighbours({"target": DOG, "p1": 0.6, "p2": 0.38}) == "subtle"
    assert without_neighbours({"target": DOG, "p1": 0.8, "p2": 0.1}) == "easy"


def test_with_neighbours_that_back_the_label_a_lost_label_stays_subtle():
    odd = {"target": DOG, "prediction": CAT, "p1": 0.67, "p2": 0.2, "p_label": 0.006, "voters": [DOG] * 5}
    assert reasons_of(odd)[0] == ["subtle"]


def test_every_cut_is_an_argument():
    table, known = world({"target": CAT, "p1": 0.5, "p2": 0.3, "voters": [CAT] * 5})
    assert reasons(table, **known, n_classes=3, close_call=0.1).reason[-1] == "easy"


def test_without_neighbours_and_embeddings_the_model_alone_decides():
    table, known = world({"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01})
    bare = {name: table[name] for name in ("predicted_prob", "label_prob")}
    found = reasons(bare, targets=known["targets"], predictions=known["predictions"], n_classes=3)
    assert found.reason[-1] == "mislabelled"
    assert set(found.reason) <= set(REASONS)


@pytest.mark.parametrize("n", [0, 1])
def test_no_example_and_one_example(n):
    table, known = world()
    few = {name: values[:n] for name, values in table.items()}
    found = reasons(few, **{name: values[:n] for name, values in known.items()}, n_classes=3)
    assert len(found.reason) == n
    assert found.suggested_label(NAMES) == [None] * n


def words_of(odd, reason, **more):
    table, known = world(odd)
    table |= more.pop("columns", {})
    why = np.array(["easy"] * PLAIN + [reason], dtype=object)
    return evidence(table, why, **known, class_names=NAMES, **more)[-1]


def test_the_evidence_for_a_wrong_label_is_neighbours_model_and_given_label():
    odd = {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [CAT] * 5}
    assert words_of(odd, "mislabelled") == "5 of 5 neighbours say cat; the model is 97% sure of cat; given: dog"


def test_the_evidence_for_an_outlier_is_its_distance():
    odd = {"target": CAT, "far": 1.2, "p1": 0.7}
    # 20 plain cats and this one: the middle of its own place is (20 + .5) / 21 = 97.6%
    assert words_of(odd, "outlier") == (
        "farther from the class cat than 97% of its examples; the model's best guess is cat at 70%"
    )


def test_rows_that_are_a_part_of_a_run_say_how_they_stand_in_the_whole():
    whole = {"class_size": np.full(PLAIN + 1, 900), "percent_in_class": np.full(PLAIN + 1, 42.7)}
    found = words_of({"target": CAT, "far": 1.2, "p1": 0.7}, "rare", columns=whole)
    assert found.startswith("one of 900 examples of cat; farther from the class cat than 42% of its examples; ")


@pytest.mark.parametrize(
    ("learned", "forgotten", "said"),
    [
        (12, 12, "never learned in 12 epochs"),
        (12, 2, "still wrong after 12 epochs, forgotten 2 times"),
        (9, 0, "learned late (epoch 10 of 12)"),
        (2, 1, "forgotten 1 time"),
    ],
)
def test_the_training_is_put_in_words(learned, forgotten, said):
    past = {"learned_epoch": np.zeros(PLAIN + 1), "forgetting": np.zeros(PLAIN + 1)}
    past["learned_epoch"][-1], past["forgetting"][-1] = learned, forgotten
    assert (
        words_of({"target": CAT}, "easy", columns=past, epochs=12)
        == f"the model is 90% sure of cat, as labelled; {said}"
    )


def test_what_is_not_known_is_not_mentioned():
    odd = {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01}
    table, known = world(odd)
    bare = {name: table[name] for name in ("predicted_prob", "label_prob")}
    why = np.array(["mislabelled"] * (PLAIN + 1), dtype=object)
    said = evidence(bare, why, targets=known["targets"], predictions=known["predictions"], class_names=NAMES)
    assert said[-1] == "the model is 97% sure of cat; given: dog"


def test_a_share_is_never_rounded_to_certainty():
    assert "over 99%" in words_of({"target": CAT, "p1": 0.9999}, "easy")


def test_votes_are_counted_and_ties_go_to_the_nearest():
    labels = np.array([[1, 0, 0, 1], [2, 2, 1, -1]])
    assert count_labelled(labels, np.array([0, -1])).tolist() == [2, 0]
    assert majority(labels).tolist() == [1, 2]
    assert majority(np.array([[-1, -1]])).tolist() == [-1]


def test_what_is_unsure_is_told_by_its_two_likeliest_reasons():
    odd = {"target": DOG, "prediction": CAT, "p1": 0.6, "p_label": 0.3, "voters": [CAT, CAT, DOG, CAT, DOG]}
    probs = np.tile([0.0, 0.0, 0.0, 0.0, 0.1, 0.9], (PLAIN + 1, 1))
    probs[-1] = [0.45, 0.0, 0.38, 0.0, 0.1, 0.07]
    assert words_of(odd, "unsure", probs=probs) == (
        "mislabelled 45% or ambiguous 38%; 3 of 5 neighbours say cat; the model is 60% sure of cat; given: dog"
    )


def test_who_speaks_is_named_and_the_strongest_features_come_last():
    odd = {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [CAT] * 5}
    strongest = [[]] * PLAIN + [["farther from its neighbours than 98% of the data"]]
    said = words_of(odd, "mislabelled", subject="a model that had not seen it", strongest=strongest)
    assert said == (
        "5 of 5 neighbours say cat; a model that had not seen it is 97% sure of cat; given: dog; "
        "farther from its neighbours than 98% of the data"
    )


def test_a_reason_that_is_less_likely_than_not_says_how_much_it_stands_out():
    odd = {"target": DOG, "prediction": DOG, "p1": 0.9, "p_label": 0.9, "voters": [DOG] * 5}
    probs = np.tile([0.01, 0.02, 0.02, 0.0, 0.1, 0.85], (PLAIN + 1, 1))
    probs[-1] = [0.01, 0.3, 0.02, 0.0, 0.07, 0.6]
    said = words_of(odd, "outlier", probs=probs)
    assert said.endswith(
        f"outlier 30%, {0.3 / probs[:, 1].mean():.{0 if 0.3 / probs[:, 1].mean() >= 10 else 1}f} times the average"
    )
    assert "average" not in words_of(odd, "easy", probs=probs)


def test_as_many_are_mislabelled_as_are_counted_and_the_order_of_suspicion_says_which():
    backed = {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [CAT] * 3 + [DOG] * 2}
    unsure = {"target": DOG, "prediction": CAT, "p1": 0.6, "p_label": 0.3, "voters": [CAT, DOG, DOG, DOG, COW]}
    found = reasons_of({**backed, "suspicion": 80}, {**unsure, "suspicion": 85}, {**unsure, "suspicion": 70})
    assert found == (["ambiguous", "mislabelled", "subtle"], [-1, CAT, -1])  # one is counted: the first


def test_a_suspicious_label_that_nothing_contradicts_is_not_called_wrong():
    backed = {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [CAT] * 3 + [DOG] * 2}
    learned_late = {"target": DOG, "suspicion": 99}
    assert reasons_of({**backed, "suspicion": 80}, learned_late)[0] == ["mislabelled", "easy"]


def test_without_a_column_of_suspicion_the_counted_labels_are_the_mislabelled_ones():
    backed = {"target": DOG, "prediction": CAT, "p1": 0.97, "p_label": 0.01, "voters": [CAT] * 3 + [DOG] * 2}
    table, known = world(backed, {"target": CAT, "suspicion": 99})
    del table["label_suspicion"]
    assert reasons(table, **known, n_classes=3).reason[PLAIN:].tolist() == ["mislabelled", "easy"]
