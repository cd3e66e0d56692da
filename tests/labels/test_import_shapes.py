"""Every shape that Label Studio and other tools give labels in: what can be read is, the rest is counted."""

import gzip
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.errors import DataError
from hem_core.export.csv import write as write_csv
from hem_core.labels.import_labels import import_labels
from hem_core.store.atomic import write_json
from hem_core.store.workspace import open_workspace

CHOICE = {"from_name": "label", "to_name": "example", "type": "choices", "value": {"choices": ["dog"]}}
ODD_IDS = ["00003", "1.10", "=1", "'=1", "\n=1", "-5", "'", "a,b", 'a"b', "＝x", " lead", "e\u0301", "\u00e9"]


def make_run(workspace, ids, labels):
    folder = workspace / "runs" / "first"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"id": ids, "label": labels}), folder / "catalog.parquet")
    info = {"format_version": 1, "status": "complete", "classes": sorted(set(labels)), "data": {"name": "pets"}}
    info |= {"n": len(ids), "fingerprint": "f"}
    write_json(folder / "run.json", info)


@pytest.fixture
def workspace(tmp_path):
    make_run(tmp_path / "work", ["a", "b", "c"], ["cat", "cat", "dog"])
    return tmp_path / "work"


def of_pets(workspace):
    found = open_workspace(workspace).tags().state("pets")
    return {id: (tag, value) for id, tag, value in zip(found["id"], found["tag"], found["value"], strict=True)}


def task(id, annotations, **more):
    return {"id": 9, "data": {"example_id": id}, "annotations": annotations, **more}


def answered(**part):
    return [{"completed_by": 1, "result": [{**CHOICE, **part}]}]


NO_ANSWERS = {
    "ids in place of annotations": task("b", [17, 18]),
    "annotations are a count": task("b", 2),
    "annotations are null": task("b", None),
    "an annotation is null": task("b", [None]),
    "no result": task("b", [{"completed_by": 1}]),
    "a null result": task("b", [{"result": None}]),
    "an empty result": task("b", [{"result": []}]),
    "a result that is an object": task("b", [{"result": {"choices": ["dog"]}}]),
    "a result of texts": task("b", [{"result": ["dog", None, 3]}]),
    "a null value": task("b", answered(value=None)),
    "a value that is a text": task("b", answered(value="dog")),
    "null choices": task("b", answered(value={"choices": None})),
    "no choices": task("b", answered(value={"choices": []})),
    "a rating": task("b", answered(type="rating", value={"rating": 4})),
    "a region": task("b", answered(type="rectanglelabels", value={"rectanglelabels": ["dog"], "x": 1})),
    "a draft alone": task("b", [], drafts=[{"result": [CHOICE]}]),
    "a prediction alone": task("b", [], predictions=[{"result": [CHOICE]}]),
}


