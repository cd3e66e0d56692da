"""Corrected sets of tags come out as they came in, and answers in these files are read back."""

import importlib
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hem_core
from hem_core import catalog as catalogs
from hem_core.export import csv, huggingface, jsonl, label_studio, parquet
from hem_core.export._folder import export
from hem_core.export._label_sets import LabelSets
from hem_core.labels.import_labels import import_labels
from hem_core.sets.classes_of_rows import classes_of_rows, shares_of
from hem_core.sets.export_run import export_run
from hem_core.sets.label_sets import state_of
from hem_core.sets.select import select
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace

TAGS = ["beach", "field", "urban"]


def make_run(folder, *, is_listed):
    """Sixty rows with up to three tags, predicted elsewhere, in a workspace of their own."""
    chance = np.random.default_rng(0)
    given = chance.random((60, 3)) < 0.4
    given[:3] = [[True, False, False], [True, True, False], [False, False, False]]
    probs = np.where(given, 0.9, 0.1) + 0.08 * chance.random((60, 3))
    sets = [[name for name, has in zip(TAGS, row, strict=True) if has] for row in given]
    columns = {"id": [f"scene-{row:02d}" for row in range(60)]}
    columns |= {f"prob_{name}": probs[:, k] for k, name in enumerate(TAGS)}
    columns["labels"] = sets if is_listed else [", ".join(each) for each in sets]
    path = folder / ("scenes.parquet" if is_listed else "scenes.csv")
    if is_listed:
        pq.write_table(pa.table(columns), path)
    else:
        pd.DataFrame(columns).to_csv(path, index=False)
    options = {"task": "multilabel", "has_map": False, "sample": "out-of-sample", "classes": TAGS, "name": "scenes"}
    hem_core.score(None, path, out=folder / "runs" / "scenes", **options)
    return folder


@pytest.fixture(scope="module", params=[True, False], ids=["lists", "joined"])
def home(request, tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("sets"), is_listed=request.param)
    log = open_workspace(folder).tags()
    log.add("scenes", ["scene-00"], "mislabelled", who="anna", value="beach|urban" if request.param else "beach, urban")
    log.level("tags").add("scenes", ["scene-01#1"], "mislabelled", who="anna", value="(none)")
    return folder


def labels(examples):
    return dict(zip(examples["id"], examples["label"], strict=True))


def test_quotas_go_by_the_tags_of_an_example(home):
    run = open_run(home / "runs" / "scenes")
    found = dict(zip(run.table(["id"])["id"], classes_of_rows(run.examples), strict=True))
    assert [found[f"scene-0{at}"] for at in range(3)] == [("beach",), ("beach", "field"), ()]
    assert shares_of(classes_of_rows(run.level("tags")))["field"] > 0
    assert len(select(run.examples, n=20, policies=["per_class"]).examples) == 20


def test_corrected_sets_are_exported_as_they_came(home, tmp_path):
    target = tmp_path / "out"
    export_run(home / "runs" / "scenes", target, where=None, formats=["csv", "jsonl", "huggingface"])
    is_listed = open_run(home / "runs" / "scenes").info["task_settings"]["is_listed"]
    wanted = {
        "scene-00": ["beach", "urban"] if is_listed else "beach, urban",
        "scene-01": ["beach"] if is_listed else "beach",
        "scene-02": [] if is_listed else "",
    }
    for read in (parquet.read, jsonl.read):
        found = labels(read(target)[0])
        assert {id: list(found[id]) if is_listed else found[id] for id in wanted} == wanted
    cells = labels(csv.read(target)[0])
    assert cells["scene-00"] == (json.dumps(wanted["scene-00"]) if is_listed else wanted["scene-00"])
    if is_listed:
        found = labels(huggingface.read(target)[0])
        assert {id: found[id] for id in wanted} == wanted
        datasets = pytest.importorskip("datasets")
        read = datasets.load_dataset(str(target / "huggingface"), split="train", cache_dir=str(tmp_path / "cache"))
        assert read.features["label"].feature.names == TAGS
        assert read[0]["label"] == [0, 2]


