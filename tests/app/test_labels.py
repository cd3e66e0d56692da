import json

import pytest

from app import agreement
from hem_core.labels.disagreements import Agreement
from hem_core.store.workspace import open_workspace


def numbers(test):
    return {metric.label: (metric.value, metric.delta) for metric in test.metric}


def press(test, start):
    next(one for one in test.button if one.label.startswith(start)).click().run()
    return test


@pytest.fixture
def reviewed(workspace):
    """The workspace after anna called e59 and e58 wrong and e57 right, ben skipped one, and a lasso on ten."""
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    for id, tag, value in (("e59", "mislabelled", "cat"), ("e58", "mislabelled", ""), ("e57", "hard", "")):
        log.add(data, [id], tag, who="anna", value=value)
    log.add(data, ["e00"], "skip", who="ben")
    log.add(data, [f"e{k}" for k in range(10, 20)], "mislabelled", who="ben")
    return folder


def test_before_any_review_nothing_is_claimed(show, whole_workspace):
    test = show(whole_workspace, "labels")
    assert not test.exception
    assert numbers(test)["Wrong labels, estimated"] == ("not known yet", "review first")
    assert any("Nobody has reviewed any examples" in one.value for one in test.caption)


def test_the_estimate_counts_what_was_judged_one_at_a_time(show, reviewed):
    found = numbers(show(reviewed, "labels"))
    assert found["Reviewed"] == ("4", "3 say whether the label is right; 2 called wrong")
    value, said = found["Wrong labels, estimated"]
    assert " to " in value
    assert said == "too wide to name a share: review random examples"
    assert found["Suspects"][0] == "6"


def test_a_narrow_estimate_names_the_share_with_its_interval(show, workspace):
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    for k in range(60):
        log.add(data, [f"e{k:02d}"], "mislabelled" if k >= 57 else "easy", who="anna")
    assert numbers(show(folder, "labels"))["Wrong labels, estimated"] == ("5.0%", "5.0% to 5.0% of 60")


def test_suspects_come_most_suspected_first_with_the_verdict_so_far(show, reviewed):
    table = show(reviewed, "labels").dataframe[0].value
    assert table["id"].head(3).tolist() == ["e59", "e58", "e57"]
    assert table["verdict"].head(4).tolist() == ["mislabelled → cat (anna)", "mislabelled (anna)", "hard (anna)",
                                                 "to review"]  # fmt: skip
    assert table["picture"].iloc[0].startswith("data:image/webp;base64,")
    assert table["given"].iloc[0] == "<b>fox</b>"


def test_nothing_is_called_wrong_by_itself(show, whole_workspace):
    test = show(whole_workspace, "labels")
    assert set(test.dataframe[0].value["verdict"]) == {"to review"}
    assert any("A suspect is not an error until somebody has confirmed it" in one.value for one in test.caption)


def test_the_interval_of_each_line_has_its_unit_and_comes_before_the_counts(show, reviewed):
    table = show(reviewed, "labels").dataframe[1].value
    assert list(table)[:2] == ["suspicion", "interval"]
    assert all(value.endswith("%") for value in table["interval"])


def test_the_mixed_up_classes_are_counted(show, reviewed):
    table = show(reviewed, "labels").dataframe[2].value
    assert table["suspects"].tolist() == [2, 2, 2]
    assert set(zip(table["given"], table["suggested"], strict=True)) == {
        ("cat", "**dog**"), ("**dog**", "<b>fox</b>"), ("<b>fox</b>", "cat")}  # fmt: skip


def test_disagreements_are_counted_with_kappa_and_one_click_from_review(show, workspace):
    folder = workspace()
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    for id, tags in (("e07", ("right", "outlier")), ("e08", ("outlier", "outlier")), ("e09", ("right", "hard"))):
        for who, tag in zip(("ben", "carl"), tags, strict=True):
            log.add(data, [id], tag, who=who)
    test = show(folder, "labels")
    said = "ben and carl gave the same answer on 2 of 3, Cohen's kappa .40"
    assert said in [one.value.replace("\\", "") for one in test.caption]
    press(test, "Review 1 disagreement")
    assert test.session_state["hem_kept_went_to"] == "review"
    assert test.query_params["queue"] == "disagreements"


@pytest.mark.parametrize(("kappa", "words"), [(0.404, ".40"), (-0.5, "−.50"), (-0.001, ".00"), (1.0, "1.00")])
def test_kappa_is_written_as_a_number_of_statistics(kappa, words):
    assert agreement.sentence([Agreement(("anna", "ben"), 3, 2, kappa)]).endswith(f"Cohen's kappa {words}")


def test_the_suspects_are_one_click_from_review(show, whole_workspace):
    test = press(show(whole_workspace, "labels"), "Review 6 suspects")
    assert test.session_state["hem_kept_went_to"] == "review"
    assert test.query_params["queue"] == "suspects"


def test_what_narrows_the_estimate_most_is_drawn_at_random_there(show, whole_workspace):
    test = press(show(whole_workspace, "labels"), "Narrow the estimate: random examples at suspicion 0 to 50")
    assert test.query_params["queue"] == "sample 0 50"
    desk = json.loads(show(whole_workspace, "review", queue="sample 0 50").get("bidi_component")[0].proto.json)
    assert sorted(desk["rows"]) == list(range(30))
    assert desk["rows"] != sorted(desk["rows"])
    assert set(desk["drawn"]) == {"sample"}


@pytest.mark.parametrize("queue", ["sample", "sample 1", "sample a b", "sample 1 2 3", "else"])
def test_a_queue_that_is_none_is_the_mixed_one(show, whole_workspace, queue):
    desk = json.loads(show(whole_workspace, "review", queue=queue).get("bidi_component")[0].proto.json)
    assert desk["drawn"][0] == "suspect"


def test_a_run_over_texts_shows_them(show, texts):
    test = show(texts, "labels")
    assert not test.exception
    assert test.dataframe[0].value["text"].iloc[0] == "short"
