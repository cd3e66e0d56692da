import json
import threading
import zipfile
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import words
from app.views.retrain import retrains
from app.views.sets import exports, proofs, saved_sets
from hem_core.errors import DataError, RunError
from hem_core.jobs.job import running
from hem_core.sets.export_set import export_set
from hem_core.sets.select import select
from hem_core.store import sets
from hem_core.store.atomic import write_array, write_json
from hem_core.store.workspace import open_workspace


def tagged(folder):
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    log.add(data, ["e00", "e01", "e02"], "hard", who="anna")
    log.add(data, ["e03"], "mislabelled", who="anna", value="<b>fox</b>")
    log.add(data, ["e04"], "mislabelled", who="anna")
    log.add(data, ["e05"], "outlier", who="anna")
    return home


def click(test, label):
    return next(one for one in test.button if one.label.startswith(label)).click().run()


def numbers(test):
    return {metric.label: metric.value for metric in test.metric}


def address(test):
    """Name -> value of what the address says."""
    return {name: value if isinstance(value, str) else value[0] for name, value in test.query_params.items()}


def keep_ten_for_testing(folder):
    """Put the first ten examples of the run into the test split; its catalog as it was."""
    path = folder / "runs" / "tiny" / "catalog.parquet"
    catalog = pd.read_parquet(path)
    catalog.assign(split=["test"] * 10 + ["train"] * 50).to_parquet(path)
    return catalog


def source(test):
    return next(one for one in test.get("button_group") if one.label == "From")


def test_the_hardest_tenth_is_offered_first_and_saved_as_version_one(show, workspace):
    folder = workspace()
    test = show(folder, "sets")
    assert not test.exception
    assert numbers(test) == {"Examples": "6", "Mean difficulty": "95.0", "Reviewed": "0.0%", "Corrected labels": "0"}
    test = click(test, "Save 6 examples as version 1")
    assert [message.value for message in test.success] == ["Saved hard v1\\: 6 examples\\."]
    examples, manifest = sets.load(folder, "hard")
    assert examples["id"].tolist() == ["e54", "e55", "e56", "e57", "e58", "e59"]
    assert manifest["rule"] == {"all": [{"column": "difficulty", "min": 90, "max": 100}]}
    assert manifest["made_by"] == "anna"
    assert [expander.label for expander in test.expander] == [r"hard v1 · 6 examples"]


def embed(folder):
    """Give `tiny` embeddings that tell its three classes apart."""
    rng = np.random.default_rng(0)
    values = np.eye(3)[np.arange(60) % 3] + rng.normal(0, 0.2, (60, 3))
    write_array(folder / "runs" / "tiny" / "embeddings" / "00000.npy", values.astype(np.float16))
    return folder


def some(test, n):
    """Ask for a budget of n."""
    next(one for one in test.get("button_group") if one.label == "How many").set_value("some").run()
    return next(one for one in test.number_input if one.label.startswith("of ")).set_value(n).run()


def chain(test):
    return next(one for one in test.multiselect if one.label.startswith("Picked by"))


def said(test):
    return " ".join(str(one.value) for one in [*test.markdown, *test.caption, *test.success, *test.info])


@pytest.mark.slow
def test_what_people_judged_one_at_a_time_is_offered_before_everything_else(show, workspace):
    folder = workspace()
    tagged(folder)
    test = show(folder, "sets", rule='{"all":[{"column":"difficulty","min":0,"max":15}]}')
    assert source(test).value == "reviewed"
    assert numbers(test)["Examples"] == "1"  # e00 to e02 were tagged together, e04 and e05 are ruled out
    click(test, "Save 1 example as version 1")
    examples, manifest = sets.load(folder, "hard")
    assert examples["id"].tolist() == ["e03"]
    assert manifest["rule_in_words"] == "reviewed one at a time"


