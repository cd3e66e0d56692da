import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.views.review import blind, queue
from app.wire import detail, opinions
from hem_core.store.atomic import write_table
from hem_core.store.verdicts import ALL, in_state
from hem_core.store.workspace import open_workspace

CLASSES = ["cat", "**dog**", "<b>fox</b>"]


@pytest.fixture
def opened(workspace):
    home = open_workspace(workspace())
    return home.run("tiny"), home.tags()


def name_ids_by_class(folder):
    """Give the examples of the run ids as a folder of pictures has them."""
    for name in ("scores", "catalog", "dynamics"):
        path = folder / "runs" / "tiny" / f"{name}.parquet"
        table = pq.read_table(path)
        ids = [f"{CLASSES[k % 3]}/{k:05d}.png" for k in range(table.num_rows)]
        write_table(path, table.set_column(table.column_names.index("id"), "id", pa.array(ids)))


def desk(test):
    """What the page hands to the browser side."""
    return json.loads(test.get("bidi_component")[0].proto.json)


def test_one_example_in_detail(opened):
    run, log = opened
    log.add(run.data, ["e59"], "mislabelled", who="ben", value="cat")
    (item,) = detail.details(run.examples, detail.ranks(run.examples), [59], log)
    assert (item["row"], item["id"], item["label"], item["difficulty"]) == (
        59,
        "e59",
        "<b>fox</b>",
        pytest.approx(99.1667),
    )
    assert [axis["axis"] for axis in item["axes"]] == [
        "label conflict", "input uncertainty", "typicality", "learning dynamics"]  # fmt: skip
    assert item["axes"][0]["all"] == pytest.approx(100 * 59.5 / 60, abs=1e-4)
    assert item["axes"][0]["within"] == pytest.approx(100 * 19.5 / 20, abs=1e-4)
    assert [one["row"] for one in item["neighbours"]] == [0, 1, 2]
    assert item["curve"] == {"confidence": [0.5, None, 0.75], "is_correct": [0.0, None, 1.0]}
    assert item["verdict"] == {"tag": "mislabelled", "value": "cat", "who": "ben"}
    assert [(event["who"], event["action"], event["tag"]) for event in item["history"]] == [
        ("ben", "add", "mislabelled")
    ]
    json.dumps(item, allow_nan=False)


def test_near_duplicates_are_the_others_of_the_group(opened):
    run, log = opened
    first, second, third = detail.details(run.examples, detail.ranks(run.examples), [0, 1, 2], log)
    assert [one["row"] for one in first["duplicates"]] == [1]
    assert [one["row"] for one in second["duplicates"]] == [0]
    assert third["duplicates"] == []


def test_a_run_without_embeddings_and_dynamics_says_so(workspace):
    home = open_workspace(workspace(embeddings=False, dynamics=False))
    run = home.run("tiny")
    (item,) = detail.details(run.examples, detail.ranks(run.examples), [0], home.tags())
    assert item["neighbours"] is None
    assert item["curve"] is None
    assert [axis["score"] for axis in item["axes"]] == ["margin", "entropy", None, None]


def test_probabilities_and_the_worst_axis_come_along(calibrated):
    home = open_workspace(calibrated())
    run = home.run("tiny")
    hard, unsure = detail.details(run.examples, detail.ranks(run.examples), [50, 59], home.tags())
    assert (hard["reason"], hard["reason_prob"]) == ("mislabelled", pytest.approx(0.7))
    assert (unsure["reason"], unsure["reason_probs"]) == ("unsure", pytest.approx([0.05, 0.1, 0.05, 0.4, 0.35, 0.05]))
    assert (unsure["error_prob"], unsure["error_prob_high"]) == (pytest.approx(0.99167, abs=1e-4), 1)
    assert unsure["error_prob_low"] == pytest.approx(0.9 * 0.99167, abs=1e-4)
    assert unsure["worst_axis"] == "label conflict"
    assert "reason_probs" not in [one["name"] for one in unsure["columns"]]
    json.dumps(unsure, allow_nan=False)


def test_the_desk_gets_the_badge_and_the_order_of_the_reasons(show, calibrated, whole_workspace):
    data = desk(show(calibrated(auroc=0.7, is_trusted=False), "review"))
    assert data["trust"]["is_grey"]
    assert data["trust"]["sentence"].startswith("AUROC .70 < .80")
    assert data["kinds"][0] == "mislabelled"
    old = desk(show(whole_workspace, "review"))
    assert (old["trust"]["how"], old["kinds"], old["look"]) == ("rules", [], "picture")


def test_a_verdict_on_many_is_shown_and_is_no_review(show, workspace):
    folder = workspace()
    home = open_workspace(folder)
    run, log = home.run("tiny"), home.tags()
    log.add(run.data, ["e57", "e58", "e59"], "hard", who="ben")
    (item,) = detail.details(run.examples, detail.ranks(run.examples), [59], log)
    assert item["verdict"] is None
    assert item["bulk"] == {"tag": "hard", "value": "", "who": "ben", "n": 3}
    data = desk(show(folder, "review"))
    assert sorted(data["rows"]) == list(range(60))
    assert data["verdicts"] == {}


