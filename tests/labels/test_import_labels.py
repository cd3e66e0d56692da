"""Labels from elsewhere: hand-made files, five examples, two classes."""

import hashlib
import json
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.cli import main
from hem_core.errors import DataError
from hem_core.labels.import_labels import import_labels
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.tagged import with_tags
from hem_core.store.workspace import open_workspace

IDS = ["a", "b", "c", "d", "=e"]
GIVEN = ["cat", "cat", "dog", "dog", "cat"]


def make_run(workspace, name, ids, labels, data):
    folder = workspace / "runs" / name
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"id": ids, "label": labels}), folder / "catalog.parquet")
    facts = {"name": data, "medium": "text"}
    write_json(
        folder / "run.json",
        {
            "format_version": 1,
            "status": "complete",
            "classes": ["cat", "dog"],
            "data": facts,
            "created": name,
            "n": len(ids),
            "fingerprint": name,
        },
    )


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "work"
    make_run(folder, "first", IDS, GIVEN, "pets")
    return folder


def task(id, *annotations):
    return {"id": 7, "data": {"example_id": id, "text": "…"}, "annotations": list(annotations)}


def said(label, who, at="2026-01-01T10:00:00Z", **more):
    choice = {"from_name": "label", "to_name": "example", "type": "choices", "value": {"choices": [label]}}
    return {"completed_by": who, "updated_at": at, "was_cancelled": False, "result": [choice], **more}


def skipped(who):
    return {"completed_by": who, "was_cancelled": True, "result": []}


def write(path, tasks):
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def state(workspace):
    found = open_workspace(workspace).tags().state("pets")
    rows = zip(found["id"], found["tag"], found["value"], found["who"], strict=True)
    return {id: (tag, value, who) for id, tag, value, who in rows}


def n_entries(workspace):
    return open_workspace(workspace).tags().revision("pets")


def test_an_answer_keeps_corrects_or_skips(workspace, tmp_path):
    tasks = [task("a", said("cat", 1)), task("b", said("dog", {"id": 2, "email": "bo@x.org"})), task("c", skipped(1))]
    done = import_labels(write(tmp_path / "project.json", [*tasks, task("d")]), workspace)
    assert state(workspace) == {
        "a": ("right", "", "annotator 1"),
        "b": ("mislabelled", "dog", "bo@x.org"),
        "c": ("skip", "", "annotator 1"),
    }
    assert (done.data, done.n_answers, done.counts) == ("pets", 3, {"right": 1, "mislabelled": 1, "skip": 1})
    assert done.unanswered == ["d"]
    table = with_tags(pd.DataFrame({"id": IDS, "label": GIVEN}), open_workspace(workspace).tags().state("pets"))
    assert table["label"].tolist() == ["cat", "dog", "dog", "dog", "cat"]


