import numpy as np

from hem_core.tasks import load
from hem_core.tasks._multilabel_suspects import contradicted, expected


def test_a_tag_that_is_contradicted_as_surely_as_on_average_is_counted():
    given = np.array([[1], [1], [1], [0], [0], [0.0]])
    probs = np.array([[0.9], [0.7], [0.2], [0.4], [0.1], [0.8]])  # means: 0.6 where given, 1 - 0.433 = 0.567 elsewhere
    suspicion = 1 - np.where(given > 0, probs, 1 - probs)
    assert np.flatnonzero(contradicted(given, probs, suspicion)).tolist() == [2, 5]
    probs[5] = 0.55  # below 0.6, the mean where the tag is given: predicted, but not as surely
    assert np.flatnonzero(contradicted(given, probs, suspicion)).tolist() == [2]


def test_of_as_many_as_are_counted_the_most_suspicious_are_returned():
    given, probs = np.array([[1.0], [1], [0]]), np.array([[0.9], [0.1], [0.2]])
    assert contradicted(given, probs, np.array([[0.9], [0.5], [0.1]]))[:, 0].tolist() == [True, False, False]


def test_a_tag_that_nobody_knows_is_neither_counted_nor_returned():
    given, probs = np.array([[1.0], [np.nan], [0]]), np.array([[0.9], [0.1], [0.2]])
    assert not contradicted(given, probs, np.array([[0.1], [np.nan], [0.2]])).any()
    assert not expected(np.array([[np.nan], [0.2]])).any()


def test_as_many_tags_are_suspect_as_the_sum_of_their_suspicion():
    assert expected(np.array([[0.9, 0.6], [0.4, 0.1]])).tolist() == [[True, True], [False, False]]


def test_a_run_calls_about_as_many_tags_suspect_as_are_wrong():
    chance = np.random.default_rng(0)
    truth = (chance.random((1500, 4)) < 0.3).astype(float)
    logits = np.where(truth > 0, 4.0, -4.0) + 0.5 * chance.normal(size=truth.shape)
    is_wrong = chance.random(truth.shape) < 0.05
    task = load("multilabel").settled({"categories": list("abcd")})
    columns = {"tag_given": np.where(is_wrong, 1 - truth, truth), "tag_logits": logits}
    columns["loss"] = np.zeros(len(truth))
    ids = [str(row) for row in range(len(truth))]
    rows = task.of_the_set(columns, None).task.parts(columns, ids).table.to_pylist()
    wrong = {f"{row}#{tag}" for row, tag in np.argwhere(is_wrong)}
    suspects = {row["id"] for row in rows if row["reason"] == "suspect_label"}
    assert len(suspects & wrong) > 0.9 * len(suspects)
    assert 0.7 * len(wrong) < len(suspects) < 1.1 * len(wrong)
