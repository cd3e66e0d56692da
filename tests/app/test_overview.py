import json

import numpy as np
import pandas as pd
import pytest

from app import bars, theme, words
from hem_core.advise import advise
from hem_core.store.atomic import write_arrays, write_json
from hem_core.store.workspace import open_workspace


def texts(test):
    """Everything that a page says in words."""
    kinds = ("markdown", "caption", "text", "warning", "error", "info", "subheader", "code")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind))


def numbers(test):
    return {metric.label: metric.value for metric in test.metric}


def test_overview_counts_sixty_examples_with_six_errors(show, whole_workspace):
    test = show(whole_workspace, "overview")
    assert not test.exception
    assert numbers(test) == {
        "Examples": "60",
        "Error rate, in-sample": "10.0%",
        "Hard": "6",
        "Suspected label errors": "6",
        "Reviewed": "0",
    }


def test_only_verdicts_on_single_examples_are_reviews(show, workspace):
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    log.add(data, [f"e{k}" for k in range(10, 30)], "hard", who="anna")
    log.add(data, ["e10"], "easy", who="anna")
    reviewed = show(folder, "overview").metric[-1]
    assert (reviewed.label, reviewed.value, reviewed.delta) == ("Reviewed", "1", "1.7% of 60; 19 more in bulk")


@pytest.mark.slow
def test_unsure_is_not_counted_as_hard(show, calibrated):
    found = numbers(show(calibrated(), "overview"))
    assert (found["Hard"], found["Suspected label errors"]) == ("6", "6")


@pytest.mark.slow
def test_the_badge_the_gap_and_the_layer_are_said(show, calibrated):
    said = texts(show(calibrated(), "overview"))
    assert "reasons: calibrated" in said.replace("\\", "")
    assert "flips found with AUROC .97" in said.replace("\\", "").lower().replace("auroc", "AUROC")
    assert "Out-of-sample accuracy 85.0%" in said.replace("\\", "")
    assert "read at the layer “head” of the model" in said.replace("\\", "")


@pytest.mark.slow
def test_what_people_s_tags_changed_is_shown_with_the_features_that_moved_it(show, calibrated):
    told = [{"was": "rare", "now": "outlier", "n": 12, "because": ["high confidence mean", "low margin"]}]
    page = show(calibrated(n_tagged=31, changes=told, facts=["brightness"]), "overview")
    assert "What 31 tags changed: 12 reasons" in [one.label for one in page.expander]
    assert "these facts of them count too: brightness." in texts(page).replace("\\", "")
    shown = [one.value for one in page.dataframe if "because" in one.value.columns]
    assert shown[0].to_dict("records") == [
        {"was": "rare", "now": "outlier", "n": 12, "because": "high 1 − mean confidence, low margin"}
    ]


def test_the_reasons_of_an_older_run_are_called_simple_rules(show, whole_workspace):
    said = texts(show(whole_workspace, "overview"))
    assert "reasons: simple rules" in said.replace("\\", "")
    assert "Out-of-sample" not in said


def test_bars_of_reasons_that_are_not_to_be_trusted_are_grey():
    counts = pd.Series({"mislabelled": 3, "unsure": 2})
    grey, coloured = (bars.reasons(counts, is_grey=is_grey).data[0].marker for is_grey in (True, False))
    assert set(grey.color) == {theme.GREY}
    assert coloured.color[0] == theme.REASONS["mislabelled"]
    assert coloured.pattern.shape == ("", "/")


@pytest.mark.slow
def test_a_run_without_kept_features_offers_no_refit(show, calibrated):
    assert not [one for one in show(calibrated(), "overview").button if "Refit" in one.label]


def test_the_sample_is_said_in_plain_sight_and_how_difficulty_was_made(show, whole_workspace):
    said = texts(show(whole_workspace, "overview"))
    assert "in-sample · optimistic" in said
    assert "rank-mean of loss" in said


def test_text_of_the_data_is_never_markup(show, whole_workspace):
    test = show(whole_workspace, "overview")
    said = texts(test)
    assert r"Optimistic: \*\*in\-sample\*\*\." in said.replace(r"\:", ":")
    assert "<b>fox</b>" not in said
    assert "<b>fox</b>" in test.dataframe[0].value["class"].tolist()


def test_the_class_table_begins_with_the_most_errors(show, whole_workspace):
    table = show(whole_workspace, "overview").dataframe[0].value
    assert table["support"].tolist() == [20, 20, 20]
    assert table["error"].tolist() == [10.0, 10.0, 10.0]
    assert table["interval"].tolist() == ["2.8 – 30.1"] * 3