@pytest.mark.slow
def test_a_budget_is_picked_by_a_chain_and_everything_left_out_has_a_reason(show, workspace):
    folder = workspace()
    tagged(folder)
    test = show(folder, "sets")
    source(test).set_value("everything").run()
    test = some(test, 12)
    assert not test.exception
    assert chain(test).value == ["stratified", "margin"]  # no training was recorded: the hardest are set aside
    chain(test).set_value(["margin", "per_class"]).run()
    assert "48 of 60 candidates" in said(test)
    assert "Called an outlier" in said(test)
    click(test, "Save 12 examples as version 1")
    examples, manifest = sets.load(folder, "hard")
    assert len(examples) == 12
    assert sorted(examples["label"].value_counts()) == [4, 4, 4]
    assert examples["weight"].between(1, 4).all()
    assert examples["rank"].tolist() == list(range(1, 13))
    left = sets.left_out(folder, "hard", 1)
    assert sorted([*left["id"], *examples["id"]]) == [f"e{k:02d}" for k in range(60)]
    assert left.set_index("id").loc["e05", "why"] == "called an outlier"
    assert manifest["selection"]["policies"] == ["margin", "per_class"]


@pytest.mark.slow
def test_another_policy_and_its_option_change_what_is_picked(show, workspace):
    folder = workspace()
    test = show(folder, "sets")
    source(test).set_value("everything").run()
    test = some(test, 3)
    chain(test).set_value(["top"]).run()
    click(test, "Save 3 examples as version 1")
    assert sets.load(folder, "hard")[0]["id"].tolist() == ["e59", "e58", "e57"]
    test.selectbox(key="set_option top by").set_value("entropy").run()
    click(test, "Save 3 examples as version 2")
    assert sets.load(folder, "hard")[0]["id"].tolist() == ["e00", "e01", "e02"]


@pytest.mark.slow
def test_a_policy_that_this_run_cannot_serve_is_said_in_a_sentence(show, workspace):
    test = show(workspace(), "sets")
    test = some(test, 3)
    chain(test).set_value(["diverse"]).run()
    assert "needs embeddings" in test.error[0].value
    assert not test.exception


@pytest.mark.slow
def test_the_set_stands_beside_random_and_the_plain_hardest(show, workspace):
    folder = workspace()
    test = show(folder, "sets")
    row = test.table[0].value.loc["Mean difficulty"]
    assert list(row.index) == ["this set", "random", "hardest"]
    assert row["this set"] == row["hardest"] == r"95\.0"
    assert row["random"] != r"95\.0"  # of everything: of the six candidates any six have this mean
    test = some(test, 3)
    table = test.table[0].value
    assert table.loc["Mean difficulty", "hardest"] == r"97\.5"
    click(test, "Save 3 examples")
    assert set(sets.load(folder, "hard")[0]["id"]) < {"e54", "e55", "e56", "e57", "e58", "e59"}


def end_proofs(folder):
    for job in running(folder):
        proofs.wait(folder, job.name)


@pytest.mark.slow
def test_a_small_run_is_proven_without_asking_and_the_proof_is_kept(show, workspace):
    folder = embed(workspace())
    test = show(folder, "sets")
    source(test).set_value("everything").run()
    test = some(test, 9)
    for _ in range(2):  # of the first set on the page, then of this one
        end_proofs(folder)
        test.run()
    assert "points over 9 random examples" in said(test).replace("\\", "")
    click(test, "Save 9 examples")
    manifest = sets.load(folder, "hard")[1]
    assert set(manifest["proof"]["gain"]) == {"mean", "low", "high"}
    assert said(test).replace("\\", "").count("points over 9 random examples") == 2  # here, and among the saved


@pytest.fixture
def is_saved(monkeypatch):
    """What the proofs' linear classifiers wait for: the event that a test sets."""
    from sklearn.linear_model import LogisticRegression

    event, fit = threading.Event(), LogisticRegression.fit

    def wait_and_fit(*args, **options):
        assert event.wait(120)
        return fit(*args, **options)

    monkeypatch.setattr(LogisticRegression, "fit", wait_and_fit)
    yield event
    event.set()


@pytest.mark.slow
def test_a_proof_that_ends_after_the_set_was_saved_is_shown_with_it(show, workspace, is_saved):
    folder = embed(workspace())
    test = click(show(folder, "sets"), "Save 6 examples")
    assert running(folder)
    is_saved.set()
    end_proofs(folder)
    test.run()
    assert sets.load(folder, "hard")[1]["proof"] is None
    assert said(test).replace("\\", "").count("points over 6 random examples") == 2


@pytest.mark.slow
def test_more_than_there_are_candidates_takes_all_of_them_and_says_what_to_choose(show, workspace):
    test = some(show(workspace(), "sets"), 20)
    assert [one.value for one in test.warning] == ["All 6 are used. For more, choose another source above."]
    assert [one for one in test.button if one.label.startswith("Save 6 examples")]


