"""Rows that several people judged: the disputed ones, what settles a dispute, and agreement beyond chance."""

import math

import numpy as np
import pandas as pd
import pytest
import scenes
from sklearn.metrics import cohen_kappa_score

import hem_core
from hem_core.labels.disagreements import disagreements, said_of
from hem_core.store.workspace import open_workspace


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A run of classes over 40 rows, and one of boxes."""
    home = tmp_path_factory.mktemp("disputes")
    probs = np.random.default_rng(0).dirichlet((1, 1), 40).tolist()
    ids = [f"e{k:02d}" for k in range(40)]
    pd.DataFrame({"id": ids, "label": ["cat", "dog"] * 20, "probs": probs}).to_parquet(home / "rows.parquet")
    data, runs = scenes.write(home / "data"), home / "w" / "runs"
    quick = {"has_map": False, "has_probes": False}
    hem_core.score(None, data / "annotations.json", predictions=data / "results.json", out=runs / "boxes", **quick)
    hem_core.score(None, home / "rows.parquet", classes=["cat", "dog"], out=runs / "rows", **quick)
    return home / "w"


@pytest.fixture
def judge(scored, tmp_path):
    """judge(run, *verdicts): what several people disagree on after (who, id, tag, value), in this order."""
    from hem_core.store.tags import open_tags

    log = open_tags(tmp_path / "tags.sqlite")
    home = open_workspace(scored)

    def give(name, *verdicts):
        run = home.run(name)
        level = run.level("boxes" if name == "boxes" else "examples")
        for who, id, tag, *value in verdicts:
            log.level(level.name).add(run.data, [id], tag, who=who, value="".join(value))
        return disagreements(level, log)

    give.log = log
    return give


def test_different_verdicts_are_a_dispute_and_ways_to_say_right_are_none(judge):
    found = judge(
        "rows",
        ("anna", "e00", "right"), ("ben", "e00", "hard"),
        ("anna", "e01", "right"), ("ben", "e01", "mislabelled", "dog"),
        ("anna", "e02", "mislabelled", "cat"), ("ben", "e02", "mislabelled", "dog"),
        ("anna", "e03", "right"), ("ben", "e03", "skip"),
        ("anna", "e04", "outlier"),
    )  # fmt: skip
    assert found.disputed == ("e01", "e02")
    assert [(one.opinion.who, one.opinion.tag) for one in found.said["e01"]] == [
        ("anna", "right"), ("ben", "mislabelled")]  # fmt: skip
    assert set(found.said) == {"e00", "e01", "e02"}


def test_a_third_verdict_settles_a_dispute_when_it_is_one_of_the_two(judge):
    verdicts = ("anna", "e01", "right"), ("ben", "e01", "outlier")
    assert judge("rows", *verdicts).disputed == ("e01",)
    assert judge("rows", ("carl", "e01", "duplicate")).disputed == ("e01",)
    assert judge("rows", ("carl", "e01", "hard")).disputed == ()


def test_a_last_verdict_against_two_others_is_a_dispute_because_it_counts(judge):
    verdicts = ("anna", "e01", "right"), ("ben", "e01", "right"), ("carl", "e01", "outlier")
    assert judge("rows", *verdicts).disputed == ("e01",)


def test_changing_one_s_mind_clearing_and_undo_end_a_dispute(judge):
    assert judge("rows", ("anna", "e01", "right"), ("ben", "e01", "outlier")).disputed == ("e01",)
    assert judge("rows", ("anna", "e01", "outlier")).disputed == ()
    judge.log.undo("rows", who="anna")
    assert judge("rows").disputed == ("e01",)
    judge.log.clear("rows", ["e01"], who="carl")
    assert judge("rows").said == {}


def test_what_people_said_of_another_run_s_rows_is_left_out(judge):
    verdicts = [(who, id, tag) for id in ("e00", "elsewhere") for who, tag in (("anna", "right"), ("ben", "outlier"))]
    found = judge("rows", *verdicts)
    assert (found.disputed, found.agreements[0].n) == (("e00",), 1)


def test_verdicts_on_many_at_once_are_no_opinions(judge):
    judge.log.add("rows", ["e00", "e01"], "outlier", who="ben")
    assert judge("rows", ("anna", "e00", "right")).said == {}


def test_what_was_said_of_some_rows_is_what_is_said_of_them_among_all(judge, scored):
    ids = [f"e{k:02d}" for k in range(40)]
    verdicts = [
        (who, id, tag)
        for k, id in enumerate(ids)
        for who, tag in (("anna", "right"), ("ben", "skip" if k % 3 else "outlier"))
    ]
    everything = judge("rows", *verdicts)
    judge.log.add(open_workspace(scored).run("rows").data, ids, "hard", who="cem")
    level = open_workspace(scored).run("rows").level("examples")
    assert said_of(level, judge.log) == everything.said
    assert said_of(level, judge.log, ids[:7]) == {id: everything.said[id] for id in ids[:7:3]}
    assert said_of(level, judge.log, ids[3:4]) == {"e03": everything.said["e03"]}  # cem judged it with all others


def test_kappa_equals_scikit_learn_s(judge):
    rng = np.random.default_rng(1)
    tags = ["right", "outlier", "duplicate"]
    first, second = rng.choice(tags, 40), rng.choice(tags, 40)
    second[:25] = first[:25]
    verdicts = [
        (who, f"e{k:02d}", tag) for who, some in (("anna", first), ("ben", second)) for k, tag in enumerate(some)
    ]
    (found,) = judge("rows", *verdicts).agreements
    assert (found.people, found.n, found.n_same) == (("anna", "ben"), 40, int((first == second).sum()))
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_is_not_known_where_chance_alone_agrees(judge):
    (found,) = judge("rows", ("anna", "e00", "right"), ("ben", "e00", "hard")).agreements
    assert (found.n, found.n_same) == (1, 1)
    assert math.isnan(found.kappa)


def test_boxes_are_the_same_at_one_place_and_a_third_person_settles_them(judge):
    found = judge(
        "boxes",
        ("anna", "off.png#g1", "moved", "cell [10, 10, 60, 60]"),
        ("ben", "off.png#g1", "moved", "cell [10, 10, 60, 61]"),
        ("anna", "confused.png#g1", "removed"), ("ben", "confused.png#g1", "moved", "dust [10, 10, 30, 30]"),
    )  # fmt: skip
    assert found.disputed == ("confused.png#g1",)
    anna, ben = found.said["confused.png#g1"]
    assert anna.thing is None
    assert (ben.thing.label, ben.thing.xyxy) == ("dust", (10, 10, 30, 30))
    assert judge("boxes", ("carl", "confused.png#g1", "removed")).disputed == ()
