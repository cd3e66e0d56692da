"""The sample of an audit: the same in every process, blind to what was judged before, and kept in the tag log."""

import json

import numpy as np
import pandas as pd
import pytest

from hem_core.labels.audit import PILOT
from hem_core.labels.audit_sample import frame, standing
from hem_core.runs.score import score
from hem_core.store.answers import answers
from hem_core.store.tags import open_tags
from hem_core.store.workspace import open_workspace

N = 400


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A run over 400 predictions."""
    folder, chance = tmp_path_factory.mktemp("audit"), np.random.default_rng(0)
    target = chance.integers(0, 4, N)
    logits = chance.normal(size=(N, 4)) + 2 * np.eye(4)[target]
    table = pd.DataFrame({"id": [f"x{k}" for k in range(N)], "label": target})
    table["logits"] = list(logits.astype(np.float32))
    table.to_parquet(folder / "predictions.parquet")
    score(None, folder / "predictions.parquet", out=folder / "w" / "runs" / "run", has_map=False, has_probes=False)
    return folder / "w"


@pytest.fixture
def level(scored, tmp_path):
    """The level, the ids, and a log of one's own."""
    found = open_workspace(scored).run("run").examples
    return found, pd.Index(found.table(["id"])["id"]), open_tags(tmp_path / "tags.sqlite")


def stand(level, ids, log, drawn_from):
    state = log.state(level.data)
    verdicts = state.loc[state["n"] == 1, :].set_index("id")
    return standing(drawn_from, ids, verdicts, log.audited(level.data, drawn_from.key))


def judge(log, level, ids, rows, found, tag="right"):
    for row in rows:
        log.add(level.data, [ids[row]], tag, who="ann", rule=json.dumps({"audit": found.key}))


def test_the_same_seed_draws_the_same_rows_and_another_one_others(level):
    opened, _ids, _log = level
    one, same, other = frame(opened), frame(opened), frame(opened, seed=1)
    assert one.key == same.key != other.key
    assert [rows.tolist() for rows in one.order] == [rows.tolist() for rows in same.order]
    assert one.order[0].tolist() != other.order[0].tolist()
    assert sorted(np.concatenate(one.order).tolist()) == list(range(N))
    assert [len(rows) for rows in one.order] == [200, 100, 60, 28, 12]
    assert one.by == "difficulty"
    assert all(low <= high for low, high in one.ranges)


def test_an_audit_resumes_where_it_was_and_nothing_comes_twice(level):
    opened, ids, log = level
    found = frame(opened)
    first = stand(opened, ids, log, found)
    assert first.n_drawn == 0
    assert not first.is_enough(1.0)
    rows = first.rows(5 * PILOT)
    assert np.bincount(found.bin_of[rows]).tolist() == [PILOT] * 5
    judge(log, opened, ids, rows[:7], found)
    assert stand(opened, ids, log, found).rows(5 * PILOT - 7) == rows[7:]
    judge(log, opened, ids, rows[7:], found)
    done = stand(opened, ids, log, found)
    assert done.n_drawn == 5 * PILOT
    assert done.is_pilot_done
    assert not set(done.rows(N)) & set(rows)
    assert len(done.rows(10 * N)) == N - 5 * PILOT
    assert done.is_enough(0.2)
    assert not done.is_enough(0.001)


def test_verdicts_outside_of_the_audit_count_as_themselves_and_are_not_drawn(level):
    opened, ids, log = level
    found = frame(opened)
    hardest = found.order[-1].tolist()
    log.add(opened.data, [ids[hardest[0]]], "mislabelled", who="ben")
    judge(log, opened, ids, hardest[1:3], found, "mislabelled")
    judge(log, opened, ids, hardest[3:5], found)
    log.add(opened.data, ids[found.order[0]], "right", who="ben")  # many at once: nobody looked at each
    now = stand(opened, ids, log, found)
    assert (now.bins[-1].drawn, now.bins[-1].wrong, now.bins[-1].known, now.bins[-1].known_wrong) == (4, 2, 1, 1)
    assert now.bins[0].known == now.bins[0].drawn == 0
    assert hardest[0] not in now.rows(N)


def test_what_is_undone_or_skipped_is_no_answer(level):
    opened, ids, log = level
    found = frame(opened)
    rows = stand(opened, ids, log, found).rows(3)
    judge(log, opened, ids, rows[:1], found, "skip")
    judge(log, opened, ids, rows[1:], found)
    log.undo(opened.data, who="ann")
    now = stand(opened, ids, log, found)
    assert (now.n_drawn, now.n_open, now.done.tolist()) == (1, 1, sorted(rows[:2]))
    assert rows[2] in now.rows(5)


def test_another_verdict_later_changes_the_answer_and_not_the_sample(level):
    opened, ids, log = level
    found = frame(opened)
    rows = stand(opened, ids, log, found).rows(2)
    judge(log, opened, ids, rows, found)
    log.add(opened.data, [ids[rows[0]]], "mislabelled", who="ben")
    now = stand(opened, ids, log, found)
    assert (now.n_drawn, sum(one.wrong for one in now.bins)) == (2, 1)


def test_the_estimate_is_close_to_the_truth_and_its_interval_holds_it(level):
    opened, ids, _log = level
    found, chance = frame(opened), np.random.default_rng(1)
    is_wrong = chance.random(N) < np.array([0.0, 0.05, 0.1, 0.3, 0.6])[found.bin_of]
    tags = pd.DataFrame({"tag": np.where(is_wrong, "mislabelled", "right")}, index=ids)
    assert np.nansum(answers(ids, tags)) == is_wrong.sum()
    drawn, now = [], standing(found, ids, tags.head(0), [])
    while not now.is_enough(0.03):
        drawn += now.rows(20)
        now = standing(found, ids, tags.iloc[drawn], ids[drawn])
    assert now.share.low <= is_wrong.mean() <= now.share.high
    assert now.share.share == pytest.approx(is_wrong.mean(), abs=0.03)
    assert now.n_drawn < 300
    assert now.label_errors().source == "audit"
