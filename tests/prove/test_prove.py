import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hem_core.cli import hem as command
from hem_core.errors import DataError, ModelError, RunError
from hem_core.prove.list_set import set_of_list
from hem_core.prove.lists import ListOptions
from hem_core.prove.markdown import code, prose
from hem_core.prove.prove import open_request, prove
from hem_core.prove.request import Request
from hem_core.retrain.dry_run import dry_run
from hem_core.retrain.opening import opening
from hem_core.retrain.source import data_of
from hem_core.runs.options import Options
from hem_core.store import sets
from hem_core.store.run import read_run

ROOT = Path(__file__).parents[2]
COLUMNS = Options(columns={"feature_columns": "x,y"})


def request(list="flips.csv", **more):
    usual = {"train": "my_proof.py:train", "data": "train.csv", "test": "test.csv", "seeds": 2, "options": COLUMNS}
    return Request(list, **{**usual, **more})


def listed(**more):
    return open_request(request(**more)).listed.manifest["list"]


def n_trainings(folder):
    return (folder / "trainings.log").stat().st_size


@pytest.mark.slow
def test_leaving_out_wrong_labels_helps_more_than_leaving_out_others(data):
    found = prove(request())
    report = found.report
    assert report["verdict"]["word"] == "helps"
    assert report["verdict"]["sentences"][0].startswith("Training without these 60 examples helps: accuracy +")
    with np.load(found.folder / "material.npz") as kept:
        assert (kept["curated"] < 0).sum() == 60
    paper = (found.folder / "report.md").read_text()
    assert "## `flips.csv`: does leaving them out help? **helps**" in paper
    for words in ("| without the list |", "SHA-256", "300 examples of test.csv", "1,000 draws", "hem ", "seeds 0 to 1"):
        assert words in paper
    page = found.html.read_text()
    assert report["verdict"]["sentences"][0][:60] in page
    for words in ("<b>question</b> does leaving them out help?", "<b>curated</b> without the list", "1,000 draws"):
        assert words in page


@pytest.mark.slow
def test_random_examples_show_no_gain(data):
    ids = pd.read_csv("train.csv")["id"].sample(60, random_state=1)
    Path("random.txt").write_text("\n".join(ids))
    report = prove(request("random.txt", seeds=3)).report
    assert report["verdict"]["word"] not in ("helps", "hurts")
    assert any(line.startswith("In 4 of 5 repetitions a difference of") for line in report["verdict"]["sentences"])


@pytest.mark.slow
def test_corrected_labels_help_and_unchanged_ones_are_left_out(data):
    flips = pd.read_csv("flips.csv")
    same = pd.read_csv("train.csv")[["id", "label"]].tail(3)
    pd.concat([flips, same]).to_csv("answers.csv", index=False)
    found = prove(request("answers.csv", question="relabel"))
    assert found.report["verdict"]["word"] == "helps"
    assert "Training on the corrected labels of these 60 examples" in found.report["verdict"]["sentences"][0]
    assert "3 labels of the list are those of the data already." in (found.folder / "report.md").read_text()
    assert list(found.report["table"][0]["arms"]) == ["control", "curated"]


@pytest.mark.slow
def test_an_addition_is_compared_with_as_many_random_ones_on_the_same_base(data):
    found = prove(request(question="add", base=50))
    assert list(found.report["table"][0]["arms"]) == ["control", "curated", "base"]
    assert found.report["verdict"]["word"] == "hurts"  # wrong labels are worth less than random examples
    assert "a base of 50 is drawn for each seed" in found.plan["notes"][0]


@pytest.mark.slow
def test_weights_reach_the_function_and_no_gain_is_to_be_expected(data):
    found = prove(request(question="weigh", weight=3.0))
    with np.load(found.folder / "material.npz") as kept:
        assert set(kept["weight"][kept["in_set"]]) == {3.0}
    assert found.plan["expectation"].startswith("No gain is to be expected if nobody has reviewed these examples")