def test_no_rows_give_no_details(opened):
    run, log = opened
    assert detail.details(run.examples, detail.ranks(run.examples), [], log) == []


def test_the_queue_holds_every_example_of_a_small_run_once(show, whole_workspace):
    test = show(whole_workspace, "review")
    assert not test.exception
    data = desk(test)
    assert sorted(data["rows"]) == list(range(60))
    assert data["drawn"][:10].count("suspect") == 5
    assert data["person"] == "anna"


def test_verdicts_of_others_leave_the_queue_and_own_ones_stay(show, workspace):
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    log.add(data, ["e01"], "hard", who="anna")
    log.add(data, ["e02"], "hard", who="ben")
    shown = desk(show(folder, "review"))
    assert 2 not in shown["rows"]
    assert shown["verdicts"] == {"1": {"tag": "hard", "value": "", "who": "anna"}}
    assert shown["revision"] == log.revision(data)


def test_the_desk_gets_the_verdicts_with_their_keys_from_the_one_list(show, whole_workspace):
    data = desk(show(whole_workspace, "review"))
    assert [(one["key"], one["name"]) for one in data["offered"]] == [(one.key, one.name) for one in ALL if one.key]
    assert data["words"] == {one.name: one.words for one in ALL}


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ({"example": "e07"}, ("e07", 7)), ({"example": "e07", "place": "8"}, ("e07", 7)),
        ({"place": "60"}, None), ({"place": "-1"}, None), ({"place": "9" * 30}, None), ({"place": "²"}, None),
        ({"place": ""}, None), ({}, None),
    ],
)  # fmt: skip
def test_the_address_opens_its_example(show, whole_workspace, address, wanted):
    test = show(whole_workspace, "review", **address)
    assert not test.exception
    found = desk(test)["wanted"]
    assert (found and (found["id"], found["row"])) == wanted


def test_an_example_opened_from_another_page_outlasts_an_address_that_is_behind(show, whole_workspace):
    test = show(whole_workspace, "review")
    test.session_state["hem_kept_review_id"] = "e07"
    assert desk(test.run())["wanted"]["id"] == "e07"
    assert "example" not in test.query_params  # the page puts it into the address, without an entry of the history
    assert desk(test.run())["wanted"]["id"] == "e07"  # the browser asks again before it has heard of the new address


def test_what_the_desk_gets_names_no_class_before_an_example_is_judged(show, workspace):
    folder = workspace()
    name_ids_by_class(folder)
    place = desk(show(folder, "review"))["places"][0]
    data = desk(show(folder, "review", place=str(place)))
    assert (data["wanted"]["row"], data["wanted"]["id"]) == (data["rows"][0], None)
    assert data["not_blind"] == ""
    told = {name: value for name, value in data.items() if name != "classes"}
    assert not [name for name in CLASSES if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", json.dumps(told))]


def test_places_are_each_row_once_in_an_order_that_tells_nothing_and_stay(workspace):
    run = open_workspace(workspace()).run("tiny")
    places = blind.places(run.examples)
    assert sorted(places) == list(range(60))
    assert (blind.places(run.examples) == places).all()
    assert abs(np.corrcoef(places, np.arange(60))[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("clause", "is_telling"),
    [
        ({"column": "label", "in": ["cat"]}, True), ({"not": {"column": "predicted", "in": ["cat"]}}, True),
        ({"column": "id", "contains": "Coat/"}, True), ({"rows": ["Coat/1.png"]}, True),
        ({"column": "folder", "in": ["cat"]}, True), ({"column": "folder", "in": ["a", None]}, False),
        ({"column": "difficulty", "min": 90, "max": None}, False), ({"tag": ["hard"]}, False),
        ({"column": "given_value", "min": 90, "max": None}, True),
    ],
)  # fmt: skip
def test_a_queue_that_is_chosen_by_its_class_is_said_not_to_be_blind(clause, is_telling):
    found = blind.warning({"all": [clause, {"column": "loss", "min": 1, "max": None}]}, ["cat", "dog"])
    assert found.startswith("Not blind: this queue is defined by") is is_telling
    assert "loss" not in found


def test_an_example_of_another_run_in_the_address_is_said(show, whole_workspace):
    test = show(whole_workspace, "review", example="<b>elsewhere</b>")
    assert desk(test)["wanted"] is None
    assert "has no example" in test.toast[0].value


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (
            {"queue": "filter", "rule": '{"all":[{"column":"difficulty","min":200,"max":null}]}'},
            "the filter of Explore",
        ),
        ({"queue": "sample 101 102"}, "between 101 and 102"),
    ],
)
def test_an_empty_queue_says_why(show, whole_workspace, address, why):
    data = desk(show(whole_workspace, "review", **address))
    assert (data["rows"], why in data["empty"]) == ([], True)


def test_two_people_on_one_server_get_different_examples(show, workspace):
    folder = workspace()
    show(folder, "review", person="ben")
    ben = set(desk(show(folder, "review", person="ben"))["rows"])
    anna = set(desk(show(folder, "review"))["rows"])
    ben = set(desk(show(folder, "review", person="ben"))["rows"])
    assert not anna & ben
    assert anna | ben == set(range(60))


