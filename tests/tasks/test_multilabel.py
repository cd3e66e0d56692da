"""Multi-label: sets as labels, tags as a second level, and a run from score to corrected sets."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from sklearn.metrics import average_precision_score, f1_score

import hem_core
from hem_core import tasks
from hem_core.errors import DataError, ModelError
from hem_core.models import answers
from hem_core.tasks import ModelFacts, TargetOptions
from hem_core.tasks import _multilabel_company as company
from hem_core.tasks import _multilabel_labels as reading
from hem_core.tasks import _multilabel_metrics as measures
from hem_core.tasks import _multilabel_noise as noise
from hem_core.tasks import _multilabel_parts as parts
from hem_core.tasks import _multilabel_probes as probes
from hem_core.tasks import _multilabel_reasons as why
from hem_core.tasks import _multilabel_scores as scores
from hem_core.tasks._multilabel_outputs import loss_vector, tag_logits_of

FACTS = {"source": "x.csv", "labels_are": "names", "classes": None}
NAN = np.nan


def read(*labels, facts=FACTS, n_outputs=0, **options):
    catalog = pa.table({"id": [str(row) for row in range(len(labels))], "label": pa.array(labels, pa.string())})
    return tasks.load("multilabel").read_targets(catalog, facts, ModelFacts(n_outputs), TargetOptions(**options))


@pytest.mark.parametrize(("labels", "glue"), [(("b|a", "a"), "|"), (("b; a", "a"), "; "), (("b,a", "a"), ",")])
def test_the_separator_is_found_in_the_labels_and_kept(labels, glue):
    found = read(*labels)
    np.testing.assert_array_equal(found.values, [[1, 1], [1, 0]])
    assert found.task.written(found.values, ()) == [f"a{glue}b", "a"]


def test_labels_that_can_be_cut_in_two_ways_stop_with_both_readings():
    with pytest.raises(DataError, match=r"'b; a, c' is 'b' \+ 'a, c' or 'b; a' \+ 'c'; choose with --separator ';'"):
        read("a", "b; a, c")
    assert read("a", "b; a, c", separator=";").task.categories == ("a", "a, c", "b")


def test_a_text_that_is_a_list_is_a_set():
    assert read('["a, b", "c"]', "[]").task.written(read('["a, b", "c"]', "[]").values, ()) == ["a, b|c", "(none)"]


def test_an_empty_cell_is_a_set_without_a_tag_and_a_missing_label_is_none():
    blank = read("a|b", None, facts=FACTS | {"has_blank_labels": True})
    assert (blank.values[1].tolist(), blank.bad) == ([0, 0], {})
    assert "1 examples have an empty cell as their label, which is read as no tag at all." in blank.facts["notes"]
    missing = read("a|b", None)
    assert (np.isnan(missing.values[1]).all(), missing.bad) == (True, {1: "no label"})


def test_unknown_tags_are_neither_yes_nor_no():
    found = read("a|?b", "b", "(none)", facts=FACTS | {"tag_sets": "columns"})
    np.testing.assert_array_equal(found.values, [[1, NAN], [0, 1], [0, 0]])
    assert found.facts["notes"][-1].startswith("1 of 6 tags are unknown")
    logits = torch.tensor([[3.0, 99.0], [-3, 3], [-3, -3]])
    loss = found.task.fields(logits, torch.from_numpy(found.values))["loss"]
    assert loss[0] == pytest.approx(np.log1p(np.exp(-3)))
    assert found.task.errors(logits.numpy(), found.values).tolist() == [0, 0, 0]


def test_the_model_decides_how_many_tags_there_are():
    with pytest.raises(ModelError, match=r"the model has 3 outputs and there are 2 tags \(a, b\).*--classes"):
        read("a|b", "a", n_outputs=3)
    found = read("a|b", "a", n_outputs=3, classes=["b", "c", "a"])
    np.testing.assert_array_equal(found.values, [[1, 0, 1], [0, 0, 1]])


def test_labels_with_unknown_names_are_bad_and_many_of_them_are_refused():
    found = read(*["a|b"] * 99, "z", classes=["a", "b"])
    assert found.bad == {99: "'z' is none of the tags"}
    with pytest.raises(DataError, match=r"2 of 2 labels in 'x\.csv' name a tag that is none of a, b: 'y' is none"):
        read("y", "z", classes=["a", "b"])


def test_rows_of_numbers_take_the_names_of_the_classes_by_place():
    facts = FACTS | {"tag_sets": "rows", "tags": ["0", "1"]}
    found = read("0", "0|1", facts=facts, classes=["cat", "dog"])
    assert found.task.written(found.values, ()) == ["cat", "cat|dog"]


def test_support_and_pooling_of_hand_computed_rows():
    given, probs = np.array([[1, 0, NAN]]), np.array([[0.9, 0.9, 0.2]])
    own = scores.support(given, probs)
    np.testing.assert_allclose(own, [[0.9, 0.1, NAN]])
    low = np.exp(-8.0)  # (.9 - .1) / .1 below the worst
    np.testing.assert_allclose(scores.weights(own), [[low / (1 + low), 1 / (1 + low), 0]])
    assert scores.pooled(1 - own, own) == pytest.approx((0.9 + 0.1 * low) / (1 + low))
    assert scores.hamming(given, probs).tolist() == [0.5]  # two in play, one right
    assert scores.hamming(np.array([[0, 0]]), np.array([[0.1, 0.2]])).tolist() == [0]


def test_the_suspicion_is_bayes_rule_with_the_shares_of_added_and_dropped_tags():
    given, probs = np.array([[1.0, 0, 0, NAN]]), np.array([[0.5, 0.5, 0.0, 0.9]])
    found = scores.suspicion(given, probs, noise.Noise(added=0.1, dropped=0.2))
    np.testing.assert_allclose(found, [[0.1 / (0.1 + 0.8), 0.2 / (0.2 + 0.9), 0, NAN]], atol=1e-5)
    assert np.isfinite(scores.suspicion(np.ones((2, 2)), np.zeros((2, 2)))).all()


@pytest.mark.parametrize(("added", "dropped"), [(0.02, 0.3), (0.15, 0.01)])
def test_the_shares_of_added_and_dropped_tags_are_found_in_the_given_tags(added, dropped):
    chance = np.random.default_rng(0)
    truth = 1 / (1 + np.exp(-chance.normal(-1, 4, size=(4000, 5))))
    has = chance.random(truth.shape) < truth
    given = np.where(has, chance.random(truth.shape) >= dropped, chance.random(truth.shape) < added).astype(float)
    found = noise.noise_of(given, truth)
    assert (found.added < found.dropped) == (added < dropped)
    assert max(found.added, found.dropped) == pytest.approx(max(added, dropped), rel=0.35)


def test_the_gradient_of_the_fit_is_that_of_its_cost():
    chance = np.random.default_rng(0)
    state, z, at = (chance.random(50) < 0.4).astype(float), chance.normal(size=50), np.array([-1.0, -2, 0.2, 0.3])
    step = 1e-6 * np.eye(4)
    slopes = [(noise._cost(at + h, state, z)[0] - noise._cost(at - h, state, z)[0]) / 2e-6 for h in step]
    np.testing.assert_allclose(noise._cost(at, state, z)[1], slopes, rtol=1e-5)


def test_few_tags_leave_both_kinds_of_error_alike_and_the_model_as_it_is():
    found = noise.noise_of(np.array([[1.0, 0]]), np.array([[0.7, 0.2]]))
    assert (found.added, found.dropped) == (pytest.approx(0.05, abs=0.02), pytest.approx(0.05, abs=0.02))
    assert (found.slope, found.offset) == (pytest.approx(1, abs=0.02), pytest.approx(0, abs=0.02))


def test_the_level_and_the_examples_share_what_was_found_of_the_tags_once():
    chance = np.random.default_rng(0)
    given = (chance.random((600, 3)) < 0.4).astype(float)
    columns = {"tag_given": given, "tag_logits": chance.normal(4 * given - 2, 2), "loss": np.zeros(600)}
    task = tasks.load("multilabel").settled({"categories": ["a", "b", "c"]})
    settled = task.of_the_set(columns, None).task
    table = settled.parts(columns, [str(row) for row in range(600)]).table
    assert table["evidence"].to_pylist() == settled.memory.evidence.tolist()
    assert set(settled.explain(columns)["evidence"]) <= {
        *settled.memory.evidence,
        "no tag is given and none is predicted",
    }
    assert "reason_prob" in table.column_names
    assert "reason_prob" not in task.parts(columns, [str(row) for row in range(600)]).table.column_names


def test_the_loss_on_tensors_is_that_on_arrays():
    generator = np.random.default_rng(0)
    logits, given = 3 * generator.normal(size=(9, 4)), (generator.random((9, 4)) < 0.5).astype(float)
    given[0, 1], given[3] = NAN, NAN
    own = scores.support(given, scores.probability(logits))
    ours = loss_vector(torch.from_numpy(logits), torch.from_numpy(given)).numpy()
    np.testing.assert_allclose(ours, scores.pooled(scores.losses(given, logits), own), rtol=1e-5)


def test_measures_agree_with_scikit_learn_also_on_equal_probabilities():
    generator = np.random.default_rng(0)
    given = (generator.random((200, 5)) < 0.3).astype(float)
    probs = np.round(np.clip(0.3 * given + 0.7 * generator.random((200, 5)), 0, 1), 1)
    assert measures.mean_average_precision(given, probs) == pytest.approx(average_precision_score(given, probs))
    for name, average in ((measures.micro_f1, "micro"), (measures.macro_f1, "macro")):
        assert name(given, probs) == pytest.approx(f1_score(given, probs >= 0.5, average=average))
    part = given.copy()
    part[:50, 0] = NAN
    assert measures.average_precisions(part, probs)[0] == pytest.approx(
        average_precision_score(given[50:, 0], probs[50:, 0])
    )


def test_a_tag_is_a_row_where_it_is_given_or_predicted_or_as_likely_as_where_it_is_given():
    given = np.array([[1, 0], [0, 0], [0, 1], [0, NAN]])
    probs = np.array([[0.2, 0.1], [0.25, 0.6], [0.1, 0.9], [0.7, 0.9]])
    rows = parts.tags_of(given, probs)
    assert list(zip(*(part.tolist() for part in rows.at), strict=True)) == [(0, 0), (1, 0), (1, 1), (2, 1), (3, 0)]


def test_the_rows_of_the_level_say_what_is_given_and_predicted():
    columns = {"tag_given": np.array([[1.0, 0]]), "tag_logits": np.array([[-2.0, 3]])}
    found = parts.judged(columns, ("cat", "dog"), None)
    table = parts.tag_table(columns, ["x"], ("cat", "dog"), found).to_pylist()
    assert [row["id"] for row in table] == ["x#0", "x#1"]
    assert [(row["given"], row["predicted"]) for row in table] == [("cat", None), (None, "dog")]
    assert [row["suspicion_kind"] for row in table] == ["given without support", "missing"]
    assert table[1]["reason"] == "suspect_label"
    assert table[1]["evidence"] == "'dog' is not given; the model's probability is 95%"


def test_the_reason_of_an_example_is_that_of_its_worst_tag_and_the_suspects_are_turned_in_the_suggestion():
    task = tasks.load("multilabel").settled({"categories": ["cat", "dog", "hen"]})
    given = np.array([[1.0, 0, 0], [0, 0, 0], [0, 1, 0]])
    logits = np.array([[4.0, 3, -4], [-4, -4, -4], [-4, 1, -4]])
    told = task.explain({"tag_given": given, "tag_logits": logits})
    assert told["reason"].tolist() == ["suspect_label", "easy", "easy"]
    assert told["suggested_label"].tolist() == ["cat|dog", None, None]
    assert told["evidence"].tolist()[1] == "no tag is given and none is predicted"


def test_a_tag_without_its_usual_companion_is_noticed_with_the_numbers():
    given = np.array([[1.0, 1]] * 45 + [[1.0, 0]] * 5)
    logits = np.where(given > 0, 4.0, -4.0)
    logits[45:, 0] = -1.0
    found = company.company(given)
    assert company.lacking(given, found)[:, 0].tolist() == [-1] * 45 + [1] * 5
    columns = {"tag_given": given, "tag_logits": logits}
    at = np.array([49]), np.array([0])
    told = why.explained(columns, at, ("cat", "dog"), np.zeros((50, 2)))
    assert told["reason"][0] == "odd_company"
    assert told["evidence"][0].endswith("90% of the 50 examples with it are also 'dog', and this one is not")


def test_planted_wrong_tags_calibrate_the_suspicion():
    generator = np.random.default_rng(0)
    truth = (generator.random((1500, 4)) < 0.3).astype(float)
    probs = np.clip(np.where(truth > 0, 0.85, 0.12) + 0.1 * generator.normal(size=truth.shape), 0.01, 0.99)
    given = truth.copy()
    wrong = generator.random(truth.shape) < 0.02
    given[wrong] = 1 - given[wrong]
    found = probes.probed(given, probs)
    assert found.info["is_trusted"]
    assert found.prob[wrong].mean() > 0.5
    assert found.prob[~wrong].mean() < 0.1
    few = probes.probed(given[:5], probs[:5])
    assert few.info["how"] == "rules"
    assert np.isnan(few.prob).all()


def test_folds_get_each_set_and_of_rare_sets_each_tag_in_equal_parts():
    values = np.array([[1, 0, 0]] * 20 + [[1, 1, 0]] * 3 + [[1, 0, 1]] * 2 + [[0, 0, 0]], np.float32)
    strata = reading.strata_of(values, 10)
    assert [len(set(strata[part])) for part in (slice(0, 20), slice(20, 23), slice(23, 25))] == [1, 1, 1]
    assert len(set(strata.tolist())) == 4
    assert reading.strata_of(np.array([[NAN, NAN]]), 10).tolist() == [-1]


@pytest.mark.parametrize("output", [torch.zeros(2, 3, 4), torch.zeros(2, 3, dtype=torch.int64), {"scores": 1}])
def test_an_output_that_is_no_logit_a_tag_is_refused(output):
    with pytest.raises(ModelError, match=r"multilabel expects one logit per tag"):
        tag_logits_of(output)


def test_two_models_are_compared_by_the_measures_of_all_tags_on_the_same_resamples():
    chance = np.random.default_rng(0)
    given = (chance.random((80, 3)) < 0.4).astype(float)
    good, bad = np.clip(given * 0.8 + 0.1, 0, 1), chance.random((80, 3))
    task = tasks.load("multilabel").settled({"categories": ["a", "b", "c"]})
    answers = [task.answers_to(np.log(p / (1 - p)), given) for p in (bad, good)]
    found = task.measured_together(answers, [np.arange(80)] * 2, n_resamples=20)
    first, *_, last = found.differences()
    assert (first.measure.name, first.after, last.measure.label) == ("mAP", 1.0, "c")
    assert first.is_better
    assert found.point[0, 0] == pytest.approx(measures.mean_average_precision(given, bad))
    rows = [task.parts_of(one, [f"x{row}" for row in range(80)]) for one in answers]
    pairs = task.same_parts(*rows)
    assert all(rows[0]["id"][one] == rows[1]["id"][other] for one, other in pairs)
    assert set(rows[1]["outcome"]) == {"right"}


def test_predictions_by_id_are_scored_and_a_row_without_one_is_a_failure(tmp_path):
    chance = np.random.default_rng(0)
    given = chance.random((40, 2)) < 0.5
    rows = [f"r{k},{k},{'|'.join(n for n, has in zip('pq', row, strict=True) if has)}" for k, row in enumerate(given)]
    (tmp_path / "d.csv").write_text("\n".join(["id,x,labels", *rows]) + "\n")
    probs = [f"r{k},{0.2 + 0.6 * p},{0.2 + 0.6 * q}" for k, (p, q) in enumerate(given)][:-1]
    (tmp_path / "probs.csv").write_text("\n".join(["id,p,q", *probs]) + "\n")
    options = {"task": "multilabel", "has_map": False, "predictions": tmp_path / "probs.csv"}
    run = hem_core.score(None, tmp_path / "d.csv", out=tmp_path / "w/runs/r", **options)
    assert run.info["metrics"][0]["value"] == 1
    assert run.n == 39
    assert run.failures()["reason"].tolist() == ["there is no prediction"] if hasattr(run, "failures") else True


def test_columns_of_predictions_go_by_name_whatever_the_order_of_the_classes(tmp_path):
    given = np.random.default_rng(0).random((40, 3)) < 0.5
    frame = pd.DataFrame(0.2 + 0.6 * given, columns=["prob_a", "prob_b", "prob_c"])
    frame.insert(0, "id", [f"r{k}" for k in range(40)])
    names = np.array(["a", "b", "c"])
    frame.assign(labels=["|".join(names[row]) for row in given]).to_csv(tmp_path / "d.csv", index=False)
    options = {"task": "multilabel", "has_map": False, "has_probes": False}
    run = hem_core.score(
        None, tmp_path / "d.csv", out=tmp_path / "w/runs/r", classes=["c", "a", "b"], separator="|", **options
    )
    assert run.info["metrics"][0]["value"] == 1
    with pytest.raises(DataError, match="no column for d"):
        hem_core.score(None, tmp_path / "d.csv", out=tmp_path / "w/runs/s", classes=["a", "b", "c", "d"], **options)


@pytest.mark.parametrize("kind", ["one vs rest", "one each", "neighbours", "forest"])
def test_estimators_of_several_labels_give_the_log_odds_of_each_tag(kind):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.neighbors import KNeighborsClassifier

    chance = np.random.default_rng(0)
    x = chance.normal(size=(50, 3))
    y = np.stack([x[:, 0] > 0, x[:, 1] > 0, np.ones(50)], axis=1).astype(int)  # the last tag is always there
    made = {
        "one vs rest": OneVsRestClassifier(LogisticRegression()),
        "one each": MultiOutputClassifier(KNeighborsClassifier(3)),
        "neighbours": KNeighborsClassifier(3),
        "forest": RandomForestClassifier(5, random_state=0),
    }[kind]
    logits = answers.tag_logits(made.fit(x, y), x)
    assert logits.shape == (50, 3)
    assert (logits[:, 2] > 10).all()
    assert ((logits > 0) == (y > 0)).mean() > 0.85