def test_an_export_is_scored_again_and_a_later_word_on_the_whole_set_stands(home, tmp_path):
    target = tmp_path / "out"
    export_run(home / "runs" / "scenes", target, where=None, formats=["csv"])
    again = tmp_path / "again"
    options = {"task": "multilabel", "has_map": False, "classes": TAGS, "columns": {"label_column": "label"}}
    for name in ("examples.csv", "examples.parquet"):
        run = hem_core.score(None, target / name, out=again / "runs" / name[-3:], **options)
        given = run.table(["id", "given"]).set_index("id")["given"]
        assert set(given["scene-00"].replace(", ", "|").split("|")) == {"beach", "urban"}
    run, log = open_run(home / "runs" / "scenes"), open_workspace(home).tags()
    before = state_of(run.level(), log)
    assert before.set_index("id").loc["scene-01", "value"] == "beach"
    batch = log.add("scenes", ["scene-01"], "right", who="ben")
    assert state_of(run.level(), log).set_index("id").loc["scene-01", "tag"] == "right"
    log.undo("scenes", who="ben", batch=batch)


def test_answers_that_are_lists_or_texts_are_read_and_odd_names_are_reported(home, tmp_path):
    rows = [
        {"id": "scene-03", "label": ["urban", "beach"]},
        {"id": "scene-04", "label": []},
        {"id": "scene-05", "label": ["sea"]},
    ]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = import_labels(tmp_path / "answers.jsonl", home, who="carl")
    assert found.unknown_labels == {"scene-05": "sea"}
    state = open_workspace(home).tags().state("scenes").set_index("id")
    given = open_run(home / "runs" / "scenes").table(["id", "given"]).set_index("id")["given"]
    for id, text in (("scene-03", "beach{}urban"), ("scene-04", "(none)")):
        glue = ", " if ", " in "".join(given.dropna()) else "|"
        said = state.loc[id]
        assert said["value"] == text.format(glue) if given[id] != text.format(glue) else said["tag"] == "right"


@pytest.mark.parametrize("is_cell", [False, True], ids=["json", "csv"])
def test_several_tags_in_a_short_export_of_label_studio_are_read(home, tmp_path, is_cell):
    rows = [("scene-06", {"choices": ["urban", "beach"]}), ("scene-07", "(none)"), ("scene-08", {"choices": ["sea"]})]
    lines = [
        {"example_id": id, "label": json.dumps(label) if is_cell and isinstance(label, dict) else label}
        | {"id": 35, "annotator": 1, "annotation_id": 8, "given_label": "field", "lead_time": 2.44}
        for id, label in rows
    ]
    (tmp_path / "min.json").write_text(json.dumps(lines))
    found = import_labels(tmp_path / "min.json", home)
    assert (found.unknown_labels, found.unanswered) == ({"scene-08": "sea"}, [])
    given = open_run(home / "runs" / "scenes").table(["id", "given"]).set_index("id")["given"]
    glue = ", " if ", " in "".join(given.dropna()) else "|"
    state = open_workspace(home).tags().state("scenes").set_index("id")
    for id, text in (("scene-06", f"beach{glue}urban"), ("scene-07", "(none)")):
        assert state.loc[id, "value"] == text if given[id] != text else state.loc[id, "tag"] == "right"


def test_label_studio_offers_the_tags_one_by_one(tmp_path):
    frame = pd.DataFrame({"id": ["a"], "label": ["p|q"], "suggested_label": ["q|r"], "text": ["words"]})
    written = LabelSets(("p", "q", "r"), "|", False).as_they_came(frame)
    home = label_studio.write(written, tmp_path, classes=["p", "q", "r"])
    config = (home / "config.xml").read_text("utf-8")
    assert 'choice="multiple" required="false"' in config
    assert [name for name in ("p", "q", "r", "p|q") if f'value="{name}"' in config] == ["p", "q", "r"]
    assert config.index("<Choices") < config.index("<Text")  # a long text would push them off the screen
    (task,) = json.loads((home / "tasks-00000.json").read_text("utf-8"))
    assert task["predictions"][0]["result"][0]["value"] == {"choices": ["q", "r"]}