@pytest.mark.parametrize("odd", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_task_without_an_answer_costs_no_other_task(workspace, tmp_path, odd):
    path = tmp_path / "project.json"
    path.write_text(json.dumps([task("a", answered()), odd, task("c", answered())]))
    done = import_labels(path, workspace)
    assert of_pets(workspace) == {"a": ("mislabelled", "dog"), "c": ("right", "")}
    assert (done.n_answers, done.unanswered) == (2, ["b"])


ANSWERS = {
    "one choice as a text": task("a", answered(value={"choices": "dog"})),
    "the question is Label": task("a", answered(from_name="Label")),
    "the question is sentiment": task("a", answered(from_name="sentiment")),
    "another question has an answer too": task(
        "a", [{"result": [CHOICE | {"from_name": "class"},
                          CHOICE | {"from_name": "quality", "value": {"choices": ["blurred"]}}]}]
    ),
    "the data lie in data": {"id": 1, "data": {"data": {"example_id": "a"}}, "annotations": answered()},
    "the id is in meta": {"id": 1, "data": {"x": 1}, "meta": {"example_id": "a"}, "annotations": answered()},
    "completions, as before 1.0": {"id": 1, "data": {"example_id": "a"}, "completions": answered()},
    "JSON-MIN": {"id": 1, "example_id": "a", "given_label": "cat", "label": "dog", "annotator": 3},
    "JSON-MIN with choices": {"id": 1, "example_id": "a", "label": {"choices": ["dog"]}, "annotator": 3},
    "JSON-MIN of another question": {
        "id": 1, "example_id": "a", "given_label": "cat", "sentiment": "dog", "annotation_id": 5
    },
}  # fmt: skip


@pytest.mark.parametrize("one", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_found_in_every_shape(workspace, tmp_path, one):
    path = tmp_path / "project.json"
    path.write_text(json.dumps([one]))
    assert import_labels(path, workspace).unanswered == []
    assert of_pets(workspace) == {"a": ("mislabelled", "dog")}


def test_a_task_that_was_skipped_before_1_0_is_skipped(workspace, tmp_path):
    path = tmp_path / "project.json"
    path.write_text(json.dumps([{"data": {"example_id": "a"}, "completions": [{"skipped": True, "result": []}]}]))
    assert import_labels(path, workspace).counts["skip"] == 1


def test_entries_that_name_no_example_are_counted(workspace, tmp_path):
    path = tmp_path / "project.json"
    odd = [None, 7, "a", [], {"data": {"image": "x.png"}, "annotations": answered()}, {"data": None}]
    path.write_text(json.dumps([*odd, task("a", answered())]))
    done = import_labels(path, workspace)
    assert (done.n_without_id, of_pets(workspace)) == (6, {"a": ("mislabelled", "dog")})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.csv", b"id;label\r\na;dog\r\n"),
        ("p.tsv", b"id\tlabel\na\tdog\n"),
        ("p.csv", b"ID, Label\na,dog\n"),
        ("p.CSV", b"Example_ID,Choice,Annotator\na,dog,3\n"),
        ("p.csv", "id,label\na,dog\n".encode("utf-16")),
        ("p.csv", ("image,example_id,choice,id\ndata:" + "x" * 200_000 + ",a,dog,7\n").encode()),
        ("p.csv", b'example_id,choice\na,"{""choices"": [""dog""]}"\n'),
        ("p.csv", b"annotation_id,example_id,given_label,sentiment\n1,a,cat,dog\n"),
        ("p.csv", '\ufeffid;label\r\na;"dog"\r\n'.encode()),  # Excel, CSV UTF-8
        ("p.txt", "id\tlabel\r\na\tdog\r\n".encode("utf-16")),  # Excel, Unicode text
        ("p.csv", "id,label,note\na,dog,na\u00efve\n".encode("cp1252")),
        ("p.csv", "sep=;\nid;label\na;dog\n".encode("utf-16-le")),
        ("p.csv", b'id,text,label\na,"one\ntwo, three",dog\n'),
        ("p.txt", b"id|label\na|dog\n"),
        ("p.csv.gz", gzip.compress(b"id,label\na,dog\n", mtime=0)),
        ("p.jsonl", '{"id": "a", "label": "dog"}\n'.encode("utf-16")),
        ("p.csv", b"id,data,label,Comments,example_id\n1,a text,dog,[],a\n"),  # doccano
        ("p.jsonl", b'{"id": 7, "text": "x", "label": ["dog"], "Comments": [], "example_id": "a"}\n'),
        ("p.jsonl", b'{"id": 7, "text": "x", "meta": {"example_id": "a"}, "labels": [], "label": ["dog"]}\n'),
        (
            "p.json",  # Argilla, records
            b'[{"id": "a", "fields": {"text": "x"}, "responses": {"label": [{"value": "dog", "user_id": "u"}]}}]',
        ),
        ("p.csv", b'id,text,label.responses,label.responses.users\na,x,"[""dog""]","[""u""]"\n'),
        ("p.jsonl", b'{"id": "9", "label.responses": ["dog"], "metadata": {"example_id": "a"}}\n'),
        ("p.json", b'{"id": "a", "label": "dog"}\n{"id": "b", "label": ""}\n'),
        ("p.json", b'{"tasks": [{"id": "a", "label": "dog"}]}'),
    ],
)
def test_tables_of_every_delimiter_and_encoding_are_read(workspace, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    import_labels(tmp_path / name, workspace)
    assert of_pets(workspace) == {"a": ("mislabelled", "dog")}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_ids_and_labels_come_back_verbatim_from_an_export(tmp_path, suffix):
    folder, labels = tmp_path / "work", ["cat" if k % 2 else "=dog" for k in range(len(ODD_IDS))]
    make_run(folder, ODD_IDS, labels)
    table = pd.DataFrame({"id": ODD_IDS, "label": labels})
    if suffix == "csv":
        write_csv(table, tmp_path)
    elif suffix == "jsonl":
        table.to_json(tmp_path / "examples.jsonl", orient="records", lines=True)
    else:
        table.to_parquet(tmp_path / "examples.parquet")
    done = import_labels(tmp_path / f"examples.{suffix}", folder)
    assert (done.counts["right"], done.unknown_ids, done.unknown_labels) == (len(ODD_IDS), [], {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.json", b"[" * 100_000),
        ("p.json", b"\xff\xfe\xfa"),
        ("p.csv", "id,label\nкошка,dog\n".encode("cp1251")),
        ("p.csv", b'id,label\na,"dog\nb,cat\n'),
        ("p.parquet", b"no parquet"),
        ("p.xlsx", b"PK\x03\x04"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(workspace, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"^cannot read '.*': .*; expected .json, .jsonl") as error:
        import_labels(tmp_path / name, workspace)
    assert "\n" not in str(error.value)


def test_the_answers_of_several_people_in_argilla_are_theirs(workspace, tmp_path):
    said = [{"value": "dog", "user_id": "u1"}, {"value": "dog", "user_id": "u2", "status": "submitted"},
            {"value": "cat", "user_id": "u3", "status": "discarded"}]  # fmt: skip
    record = {"id": "a", "fields": {"text": "x"}, "responses": {"mood": [{"value": "good"}], "label": said}}
    (tmp_path / "p.json").write_text(json.dumps([record]))
    assert import_labels(tmp_path / "p.json", workspace).n_answers == 2


def test_a_file_that_was_read_as_windows_1252_says_so(workspace, tmp_path):
    (tmp_path / "p.csv").write_bytes("id,label,note\na,dog,naïve\n".encode("cp1252"))
    (note,) = import_labels(tmp_path / "p.csv", workspace).notes
    assert "was read as Windows-1252" in note
