import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from hem_core.cli import hem as command
from hem_core.errors import DataError, RunError
from hem_core.retrain.groups import MOST_WEIGHT, UPWEIGHT, Groups, group_weights, groups_of
from hem_core.retrain.groups_proposal import far_behind, proposal
from hem_core.retrain.report.by_group import by_group, sentence
from hem_core.retrain.report.measures import LEAST_CLASS
from hem_core.retrain.report.test_predictions import class_predictions
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.runs import weak_slices
from hem_core.slices.find import Slices
from hem_core.store.run import open_run

CLASSES = ("cat", "dog")


def table(**columns):
    return pa.table({"id": [str(row) for row in range(len(next(iter(columns.values()))))], **columns})


def test_a_group_is_a_class_and_a_value_and_a_test_without_the_column_has_none():
    train = table(side=["left", "left", "right", None]), np.array([0, 1, 1, -1])
    groups = groups_of("side", CLASSES, train, (table(side=["right", "up"]), np.array([0, 1])))
    names = [groups.names[at] for at in groups.train[:3]]
    assert names == ["cat · side is left", "dog · side is left", "dog · side is right"]
    assert groups.train[3] == -1
    assert [groups.names[at] for at in groups.test] == ["cat · side is right", "dog · side is up"]
    without = groups_of("side", CLASSES, train, (table(other=["x"]), np.array([0])))
    assert without.test.tolist() == [-1]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("sid", ["a", "b"], "no column 'sid' to group by; there are: side"),
        ("id", ["a", "b"], "no column 'id' to group by"),
        ("side", ["a", "a"], "has 1 different values; groups need 2 to 20"),
        ("side", [[1], [2]], "'side' holds lists, which name no groups"),
    ],
)
def test_a_column_that_names_no_groups_is_refused(column, values, words):
    part = table(side=values), np.array([0, 1])
    with pytest.raises(DataError, match=words):
        groups_of(column, CLASSES, part, part)


def test_every_group_weighs_the_same_and_what_is_wrong_more_in_it():
    groups = Groups("side", ["a", "b"], np.array([0, 0, 0, 1]), np.zeros(0, np.int64))
    even = group_weights(groups, np.zeros(4, bool))
    assert even.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    wrong = group_weights(groups, np.array([True, False, False, False]))
    assert wrong[0] / wrong[1] == pytest.approx(UPWEIGHT)
    assert wrong[:3].sum() == pytest.approx(wrong[3])
    assert wrong.mean() == pytest.approx(1)
    assert groups.is_rare.tolist() == [False, True]


@pytest.mark.parametrize("sizes", [(9999, 1), (990, 7, 3), (995, 5)])
def test_no_example_weighs_more_than_the_bound_and_the_mean_stays_one(sizes):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    groups = Groups("side", [str(k) for k in range(len(sizes))], codes, np.zeros(0, np.int64))
    found = group_weights(groups, np.arange(len(codes)) % 3 == 0)
    assert found.max() == pytest.approx(MOST_WEIGHT)
    assert found.mean() == pytest.approx(1)
    assert found.min() > 0


def test_the_worst_group_of_each_arm_is_compared_and_the_controls_worst_comes_first():
    targets, codes = np.zeros(40, np.int64), np.repeat([0, 1], 20)
    wrong = {"control": np.arange(40) >= 30, "curated": np.arange(40) % 4 == 0}  # 50% of b; 25% of each
    arms = {arm: [class_predictions(np.stack([~is_wrong, is_wrong], axis=1) * 4.0, targets)] for arm, is_wrong in
            wrong.items()}  # fmt: skip
    found = by_group(arms, codes, ["a", "b"])
    assert [row["label"] for row in found["rows"]] == ["b", "a"]
    worst = found["worst"]
    assert [worst["arms"][arm]["mean"] for arm in ("control", "curated")] == [50, 75]
    assert worst["difference"]["curated - control"]["mean"] == 25
    low, high = (found["rows"][0]["arms"]["control"][end] for end in ("low", "high"))
    assert low < 50 < high
    assert sentence(found).startswith("Accuracy on the worst group: 75.0% in curated, 50.0% in control: +25.00 points")
    assert by_group(arms, np.full(40, -1), ["a", "b"]) is None