def test_a_task_without_linear_heads_starts_no_proof_and_says_what_compares_sets(show, workspace):
    folder = workspace()
    embed(folder)
    about = folder / "runs" / "tiny" / "run.json"
    write_json(about, {**json.loads(about.read_text()), "task": "regression", "classes": []})
    test = show(folder, "sets")
    assert "No proof for regression" in said(test)
    assert not [one for one in test.button if one.label == "Prove it"]
    assert not (folder / "jobs").exists()


def test_a_run_without_embeddings_says_why_nothing_can_be_proven(show, workspace):
    test = show(workspace(embeddings=False), "sets")
    assert "No proof without embeddings" in said(test)
    assert "no layer was found" in said(test)
    assert not [one for one in test.button if one.label == "Prove it"]


@pytest.mark.parametrize(
    ("lacks", "sentence"),
    [
        ("No embeddings: no map, no neighbours; name a layer.", "No proof without embeddings; name a layer."),
        ("No embeddings: the map was drawn.", "No proof without embeddings: the map was drawn."),
        ("no layer; none was named", "No proof without embeddings: no layer; none was named"),
    ],
)
def test_why_nothing_can_be_proven_is_one_sentence(show, workspace, lacks, sentence):
    assert sentence in said(show(workspace(embeddings=False, missing={"embeddings": lacks}), "sets")).replace("\\", "")


@pytest.mark.parametrize(
    ("gain", "sentence"),
    [
        ((1.2, 0.4, 2.0), "+1.2 points over 500 random examples, between +0.4 and +2.0"),
        ((0.2, 0.02, 0.38), "+0.20 points over 500 random examples, between +0.02 and +0.38"),
        ((0.02, -0.9, 0.7), "No gain shown: 0.0 points over 500 random examples, between −0.9 and +0.7"),
        ((-1.2, -2.0, -0.4), "Worse than 500 random examples: −1.2 points, between −2.0 and −0.4"),
    ],
)
def test_a_gain_is_said_with_its_interval_and_no_gain_is_said_too(gain, sentence):
    assert proofs.sentence(proof_of(*gain), 500) == sentence


def test_of_a_large_set_the_number_that_was_tried_is_said():
    assert proofs.sentence(proof_of(1, 0.5, 1.5), 60_000).startswith("+1.0 points over 4,000 random examples")


def proof_of(mean, low, high):
    table = [{"arm": "base", "n": 2000}, {"arm": "base + random", "n": 6000}, {"arm": "base + chosen", "n": 6000}]
    return {"gain": {"mean": mean, "low": low, "high": high}, "table": table}


@pytest.mark.slow
def test_the_same_examples_have_the_same_proof_until_a_label_changes(workspace):
    home = open_workspace(workspace())
    run = home.run("tiny")
    before = proofs.key(run.examples, select(run.examples, n=9))
    assert proofs.key(run.examples, select(run.examples, n=9)) == before
    assert proofs.key(run.examples, select(run.examples, n=8)) != before
    home.tags().add(run.data, ["e30"], "mislabelled", who="anna", value="**dog**")
    assert proofs.key(run.examples, select(run.examples, n=9)) != before


@pytest.mark.slow
def test_a_proof_that_fails_says_why_and_can_be_started_again(workspace):
    folder = workspace()
    run = open_workspace(folder).run("tiny")
    assert proofs.state(folder, "k") == {"status": "none"}
    proofs.start(folder, run.examples, "k", select(run.examples, n=9))
    assert proofs.state(folder, "k")["status"] == "running"
    proofs.wait(folder, "k")
    assert proofs.state(folder, "k")["status"] == "failed"
    assert "embeddings" in proofs.state(folder, "k")["error"]


def test_formats_that_need_pictures_are_off_for_rows_with_the_reason(rows):
    sets.save(rows, "few", open_workspace(rows).run("tiny").table().head(4), {"run": "tiny"})
    unfit = exports.unfit(rows, "few", 1)
    assert {"imagefolder", "coco", "yolo"} <= set(unfit)
    assert not {"parquet", "csv", "jsonl", "huggingface", "label_studio", "webdataset"} & set(unfit)
    assert unfit["imagefolder"] == "needs the pictures: this data has none; use parquet, csv or jsonl"


