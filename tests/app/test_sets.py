import zipfile
from io import BytesIO

import pandas as pd
import pytest

from app import exports
from hem_core.engine.export_set import export_set
from hem_core.errors import DataError
from hem_core.store import sets
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


def test_tags_make_a_set_with_corrected_labels_and_without_what_was_ruled_out(show, workspace):
    folder = workspace()
    tagged(folder)
    test = show(folder, "sets", rule='{"all":[{"column":"difficulty","min":0,"max":15}]}')
    assert numbers(test)["Examples"] == "7"
    assert numbers(test)["Corrected labels"] == "1"
    click(test, "Save 7 examples")
    examples, manifest = sets.load(folder, "hard")
    assert examples["id"].tolist() == ["e00", "e01", "e02", "e03", "e06", "e07", "e08"]
    row = examples.set_index("id").loc["e03"]
    assert (row["label"], row["label_before"]) == ("<b>fox</b>", "cat")
    assert manifest["excluded"] == {"mislabelled": 1, "outlier": 1}


def test_saving_again_makes_a_new_version_and_leaves_the_old_one(show, workspace):
    folder = workspace()
    test = click(show(folder, "sets"), "Save 6")
    click(test, "Save 6 examples as version 2")
    assert sets.versions(folder, "hard") == [1, 2]


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


def test_an_export_runs_in_its_own_process_and_says_how_it_ended(workspace):
    folder = workspace()
    sets.save(folder, "few", open_workspace(folder).run("tiny").table().head(4), {"run": "gone"})
    good, bad = (exports.place(folder, "few", 1, [name]) for name in ("jsonl", "imagefolder"))
    assert exports.state(good) == {"status": "none"}
    for target, name in ((good, "jsonl"), (bad, "imagefolder")):
        exports.start(folder, "few", 1, [name])
        exports.wait(target)
    assert exports.state(good) == {"status": "done"}
    assert (good / "examples.jsonl").is_file()
    assert exports.state(bad)["status"] == "failed"
    assert "needs the pictures" in exports.state(bad)["error"]