def test_failures_are_listed_with_their_reason(show, whole_workspace):
    test = show(whole_workspace, "overview")
    assert "1 example could not be scored" in [expander.label for expander in test.expander]
    assert test.dataframe[-1].value["reason"].tolist() == ["not a readable image: **truncated**"]


def test_what_is_missing_comes_with_the_way_to_get_it(show, workspace):
    test = show(workspace(embeddings=False, dynamics=False), "overview")
    assert not test.exception
    assert "embeddings: no layer was found; name one with --layer" in texts(test)


@pytest.mark.parametrize(
    ("button", "page", "rule"),
    [
        ("Review 6 suspects", "review", None),
        ("Explore the hardest tenth", "explore", {"all": [{"column": "difficulty", "min": 90, "max": None}]}),
        ("Build a set", "sets", None),
    ],
)
def test_the_next_steps_lead_to_other_pages(show, whole_workspace, button, page, rule):
    test = show(whole_workspace, "overview")
    next(one for one in test.button if one.label == button).click().run()
    assert test.session_state["hem_kept_went_to"] == page
    assert json.loads(test.query_params.get("rule", "null")) == rule


def test_an_empty_workspace_shows_the_command_that_fills_it(show, tmp_path):
    test = show(tmp_path, "overview")
    assert "No runs yet" in texts(test)
    assert f"hem demo --workspace {tmp_path}" in texts(test)


def test_a_workspace_that_is_gone_is_said_in_a_sentence(show, tmp_path):
    test = show(tmp_path / "gone", "overview")
    assert "no folder" in texts(test)
    assert not test.exception


@pytest.mark.parametrize("page", ["overview", "review", "sets"])
def test_a_growing_run_shows_stage_rate_and_time_left(show, workspace, page):
    folder = workspace(status="running")
    progress = {
        "stage": "forward pass",
        "done": 20,
        "total": 60,
        "rate": 12.5,
        "seconds_left": 75,
        "updated": 0,
        "pid": 1,
    }
    write_json(folder / "runs" / "tiny" / "progress.json", progress)
    test = show(folder, page)
    assert not test.exception
    assert "Still being scored" in texts(test)
    assert r"12 a second · about 1 min 15 s left" in texts(test)
    assert "it was probably stopped" in texts(test)


@pytest.mark.slow
def test_a_run_that_cannot_be_read_is_named_and_the_others_stay(show, workspace):
    folder = workspace()
    write_json(folder / "runs" / "newer" / "run.json", {"format_version": 99})
    test = show(folder, "overview")
    assert "format version 99" in texts(test)
    assert numbers(test)["Examples"] == "60"
    assert [len(show(folder, page).error) for page in ("overview", "sets", "labels")] == [2, 1, 1]


def test_a_run_that_is_not_here_falls_back_to_the_newest(show, whole_workspace):
    test = show(whole_workspace, "overview", run="else")
    assert "There is no run else in this workspace; showing tiny" in texts(test)


def test_words_for_numbers():
    assert words.count(1, "example") == "1 example"
    assert words.count(1797, "example") == "1,797 examples"
    assert words.percent(0.0949) == "9.5%"
    assert words.percent(None) == "–"
    assert [words.seconds(value) for value in (0.26, 59.6, 250, 7500)] == [
        "0.3 s",
        "1 min 0 s",
        "4 min 10 s",
        "2 h 5 min",
    ]


def test_the_time_of_a_run_is_its_total_and_the_total_is_no_stage(show, workspace):
    test = show(workspace(timings={"train": 2.0, "map": 1.0, "total": 4.0}), "overview")
    assert "Time: 4.0 s in 2 stages" in [each.label for each in test.expander]


def test_commands_in_a_sentence_are_set_as_code_and_the_rest_stays_verbatim():
    assert words.with_code("try `hem loop --x` on **y**") == r"try `hem loop --x` on \*\*y\*\*"
    assert words.with_code("a ` alone") == r"a \` alone"


def test_a_long_name_leaves_a_figure_of_intervals_its_room():
    table = pd.DataFrame({"name": ["short", "n" * 90], "n": 10, "error_rate": 0.5, "low": 0.4, "high": 0.6})
    chart = bars.intervals(table, 0.2)
    assert [len(name) for name in chart.layout.yaxis.ticktext] == [5, bars.LONGEST_NAME]
    assert list(chart.data[0].y) == ["short", "n" * 90]