def test_pictures_that_have_moved_away_are_a_reason_too(workspace):
    folder = workspace()
    sets.save(folder, "few", open_workspace(folder).run("tiny").table().head(4), {"run": "tiny"})
    assert exports.unfit(folder, "few", 1) == {}
    (folder / "data" / "tiny.npy").unlink()
    assert "the picture of 'e00' cannot be exported" in exports.unfit(folder, "few", 1)["imagefolder"]


def test_a_format_that_cannot_work_is_not_to_be_chosen(show, rows):
    sets.save(rows, "few", open_workspace(rows).run("tiny").table().head(4), {"run": "tiny"})
    test = show(rows, "sets")
    groups = {one.label: one for one in test.get("button_group")}
    assert "imagefolder" not in groups["Export as"].options
    assert "imagefolder" in groups["Not for this set"].options
    assert groups["Not for this set"].disabled
    assert "needs the pictures" in said(test)


@pytest.mark.slow
def test_a_saved_set_goes_to_retraining_with_one_click(show, workspace):
    folder = workspace()
    sets.save(folder, "few", open_workspace(folder).run("tiny").table().head(4), {"run": "tiny"})
    test = click(show(folder, "sets"), "Retrain with this set")
    assert test.session_state["hem_kept_retrain_set"] == "few v1"
    assert test.session_state["hem_kept_went_to"] == "retrain"


@pytest.mark.slow
def test_labels_from_another_tool_come_in_as_verdicts_and_are_reviewed(show, workspace):
    folder = workspace()
    test = show(folder, "sets")
    answers = b"id,label,who\ne00,cat,ben\ne03,cat,ben\ne06,**dog**,ben\ne99,cat,ben\n"
    test = test.file_uploader[0].set_value(("answers.csv", answers, "text/csv")).run()
    test = click(test, "Import")
    assert not test.exception
    assert r"4 answers read\: 2 keep the label, 1 change it, 0 skipped it\." in test.success[0].value
    assert r"1 example that this run does not have, such as e99" in test.success[0].value
    assert source(test).value == "reviewed"
    assert numbers(test)["Examples"] == "3"
    assert numbers(test)["Corrected labels"] == "1"


def test_a_file_that_holds_no_answers_is_said_by_its_own_name(show, workspace):
    test = show(workspace(), "sets")
    test.file_uploader[0].set_value(("notes.csv", b"a,b\n1,2\n", "text/csv")).run()
    test = click(test, "Import")
    assert "notes" in test.error[0].value
    assert "has no" in test.error[0].value


@pytest.mark.slow
def test_tags_make_a_set_with_corrected_labels_and_without_what_was_ruled_out(show, workspace):
    folder = workspace()
    tagged(folder)
    test = show(folder, "sets", rule='{"all":[{"column":"difficulty","min":0,"max":15}]}')
    source(test).set_value("filter").run()
    assert numbers(test)["Examples"] == "7"
    assert numbers(test)["Corrected labels"] == "1"
    click(test, "Save 7 examples")
    examples, manifest = sets.load(folder, "hard")
    assert examples["id"].tolist() == ["e00", "e01", "e02", "e03", "e06", "e07", "e08"]
    row = examples.set_index("id").loc["e03"]
    assert (row["label"], row["label_before"]) == ("<b>fox</b>", "cat")
    assert manifest["excluded"] == {"called an outlier": 1, "label called wrong, no new label given": 1}


@pytest.mark.slow
def test_saving_again_makes_a_new_version_and_leaves_the_old_one(show, workspace):
    folder = workspace()
    test = click(show(folder, "sets"), "Save 6")
    click(test, "Save 6 examples as version 2")
    assert sets.versions(folder, "hard") == [1, 2]


@pytest.mark.slow
def test_a_name_that_cannot_be_a_folder_is_said_in_a_sentence(show, workspace):
    test = show(workspace(), "sets")
    test.text_input(key="set_name").set_value("../out").run()
    click(test, "Save 6")
    assert "begins with a letter" in test.error[0].value
    assert not test.exception


def test_nothing_left_is_said_and_cannot_be_saved(show, whole_workspace):
    test = show(whole_workspace, "sets", rule='{"all":[{"column":"difficulty","min":101,"max":null}]}')
    assert "No example is left" in test.info[0].value
    assert next(one for one in test.button if one.label.startswith("Save")).disabled