def test_a_group_of_a_few_test_examples_is_not_the_worst_and_stands_last():
    targets, codes = np.zeros(43, np.int64), np.repeat([0, 1, 2], [20, 20, 3])
    is_wrong = np.arange(43) >= 35  # a quarter of b, and all three of c
    arms = {arm: [class_predictions(np.stack([~is_wrong, is_wrong], axis=1) * 4.0, targets)]
            for arm in ("control", "curated")}  # fmt: skip
    found = by_group(arms, codes, ["a", "b", "c"])
    assert [row["label"] for row in found["rows"]] == ["b", "a", "c"]
    assert found["worst"]["arms"]["control"]["mean"] == found["rows"][0]["arms"]["control"]["mean"] == 75


@pytest.mark.slow
def test_a_column_of_many_values_is_not_proposed(workspace):
    run = open_run(workspace / "runs" / "blobs")
    rule = {"all": [{"column": "id", "in": [run.table(["id"])["id"].iloc[0]]}]}
    weak_slices.write(slices_of(("id is one", 40, 0.6, 0.4, 0.7, 4.0, rule)), run.folder / "slices.parquet")
    assert far_behind(run) is None


def slices_of(*rows):
    names = ["name", "n", "error_rate", "low", "high", "ratio", "rule"]
    found = pd.DataFrame(rows, columns=names)
    return Slices(found.assign(rows=[np.zeros(0)] * len(found)), None, 100, "wrong")


FAR = ("side is left", 40, 0.6, 0.4, 0.7, 4.0, {"all": [{"column": "side", "in": ["left"]}]})
NEAR = ("side is right", 40, 0.3, 0.2, 0.4, 2.0, {"all": [{"column": "side", "in": ["right"]}]})
OF_CLASS = ("label is ant", 40, 0.9, 0.8, 0.95, 6.0, {"all": [{"column": "label", "in": ["ant"]}]})


@pytest.mark.slow
def test_a_slice_far_behind_is_proposed_by_the_column_that_it_is_of(workspace):
    run = open_run(workspace / "runs" / "blobs")
    weak_slices.write(slices_of(OF_CLASS, FAR), run.folder / "slices.parquet")
    assert far_behind(run)[0] == "side"
    assert "“side is left” is far behind: 60% of its 40 examples are wrong, 4.0 times" in proposal(run, "weights")
    assert proposal(run, "groups") is None
    weak_slices.write(slices_of(OF_CLASS, NEAR), run.folder / "slices.parquet")
    assert far_behind(run) is None


@pytest.mark.slow
def test_with_a_group_the_report_begins_with_the_groups(workspace, make_set):
    make_set(truth=False)
    weak_slices.write(slices_of(FAR), workspace / "runs" / "blobs" / "slices.parquet")
    words = ["retrain", str(workspace), "--set", "hard", "--train", "my_training:train", "--seeds", "2", "--force"]
    planned = CliRunner().invoke(command, [*words, "--dry-run"])
    assert "trains for the worst group. To take it: --recipe groups" in " ".join(planned.output.split())
    done = CliRunner().invoke(command, [*words, "--group", "side"])
    assert done.exit_code == 0, done.output
    assert done.output.index("side is left") < done.output.index("balanced accuracy")
    found = retrain(workspace, Settings("hard", "my_training:train", seeds=2, group="side", force=True))
    plan, report = found.plan, found.report
    assert (plan["recipe"]["name"], plan["groups"]["column"], plan["target"]["how"]) == ("groups", "side", "groups")
    assert "proposal" not in plan
    assert report["verdict"]["sentences"][1].startswith("Accuracy on the worst group:")
    page = found.html.read_text()
    assert page.index("<h2>Groups") < page.index("<h2>Curated against control")
    worst = min(row["arms"]["control"]["mean"] for row in report["groups"]["rows"] if row["n"] >= LEAST_CLASS)
    assert report["groups"]["rows"][0]["arms"]["control"]["mean"] == worst
    assert report["identical"] == []  # at random the weights are others


@pytest.mark.slow
def test_groups_without_a_column_are_those_of_the_slice_and_are_refused_where_none_is_far_behind(workspace, make_set):
    make_set(truth=False)
    asked = Settings("hard", "my_training:train", seeds=1, recipe="groups", force=True)
    weak_slices.write(slices_of(NEAR), workspace / "runs" / "blobs" / "slices.parquet")
    with pytest.raises(RunError, match="no slice of the run is far behind"):
        retrain(workspace, asked)
    weak_slices.write(slices_of(FAR), workspace / "runs" / "blobs" / "slices.parquet")
    assert retrain(workspace, asked).plan["groups"]["column"] == "side"


def test_a_group_belongs_to_the_recipe_groups():
    with pytest.raises(RunError, match="--group names the groups of --recipe groups; with --recipe mix leave it out"):
        Settings("hard", "m:f", recipe="mix", group="side")
