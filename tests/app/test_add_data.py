"""Add data: from a file to a run, without a terminal."""

import io
import json
import shlex
import zipfile

import fsspec
import pandas as pd
import pytest
from PIL import Image

from hem_core.jobs import start as jobs
from hem_core.jobs.job import open_job
from hem_core.store.run import open_run
from hem_core.store.uploads import keep_upload

N = 40
CLASSES = {
    "id": [f"e{k}" for k in range(N)],
    "kind": ["cat", "dog"] * (N // 2),
    "prob_cat": [0.9, 0.2] * (N // 2),
    "prob_dog": [0.1, 0.8] * (N // 2),
    "night": [0, 1, 1, 0] * (N // 4),
}


@pytest.fixture
def table(tmp_path):
    """table(columns, name): the path of a file of them, beside the workspace."""

    def write(columns, name="animals.csv"):
        path = tmp_path / name
        frame = pd.DataFrame(columns)
        frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
        return str(path)

    return write


@pytest.fixture
def home(tmp_path):
    (tmp_path / "w").mkdir()
    return tmp_path / "w"


def texts(test):
    kinds = (test.markdown, test.caption, test.subheader, test.error, test.warning, test.success, test.text)
    return "\n".join(one.value for kind in kinds for one in kind).replace("\\", "")


def labelled(elements, label):
    return next(one for one in elements if one.label == label)


def add(test, path):
    test.text_input(key="add_data").set_value(path).run()
    assert not test.exception
    return test


def start(test):
    test.button(key="add_start").click().run()
    assert not test.exception
    return test


def address(test):
    """What stands in the address of the form."""
    found = test.query_params["add"]
    return found if isinstance(found, str) else found[0]


def test_an_empty_workspace_says_what_a_file_looks_like_and_other_pages_lead_here(show, home):
    test = show(home, "add_data")
    assert "no model is needed" in texts(test)
    assert any("prob_cat" in code.value for code in test.code)
    assert any(f"hem demo --workspace {home}" in code.value for code in test.code)
    assert [one.label for one in show(home, "overview").button] == ["Add data"]


@pytest.mark.slow
def test_a_csv_becomes_a_run_and_the_command_is_shown(show, home, table):
    test = add(show(home, "add_data"), table({**CLASSES, "label": CLASSES["kind"]}))
    assert "Read as **a table**: **40 examples**" in texts(test)
    assert "in the columns prob_cat, prob_dog: 2 outputs per example" in texts(test)
    assert len(test.dataframe[0].value) == 3
    assert test.text_input(key="add_name").value == "animals"
    command = shlex.split(test.code[-1].value)
    assert command[:4] == ["hem", "score", str(home.parent / "animals.csv"), "--out"]
    start(test)
    assert "Scoring: animals" in texts(test) or "Ready: animals" in texts(test)
    jobs.wait(open_job(home, "scoring", "animals"))
    assert open_run(home / "runs" / "animals").n == N
    again = show(home, "add_data", add=address(test))
    assert "Ready: animals" in texts(again)
    assert {"Open the run", "Add other data"} <= {one.label for one in again.button}
    again.button(key="add_more").click().run()
    assert "In this workspace" in texts(again)
    assert again.text_input(key="add_data").value == ""


def test_a_table_in_a_bucket_is_read_by_its_address(show, home, table, monkeypatch):
    monkeypatch.setenv("HEM_CACHE", str(home.parent / "cache"))
    store, address = fsspec.filesystem("memory"), f"memory://{home.parent.name}/animals.csv"
    store.put(table({**CLASSES, "label": CLASSES["kind"]}), address)
    test = add(show(home, "add_data"), address)
    assert "Read as **a table**: **40 examples**" in texts(test)
    assert shlex.split(test.code[-1].value)[:4] == ["hem", "score", address, "--out"]
    store.rm(address)


def test_a_label_of_another_name_is_chosen_and_stands_in_the_address(show, home, table):
    path = table({**CLASSES, "other": CLASSES["kind"]})  # both could be the label
    test = add(show(home, "add_data"), path)
    assert "name it with Label" in test.error[0].value.replace("\\", "")
    assert test.button(key="add_start").disabled
    test.multiselect(key="add_label_column").set_value(["kind"]).run()
    assert not test.error
    assert not test.button(key="add_start").disabled
    assert "--label-column kind" in test.code[-1].value
    kept = address(test)
    assert json.loads(kept) == {"data": path, "columns": {"label_column": "kind"}}
    reloaded = show(home, "add_data", add=kept)
    assert reloaded.multiselect(key="add_label_column").value == ["kind"]


def test_a_label_that_only_its_content_shows_is_guessed_said_and_can_be_changed(show, home, table):
    test = add(show(home, "add_data"), table(CLASSES))
    assert not test.error
    assert test.multiselect(key="add_label_column").value == ["kind"]
    assert any("Guessed from the names and contents" in one.value for one in test.caption)
    assert "--label-column kind" in test.code[-1].value


def test_lists_need_the_order_of_the_classes_and_one_click_gives_it(show, home, table):
    lists = [[0.9, 0.1], [0.2, 0.8]] * (N // 2)
    test = add(show(home, "add_data"), table({"label": CLASSES["kind"], "probs": lists}, "lists.parquet"))
    assert "order of the outputs is not known" in test.error[0].value
    assert "Classes" in test.error[0].value
    test.button(key="add_alphabetical").click().run()
    assert not test.error
    assert test.text_input(key="add_classes").value == "cat, dog"
    assert "--classes cat,dog" in test.code[-1].value
    assert not test.button(key="add_start").disabled


def test_boxes_take_a_file_of_results(show, home, tmp_path):
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
        "categories": [{"id": 1, "name": "cell"}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    (tmp_path / "bad.json").write_text("[{]")
    (tmp_path / "results.json").write_text(
        json.dumps([{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.9}])
    )
    test = add(show(home, "add_data"), str(tmp_path / "coco.json"))
    assert test.selectbox(key="add_task").value == "detection"
    assert test.selectbox(key="add_task").disabled
    assert "nothing to score yet" in texts(test)
    test.text_input(key="add_predictions").set_value(str(tmp_path / "bad.json")).run()
    assert "bad.json is no JSON" in texts(test)
    test.text_input(key="add_predictions").set_value(str(tmp_path / "results.json")).run()
    assert not test.error
    assert "Predictions recognised in results.json" in texts(test)
    assert "--predictions" in test.code[-1].value
    assert not test.button(key="add_start").disabled


def test_a_broken_csv_says_which_line_and_keeps_the_form(show, home, tmp_path):
    (tmp_path / "broken.csv").write_text("id,label\n1,cat\n2,dog,5\n")
    test = add(show(home, "add_data"), str(tmp_path / "broken.csv"))
    assert "line 3" in test.error[0].value
    assert test.text_input(key="add_data").value.endswith("broken.csv")


def test_a_path_to_nothing_offers_what_begins_alike(show, home, table):
    path = table(CLASSES)
    test = add(show(home, "add_data"), path.removesuffix("als.csv"))
    assert "nothing is at" in test.error[0].value
    assert list(test.button_group(key="add_near_data").options) == ["animals\\.csv"]
    test.button_group(key="add_near_data").set_value(path).run()
    assert test.text_input(key="add_data").value == path


def test_a_dropped_file_is_kept_once_in_the_workspace(show, home):
    content = pd.DataFrame({**CLASSES, "label": CLASSES["kind"]}).to_csv(index=False).encode()
    for name in ("../mine.csv", "other.csv"):
        test = show(home, "add_data")
        test.file_uploader[0].set_value((name, content, "text/csv")).run()
        assert not test.exception
        assert test.text_input(key="add_data").value.endswith("/mine.csv")
        assert "40 examples" in texts(test)
    assert [path.read_bytes() for path in (home / "uploads").glob("*/*")] == [content]


def test_a_dropped_archive_of_class_folders_takes_the_predictions_that_lie_in_it(show, home):
    file, picture = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    names = [f"{kind}{k}.png" for kind in ("cat", "dog") for k in range(20)]
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(f"pets/{name[:3]}/{name}", picture.getvalue())
        archive.writestr("pets/answers.csv", "file,pred,confidence\n" + "".join(f"{name},dog,0.9\n" for name in names))
    test = show(home, "add_data")
    test.file_uploader[0].set_value(("pets.zip", file.getvalue(), "application/zip")).run()
    assert not test.exception
    assert test.text_input(key="add_data").value.endswith("/pets")
    assert test.text_input(key="add_predictions").value.endswith("/pets/answers.csv")
    assert "40 examples" in texts(test)
    assert not test.button(key="add_start").disabled


def test_the_name_of_a_run_that_is_there_is_refused(show, workspace, table):
    home = workspace()
    test = add(show(home, "add_data"), table({**CLASSES, "label": CLASSES["kind"]}))
    for name, said in (("tiny", "tiny-2 is free"), ("a/b", "a-b")):
        test.text_input(key="add_name").set_value(name).run()
        assert said in texts(test)
        assert test.button(key="add_start").disabled
    test.text_input(key="add_name").set_value("mine").run()
    assert not test.button(key="add_start").disabled


def test_a_train_function_takes_the_place_of_predictions(show, home, table):
    test = add(show(home, "add_data"), table({"label": ["a", "b"] * 10, "x": range(20)}))
    assert test.button(key="add_start").disabled
    test.button_group(key="add_model").set_value("train").run()
    test.text_input(key="add_train").set_value("nowhere_at_all:train").run()
    assert "no module" in texts(test)
    assert test.button(key="add_start").disabled
    test.text_input(key="add_train").set_value("demo_models.wine:train").run()
    assert not test.button(key="add_start").disabled
    assert "--train demo_models.wine:train --oos 5" in test.code[-1].value


@pytest.mark.slow
def test_a_scoring_that_fails_says_why_and_its_settings_come_back(show, home, table):
    test = add(show(home, "add_data"), table({"label": ["a", "b"] * 10, "x": range(20)}))
    test.button_group(key="add_model").set_value("train").run()
    test.text_input(key="add_train").set_value("json:dumps").run()
    start(test)
    jobs.wait(open_job(home, "scoring", "animals"))
    test.run()
    assert "It failed: animals" in texts(test)
    test.button(key="add_again").click().run()
    assert test.text_input(key="add_train").value == "json:dumps"
    assert test.text_input(key="add_name").value == "animals"


def test_what_is_there_is_listed_and_addresses_are_not_trusted(show, whole_workspace):
    for odd in (
        "[1]",
        '{"data": 5, "columns": {"label_column": 3}, "folds": "x", "job": "../x"}',
        '{"data": "a\\u0000b"}',
    ):
        test = show(whole_workspace, "add_data", add=odd)
        assert not test.exception
    assert "In this workspace" in texts(test)
    assert test.dataframe[0].value["run"].tolist() == ["tiny"]
    assert json.loads(test.dataframe[0].proto.columns)["examples"]["type_config"]["format"] == "localized"


@pytest.mark.parametrize(
    ("name", "way"), [("a.xlsx", "save its sheet as CSV"), ("a.tar", "unpack it"), ("a.pkl", "Parquet or CSV")]
)
def test_an_upload_that_no_reader_takes_is_named_as_it_was_dropped_with_another_way(show, home, name, way):
    path = keep_upload(home, name, io.BytesIO(b"PK"))
    message = add(show(home, "add_data"), str(path)).error[0].value.replace("\\", "")
    assert message.startswith(f"cannot read '{name}': ")
    assert way in message