def test_an_export_of_a_set_has_its_files_and_pictures(workspace):
    folder = workspace()
    home = tagged(folder)
    examples = home.run("tiny").table().head(4)
    sets.save(folder, "few", examples, {"run": "tiny"})
    place = exports.place(folder, "few", 1, ["imagefolder", "csv"])
    assert place == folder / "exports" / "few-v1-csv-imagefolder"
    target = export_set(folder, "few", 1, place, ["csv", "imagefolder"])
    assert pd.read_parquet(target / "examples.parquet")["id"].tolist() == ["e00", "e01", "e02", "e03"]
    assert len(list(target.glob("imagefolder/*/*.png"))) == 4
    with zipfile.ZipFile(BytesIO(exports.zipped(target))) as archive:
        assert f"{target.name}/manifest.json" in archive.namelist()
    with pytest.raises(DataError, match="exists already"):
        export_set(folder, "few", 1, place, ["csv", "imagefolder"])


@pytest.mark.parametrize(("url", "label"), [("", "read-only"), ("sqlite://", "read-only, except tags")])
def test_the_badge_of_a_workspace_in_a_bucket_says_whether_tags_are_saved(url, label, tmp_path, monkeypatch):
    monkeypatch.setenv("HEM_CACHE", str(tmp_path))
    monkeypatch.setenv("HEM_TAGS_URL", url)
    folder = tmp_path / "work/s3/bucket/work"
    drawn = "from pathlib import Path\nfrom app import widgets\nfrom hem_core.store.workspace import Workspace\n"
    test = AppTest.from_string(f"{drawn}widgets.read_only_badge(Workspace(Path({str(folder)!r})))").run()
    assert f" {label}]" in test.markdown[0].value
    assert ("saved, in a database" in test.markdown[0].help) == bool(url)


@pytest.mark.slow
def test_a_set_in_a_read_only_workspace_is_chosen_and_exported_and_the_page_says_what_cannot_be_kept(
    show, workspace, read_only
):
    folder = workspace()
    sets.save(folder, "few", open_workspace(folder).run("tiny").table().head(4), {"run": "tiny"})
    seen = read_only(folder)
    test = show(seen, "sets")
    assert not test.exception
    assert numbers(test)["Examples"] == "6"
    assert any("read-only" in one.value for one in test.markdown)
    click(test, "Save 6 examples as version 1")
    assert "cannot be saved" in test.error[0].value
    target = exports.place(seen, "few", 1, ["jsonl"])
    exports.start(seen, "few", 1, ["jsonl"])
    exports.wait(seen, target)
    assert exports.state(seen, target) == {"status": "done"}
    assert len((target / "examples.jsonl").read_text().splitlines()) == 4
    with pytest.raises(RunError, match="retrain in a workspace of your own"):
        retrains.start(seen, {"set": "few v1"})


def test_an_export_runs_beside_the_page_and_says_how_it_ended(workspace):
    folder = workspace()
    sets.save(folder, "few", open_workspace(folder).run("tiny").table().head(4), {"run": "gone"})
    good, bad = (exports.place(folder, "few", 1, [name]) for name in ("jsonl", "imagefolder"))
    assert exports.state(folder, good) == {"status": "none"}
    for target, name in ((good, "jsonl"), (bad, "imagefolder")):
        exports.start(folder, "few", 1, [name])
        exports.wait(folder, target)
    assert exports.state(folder, good) == {"status": "done"}
    assert (good / "examples.jsonl").is_file()
    assert exports.state(folder, bad)["status"] == "failed"
    assert "needs the pictures" in exports.state(folder, bad)["error"]


@pytest.mark.slow
@pytest.mark.parametrize("small", [5_000, 0])
def test_an_export_counts_from_its_first_moment_in_a_thread_or_in_a_process(workspace, monkeypatch, small):
    monkeypatch.setattr(exports, "SMALL", small)
    folder = workspace()
    sets.save(folder, "few", open_workspace(folder).run("tiny").table(), {"run": "tiny"})
    target = exports.place(folder, "few", 1, ["imagefolder"])
    exports.start(folder, "few", 1, ["imagefolder"])
    found = exports.state(folder, target)
    assert found["status"] == "done" or found["total"] == 60
    exports.wait(folder, target)
    assert exports.state(folder, target) == {"status": "done"}


