"""Corrected sets of tags come out as they came in, and answers in these files are read back."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hem_core
from hem_core.export import csv, huggingface, jsonl, label_studio, parquet
from hem_core.export._label_sets import LabelSets
from hem_core.labels.import_labels import import_labels
from hem_core.sets.export_run import export_run
from hem_core.sets.label_sets import state_of
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


def test_label_studio_offers_the_tags_one_by_one(tmp_path):
    frame = pd.DataFrame({"id": ["a"], "label": ["p|q"], "suggested_label": ["q|r"], "text": ["words"]})
    written = LabelSets(("p", "q", "r"), "|", False).as_they_came(frame)
    home = label_studio.write(written, tmp_path, classes=["p", "q", "r"])
    config = (home / "config.xml").read_text("utf-8")
    assert 'choice="multiple" required="false"' in config
    assert [name for name in ("p", "q", "r", "p|q") if f'value="{name}"' in config] == ["p", "q", "r"]
    (task,) = json.loads((home / "tasks-00000.json").read_text("utf-8"))
    assert task["predictions"][0]["result"][0]["value"] == {"choices": ["q", "r"]}
