import json

import numpy as np
import pandas as pd
import pytest

import hem_core.prove.lists
from hem_core import folder
from hem_core.errors import DataError
from hem_core.prove.lists import ListOptions, chosen, read_list
from hem_core.testing import check_list_reader


def sample(name, *tags, label="cat", **more):
    truth = {"_id": {"$oid": "1"}, "_cls": "Classification", "tags": [], "label": label}
    return {
        "_id": {"$oid": f"id-{name}"},
        "filepath": f"data/{name}.jpg",
        "tags": list(tags),
        "ground_truth": truth,
        **more,
    }


def task(name, *answers, number=7):
    """answers: (choice, person)."""
    return {
        "id": number,
        "data": {"image": f"/data/upload/3/0a1b2c3d-{name}.jpg"},
        "annotations": [
            {
                "id": 1,
                "completed_by": who,
                "was_cancelled": False,
                "result": [{"from_name": "kind", "to_name": "img", "type": "choices", "value": {"choices": [choice]}}],
            }
            for choice, who in answers
        ],
        "predictions": [],
    }


SAMPLES = {
    "lines": ("ids.txt", b"/pictures/a.jpg\n\n# a remark\n/pictures/b.jpg\n"),
    "table": ("ids.csv", b"id,note\na,x\nb,y\n"),
    "fiftyone": ("samples.json", json.dumps({"samples": [sample("a", "odd"), sample("b")]}).encode()),
    "label_studio": ("project.json", json.dumps([task("a", ("dog", 3)), task("b")]).encode()),
    "plain_json": ("ids.json", b'["a", "b"]'),
    "numpy_rows": ("rows.npy", None),
}


@pytest.mark.parametrize("name", folder.names(hem_core.prove.lists))
def test_every_reader_keeps_its_promises(tmp_path, name):
    file, content = SAMPLES[name]
    if content is None:
        np.save(tmp_path / file, np.array([0, 3]))
    else:
        (tmp_path / file).write_bytes(content)
    check_list_reader(name, tmp_path / file)


def read(tmp_path, file, content, **options):
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_list(path, ListOptions(**options))


def names(listed):
    return [entry.title for entry in listed.entries]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("l.txt", b"a\r\nb\r\n"),
        ("l.csv", b"a\nb\n"),  # no header: one column
        ("l.csv", b"filename;score\na;1\nb;2\n"),
        ("l.tsv", b"ID\tlabel\na\tcat\nb\tdog\n"),
        ("l.csv", b"file_path_abs,class_name,confidence,annotation_source\na,cat,,ground_truth\nb,dog,0.9,model\n"),
        ("l.jsonl", b'{"id": "a"}\n{"id": "b"}\n'),
        ("l.json", ["a", "b"]),
        ("l.json", {"ids": ["a", "b"]}),
        ("l.json", [{"id": "a"}, {"id": "b"}]),
        ("l.json", {"a": "cat", "b": "dog"}),
        ("l.csv", b"annotation_id,id,image,choice\n1,700,a,cat\n2,701,b,dog\n"),  # Label Studio's number is in id
    ],
)
def test_ids_are_read_from_what_people_have(tmp_path, file, content):
    assert names(read(tmp_path, file, content)) == ["a", "b"]


def test_a_parquet_set_brings_its_labels_and_weights(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "label": ["cat", None], "weight": [1.5, 2.0]})
    table.to_parquet(tmp_path / "set.parquet")
    found = read_list(tmp_path / "set.parquet").entries
    assert [(entry.label, entry.weight) for entry in found] == [("cat", 1.5), (None, 2.0)]


def test_a_tag_chooses_among_the_samples_of_fiftyone_and_is_needed_where_they_differ(tmp_path):
    samples = [sample("a", "mistake"), sample("b", "hard", "mistake"), sample("c")]
    found = read(tmp_path, "samples.json", {"samples": samples})
    assert names(chosen(found, tag="mistake")) == ["data/a.jpg", "data/b.jpg"]
    with pytest.raises(DataError, match=r"name with --tag which are meant; there are: 'hard' \(1\), 'mistake' \(2\)"):
        chosen(found)
    with pytest.raises(DataError, match=r"nothing in the list has the tag 'odd'; there is: 'hard' \(1\)"):
        chosen(found, tag="odd")
    view = read(tmp_path, "view.json", {"samples": samples[:1]})
    assert names(chosen(view)) == ["data/a.jpg"]  # all of the view are meant


def test_samples_of_fiftyone_in_a_folder_bring_their_labels_and_the_tags_of_these(tmp_path):
    (tmp_path / "samples").mkdir()
    odd = sample("b", label="dog")
    odd["ground_truth"]["tags"] = ["mistake"]
    for number, each in enumerate([sample("a"), odd]):
        (tmp_path / "samples" / f"{number:06d}-x.json").write_text(json.dumps(each))
    found = read_list(tmp_path)
    assert [(entry.label, sorted(entry.tags)) for entry in found.entries] == [("cat", []), ("dog", ["mistake"])]


def test_the_answers_of_one_person_count_in_a_project_of_label_studio(tmp_path):
    tasks = [task("a", ("cat", {"email": "x@y.z"}), ("dog", 4)), task("b", ("dog", 4)), task("c")]
    found = read(tmp_path, "p.json", tasks)
    assert [(entry.label, entry.who) for entry in chosen(found, tag="dog").entries] == [("dog", "4"), ("dog", "4")]
    assert [entry.label for entry in chosen(found, tag="cat", who="x@y.z").entries] == ["cat"]
    with pytest.raises(DataError, match=r"nothing in the list is by 'me'; there is: '4' \(2\), 'x@y.z' \(1\)"):
        chosen(found, who="me")
    with pytest.raises(DataError, match="this Label Studio project holds all kinds of examples"):
        chosen(found)


