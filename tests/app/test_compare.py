import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from app.views.compare import comparison, flows, tiles
from hem_core.errors import DataError
from hem_core.store.atomic import write_json, write_table
from hem_core.store.workspace import open_workspace

STILL_WRONG, REGRESSED = ["e00", "e10", "e20"], ["e05", "e15"]
FIXED = ["e30", "e40", "e50"]


@pytest.fixture
def two_runs(workspace, add_run):
    return add_run(workspace(), "later")


def both(folder, *names):
    home = open_workspace(folder)
    return comparison.compare(*(home.run(name).examples for name in names or ("tiny", "later")))


def texts(test):
    kinds = ("markdown", "caption", "text", "warning", "error", "info", "subheader", "code")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind)).replace("\\", "")


def click(test, label):
    return next(one for one in test.button if one.label.startswith(label)).click().run()


def address(test, name):
    value = test.query_params[name]
    return value[0] if isinstance(value, list) else value


def test_three_fixed_two_regressed_three_still_wrong_one_newly_hard(two_runs):
    found = both(two_runs)
    assert found.counts == {"fixed": 3, "regressed": 2, "still wrong": 3, "newly hard": 1, "still right": 51}
    assert found.table.loc[found.table["flow"] == "newly hard", "id"].tolist() == ["e01"]
    assert (found.accuracy_before, found.accuracy_after) == (54 / 60, 55 / 60)


def test_the_chosen_part_is_the_flow_the_class_and_the_bins_worst_first(two_runs):
    found = both(two_runs)
    assert found.chosen("fixed", None, [])["id"].tolist() == ["e50", "e40", "e30"]
    assert found.chosen("fixed", "cat", [])["id"].tolist() == ["e30"]  # 30 = 0 mod 3
    bin_of = found.table.set_index("id")["bin"]
    assert found.chosen(None, None, [int(bin_of["e01"])])["id"].tolist() == ["e01"]
    assert bin_of["e01"] == 1 * comparison.BINS + 39  # 2.5 before, 99.2 after; a bin is 2.5 wide


def test_the_rule_names_the_ids_or_the_others_whichever_are_fewer(two_runs):
    found, later = both(two_runs), open_workspace(two_runs).run("later")
    assert found.rule("fixed", None, found.chosen("fixed", None, [])) == ({"all": [{"rows": ["e50", "e40", "e30"]}]}, 3)
    assert found.rule(None, None, found.chosen(None, None, [])) == ({"all": []}, 60)
    rule, n = found.rule("still right", None, found.chosen("still right", None, []))
    assert rule["all"][0] == {"column": "is_correct", "in": [True]}
    assert sorted(rule["all"][1]["not"]["rows"]) == ["e01", *FIXED]
    assert (len(later.rows(rule)), n) == (51, 51)
    rule, n = found.rule("still wrong", "cat", found.chosen("still wrong", "cat", []))  # e00 wrong in both, e15 after
    assert (rule, n) == ({"all": [{"rows": ["e00"]}]}, 1)


def test_a_rule_over_too_many_ids_names_the_worst_of_them(two_runs, monkeypatch):
    found = both(two_runs)
    monkeypatch.setattr(comparison, "LONGEST", 25)  # "e50" is 3 letters, 2 quotes of 3 in an address, a comma of 3
    assert found.rule("fixed", None, found.chosen("fixed", None, [])) == ({"all": [{"rows": ["e50", "e40"]}]}, 2)


def test_classes_stand_with_the_largest_loss_first(two_runs):
    table = comparison.classes(both(two_runs).table)
    assert table["difference"].is_monotonic_increasing
    row = table.set_index("label").loc["cat"]  # e15 regressed, e30 fixed; e00 stays wrong
    assert (row["n"], row["fixed"], row["regressed"], row["difference"]) == (20, 1, 1, 0)
    assert row["accuracy_before"] == 18 / 20


def test_mcnemar_is_said_in_words():
    assert comparison.verdict(0, 0).startswith("None is fixed and none regressed")
    assert "10 fixed, 0 regressed: after is better" in comparison.verdict(10, 0)
    assert "about once in 500 (exact McNemar test, p = 0.002)" in comparison.verdict(10, 0)  # 2 / 1024
    assert "0 fixed, 6 regressed: after is worse" in comparison.verdict(0, 6)
    assert "3 times in 100" in comparison.verdict(0, 6)  # 2 / 64
    assert "no clear difference" in comparison.verdict(5, 0)  # 2 / 32
    assert "less than once in 10,000" in comparison.verdict(100, 0)


