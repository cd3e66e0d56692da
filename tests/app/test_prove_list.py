"""A list that is pasted or dropped on the page Retrain becomes a set, and the form asks its question."""

from app.views.retrain import retrains
from hem_core.prove.prove import open_request
from hem_core.prove.request import Request
from hem_core.runs.options import Options
from hem_core.store import sets
from hem_core.store.workspace import open_workspace


def texts(test):
    kinds = ("markdown", "caption", "text", "warning", "error", "info", "success")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind)).replace("\\", "")


def button(test, label):
    return next(one for one in test.button if one.label.startswith(label))


def prepared(show, workspace):
    folder = workspace(model={"name": "demo_models.digits:model", "hash": "abc"})
    return folder, show(folder, "retrain")


def asked(test):
    """What the form would start: the set that is chosen, and what the curated arm does."""
    boxes = {box.label: box.value for box in test.selectbox}
    return boxes["Set"], boxes["What the curated arm does with the set"]


def test_a_pasted_list_becomes_a_set_with_its_question(show, workspace, monkeypatch):
    folder, test = prepared(show, workspace)
    assert button(test, "Make a set").disabled
    test.text_area[0].set_value("e01\n/some/where/e02.png\ne03\n").run()
    button(test, "Make a set").click().run()
    assert not test.exception
    assert "3 of 3 entries of the list are examples of tiny-data; 3 take part." in texts(test)
    assert asked(test) == ("pasted-drop v1", "without")
    examples, manifest = sets.load(folder, "pasted-drop")
    assert (examples["id"].tolist(), manifest["list"]["question"]) == (["e01", "e02", "e03"], "drop")
    (arms,) = test.get("button_group")
    assert (arms.proto.disabled, [*arms.value]) == (True, ["random"])  # the answer rests on them
    started = []
    monkeypatch.setattr(retrains, "_launch", lambda home, name, settings: started.append(settings) or True)
    button(test, "Start 15").click().run()
    assert {name: started[0][name] for name in ("set", "recipe", "question", "arms")} == {
        "set": "pasted-drop v1", "recipe": "without", "question": "drop", "arms": ["control", "random", "curated"],
    }  # fmt: skip


def test_a_dropped_file_with_labels_asks_for_them_to_be_trained_on(show, workspace):
    folder, test = prepared(show, workspace)
    test.radio[0].set_value("relabel").run()
    given = open_workspace(folder).run("tiny").query(columns=["id", "label"], limit=2)
    (first, label), (second, other) = zip(given["id"], given["label"], strict=True)
    assert label != other
    content = f"id,true\n{first},{label}\n{second},{label}\n".encode()
    test.file_uploader[0].set_value(("answers.csv", content, "text/csv")).run()
    test.text_input(key="list_labels 0").set_value("true").run()
    button(test, "Make a set").click().run()
    assert asked(test) == ("answers-relabel v1", "labels")
    assert sets.load(folder, "answers-relabel")[1]["corrected_labels"] == 1
    assert "1 label of the list is that of the data already." in texts(test)
    assert not button(test, "Start 10").disabled


def test_a_list_of_other_data_is_refused_in_the_words_of_the_page(show, workspace):
    folder, test = prepared(show, workspace)
    test.text_area[0].set_value("e01\nx\n").run()
    test = button(test, "Make a set").click().run()
    assert "1 of the 2 entries of the list are among the examples of 'tiny-data', and 1 is not, such as 'x'" in texts(
        test
    )
    assert "--" not in texts(test)
    assert sets.names(folder) == []
    test.toggle[0].set_value(True).run()
    button(test, "Make a set").click().run()
    assert sets.load(folder, "pasted-drop")[1]["list"]["n"] == 1


def train(dataset):
    """Stands for a user's own."""


def test_a_workspace_of_proofs_alone_opens(show, tmp_path):
    rows = [f"r{k},{'ab'[k % 2]},{k}" for k in range(20)]
    (tmp_path / "data.csv").write_text("\n".join(["id,label,x", *rows]))
    (tmp_path / "ids.txt").write_text("r1\nr2\n")
    options = Options(columns={"feature_columns": "x"})
    home = tmp_path / "hem-prove"
    request = Request(str(tmp_path / "ids.txt"), train, data=str(tmp_path / "data.csv"), out=home, options=options)
    assert open_request(request).listed.title == "ids-drop-v1"
    test = show(home, "retrain")
    assert not test.exception
    assert "ids.txt: 2 of 2 entries" in texts(test)
    assert asked(test)[0] == "ids-drop v1"