def test_an_import_of_an_earlier_version_that_wrote_hard_is_not_written_again(workspace, tmp_path):
    file = write(tmp_path / "one.json", [task("a", said("cat", 1))])
    rule = {"imported": "one.json", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    open_workspace(workspace).tags().add("pets", ["a"], "hard", who="annotator 1", rule=rule)
    again = import_labels(file, workspace)
    assert (again.n_known, n_entries(workspace)) == (1, 1)
    assert state(workspace)["a"][:2] == ("hard", "")


def test_the_same_file_twice_adds_nothing_and_a_longer_one_what_is_new(workspace, tmp_path):
    file = write(tmp_path / "one.json", [task("a", said("cat", 1), said("dog", 2), said("dog", 3))])
    import_labels(file, workspace)
    assert state(workspace)["a"][:2] == ("mislabelled", "dog")
    before = n_entries(workspace)
    again = import_labels(file, workspace)
    assert (again.n_known, sum(again.counts.values()), n_entries(workspace)) == (3, 0, before)
    longer = [task("a", said("cat", 1), said("dog", 2), said("dog", 3)), task("b", said("cat", 1))]
    more = import_labels(write(tmp_path / "two.json", longer), workspace)
    assert (more.n_known, more.counts["right"], n_entries(workspace)) == (3, 1, before + 1)
    import_labels(file, workspace)
    assert n_entries(workspace) == before + 1


def test_who_changed_their_mind_is_heard_and_an_older_file_does_not_take_it_back(workspace, tmp_path):
    first = write(tmp_path / "one.json", [task("a", said("cat", 1))])
    second = write(tmp_path / "two.json", [task("a", said("dog", 1, at="2026-02-01T10:00:00Z"))])
    for file in (first, second, first):
        import_labels(file, workspace)
    assert state(workspace)["a"][:2] == ("mislabelled", "dog")
    both = write(tmp_path / "b.json", [task("b", said("dog", 1, at="2026-03"), said("cat", 1, at="2026-02"))])
    import_labels(both, workspace)
    assert state(workspace)["b"][:2] == ("mislabelled", "dog")


def test_a_later_word_in_the_app_is_not_overwritten_by_the_same_file(workspace, tmp_path):
    file = write(tmp_path / "one.json", [task("a", said("dog", 1))])
    import_labels(file, workspace)
    open_workspace(workspace).tags().add("pets", ["a"], "outlier", who="ann")
    import_labels(file, workspace)
    assert state(workspace)["a"] == ("outlier", "", "ann")


def test_of_several_people_the_most_frequent_answer_stands_and_a_tie_is_ambiguous(workspace, tmp_path):
    tasks = [
        task("a", said("dog", 1), said("dog", 2), said("cat", 3), skipped(4)),
        task("b", said("dog", 1), said("cat", 2)),
        task("c", skipped(1), said("dog", 2)),
        task("d", said("cat", 5), said("cat", 3), said("dog", 4)),
    ]
    done = import_labels(write(tmp_path / "p.json", tasks), workspace)
    assert state(workspace)["a"][:2] == ("mislabelled", "dog")
    assert state(workspace)["b"] == ("ambiguous", "", "annotator 1, annotator 2")
    assert state(workspace)["c"] == ("right", "", "annotator 2")
    assert state(workspace)["d"][:2] == ("mislabelled", "cat")
    assert done.disagreements["a"] == {"dog": 2, "cat": 1, "": 1}
    assert done.disagreements["b"] == {"dog": 1, "cat": 1}
    longer = [task("b", said("dog", 1), said("cat", 2), said("dog", 3))]
    assert import_labels(write(tmp_path / "q.json", longer), workspace).disagreements == {"b": {"dog": 2, "cat": 1}}
    assert state(workspace)["b"][:2] == ("mislabelled", "dog")
    # Everybody's own answer is in the log, also where another one stands.
    history = open_workspace(workspace).tags().history("pets", id="a")
    assert {"annotator 1", "annotator 2", "annotator 3", "annotator 4"} == set(history["who"])


def test_one_more_answer_on_the_losing_side_does_not_win_by_coming_last(workspace, tmp_path):
    votes = [said("dog", 1), said("dog", 2)]
    import_labels(write(tmp_path / "one.json", [task("a", *votes)]), workspace)
    import_labels(write(tmp_path / "two.json", [task("a", said("cat", 3))]), workspace)
    assert state(workspace)["a"][:2] == ("mislabelled", "dog")
    entries = n_entries(workspace)
    import_labels(tmp_path / "two.json", workspace)
    assert n_entries(workspace) == entries


def test_an_import_that_was_undone_can_be_made_again(workspace, tmp_path):
    file = write(tmp_path / "one.json", [task("a", said("dog", 1))])
    import_labels(file, workspace)
    open_workspace(workspace).tags().undo("pets", who="annotator 1")
    assert "a" not in state(workspace)
    assert import_labels(file, workspace).counts["mislabelled"] == 1
    assert state(workspace)["a"][:2] == ("mislabelled", "dog")


def test_unknown_ids_and_labels_are_listed_and_not_written(workspace, tmp_path):
    tasks = [task("a", said("horse", 1)), task("zz", said("cat", 1)), task("b", said("cat", 1))]
    done = import_labels(write(tmp_path / "p.json", tasks), workspace)
    assert (done.unknown_ids, done.unknown_labels) == (["zz"], {"a": "horse"})
    assert list(state(workspace)) == ["b"]


def test_two_labels_at_once_are_no_answer(workspace, tmp_path):
    answer = said("cat", 1)
    answer["result"][0]["value"]["choices"] = ["cat", "dog"]
    assert import_labels(write(tmp_path / "p.json", [task("a", answer)]), workspace).unanswered == ["a"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json"])
def test_rows_of_ids_and_labels_are_read_too(workspace, tmp_path, suffix):
    rows = [{"id": "a", "label": "dog", "who": "bo"}, {"id": "'=e", "label": "cat", "who": ""}]
    rows.append({"id": "b", "label": "", "who": ""})
    path = tmp_path / f"answers.{suffix}"
    if suffix == "csv":
        pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8-sig")
    else:
        lines = [json.dumps(row) for row in rows]
        path.write_text("\n".join(lines) if suffix == "jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    done = import_labels(path, workspace, who="ann")
    assert state(workspace) == {"a": ("mislabelled", "dog", "bo"), "=e": ("right", "", "ann")}
    assert done.unanswered == ["b"]


def test_label_studios_csv_has_its_own_ids_and_ours(workspace, tmp_path):
    path = tmp_path / "project.csv"
    path.write_text("annotation_id,annotator,example_id,given_label,id,label\n1,5,a,cat,101,dog\n", encoding="utf-8")
    import_labels(path, workspace)
    assert state(workspace) == {"a": ("mislabelled", "dog", "annotator 5")}


def test_the_data_are_those_that_know_the_ids_or_are_named(workspace, tmp_path):
    make_run(workspace, "other", ["a", "x"], ["dog", "dog"], "more")
    file = write(tmp_path / "p.json", [task("a", said("dog", 1))])
    with pytest.raises(DataError, match=r"the ids fit the data more and pets; choose with --run NAME"):
        import_labels(file, workspace)
    assert import_labels(file, workspace, run="other").counts["right"] == 1
    both = write(tmp_path / "q.json", [task("a", said("dog", 1)), task("b", said("dog", 1))])
    assert import_labels(both, workspace).data == "pets"


def test_data_without_a_run_are_known_from_their_sets(tmp_path):
    workspace = tmp_path / "work"
    examples = pd.DataFrame({"id": ["a", "b"], "label": ["dog", None], "label_before": ["cat", None]})
    sets.save(workspace, "queue", examples, {"data": {"name": "pets"}, "classes": ["cat", "dog"]})
    import_labels(write(tmp_path / "p.json", [task("a", said("cat", 1)), task("b", said("dog", 1))]), workspace)
    assert state(workspace) == {"a": ("right", "", "annotator 1"), "b": ("mislabelled", "dog", "annotator 1")}


def test_the_command_counts_and_lists_what_it_left_out(workspace, tmp_path, monkeypatch, capsys):
    file = write(tmp_path / "p.json", [task("a", said("dog", 1)), task("zz", said("cat", 1)), task("b")])
    monkeypatch.setattr(sys, "argv", ["hem", "import-labels", str(file), "--workspace", str(workspace)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("2 answers on data pets: 0 keep the given label, 1 give another one, 0 skipped")
    assert lines[1:] == ["  1 without an answer, or with more than one: b", "  1 unknown ids, skipped: zz"]


def test_what_is_no_answer_says_what_to_do(workspace, tmp_path):
    bad = tmp_path / "bad.json"
    with pytest.raises(DataError, match=r"no file at .*; give Label Studio's export"):
        import_labels(bad, workspace)
    bad.write_text("{")
    with pytest.raises(DataError, match=r"cannot read .*expected .json, .jsonl, .csv"):
        import_labels(bad, workspace)
    bad.write_text('{"id": "a"}')
    with pytest.raises(DataError, match="it holds one dict, not a list"):
        import_labels(bad, workspace)
    bad.write_text("[]")
    with pytest.raises(DataError, match="has no rows"):
        import_labels(bad, workspace)
    bad.write_text('[{"label": "cat"}]')
    with pytest.raises(DataError, match=r"row 1 of .* has no 'id' or 'example_id'; there are: label"):
        import_labels(bad, workspace)
    bad.write_text('[{"id": "a"}]')
    with pytest.raises(DataError, match=r"row 1 of .* has no 'label'; there are: id"):
        import_labels(bad, workspace)
    bad.write_text('[{"id": "q", "label": "cat"}]')
    with pytest.raises(DataError, match=r"knows none of the 1 ids, such as 'q'; it knows the data pets"):
        import_labels(bad, workspace)
