"""Two runs of a detector on the same scenes: what a reader finds fixed and regressed, box by box."""

import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scenes

import hem_core
from app.views.compare import comparison, tiles
from app.views.compare import together as compare_together
from hem_core.errors import DataError
from hem_core.runs.together import together
from hem_core.store.atomic import write_table


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return scenes.two_runs(tmp_path_factory.mktemp("boxes"))


@pytest.fixture
def runs(workspace):
    return [hem_core.open_run(workspace / "runs" / name) for name in ("first", "later")]


@pytest.fixture
def found(runs):
    return comparison.compare(*(run.level("boxes") for run in runs))


def test_fixed_and_regressed_are_boxes_false_positives_included(found):
    flows = {
        name: set(rows["id_before"].fillna(rows["id"])) for name, rows in found.table.groupby("flow", observed=True)
    }
    assert flows == {
        "fixed": {"missed.png#g1", "false.png#p1", "right.png#p2"},
        "regressed": {"right.png#g1", "empty.png#p1"},
        "still wrong": {"confused.png#g1", "off.png#g1"},
        "still right": {"crowd.png#g2", "right.png#g2"},
    }
    words = found.table.set_index("id")[["outcome_before", "outcome_after"]].fillna("nothing")
    assert words.loc["missed.png#g1"].tolist() == ["missed", "right"]
    assert words.loc["empty.png#p1"].tolist() == ["nothing", "false positive"]


def test_what_is_gone_leads_to_the_run_before_and_all_else_to_the_run_after(found, runs):
    chosen = found.chosen("fixed", None, [])
    assert found.rule("fixed", None, chosen) == ({"all": [{"rows": ["missed.png#g1"]}]}, 1)
    rule, n = found.rule_before(chosen)
    assert (set(rule["all"][0]["rows"]), n) == ({"false.png#p1", "right.png#p2"}, 2)
    assert len(runs[0].level("boxes").rows(rule)) == 2
    html = tiles.tiles(*(run.level("boxes") for run in runs), chosen)
    assert html.count("run=first") == 2
    assert html.count("run=later") == 1


def test_both_runs_are_measured_on_the_same_images(runs):
    found = together(*runs, n_resamples=20)
    head = found.differences()[0]
    stored = [run.info["metrics"][0]["value"] for run in runs]
    assert (head.measure.name, found.n) == ("mAP50", 7)
    assert [head.before, head.after] == pytest.approx(stored)
    some = together(*runs, ids={"missed.png"}, n_resamples=2).differences()[0]
    assert (some.before, some.after) == pytest.approx((0, 1))
    assert compare_together.verdict(some, 1) == "mAP50 +100.0 points, one example: no interval."
    with pytest.raises(DataError, match="share no example"):
        together(*runs, ids=set())


def test_the_page_speaks_of_map_on_both_levels_and_leads_from_images_to_boxes(show, workspace):
    test = show(workspace, "compare", run="later", against="first")
    assert not test.exception
    assert test.metric[0].label.startswith("mAP50 before")
    said = "\n".join(str(one.value) for one in (*test.markdown, *test.caption)).replace("\\", "")
    assert "**Boxes**: 3 fixed, 2 regressed" in said
    assert "7 examples resampled in pairs" in said
    assert "Accuracy" not in said
    test = next(one for one in test.button if one.label == "Compare the boxes").click().run()
    assert not test.exception
    said = "\n".join(str(one.value) for one in (*test.markdown, *test.caption)).replace("\\", "")
    assert "**2** of 9 · regressed: right before, wrong after" in said
    assert "a prediction where nothing is given is wrong from a confidence of .5 on" in said


def test_a_run_whose_image_errors_are_on_another_scale_is_said_to_be_older(show, workspace, tmp_path):
    folder = shutil.copytree(workspace, tmp_path / "w")
    path = folder / "runs" / "first" / "scores.parquet"
    table = pq.read_table(path)
    older = pa.array(np.sqrt(table["error"].to_numpy()).astype("f4") / 2)
    write_table(path, table.set_column(table.column_names.index("error"), "error", older))
    (warning,) = show(folder, "compare", run="later", against="first").warning
    assert "first was scored by an older version" in warning.value
    assert "compare the boxes" in warning.value
    assert not show(folder, "compare", run="later", against="first", level="boxes").warning