def test_in_label_studio_no_tag_is_an_answer_of_its_own(home, tmp_path):
    frame = pd.DataFrame({"id": ["scene-09"], "label": ["beach"], "suggested_label": ["(none)"], "text": ["words"]})
    written = LabelSets(tuple(TAGS), "|", False).as_they_came(frame)
    folder = label_studio.write(written, tmp_path, classes=TAGS)
    assert '<Choice value="(none)"/>' in (folder / "config.xml").read_text("utf-8")
    (task,) = json.loads((folder / "tasks-00000.json").read_text("utf-8"))
    (prediction,) = task["predictions"]
    answered = task | {"annotations": [{"completed_by": 1, "was_cancelled": False, "result": prediction["result"]}]}
    (tmp_path / "none.json").write_text(json.dumps([answered]))
    import_labels(tmp_path / "none.json", home)
    given = open_run(home / "runs" / "scenes").table(["id", "given"]).set_index("id")["given"]
    state = open_workspace(home).tags().state("scenes").set_index("id").loc["scene-09"]
    assert state["value"] == "(none)" if given["scene-09"] != "(none)" else state["tag"] == "right"
    nothing = task | {"annotations": [{"completed_by": 2, "was_cancelled": False, "result": []}]}
    (tmp_path / "nothing.json").write_text(json.dumps([nothing]))
    assert import_labels(tmp_path / "nothing.json", home).unanswered == ["scene-09"]


PARTIAL = pd.DataFrame({"id": ["u", "v", "w"], "label": ["beach|?urban", "(none)", None]})


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "huggingface", "webdataset"])
def test_unknown_tags_stay_unknown_in_what_is_exported_and_read_again(tmp_path, name):
    module = importlib.import_module(f"hem_core.export.{name}")
    sets = LabelSets(("beach", "field", "urban"), "|", True)
    module.write(sets.as_they_came(PARTIAL).assign(x=1.0), tmp_path, classes=TAGS)
    sources = {"csv": "examples.csv", "jsonl": "examples.jsonl", "parquet": "examples.parquet"}
    if name == "huggingface":
        datasets = pytest.importorskip("datasets")
        source = datasets.load_dataset(str(tmp_path / name), split="train", cache_dir=str(tmp_path / "cache"))
    elif name == "webdataset":
        source = pa.Table.from_pandas(module.read(tmp_path)[0])
    else:
        source = tmp_path / sources[name]
    data, _notes = catalogs.unwrapped(source)
    found = catalogs.read(data)
    assert found["label"].to_pylist() == ["beach|?urban", "(none)", None]
    assert "label_unknown" not in found.column_names


@pytest.mark.parametrize("is_listed", [True, False], ids=["lists", "joined"])
def test_pictures_of_sets_are_in_one_folder_with_their_lists_beside_them_and_are_scored_from_there(tmp_path, is_listed):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    frame = PARTIAL if is_listed else PARTIAL.assign(label=["beach|urban", "(none)", None])
    sets = LabelSets(("beach", "field", "urban"), "|", is_listed)
    export(frame, tmp_path / "out", ["imagefolder"], {}, read_image=lambda _row: (".png", picture.getvalue()),
           label_sets=sets)  # fmt: skip
    home = tmp_path / "out" / "imagefolder"
    assert [path.name for path in home.iterdir() if path.is_dir()] == ["examples"]
    found = catalogs.read(home)
    assert found["label"].to_pylist() == ["beach|?urban" if is_listed else "beach|urban", "(none)", None]
    assert found["id"].to_pylist() == ["u", "v", "w"]
    assert catalogs.info(found)["task"] == "multilabel"
    datasets = pytest.importorskip("datasets")
    read = datasets.load_dataset("imagefolder", data_dir=str(home), split="train", cache_dir=str(tmp_path / "cache"))
    lists = [["beach"] if is_listed else ["beach", "urban"], [], None]
    assert sorted(map(str, read["label"])) == sorted(map(str, lists))


def test_pictures_beside_a_table_of_their_labels_are_read_by_file_name(tmp_path):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "metadata.csv").write_text("file_name,tags\na.png,x|y\nb.png,y\n")
    found = catalogs.read(tmp_path)
    assert found["label"].to_pylist() == ["x|y", "y"]
    assert found["image"].to_pylist() == ["a.png", "b.png"]
    assert "The labels are those in metadata.csv" in catalogs.info(found)["notes"][-1]
