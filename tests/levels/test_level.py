"""The table of a second level: asked, tagged and opened as the examples are."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

from hem_core.errors import ConflictError, DataError, RunError
from hem_core.store import definitions, numbers, summary
from hem_core.store.damage import trouble
from hem_core.store.level_write import Attachments, name_level, write_level
from hem_core.store.run import open_run
from hem_core.store.tags import TagLog
from hem_core.store.workspace import open_workspace

LEFT = {"column": "side", "in": ["left"]}
HARD = {"column": "difficulty", "min": 90, "max": None}


@pytest.fixture(scope="module")
def run(halved):
    return open_run(halved / "runs" / "few")


@pytest.fixture(scope="module")
def halves(run):
    return run.level("halves")


def test_a_run_names_its_levels_and_gives_each_of_them(run, halves, scored_digits):
    assert run.levels == ("examples", "halves")
    assert (run.n, run.level("examples").n, halves.n) == (400, 400, 800)
    assert open_run(scored_digits / "runs" / "few").levels == ("examples",)
    with pytest.raises(RunError, match="run 'few' has no level 'boxes'; there are: examples, halves"):
        run.level("boxes")


def test_the_examples_are_what_the_run_answers(run):
    examples = run.level("examples")
    pd.testing.assert_frame_equal(examples.table(), run.table())
    assert examples.thumbnail(3) == run.thumbnail(3) != None  # noqa: E711


def test_a_part_is_asked_by_rules_as_an_example_is(halves):
    found = halves.query({"all": [LEFT, HARD]}, columns=["id", "difficulty"], order="difficulty", limit=3)
    assert found["id"].str.endswith("#p0").all()
    assert found["difficulty"].is_monotonic_decreasing
    parts = halves.query({"all": [{"column": "example", "in": ["7"]}]}, columns=["id"])
    assert parts["id"].tolist() == ["7#p0", "7#p1"]
    assert halves.rows({"all": [{"polygon": {"x": "x", "y": "y", "points": [[0, 0], [2, 0], [2, 2], [0, 2]]}}]}).size
    assert halves.row_of("1#p1") == 3
    with pytest.raises(DataError, match="no column 'image' in level 'halves' of run 'few'; there are: id, example"):
        halves.table(["image"])


def test_what_counts_errors_counts_those_of_the_level(halves):
    """One half of each digit is the lighter one; where both are as light, both are wrong."""
    n_wrong = int(np.count_nonzero(halves.table(["error"])["error"] == 1))
    assert numbers.count(halves, definitions.ERROR) == n_wrong >= 400
    classes = summary.per_class(halves).set_index("label")
    assert classes["support"].sum() == 800
    assert classes["errors"].sum() == n_wrong


def test_what_lies_beside_a_part_is_its_own(run, halves):
    assert halves.embeddings().shape == (800, 2)
    assert halves.neighbours("0#p0")["id"].tolist() == ["0#p1", "1#p0"]
    assert halves.thumbnail(0) != run.thumbnail(0)
    assert halves.curve("0#p0") is None
    assert halves.columns()["example"] == "text"
    assert trouble(run.folder, run.info) == {}


def test_the_digest_follows_what_a_part_is_and_not_its_scores(own):
    home = own / "runs" / "few"
    before = open_run(home).level("halves")
    table = before.table([name for name in before.source.columns if name not in ("x", "y", "label", "is_correct")])
    write_level(home, "halves", table.assign(loss=0.0))
    name_level(home, "halves")
    after = open_run(home).level("halves")
    assert (after.digest == before.digest, after.fingerprint == before.fingerprint) == (True, False)
    write_level(home, "halves", table.assign(predicted="9"))
    assert open_run(home).level("halves").digest != before.digest


def test_a_level_that_cannot_be_is_refused(tmp_path, own):
    table = pd.DataFrame({"id": ["a#p0", "a#p1"], "example": ["a", "a"]})
    with pytest.raises(DataError, match="not a file of the run itself"):
        write_level(tmp_path, "scores", table)
    with pytest.raises(DataError, match="there is no 'example' among id"):
        write_level(tmp_path, "parts", table[["id"]])
    with pytest.raises(DataError, match="'a#p0' occurs twice"):
        write_level(tmp_path, "parts", table.assign(id="a#p0"))
    with pytest.raises(DataError, match="the level has 2 rows and its embeddings 3"):
        write_level(tmp_path, "parts", table, Attachments(embeddings=np.zeros((3, 2), np.float16)))
    assert not (tmp_path / "parts.parquet").exists()
    home = own / "runs" / "few"
    (home / "halves.parquet").unlink()
    assert trouble(home, open_run(home).info) == {"halves.parquet": "is missing"}
    with pytest.raises(RunError, match=r"has no halves\.parquet, although its run.json names the level 'halves'"):
        open_run(home).level("halves").table()


def test_run_json_names_levels_that_can_be(own):
    path = own / "runs" / "few" / "run.json"
    info = json.loads(path.read_text())
    for levels, why in (
        (["halves"], "must begin with 'examples'"),
        (["examples", "../x"], "has an invalid name"),
    ):
        path.write_text(json.dumps({**info, "levels": levels}))
        with pytest.raises(RunError, match=why):
            open_run(path.parent)


def test_a_tag_belongs_to_the_level_that_it_was_given_on(own):
    log = open_workspace(own).tags()
    halves = log.level("halves")
    log.add("few", ["0"], "hard", who="anna")
    halves.add("few", ["0", "0#p0"], "outlier", who="anna")
    assert log.state("few")[["id", "tag"]].values.tolist() == [["0", "hard"]]
    assert halves.state("few")["id"].tolist() == ["0", "0#p0"]
    assert halves.history("few")["tag"].tolist() == ["outlier"]
    assert log.revision("few") == halves.revision("few") == 2
    assert log.undo("few", who="anna")["ids"] == ["0"]  # the last of this level, not the last of all
    assert halves.state("few")["tag"].tolist() == ["outlier"] * 2
    assert (len(log.state("few")), log.level("halves") is halves, halves.level("examples") is log) == (0, True, True)


def test_a_post_is_stored_once_and_on_one_level(own):
    log = open_workspace(own).tags()
    post = {"who": "anna", "client": "c", "sequence": 1}
    batch = log.level("halves").add("few", ["0#p0"], "hard", **post)
    assert log.level("halves").add("few", ["0#p0"], "hard", **post) == batch
    with pytest.raises(ConflictError, match="was stored as another action"):
        log.add("few", ["0#p0"], "hard", **post)


def test_a_log_from_before_there_were_levels_is_about_examples(tmp_path):
    path = tmp_path / "tags.sqlite"
    TagLog(path).add("d", ["a"], "hard", who="ann")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT level FROM hem_tag_events").fetchall() == [(None,)]
        connection.execute("ALTER TABLE hem_tag_events DROP COLUMN level")
    log = TagLog(path)
    assert log.state("d")["id"].tolist() == ["a"]
    log.level("boxes").add("d", ["a#p0"], "hard", who="ann")
    assert (log.state("d")["id"].tolist(), log.level("boxes").state("d")["id"].tolist()) == (["a"], ["a#p0"])


def test_rules_by_tag_read_the_tags_of_the_level(own):
    home = open_workspace(own)
    level = home.run("few").level("halves")
    home.tags().level("halves").add("few", ["3#p1"], "hard", who="anna")
    tags = home.tags().level("halves").state(level.data)
    assert level.query({"all": [{"tag": ["hard"]}]}, tags=tags, columns=["id"])["id"].tolist() == ["3#p1"]