def test_the_filter_of_explore_can_be_the_queue_hardest_first(show, whole_workspace):
    rule = '{"all":[{"column":"label","in":["cat"]}]}'
    data = desk(show(whole_workspace, "review", rule=rule, queue="filter"))
    assert data["rows"] == list(range(57, -1, -3))


def test_a_long_queue_says_how_many_it_has_and_the_next_ones_follow_those_with_a_verdict(show, workspace, monkeypatch):
    monkeypatch.setattr(queue, "LONGEST", 5)
    folder, cats = workspace(), list(range(57, -1, -3))
    address = {"rule": '{"all":[{"column":"label","in":["cat"]}]}', "queue": "filter"}
    data = desk(show(folder, "review", **address))
    assert (data["rows"], data["n"]) == (cats[:5], 20)
    assert "The next ones follow" in data["done"]
    home = open_workspace(folder)
    for row in cats[:5]:
        home.tags().add(home.run("tiny").data, [f"e{row:02}"], "right", who="anna")
    data = desk(show(folder, "review", **address))
    assert (data["rows"], data["n"]) == (cats[:10], 20)
    mixed = desk(show(folder, "review"))
    assert (len(mixed["rows"]) - len(mixed["verdicts"]), mixed["n"]) == (5, None)


def test_of_a_long_queue_all_that_is_done_counts_and_few_verdicts_are_sent(show, workspace, monkeypatch):
    monkeypatch.setattr(queue, "LONGEST", 5)
    folder, cats = workspace(), list(range(57, -1, -3))
    home = open_workspace(folder)
    address = {"rule": '{"all":[{"column":"label","in":["cat"]}]}', "queue": "filter"}

    def judge(rows):
        for row in rows:
            home.tags().add(home.run("tiny").data, [f"e{row:02}"], "right", who="ben")
        data = desk(show(folder, "review", **address))
        return data["rows"], data["n"], data["n_done_beyond"], data["done"]

    assert judge(cats[-3:])[:3] == (cats[:5], 20, 3)
    assert judge(cats[:7])[:3] == (cats[2:12], 20, 5)
    rows, n, n_beyond, done = judge(cats[7:-3])
    assert (len(rows), n, n_beyond, done.partition(".")[0]) == (5, 20, 15, "All 20 examples in it have a verdict")


def test_disagreements_are_a_queue_of_their_own_once_there_is_one(show, workspace):
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    log.add(data, ["e07"], "right", who="ben")
    options = [one.options for one in show(folder, "review").segmented_control][-1]
    assert not [one for one in options if "Disagreements" in one]
    log.add(data, ["e07"], "mislabelled", value="cat", who="carl")
    test = show(folder, "review", queue="disagreements")
    assert "Disagreements (1)" in [one.options for one in test.segmented_control][-1]
    shown = desk(test)
    assert (shown["rows"], shown["drawn"], shown["is_dispute"]) == ([7], ["disputed"], True)
    assert "nothing in it can be judged blind" in shown["no_blind"]
    run = home.run("tiny")
    ((said,),) = [one.values() for one in opinions.items(run.examples, [7])]
    assert [(one["who"], one["tag"], one["value"]) for one in said] == [
        ("ben", "right", ""), ("carl", "mislabelled", "cat")]  # fmt: skip


def test_a_run_over_other_data_starts_at_its_own_queue(show, workspace, add_run):
    folder = add_run(add_run(workspace(), "later"), "foreign")
    path = folder / "runs" / "foreign" / "run.json"
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, "data": {**info["data"], "name": "other-data"}}))
    test = show(folder, "review", run="tiny", example="e05", queue="disagreements")
    test.selectbox[0].select("later").run()
    assert (desk(test)["wanted"]["id"], "queue" in test.query_params) == ("e05", False)
    test.selectbox[0].select("foreign").run()
    assert (desk(test)["wanted"], "example" in test.query_params, list(test.toast)) == (None, False, [])


def test_labels_that_are_no_classes_have_no_rank_within_a_class(workspace):
    home = open_workspace(workspace(task="regression", classes=[]))
    level = home.run("tiny").examples
    (item,) = detail.details(level, detail.ranks(level), [59], home.tags())
    assert {axis.get("within") for axis in item["axes"]} == {None}
    assert item["axes"][0]["all"] == pytest.approx(100 * 59.5 / 60, abs=1e-4)


def test_a_filter_on_a_column_of_another_run_is_left_out(show, whole_workspace):
    rule = '{"all":[{"column":"elsewhere","min":0,"max":1}]}'
    test = show(whole_workspace, "review", rule=rule, queue="filter")
    assert not test.exception
    assert len(desk(test)["rows"]) == 60
    assert "Filters removed" in test.toast[0].value


def test_verdicts_are_the_exclusive_tags_alone():
    state = pd.DataFrame({"id": ["a", "a"], "tag": ["hard", "blurred"], "value": "", "who": "x", "at": 0})
    assert in_state(state)["tag"].to_dict() == {"a": "hard"}