def test_examples_in_one_run_alone_and_other_labels_are_counted(two_runs):
    home = two_runs / "runs" / "later"
    table = pq.read_table(home / "scores.parquet").to_pandas()
    table.loc[2, "label"] = "cat"
    for name in ("scores", "catalog", "projection"):
        whole = table if name == "scores" else pq.read_table(home / f"{name}.parquet").to_pandas()
        write_table(home / f"{name}.parquet", whole.iloc[:50])
    write_json(home / "run.json", {**json.loads((home / "run.json").read_text()), "n": 50})
    found = both(two_runs)
    assert (found.n, found.only_before, found.only_after, found.relabelled) == (50, 10, 0, 1)


def test_a_run_that_knows_no_right_or_wrong_is_refused(two_runs):
    home = two_runs / "runs" / "later"
    table = pq.read_table(home / "scores.parquet").to_pandas().drop(columns="is_correct")
    write_table(home / "scores.parquet", table)
    with pytest.raises(DataError, match="run 'later' does not say which predictions are right"):
        both(two_runs)


def test_comparable_are_the_other_runs_over_the_same_data_the_next_older_first(two_runs, add_run):
    add_run(two_runs, "latest", created="2026-03-01T00:00:00Z")
    add_run(two_runs, "elsewhere", data={"name": "other", "source": "npz"})
    add_run(two_runs, "growing", status="running")
    home = open_workspace(two_runs)
    assert [run.name for run in comparison.comparable(home.run("later"), home.runs())] == ["tiny", "latest"]


def test_the_page_puts_the_newest_run_after_and_shows_what_regressed(show, two_runs):
    test = show(two_runs, "compare", run="later")
    assert not test.exception
    assert [metric.value for metric in test.metric] == ["90.0%", "91.7%"]
    assert test.metric[1].delta == "+1.7 points of 60 examples"
    said = texts(test)
    assert "3 fixed, 2 regressed: no clear difference" in said
    assert "**2** of 60 · regressed: right before, wrong after" in said
    assert address(test, "against") == "tiny"


def test_the_address_carries_both_runs_and_the_cell(show, two_runs):
    test = show(two_runs, "compare", run="tiny", against="later", cell="fixed")
    assert [metric.value for metric in test.metric] == ["91.7%", "90.0%"]
    assert "**2** of 60 · fixed: wrong before, right after" in texts(test)


def test_swapping_turns_fixed_into_regressed(show, two_runs):
    test = click(show(two_runs, "compare", run="later", cell="fixed"), "Swap")
    assert (address(test, "run"), address(test, "against")) == ("tiny", "later")
    assert "**2** of 60 · fixed" in texts(test)


def test_open_in_explore_and_review_take_the_ids_along(show, two_runs):
    test = click(show(two_runs, "compare", run="later"), "Open in Explore")
    assert json.loads(address(test, "rule")) == {"all": [{"rows": ["e15", "e05"]}]}
    assert test.session_state["hem_kept_went_to"] == "explore"
    test = click(show(two_runs, "compare", run="later", cell="fixed"), "Review these 3")
    assert json.loads(address(test, "rule")) == {"all": [{"rows": ["e50", "e40", "e30"]}]}
    assert (address(test, "queue"), test.session_state["hem_kept_went_to"]) == ("filter", "review")


def test_a_run_alone_says_how_to_make_another(show, whole_workspace):
    said = texts(show(whole_workspace, "compare"))
    assert "No other complete run is over the data 'tiny-data'" in said
    assert "--name tiny-data" in said


@pytest.mark.slow
def test_a_run_seen_in_training_against_one_not_seen_is_no_fair_race(show, workspace, add_run):
    folder = add_run(workspace(), "later", sample="out-of-sample")
    assert "tiny is in-sample, later is out-of-sample" in texts(show(folder, "compare", run="later"))


def test_difficulties_of_two_definitions_are_not_compared_in_silence(show, workspace, add_run):
    folder = add_run(
        workspace(headline={"difficulty": "How."}), "later", headline={"difficulty": "So.", "version": "2"}
    )
    said = texts(show(folder, "compare", run="later"))
    assert "The difficulty of tiny is of an older definition" in said
    add_run(folder, "last", headline={"difficulty": "So.", "version": "2"})
    assert "older definition" not in texts(show(folder, "compare", run="last", against="later"))


def test_a_name_from_the_address_that_is_no_comparable_run_is_said(show, two_runs):
    said = texts(show(two_runs, "compare", run="later", against="gone"))
    assert "gone is not a run over the data of later; comparing with tiny" in said


def test_tiles_show_text_of_the_data_as_text_and_link_to_the_example(two_runs, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(two_runs))
    found = both(two_runs)
    html = tiles.tiles(
        *(open_workspace(two_runs).run(name).examples for name in ("tiny", "later")), found.chosen("fixed", None, [])
    )
    assert "<b>fox</b>" not in html
    assert "&lt;b&gt;fox&lt;/b&gt;" in html
    assert html.count("data:image/webp;base64,") == 3
    assert "%22rows%22%3A%20%5B%22e50%22%5D" in html


