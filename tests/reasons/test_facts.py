import numpy as np

from hem_core.reasons import facts


def test_what_logits_say_of_an_even_split_and_of_a_sure_miss():
    logits = np.log([[0.5, 0.5, 1e-12], [0.9, 0.05, 0.05]])
    found = facts.from_logits(logits, np.array([0, 1]))
    np.testing.assert_allclose(found["margin"], [0, np.log(18)], atol=1e-6)
    np.testing.assert_allclose(found["top2_gap"], [1, 0.15], atol=1e-6)
    np.testing.assert_allclose(found["entropy"][0], np.log(2) / np.log(3), atol=1e-6)
    np.testing.assert_allclose(found["energy"], [0, 0], atol=1e-6)  # the logits are log-probabilities
    assert found["predicted"].tolist()[1] == 0


def test_rows_of_which_nothing_is_known_stay_unknown():
    found = facts.from_logits(np.full((1, 3), np.nan), np.array([0]))
    assert np.isnan(found["margin"]).all()
    assert np.isnan(found["entropy"]).all()


def test_votes_of_five_neighbours():
    votes = np.array([[1, 1, 1, 0, 2]])
    found = facts.from_neighbours(votes, np.full((1, 5), 0.2), np.array([0]), np.array([1]), 3)
    said = {name: round(float(values[0]), 3) for name, values in found.items()}
    assert said == {
        "votes_label": 0.2, "votes_predicted": 0.6, "votes_most": 0.6, "votes_other": 0.6, "knn_distance": 0.2,
    }  # fmt: skip


def test_the_prototypes_of_two_classes_at_right_angles():
    means = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])  # the third class has no examples
    found = facts.from_prototypes(np.array([[2.0, 0.0], [0.0, 3.0]]), means, np.array([0, 0]))
    np.testing.assert_allclose(found["prototype_distance"], [0, 1])
    np.testing.assert_allclose(found["prototype_contrast"], [-1, 1])
    np.testing.assert_allclose(found["nearest_prototype"], [0, 0])


def test_the_share_of_a_class():
    assert np.exp(facts.share_of_class(np.array([0, 1]), np.array([75, 25]))["class_share"]).tolist() == [0.75, 0.25]
