"""Why this group? On a small run of texts: the sentences of the command and of the page, against pandas."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import hem_core
from hem_core.cli._json import with_json
from hem_core.cli.why import why as command
from hem_core.errors import DataError
from hem_core.runs.named_slices import named_slices
from hem_core.slices.attributes import values_of
from hem_core.slices.traits import Traits, values_of_attribute
from hem_core.store import saved_views, sets
from hem_core.store.atomic import write_array, write_json, write_table
from hem_core.store.run import open_run
from hem_core.store.tags import open_tags

N = 400
NIGHT = {"column": "night", "in": [True]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """400 texts of two classes; at night they are confused more often and say "dark"; u00 .. u19 are tagged."""
    folder = tmp_path_factory.mktemp("w")
    home, draw = folder / "runs" / "tiny", np.random.default_rng(0)
    night, label = draw.random(N) < 0.25, draw.choice(["cat", "dog"], N)
    is_wrong = draw.random(N) < np.where(night, 0.5, 0.04)
    predicted = np.where(is_wrong, np.where(label == "cat", "dog", "cat"), label)
    text = [
        " ".join(["Dark,"] * dark + list(draw.choice(["one", "two", "don't"], 3 + 5 * (not dark))))
        for dark in night.tolist()
    ]
    ids = [f"u{k:02d}" for k in range(N)]
    scores = {
        "id": ids, "index": np.arange(N), "label": pa.array(label), "predicted": pa.array(predicted),
        "is_correct": ~is_wrong, "loss": draw.random(N).astype("f4") + is_wrong, "difficulty": (np.arange(N) + 0.5) / 4,
        "reason": pa.array(np.where(is_wrong, "mislabelled", "easy")),
    }  # fmt: skip
    write_table(home / "scores.parquet", pa.table(scores))
    catalog = {
        "id": ids,
        "label": label,
        "text": text,
        "night": night,
        "age": np.where(night, 60, 30) + np.arange(N) % 9,
    }
    write_table(home / "catalog.parquet", pd.DataFrame(catalog))
    write_array(home / "embeddings" / "00000.npy", draw.normal(size=(N, 4)).astype("f4"))
    info = {
        "format_version": 1, "name": "tiny", "task": "classification", "status": "complete", "n": N, "n_failed": 0,
        "fingerprint": "f1", "classes": ["cat", "dog"], "sample": "out-of-sample", "missing": {}, "notes": [],
        "data": {"name": "tiny", "medium": "text"}, "headline": {},
    }  # fmt: skip
    write_json(home / "run.json", info)
    open_tags(folder / "tags.sqlite").add("tiny", ids[:20], tag="hard", who="anna")
    return open_run(home)


@pytest.fixture(scope="module")
def table(run):
    return run.examples.table()


def line_of(found, subject):
    """The statement with a subject, also where it stands behind another one."""
    return next(other for one in found.statements for other in [one, *one.also] if other.subject() == subject)


def test_a_group_by_a_condition_is_told_by_its_values_numbers_and_words(run, table):
    found = hem_core.why(run.examples, where="predicted <> label", most=20)
    wrong, rest = table[~table["is_correct"]], table[table["is_correct"]]
    assert (found.n, found.n_others, found.scope) == (len(wrong), len(rest), "all")
    night = line_of(found, "night = true")
    assert night.ratio == pytest.approx(wrong["night"].mean() / rest["night"].mean())
    assert line_of(found, "age higher").medians == (wrong["age"].median(), rest["age"].median())
    assert not night.is_of_model
    # Every dark text has the word "dark": it stands behind what it repeats.
    assert {"the word “dark”", "shorter texts"} <= {one.subject() for one in night.also}
    assert {"predicted", "label", "given", "is_correct", "error"} <= set(found.skipped)


def test_each_rule_of_a_statement_finds_its_rows_again(run):
    found = hem_core.why(run.examples, {"all": [{"column": "reason", "in": ["mislabelled"]}]}, most=20)
    group = [{"column": "reason", "in": ["mislabelled"]}]
    every = [other for one in found.statements for other in [one, *one.also]]
    assert {"word", "shift", "value"} <= {one.kind for one in every}
    for one in every:
        assert len(run.rows({"all": [*group, *one.clauses]})) == one.n, one.sentence()
        assert len(run.rows({"all": [{"not": group[0]}, *one.clauses]})) == one.n_elsewhere


def test_a_group_is_compared_with_the_rest_of_the_filter(run, table):
    found = hem_core.why(run.examples, {"all": [{"column": "label", "in": ["cat"]}]}, within={"all": [NIGHT]})
    night = table[table["night"]]
    assert (found.n, found.n_others) == tuple((night["label"] == label).sum() for label in ("cat", "dog"))
    assert found.comparison.endswith("others in the filter")
    assert "night" in found.skipped


def test_ids_and_tags(run):
    ids = [f"u{k:02d}" for k in range(20)]
    tags = open_tags(run.folder.parents[1] / "tags.sqlite").state("tiny")
    found = hem_core.why(run.examples, ids=ids, tags=tags)
    assert line_of(found, "tagged hard").n == 20
    assert "none elsewhere" in line_of(found, "tagged hard").finding()
    named = hem_core.why(run.examples, {"all": [{"tag": ["hard"]}]}, tags=tags)
    assert "tag" in named.skipped
    assert all(one.kind != "tag" for one in named.statements)
    with pytest.raises(DataError, match="no row 'nobody' in run 'tiny', nor 1 more"):
        hem_core.why(run.examples, ids=["u01", "nobody", "none"])


@pytest.mark.parametrize(
    "clause",
    [
        {"column": "text", "word": "don't"},
        {"column": "text", "contains": "don't"},
        {"search": "Don't"},
        {"not": {"not": {"search": "don't"}}},
    ],
)
def test_the_word_that_a_group_is_chosen_by_is_no_news_but_others_are(run, clause):
    ids = run.query({"all": [clause]}, columns=["id"])["id"]
    assert line_of(hem_core.why(run.examples, ids=list(ids), most=20), "the word “don't”")
    found = hem_core.why(run.examples, {"all": [clause]}, most=20)
    assert all(one.names != ("don't",) for one in found.statements)
    assert line_of(found, "longer texts")


def test_what_cannot_be_said_is_said(run):
    few = hem_core.why(run.examples, {"all": [{"rows": ["u01", "u02"]}]})
    assert few.verdict == "2 examples are too few to say what sets them apart: select 8 or more."
    whole = hem_core.why(run.examples, {"all": [{"column": "difficulty", "min": 0}]})
    assert whole.verdict == "Nothing is left to compare with."
    every_fifth = hem_core.why(run.examples, ids=[f"u{k:02d}" for k in range(0, N, 5)])
    assert every_fifth.verdict.startswith("Nothing sets these 80 examples apart: of ")
    assert str(every_fifth).splitlines()[1] == every_fifth.verdict
    with pytest.raises(DataError, match="name the group by a rule, a condition or ids"):
        hem_core.why(run.examples)


def test_near_rows_are_a_group(run):
    assert hem_core.why(run.examples, {"all": [{"near": {"id": "u05", "k": 30}}]}).n == 30


def test_slices_are_named_by_their_clusters_and_without_any_nothing_is_read(run):
    night = {"all": [NIGHT]}
    assert named_slices(["night is true"], [night], lambda: pytest.fail("nothing to read")) == ["night is true"]
    made = values_of("cluster", pd.Series(["0.0", "0.1"] * 50, dtype="str"), 5)
    label = values_of("label", pd.Series(["cat", "dog"] * 50, dtype="str"), 5)
    known = Traits(100, [values_of_attribute(one) for one in (label, made)])
    rules = [{"all": [{"column": "cluster", "in": ["0.1"]}]}, night]
    found = named_slices(["cluster is 0.1", "night is true"], rules, lambda: known)
    assert found == ["cluster dog", "night is true"]


def test_the_command_prints_the_sentences_and_their_numbers(run, capsys):
    command(run.folder, where="predicted <> label")
    printed = capsys.readouterr()
    found = hem_core.why(run.examples, where="predicted <> label")
    assert [line.strip() for line in printed.out.splitlines()] == [
        one.sentence() for side in (False, True) for one in found.statements if one.is_of_model == side
    ]
    assert found.comparison in printed.err
    with_json(command)(run.folder, rule=json.dumps({"all": [NIGHT]}), as_json=True)
    read = json.loads(capsys.readouterr().out)
    assert read["n"] == len(run.rows({"all": [NIGHT]}))
    assert {"subject", "finding", "rule", "p_adjusted", "low", "high"} <= set(read["statements"][0])
    assert [one["ratio"] for one in read["statements"] if not one["n_elsewhere"]] == [None] * sum(
        not one["n_elsewhere"] for one in read["statements"]
    )


def test_the_command_takes_a_saved_set_and_a_saved_view(run, capsys):
    workspace = run.folder.parents[1]
    ids = run.query({"all": [NIGHT]}, columns=["id"])["id"]
    sets.save(workspace, "nights", pd.DataFrame({"id": ids}), {})
    with_json(command)(run.folder, set_name="nights", as_json=True)
    assert json.loads(capsys.readouterr().out)["n"] == len(ids)
    cats = {"all": [{"column": "label", "in": ["cat"]}]}
    saved_views.save(
        workspace, saved_views.SavedView("cats at night", "tiny", "tiny", "examples", {"all": [NIGHT]}, cats)
    )
    with pytest.raises(DataError, match="--within and a --view that selects exclude each other"):
        command(run.folder, view="cats at night", within=json.dumps(cats))
    with_json(command)(run.folder, view="cats at night", as_json=True)
    read = json.loads(capsys.readouterr().out)
    assert read["n"] + read["n_others"] == len(ids)


def test_the_command_wants_one_group(run):
    for wrong in ({}, {"where": "loss > 1", "set_name": "nights"}):
        with pytest.raises(DataError, match="name one group: by --rule and --where, by --set, or by --view"):
            command(run.folder, **wrong)
    with pytest.raises(DataError, match="--rule is not valid JSON"):
        command(run.folder, rule="loss > 1")