def test_the_matrix_gives_the_flow_of_each_field_and_the_density_its_bins():
    counts = {"fixed": 3, "regressed": 2, "still wrong": 3, "newly hard": 1, "still right": 51}
    chart = flows.matrix(counts, "fixed")
    assert list(chart.data[0].customdata) == list(flows.PLACES)
    assert {note.text.split("<b>")[1].split("</b>")[0] for note in chart.layout.annotations} == {"3", "2", "1", "51"}
    table = pd.DataFrame({"bin": [0, 0, 41, -1], "flow": ["fixed", "still right", "fixed", "fixed"]})
    others, chosen = flows.density(table, "fixed").data
    assert (list(others.x), list(others.y), list(others.customdata)) == ([1.25], [1.25], [1])
    assert (list(chosen.x), list(chosen.y), list(chosen.customdata)) == ([1.25, 3.75], [1.25, 3.75], [1, 1])
    every = [{"x": x, "y": y} for x, y in zip(chosen.x, chosen.y, strict=True)]
    assert flows.bins_of([*every, *every]) == [0, 41]


def test_every_bin_of_the_density_is_found_again_from_its_mark():
    n = comparison.BINS**2
    (marks,) = flows.density(pd.DataFrame({"bin": range(n), "flow": "fixed"}), None).data
    assert flows.bins_of([{"x": x, "y": y} for x, y in zip(marks.x, marks.y, strict=True)]) == list(range(n))


@pytest.fixture
def arms(workspace, add_run):
    """A complete retraining that shows no difference over two seeds, and the runs of its first seed: 3 fixed of 60."""
    folder = workspace()
    home = folder / "retrains" / "hard-v1"
    for name in ("control", "curated"):
        add_run(folder, f"hard-v1-{name}", data={"name": "tiny-data-test", "source": "npz"}, sample="out-of-sample")
    write_table(
        folder / "runs" / "hard-v1-control" / "scores.parquet",
        pq.read_table(folder / "runs" / "tiny" / "scores.parquet"),
    )
    write_json(home / "plan.json", {"format_version": 1, "arms": ["control", "curated"], "seeds": [0, 1]})
    report = {
        "verdict": {"word": "no difference shown", "sentences": ["No difference shown: within chance."], "rules": []},
        "table": [
            {"measure": "accuracy", "difference": {"curated - control": {"mean": 0.25, "low": -1.5, "high": 2.0}}}
        ],
        "flow": {name: {"mean": 1.5, "per_seed": [n, 3 - n]} for name, n in (("fixed", 3), ("regressed", 2))},
        "runs": {arm: f"hard-v1-{arm}" for arm in ("control", "curated")},
    }
    write_json(home / "report.json", report)
    return folder


def test_two_arms_show_the_reports_verdict_over_all_seeds_before_one_seeds_numbers(show, arms):
    test = show(arms, "compare", run="hard-v1-curated", against="hard-v1-control")
    assert not test.exception
    said = texts(test)
    assert ":orange[:material/help: **No difference shown: within chance.**]" in said
    assert "curated − control, mean over 2 seeds with its 95% interval: +0.25 (−1.50 to +2.00) points" in said
    assert "Seed 0 alone: 3 fixed, 2 regressed" in said
    assert test.metric[1].label.startswith("Accuracy after, seed 0")
    assert test.metric[1].proto.color == test.metric[1].proto.MetricColor.GRAY
    test = click(test, "Open the report")
    assert (address(test, "retrain"), test.session_state["hem_kept_went_to"]) == ("hard-v1", "retrain")


def test_arms_the_other_way_round_turn_the_difference(show, arms):
    said = texts(show(arms, "compare", run="hard-v1-control", against="hard-v1-curated"))
    assert "control − curated, mean over 2 seeds with its 95% interval: −0.25 (−2.00 to +1.50) points" in said


def test_a_difference_that_chance_makes_is_not_green(show, two_runs):
    delta = show(two_runs, "compare", run="later").metric[1]  # 3 fixed, 2 regressed
    assert delta.proto.color == delta.proto.MetricColor.GRAY


def test_a_clear_difference_is_green(show, two_runs):
    path = two_runs / "runs" / "tiny" / "scores.parquet"
    table = pq.read_table(path).to_pandas()
    table["is_correct"] = [k >= 30 for k in range(60)]
    write_table(path, table)
    delta = show(two_runs, "compare", run="later").metric[1]
    assert delta.proto.color == delta.proto.MetricColor.GREEN


def test_runs_judged_by_a_head_and_by_the_model_are_no_fair_comparison(show, workspace, add_run):
    folder = add_run(workspace(), "later", sample="out-of-sample")
    path = folder / "runs" / "tiny" / "scores.parquet"
    table = pq.read_table(path).to_pandas()
    write_table(path, table.assign(predicted_oos=table["label"]))
    said = texts(show(folder, "compare", run="later"))
    assert "The errors of tiny are those of a linear head on the embeddings" in said