@pytest.mark.slow
def test_pictures_that_were_moved_are_exported_from_the_folder_that_is_named(show, workspace, tmp_path):
    folder = workspace()
    examples = open_workspace(folder).run("tiny").query(limit=3).drop(columns="row")
    sets.save(folder, "few", examples, {"run": "tiny"})
    (folder / "data").rename(tmp_path / "moved")
    test = show(folder, "sets", run="tiny")
    formats = next(one for one in test.get("button_group") if one.label == "Export as")
    assert "imagefolder" not in formats.options
    field = next(one for one in test.text_input if one.label == "Folder of the pictures")
    field.set_value(str(tmp_path / "moved")).run()
    formats = next(one for one in test.get("button_group") if one.label == "Export as")
    assert "imagefolder" in formats.options
    target = exports.place(folder, "few", 1, ["imagefolder"])
    exports.start(folder, "few", 1, ["imagefolder"], str(tmp_path / "moved"))
    exports.wait(folder, target)
    assert exports.state(folder, target) == {"status": "done"}
    assert len(list(target.rglob("*.png"))) == 3


def test_a_set_of_texts_asks_for_no_folder_of_pictures(show, texts):
    sets.save(texts, "few", open_workspace(texts).run("tiny").query(limit=3).drop(columns="row"), {"run": "tiny"})
    test = show(texts, "sets", run="tiny")
    assert "csv" in next(one for one in test.get("button_group") if one.label == "Export as").options
    assert "Folder of the pictures" not in [one.label for one in test.text_input]


@pytest.mark.slow
def test_examples_kept_for_testing_are_in_a_set_only_when_asked_for(show, workspace):
    folder = workspace()
    keep_ten_for_testing(folder)
    test = show(folder, "sets", run="tiny")
    source(test).set_value("everything").run()
    assert numbers(test)["Examples"] == "50"
    (switch,) = [one for one in test.toggle if "10 examples of the test and validation splits" in one.label]
    switch.set_value(True).run()
    assert numbers(test)["Examples"] == "60"


def test_the_preview_counts_no_classes_where_a_level_has_none():
    from app.views.sets.preview import _cell

    assert _cell("classes", {"n_classes": 3}, 10) == "3 of 10"
    assert _cell("classes", {"n_classes": 40}, 0) == "–"


def test_a_set_in_the_making_is_reviewed_and_then_begins_with_the_same_rows(show, workspace):
    folder = workspace()
    test = show(folder, "sets")
    test.button(key="set_review").click().run()
    rule = {"all": [{"column": "difficulty", "min": 90, "max": 100}]}
    found = address(test)
    assert (json.loads(found["selection"]), found["queue"]) == (rule, "selection")
    home = open_workspace(folder)
    log, data = home.tags(), home.run("tiny").data
    for id in [f"e{k}" for k in range(54, 60)]:
        log.add(data, [id], "hard", who="anna")
    log.add(data, ["e00"], "hard", who="anna")
    test.run()
    assert source(test).value == "chosen"
    assert numbers(test)["Examples"] == "6"
    assert numbers(test)["Reviewed"] == "100.0%"
    assert not [one for one in test.button if one.key == "set_review"]


@pytest.mark.slow
def test_the_review_of_a_set_of_everything_has_the_examples_of_the_set_alone(show, workspace):
    folder = workspace()
    catalog = keep_ten_for_testing(folder)
    test = show(folder, "sets", run="tiny")
    source(test).set_value("everything").run()
    test.button(key="set_review").click().run()
    found = address(test)
    ((clause,), queue) = (json.loads(found["selection"])["all"], found["queue"])
    assert (sorted(clause["rows"]), queue) == (sorted(catalog["id"].iloc[10:]), "selection")


def test_what_is_not_known_of_a_set_is_not_said():
    manifest = {"run": "tiny", "created": "2026-11-30T11:12:00+00:00", "made_by": "", "sample": "unknown"}
    found = saved_sets.facts(manifest, 50)
    assert not found["Saved"].endswith("by")
    assert found["Run"] == "tiny, in- or out-of-sample unknown"
    assert [words.size(n) for n in (0, 12_300, 99_999, 3_400_000)] == ["1 kB", "12 kB", "100 kB", "3.4 MB"]
