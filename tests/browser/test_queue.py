"""Which example of Review comes next, and what is fetched ahead of it."""

import pytest

ROWS = [10, 11, 12, 13]


@pytest.mark.parametrize(
    ("judged", "start", "place"),
    [([], -1, 0), ([10], -1, 1), ([11], 0, 2), ([12, 13], 1, 0), ([10, 12, 13], 1, 1), (ROWS, 1, 4)],
)
def test_the_next_open_one_lies_ahead_or_else_at_the_beginning(evaluate, judged, start, place):
    expression = "m.nextOpen(v.rows, v.start, (row) => v.judged.includes(row))"
    assert evaluate("review/queue.js", expression, rows=ROWS, judged=judged, start=start) == place


@pytest.mark.parametrize(
    ("at", "judged", "soon"),
    [(0, [], [10, 11, 12, 13]), (1, [11, 12], [11, 10, 13]), (3, [], [13, 12]), (4, ROWS, [13])],
)
def test_this_one_the_one_before_and_the_open_ones_ahead_come(evaluate, at, judged, soon):
    expression = "m.coming(v.rows, v.at, (row) => v.judged.includes(row))"
    assert evaluate("review/queue.js", expression, rows=ROWS, at=at, judged=judged) == soon


def test_no_more_than_twenty_come(evaluate):
    rows = list(range(100))
    assert evaluate("review/queue.js", "m.coming(v.rows, 50, () => false)", rows=rows) == [50, 49, *range(51, 69)]


@pytest.mark.parametrize(
    ("n", "missing", "current", "batch"),
    [
        (20, list(range(20)), 0, [0, 1, 2]),  # somebody waits
        (20, list(range(1, 20)), 0, list(range(1, 13))),
        (20, [15, 16, 17, 18, 19], 0, []),  # not yet worth a request
        (20, [14, 15, 16, 17, 18, 19], 0, [14, 15, 16, 17, 18, 19]),
        (5, [4], 0, [4]),  # the end of the queue: no more will come
        (20, [], 0, []),
    ],
)
def test_examples_are_fetched_in_batches_and_few_when_somebody_waits(evaluate, n, missing, current, batch):
    expression = "m.batchOf(v.soon, v.current, (row) => v.missing.includes(row))"
    found = evaluate("review/queue.js", expression, soon=list(range(n)), current=current, missing=missing)
    assert found == batch


def test_the_pace_is_the_mean_of_the_last_twenty(evaluate):
    assert evaluate(
        "review/queue.js", "[m.pace([]), m.pace([2000, 4000]), m.pace(v.many)]", many=[9e9, *[1000] * 20]
    ) == [
        None,
        3,
        1,
    ]


def test_what_is_done_in_a_queue_counts_also_where_its_row_was_not_sent(run_js):
    found = run_js("review/queue.js", """
      const isDone = (row) => row < 3;
      return [
        m.progress([1, 2, 3, 4], isDone, { n: 20, n_done_beyond: 5 }), m.progress([1, 3], isDone, { n: 2 }),
        m.progress([1, 2, 3], isDone, { n: 2, n_done_beyond: 1 }), m.progress([1, 3], isDone, { n: null }),
      ];
    """)  # fmt: skip
    done = [{"n": 20, "done": 7}, {"n": 2, "done": 1}, {"n": 3, "done": 3}, {"n": None, "done": 1}]
    assert found == done
