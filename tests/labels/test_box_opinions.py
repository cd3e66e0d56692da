"""What people said of boxes: the last word of each, whether they agree, and the files that come of it."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import scenes
from typer.testing import CliRunner

import hem_core
from hem_core.cli import hem
from hem_core.errors import DataError
from hem_core.labels.corrected_boxes import corrected_boxes
from hem_core.labels.corrected_files import archive, write_corrected
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    home = tmp_path_factory.mktemp("scored")
    data = scenes.write(home / "data")
    return hem_core.score(None, data / "annotations.json", predictions=data / "results.json", out=home / "w/runs/boxes")


@pytest.fixture
def run(scored, tmp_path):
    """The scenes, scored; the workspace is the folder above."""
    home = tmp_path / "w" / "runs" / "boxes"
    shutil.copytree(scored.folder, home)
    return open_run(home)


@pytest.fixture
def say(run):
    """say(id, tag, value, who): a verdict in the log of the boxes."""
    log = open_workspace(run.folder).tags().level("boxes")
    return lambda id, tag, value="", who="anna", **more: log.add(run.data, [id], tag, value=value, who=who, **more)


def corrected(run, **options):
    return corrected_boxes(run, open_workspace(run.folder).tags(), **options)


def notes(found):
    """The annotations of the file that would be written: (image, class, box)."""
    with zipfile.ZipFile(io.BytesIO(archive(found))) as whole:
        document = json.loads(whole.read("annotations.json"))
    images = {image["id"]: image["file_name"] for image in document["images"]}
    names = {one["id"]: one["name"] for one in document["categories"]}
    return {(images[one["image_id"]], names[one["category_id"]], tuple(one["bbox"])) for one in document["annotations"]}


def before():
    return {(name, scenes.CLASSES[k], tuple(box)) for name, some in scenes.GIVEN.items() for k, *box, _crowd in some}


def test_each_verdict_becomes_what_it_says(run, say):
    say("off.png#g1", "moved", "cell [30, 10, 70, 50]")
    say("confused.png#g1", "moved", "dust [12, 10, 50, 50]")
    say("false.png#p1", "added", "dust [30, 30, 50, 50]")
    say("missed.png#g1", "removed")
    say("empty.png#a1f", "added", "cell [5, 5, 25, 20]")  # an image without a box
    found = corrected(run)
    assert notes(found) == before() - {
        ("off.png", "cell", (10, 10, 40, 40)), ("confused.png", "cell", (10, 10, 40, 40)),
        ("missed.png", "dust", (20, 20, 30, 30)),
    } | {
        ("off.png", "cell", (30, 10, 40, 40)), ("confused.png", "dust", (12, 10, 38, 40)),
        ("false.png", "dust", (30, 30, 20, 20)), ("empty.png", "cell", (5, 5, 20, 15)),
    }  # fmt: skip
    assert found.words == "5 boxes corrected: 1 moved, 1 moved and relabelled, 2 added, 1 removed"


def test_the_last_word_of_a_person_counts_and_what_is_undone_does_not(run, say):
    say("off.png#g1", "moved", "cell [30, 10, 70, 50]")
    say("off.png#g1", "moved", "cell [20, 10, 60, 50]")
    say("missed.png#g1", "removed")
    say("missed.png#g1", "right")
    say("confused.png#g1", "removed")
    log = open_workspace(run.folder).tags().level("boxes")
    log.undo(run.data, who="anna")
    found = corrected(run)
    assert notes(found) ^ before() == {("off.png", "cell", (10, 10, 40, 40)), ("off.png", "cell", (20, 10, 40, 40))}
    assert (found.words, found.conflicts) == ("1 box corrected: 1 moved", ())


def test_people_who_disagree_are_listed_and_their_box_stays(run, say):
    say("off.png#g1", "moved", "cell [30, 10, 70, 50]", who="anna")
    say("off.png#g1", "right", who="ben")
    say("missed.png#g1", "removed", who="ben")
    found = corrected(run)
    (conflict,) = found.conflicts
    assert conflict.box == "off.png#g1"
    assert conflict.opinions == ("anna: cell [30, 10, 70, 50]", "ben: cell [10, 10, 50, 50]")
    assert notes(found) == before() - {("missed.png", "dust", (20, 20, 30, 30))}
    for trust, box in (("anna", (30, 10, 40, 40)), ("ben", (10, 10, 40, 40)), ("last", (10, 10, 40, 40))):
        assert ("off.png", "cell", box) in notes(corrected(run, trust=trust))
    with pytest.raises(DataError, match="nobody called 'eve'"):
        corrected(run, trust="eve")


def test_a_disagreement_ends_where_a_reviewer_comes_round_or_somebody_clears_the_box(run, say):
    log = open_workspace(run.folder).tags()
    for id in ("off.png#g1", "missed.png#g1"):
        say(id, "removed", who="anna")
        say(id, "right", who="ben")
    assert [one.box for one in corrected(run).conflicts] == ["off.png#g1", "missed.png#g1"]
    say("off.png#g1", "removed", who="ben")
    log.level("boxes").clear(run.data, ["missed.png#g1"], who="eve")
    say("missed.png#g1", "right", who="eve")
    assert corrected(run).conflicts == ()
    assert notes(corrected(run)) == before() - {("off.png", "cell", (10, 10, 40, 40))}


def test_nearly_the_same_box_is_agreement_and_the_later_one_is_taken(run, say):
    say("off.png#g1", "moved", "cell [30, 10, 70, 50]", who="anna")
    say("off.png#g1", "moved", "cell [31, 10, 70, 50]", who="ben")
    assert ("off.png", "cell", (31, 10, 39, 40)) in notes(corrected(run))


def test_an_object_that_two_people_draw_is_added_once(run, say):
    say("empty.png#a1", "added", "cell [5, 5, 25, 20]", who="anna")
    say("empty.png#a2", "added", "cell [5, 5, 25, 21]", who="ben")
    found = corrected(run)
    assert notes(found) - before() == {("empty.png", "cell", (5, 5, 20, 15))}
    assert [change.refused for change in found.changes] == ["", "this object was added by another correction"]


def test_a_new_class_joins_those_of_the_file(run, say):
    say("confused.png#g1", "mislabelled", "fibre")
    found = corrected(run)
    assert ("confused.png", "fibre", (10, 10, 40, 40)) in notes(found)
    assert found.annotations.category_keys == (*scenes.KEYS, max(scenes.KEYS) + 1)


def test_what_was_said_of_another_state_of_the_file_is_not_applied(run, say):
    say("missed.png#g1", "removed", rule={"annotations": "of last week"})
    found = corrected(run)
    assert notes(found) == before()
    assert (found.outdated, found.conflicts, found.undecided) == (("missed.png#g1",), (), ())


def test_the_same_corrections_are_written_again_over_the_same_files_and_nothing_else_is(run, say, tmp_path):
    say("missed.png#g1", "removed")
    for _ in range(2):
        paths = write_corrected(corrected(run), tmp_path / "fixed.json")
    assert [path.name for path in paths] == ["fixed.json", "fixed.changes.csv"]
    first = paths[0].read_bytes()
    say("off.png#g1", "removed")
    write_corrected(corrected(run), tmp_path / "fixed.json")
    assert paths[0].read_bytes() != first
    assert pd.read_csv(paths[1])["action"].tolist() == ["remove", "remove"]
    (tmp_path / "mine.json").write_text("{}")
    with pytest.raises(DataError, match="exists; name a new place"):
        write_corrected(corrected(run), tmp_path / "mine.json")
    source = Path(run.info["data"]["annotations"]["path"])
    with pytest.raises(DataError, match="holds the annotations that are corrected"):
        write_corrected(corrected(run), source)
    assert json.loads(source.read_text()) == scenes.document()


def test_the_command_writes_a_file_and_names_what_is_disputed(run, say, tmp_path):
    say("off.png#g1", "removed", who="anna")
    say("off.png#g1", "right", who="ben")
    say("missed.png#g1", "removed")
    done = CliRunner().invoke(hem, ["correct", str(run.folder), "--out", str(tmp_path / "fixed.json")])
    assert done.exit_code == 0, done.output
    assert "1 box corrected: 1 removed" in done.stderr
    assert "off.png#g1: anna: nothing here; ben: cell [10, 10, 50, 50]" in done.stderr
    assert pd.read_csv(tmp_path / "fixed.conflicts.csv")["box"].tolist() == ["off.png#g1"]
    done = CliRunner().invoke(
        hem, ["correct", str(run.folder), "--out", str(tmp_path / "fixed.json"), "--trust", "ben"]
    )
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "fixed.conflicts.csv").exists()