def test_a_cancelled_answer_does_not_count_and_a_question_is_named(tmp_path):
    one = task("a", ("cat", 3))
    one["annotations"][0]["result"].append({"from_name": "why", "type": "choices", "value": {"choices": ["blurred"]}})
    other = task("b", ("dog", 3))
    other["annotations"][0]["was_cancelled"] = True
    found = read(tmp_path, "p.json", [one, other], label_column="kind")
    assert [(entry.label, sorted(entry.tags)) for entry in found.entries] == [("cat", ["blurred", "cat"]), (None, [])]
    assert read(tmp_path, "q.json", [one]).entries[0].label is None  # which of two questions is not known


def test_the_issues_of_cleanlab_are_the_rows_that_are_meant(tmp_path):
    content = b",is_label_issue,label_quality,given_label,predicted_label\n0,False,.9,1,1\n1,True,.1,1,2\n"
    found = read(tmp_path, "issues.csv", content, label_column="predicted_label")
    assert [(entry.place, entry.label) for entry in found.entries] == [(1, "2")]
    assert found.n_rows == 2
    assert found.notes == ["Only the 1 rows whose is_label_issue is true are meant."]


def test_the_issues_of_cleanlab_are_placed_by_their_index_however_they_are_sorted(tmp_path):
    rows = b"index,is_label_issue\n7,True\n2,False\n3,True\n"
    found = read(tmp_path, "issues.csv", rows)
    assert ([entry.place for entry in found.entries], found.n_rows) == ([7, 3], None)
    table = pd.DataFrame({"is_label_issue": [True, True]}, index=[5, 1])
    table.to_parquet(tmp_path / "issues.parquet")
    assert [entry.place for entry in read_list(tmp_path / "issues.parquet").entries] == [5, 1]
    with pytest.raises(DataError, match="neither ids nor row numbers, and its rows may be sorted or filtered"):
        read(tmp_path, "none.csv", b"label_quality,is_label_issue\n0.1,True\n0.9,False\n")


def test_a_column_that_the_first_object_lacks_is_there(tmp_path):
    found = read(tmp_path, "l.json", [{"id": "a"}, {"id": "b", "label": "cat", "tags": ["odd"]}])
    assert [(entry.label, sorted(entry.tags)) for entry in found.entries] == [(None, []), ("cat", ["odd"])]
    lines = b'{"note": 1}\n{"id": "b"}\n'
    assert names(read(tmp_path, "l.jsonl", lines)) == ["row 1 of the list, which has no id", "b"]


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("l.json", [{"id": "a"}, "b"], ["a", "b"]),
        ("l.json", ["a", {"id": "b"}], ["a", "b"]),
        ("l.json", [task("a", ("cat", 1)), {"id": 2, "annotations": []}],
         ["/data/upload/3/0a1b2c3d-a.jpg", "an entry without an id"]),
        ("l.jsonl", '{"id": "a\u2028b"}\n'.encode(), ["a\u2028b"]),
        ("l.csv", b"id,label\na,cat\n,dog\n", ["a", "row 2 of the list, which has no id"]),
    ],
)  # fmt: skip
def test_what_is_unusual_in_a_list_is_read_all_the_same(tmp_path, file, content, expected):
    assert names(read(tmp_path, file, content)) == expected


def test_a_choice_without_a_list_is_one(tmp_path):
    one = task("a", ("cat", 1))
    one["annotations"][0]["result"][0]["value"]["choices"] = "cat"
    assert [entry.label for entry in read(tmp_path, "l.json", [one]).entries] == ["cat"]


@pytest.mark.parametrize("content", ["[1]", '{"filepath": "a.jpg", "g": {"_cls": "X", "detections": 5}}'])
def test_an_odd_sample_of_fiftyone_is_no_crash(tmp_path, content):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "0.json").write_text(content)
    (tmp_path / "samples" / "1.json").write_text('{"filepath": "b.jpg"}')
    assert names(read_list(tmp_path))[-1] == "b.jpg"


def test_a_mask_and_row_numbers_are_places(tmp_path):
    np.save(tmp_path / "mask.npy", np.array([True, False, True]))
    found = read_list(tmp_path / "mask.npy")
    assert ([entry.place for entry in found.entries], found.n_rows) == ([0, 2], 3)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("l.csv", b"name,score\nx,1\n", "no column of ids or file names such as example_id, id, filepath"),
        ("l.txt", b"\n", "is empty"),
        ("l.json", b"{", "expected JSON"),
        ("l.xyz", b"a", "cannot be read as a list; expected ids or file names one a line"),
    ],
)
def test_what_is_no_list_is_refused_with_what_can_be(tmp_path, file, content, said):
    with pytest.raises(DataError, match=said):
        read(tmp_path, file, content)


def test_a_named_column_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(DataError, match="no column 'file', which --column names; there are: id, label"):
        read(tmp_path, "l.csv", b"id,label\na,cat\n", column="file")
    with pytest.raises(DataError, match="no list at"):
        read_list(tmp_path / "gone.txt")
