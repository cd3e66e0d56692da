import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app import bars, theme
from app.wire.distribution import Headline, edges, headline_column, placed
from hem_core.store.atomic import write_table
from hem_core.store.run import open_run

LOSS = Headline("loss", "loss", "nats", is_log=True)
CHANCE = Headline("error_prob", "probability of an error", "probability", is_log=False)


def with_column(folder, name, values):
    place = folder / "runs" / "tiny" / "scores.parquet"
    table = pq.read_table(place)
    if name in table.column_names:
        table = table.drop_columns([name])
    write_table(place, table if values is None else table.append_column(name, pa.array(values, pa.float32())))
    return open_run(folder / "runs" / "tiny")


def test_a_run_is_headed_by_the_probability_of_an_error_else_by_the_loss_on_a_log_axis(workspace, calibrated, tmp_path):
    old = open_run(workspace() / "runs" / "tiny")
    assert headline_column(old.examples) == LOSS
    shutil.rmtree(tmp_path / "w")
    assert headline_column(open_run(calibrated() / "runs" / "tiny").examples) == CHANCE


@pytest.mark.parametrize("values", [[0.5] * 60, [float("nan")] * 60, [None] * 60, [float("inf")] * 60])
def test_a_column_without_two_different_values_is_passed_over(workspace, values):
    assert headline_column(with_column(workspace(), "error_prob", values).examples) == LOSS


def test_a_run_with_difficulty_alone_is_still_drawn_and_one_without_any_score_is_not(workspace):
    folder = workspace()
    for name in ("loss", "margin"):
        with_column(folder, name, None)
    assert headline_column(open_run(folder / "runs" / "tiny").examples).column == "difficulty"
    assert headline_column(with_column(folder, "difficulty", None).examples) is None


def test_a_loss_of_zero_stands_in_the_first_bin_of_its_log_axis():
    values = pd.Series([0.0, 0.01, 0.1, 1.0, float("nan"), float("inf")], name="loss")
    found = edges(values, LOSS, bins=2)
    np.testing.assert_allclose(found, [0.01, 0.1, 1.0])
    assert np.histogram(placed(values, found), found)[0].tolist() == [2, 2]


def test_a_log_axis_spans_one_to_seven_powers_of_ten():
    assert edges(pd.Series([1e-30, 1.0], name="loss"), LOSS)[0] == pytest.approx(1e-7)
    assert edges(pd.Series([0.9, 1.0], name="loss"), LOSS)[0] == pytest.approx(0.1)


def test_a_probability_is_drawn_over_zero_to_one():
    assert edges(pd.Series([0.2, 0.3]), CHANCE)[[0, -1]].tolist() == [0, 1]


def test_every_example_is_in_a_bar_and_the_wrong_ones_are_apart():
    table = pd.DataFrame({"loss": [0.0, 1e-3, 0.5, 2.0], "error": [0, 0, None, 1]})
    right, wrong = bars.histogram(table, LOSS).data
    assert (right.y.sum(), wrong.y.sum()) == (2, 2)


def test_where_one_bin_dwarfs_the_others_the_counts_stand_on_a_log_axis_side_by_side():
    values = [0.01] * 900 + [0.3] * 3 + [0.6] * 2 + [0.9]
    skewed = bars.histogram(pd.DataFrame({"error_prob": values, "error": [0] * 903 + [1] * 3}), CHANCE)
    assert (skewed.layout.yaxis.type, skewed.layout.barmode) == ("log", "overlay")
    assert [sum(trace.y) for trace in skewed.data] == [903, 3]
    assert np.all(skewed.data[0].x < skewed.data[1].x)
    even = bars.histogram(pd.DataFrame({"error_prob": [0.1, 0.5, 0.9], "error": [0.0] * 3}), CHANCE)
    assert (even.layout.yaxis.type, even.layout.barmode) == (None, "stack")


def test_overview_draws_the_chance_of_an_error_and_no_flat_percentile(show, calibrated):
    test = show(calibrated(), "overview")
    said = "\n".join(element.value for element in test.markdown)
    assert "**Probability of an error** · 60 examples" in said
    assert "**Difficulty**" not in said
    spec = json.loads(test.get("plotly_chart")[0].proto.spec)
    assert spec["layout"]["xaxis"]["title"]["text"] == "probability of an error"


def test_reasons_of_other_tasks_follow_those_that_have_a_place():
    assert theme.in_order(["missed", "easy", "confused", "mislabelled"]) == [
        "mislabelled",
        "easy",
        "confused",
        "missed",
    ]