def test_plain_takes_the_markup_out_of_a_text():
    assert words.plain("**x** :red[y] <b>") == r"\*\*x\*\* \:red\[y\] \<b\>"
    assert words.in_figure("<b>a&b</b>") == "&lt;b&gt;a&amp;b&lt;/b&gt;"


def test_a_run_that_lost_many_examples_warns_and_lists_them(show, workspace):
    warning = "3 of 63 examples (4.8%) could not be scored. The most frequent reason (2 of them): no label"
    test = show(workspace(warning=warning), "overview")
    assert not test.exception
    shown = [element.value.replace("\\", "") for element in test.warning]
    assert f"{warning}. All of them are listed at the end of this page." in shown
    assert any("could not be scored" in each.label and each.proto.expanded for each in test.expander)
    assert not any("could not be scored" in each.value for each in show(workspace(), "overview").warning)


def test_several_notes_of_a_run_stand_in_one_box(show, workspace):
    folder = workspace()
    path = folder / "runs" / "tiny" / "run.json"
    info = json.loads(path.read_text())
    write_json(path, {**info, "notes": ["One of *two*.", "The other."]})
    boxes = [element.value for element in show(folder, "overview").warning]
    assert [box.replace("\\", "") for box in boxes] == ["- One of *two*.\n- The other."]


def trials_of_a_curve(run):
    """Three sizes in two folds: of the 60 examples 24, 18 and 12 are wrong, the same number in each fold."""
    at = {
        "format_version": 2,
        "run": run.fingerprint,
        "key": "k",
        "of": "'m:train'",
        "is_stand_in": False,
        "train": "m:train",
    }
    at |= {"is_memorised": False, "n_training": 60, "folds": [0, 1], "parts": ["4", "2", "1"], "changes": {}}
    write_json(run.folder / "advise" / "trials.json", at)
    for fold in (0, 1):
        for part, n_wrong in (("4", 12), ("2", 9), ("1", 6)):
            rows = np.arange(fold, 60, 2)
            error = np.arange(30) < n_wrong
            arrays = {"key": np.array("k"), "rows": rows, "error": error, "n": np.array(30 // int(part))}
            write_arrays(run.folder / "advise" / f"k_{fold}_{part}.npz", **arrays)


def test_what_to_do_next_shows_the_gain_of_more_data_and_the_curve(show, workspace):
    folder = workspace(sample="out-of-sample")
    run = open_workspace(folder).run("tiny")
    trials_of_a_curve(run)
    found = advise(run)
    assert found.curve.error == (0.4, 0.3, 0.2)
    test = show(folder, "overview")
    assert not test.exception
    said = texts(test).replace("\\", "")
    best = next(one for one in found.actions if one.is_known and one.page)
    assert f"**{best.name.capitalize()}** {best.what}" in said
    assert f"{best.gain:+.2f} points".replace("-", "−") in said
    assert best.evidence in said
    assert [each.key for each in test.get("plotly_chart") if "learning_curve" in each.key]


def test_a_curve_of_some_folds_is_named_so_and_can_be_resumed(show, workspace):
    folder = workspace(sample="out-of-sample")
    run = open_workspace(folder).run("tiny")
    trials_of_a_curve(run)
    assert not any(each.label == "Resume measuring" for each in show(folder, "overview").button)
    (run.folder / "advise" / "k_1_1.npz").unlink()
    test = show(folder, "overview")
    assert not test.exception
    assert "Measured in 1 of 2 folds so far; the measurement can be resumed." in texts(test).replace("\\", "")
    assert any(each.label == "Resume measuring" for each in test.button)


def test_a_run_without_a_curve_says_what_is_not_known_and_how_to_know_it(show, whole_workspace):
    test = show(whole_workspace, "overview")
    said = texts(test).replace("\\", "")
    unknown = [one for one in advise(open_workspace(whole_workspace).run("tiny")).actions if not one.is_known]
    assert unknown
    assert all(one.evidence in said for one in unknown)
    assert "No learning curve is measured" in said


def test_no_learning_curve_is_offered_where_there_are_no_classes(show, workspace):
    said = texts(show(workspace(task="regression", classes=[]), "overview")).replace("\\", "")
    assert "a learning curve is measured for classes alone" in said
    assert "No learning curve is measured" not in said
    assert "--curve" not in said


def test_reviewing_as_an_action_opens_the_queue_of_suspects(show, whole_workspace):
    test = show(whole_workspace, "overview")
    button = next(each for each in test.button if (each.key or "").endswith("_go") and each.label == "Review")
    button.click().run()
    assert test.session_state["hem_kept_went_to"] == "review"
    assert test.query_params["queue"] == "suspects"