@pytest.mark.slow
def test_a_killed_proof_resumes_with_the_same_command_and_ends_as_an_undisturbed_one(data):
    words = [
        "prove", "flips.csv", "--data", "train.csv", "--test", "test.csv", "--train", "my_proof.py:train",
        "--feature-columns", "x,y", "--seeds", "2", "--json",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = [sys.executable, "-c", "from hem_core.cli import main; main()", *words]

    def ran():
        return subprocess.run(run, capture_output=True, text=True, env=environment, timeout=120)

    (data / "stop_at").write_text("4")
    assert ran().returncode == -9
    assert n_trainings(data) == 4
    (data / "stop_at").unlink()
    done = ran()
    assert done.returncode == 0, done.stderr
    assert n_trainings(data) == 7  # three of six were done, and the fourth was repeated
    found = json.loads(done.stdout)
    assert (found["verdict"], found["list"]["n_matched"], found["seeds"]) == ("helps", 60, [0, 1])
    again = prove(request())  # finished: nothing is trained
    assert n_trainings(data) == 7
    assert again.folder == Path("hem-prove/retrains/flips-drop-v1")
    other = prove(request(out=data / "other")).report
    assert other["table"] == json.loads((data / "hem-prove/retrains/flips-drop-v1/report.json").read_text())["table"]


@pytest.mark.slow
def test_the_command_prints_the_answer_and_writes_the_report(data):
    words = "prove flips.csv --data train.csv --test test.csv --train my_proof.py:train --feature-columns x,y --seeds 2"
    result = CliRunner().invoke(command, [*words.split(), "--report", "answer.md"])
    assert result.exit_code == 0, result.output
    for line in ("60 of 60 entries are examples of train", "all of the data", "without the list", "HELPS"):
        assert line in result.output
    assert Path("answer.md").read_text() == (data / "hem-prove/retrains/flips-drop-v1/report.md").read_text()


@pytest.mark.slow
def test_a_condition_and_a_saved_set_of_a_scored_run_are_lists(data):
    from hem_core.runs.score import score

    score(None, "train.csv", train="my_proof.py:train", oos=2, out=data / "w/runs/blobs", has_map=False,
          has_probes=False, columns={"feature_columns": "x,y"})  # fmt: skip
    run = {"data": None, "run": data / "w/runs/blobs", "options": Options()}
    opened = open_request(request("label = 'ant'", **run))
    assert opened.home == data / "w"
    assert opened.listed.manifest["list"]["n"] > 0
    name = opened.listed.title
    again = open_request(request(name, question="weigh", **run)).listed.manifest["list"]
    assert (again["kind"], again["n"]) == ("saved set", opened.listed.manifest["list"]["n"])
    assert dry_run(opened.home, opened.settings).n_trainings == 6
    with pytest.raises(DataError, match=r"no list at 'nothing here'; .* A condition or a saved set needs --run"):
        open_request(request("nothing here"))


def test_the_same_list_is_the_same_set_and_another_question_is_another(data):
    first = open_request(request()).listed
    assert (first.title, open_request(request()).listed.title) == ("flips-drop-v1", "flips-drop-v1")
    assert open_request(request(question="relabel")).listed.title == "flips-relabel-v1"
    Path("flips.csv").write_text("id\n0-0\n0-3\n")
    assert open_request(request()).listed.title == "flips-drop-v2"
    assert sets.names(data / "hem-prove") == ["flips-drop", "flips-relabel"]


def test_unknown_ids_are_refused_unless_forced_and_then_the_report_says_so(data):
    Path("some.txt").write_text("0-0\n0-3\nx\ny\nz\nv\n")
    with pytest.raises(RunError, match=r"2 of the 6 entries .* 4 are not, such as 'x', 'y', 'z' …; .*--force"):
        open_request(request("some.txt"))
    about = listed(list="some.txt", force=True)
    assert (about["n_entries"], about["n_matched"]) == (6, 2)
    assert about["forced"][0].startswith("2 of the 6 entries")


def test_row_numbers_are_those_of_the_data_where_an_example_could_not_be_scored(data):
    run = open_request(request()).run
    scores = pd.read_parquet(run.folder / "scores.parquet")
    scores.iloc[1:].to_parquet(run.folder / "scores.parquet")
    failed = scores.iloc[:1].assign(reason="unreadable")[["id", "index", "reason"]]
    failed.to_parquet(run.folder / "failures.parquet")
    about = json.loads((run.folder / "run.json").read_text()) | {"n": 299}
    (run.folder / "run.json").write_text(json.dumps(about))
    np.save("rows.npy", np.arange(300) == 5)
    made = set_of_list(data / "hem-prove", read_run(run.folder), request("rows.npy"))
    assert sets.load(data / "hem-prove", made.name)[0]["id"].tolist() == ["0-5"]


def test_a_test_of_the_same_name_with_other_content_is_another_proof(data):
    def key():
        opened = open_request(request())
        return opening(opened.home, opened.settings).key

    first = key()
    assert key() == first
    pd.read_csv("test.csv").iloc[:-1].to_csv("test.csv", index=False)
    assert key() != first


def test_the_list_that_is_cited_is_the_one_that_was_given(data):
    Path("l.csv").write_text("id\n0-0\n")
    first = listed(list="l.csv")["source"]
    Path("l.txt").write_text("0-0\n")
    assert open_request(request("l.txt")).listed.title == "l-drop-v1"  # the same examples
    assert listed(list="l.txt")["source"] == {"path": "l.txt", "sha256": sha256(b"0-0\n").hexdigest()} != first


@pytest.mark.parametrize(
    ("weight", "weights", "note"),
    [
        (None, [3.0, 2.0], "The weights of the list's column weight are used (1, from 3 to 3)."),
        (5.0, [5.0, 5.0], "The weights of the list are not used: each is 5."),
    ],
)
def test_an_explicit_weight_goes_before_those_of_the_list(data, weight, weights, note):
    Path("l.csv").write_text("id,weight\n0-0,3\n0-3,\n")
    opened = open_request(request("l.csv", question="weigh", weight=weight))
    assert sets.load(opened.home, "l-weigh")[0]["weight"].tolist() == weights
    assert opened.listed.manifest["list"]["notes"] == [note]
    assert listed(list="l.csv")["notes"] == []  # what is left out has no weight


def test_names_are_shown_as_they_are_in_markdown():
    assert (code("a`b|c\n@d"), code("x.csv")) == ("`` a`b\\|c @d ``", "`x.csv`")
    assert prose("<b>|`x`\n# [a] @me") == "\\<b\\>\\|\\`x\\` # \\[a\\] @\u200bme"


def test_a_report_of_an_unknown_kind_is_refused_before_anything_is_read(data):
    words = ["prove", "flips.csv", "--data", "train.csv", "--train", "my_proof.py:train", "--report", "answer.pdf"]
    assert "must end in .md, .html or .json" in str(CliRunner().invoke(command, words).exception)
    assert not Path("hem-prove").exists()


def test_data_that_were_moved_are_read_where_they_are(data):
    first = open_request(request()).run
    (data / "moved").mkdir()
    shutil.move("train.csv", "moved/train.csv")
    second = open_request(request(data="moved/train.csv")).run
    assert second.name == first.name
    assert Path(data_of(second, None)).resolve() == (data / "moved/train.csv").resolve()


def test_the_header_of_one_column_may_be_named(data):
    Path("l.csv").write_text("my ids\n0-0\n0-3\n")
    with pytest.raises(RunError, match="such as 'my ids'; correct the list or the data, or name the header with --col"):
        open_request(request("l.csv"))
    assert listed(list="l.csv", columns=ListOptions("my ids"))["n"] == 2


@pytest.mark.parametrize("weight", ["inf", "-1", "0"])
def test_a_weight_that_cannot_be_is_refused(data, weight):
    Path("l.csv").write_text(f"id,weight\n0-0,{weight}\n")
    with pytest.raises(DataError, match="a weight in the list is not a number above 0"):
        open_request(request("l.csv", question="weigh"))


def test_a_list_too_short_for_an_effect_is_refused_with_what_could_be_found(data):
    Path("short.txt").write_text("0-0\n0-3\n")
    opened = open_request(request("short.txt"))
    words = r"2 of the 300 training examples are on the list, too few .* with 300 test examples.* about 3.6 points"
    with pytest.raises(RunError, match=words):
        prove(opened)
    assert not (data / "trainings.log").exists()


def test_a_short_list_of_numbers_is_refused_without_a_figure_of_accuracy(data):
    pd.read_csv("train.csv").assign(label=lambda table: table["x"]).to_csv("train.csv", index=False)
    pd.read_csv("test.csv").assign(label=lambda table: table["x"]).to_csv("test.csv", index=False)
    Path("short.txt").write_text("0-0\n0-3\n")
    numbers = Options(task="regression", columns={"feature_columns": "x,y"})
    with pytest.raises(RunError, match="too few for an effect that 300 test examples could show; give a longer list"):
        prove(request("short.txt", options=numbers))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id\n0-0\n", "needs a corrected label for each example, and the list has none"),
        ("id,label\n0-0,cow\n", "the list has the label 'cow', which is none of the classes ant, bee, cat"),
        ("id,label\n0-299,cat\n", "are those of the data in all 1 examples, so that nothing would change"),
    ],
)
def test_a_list_that_corrects_nothing_is_refused(data, content, said):
    Path("l.csv").write_text(content)
    with pytest.raises(DataError, match=said):
        open_request(request("l.csv", question="relabel"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"question": "delete"}, "no question 'delete'; there are: drop, relabel, weigh, add"),
        ({"data": None}, "name the training data with --data, or a scored run with --run"),
        ({"weight": 2.0}, "--weight expects a number above 0, with the question weigh"),
        ({"seeds": 1}, "--seeds expects 2 or more, since one training cannot tell"),
        ({"run": Path("w")}, "leave out --data, or leave out --run"),
        ({"run": Path("w"), "data": None}, "--run reads its data as they were scored; leave out --task"),
        ({"question": "weigh", "weight": float("inf")}, "--weight expects a number above 0"),
        ({"base": 10}, "--base belongs to the question add"),
    ],
)
def test_a_request_that_does_not_fit_together_is_refused(more, said):
    with pytest.raises(RunError, match=said):
        request(**more)


def test_a_file_of_training_that_is_not_there_is_refused(data):
    with pytest.raises(ModelError, match=r"there is no file 'my_other.py'"):
        open_request(request(train="my_other.py:train"))


def test_a_base_that_leaves_too_few_others_is_refused(data):
    opened = open_request(request(question="add", base=200))
    with pytest.raises(DataError, match="a base of 200 and 60 random others need 260 examples outside of the set, and"):
        prove(opened)


def test_what_changes_in_the_data_is_another_set(data):
    first = open_request(request())
    table = pd.read_csv("train.csv")
    table.iloc[:-1].to_csv("train.csv", index=False)
    second = open_request(request())
    assert first.run.name != second.run.name
    assert second.listed.title == "flips-drop-v2"
    assert set_of_list(second.home, second.run, request()).title == "flips-drop-v2"
