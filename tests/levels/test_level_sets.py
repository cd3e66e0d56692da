"""Sets of parts: chosen, saved with their level, exported as tables and as a folder of pictures, and loaded."""

import csv
import io
import json

import pytest
from PIL import Image

from hem_core import load_set
from hem_core.errors import DataError
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.sets.check import check
from hem_core.sets.export_run import export_run
from hem_core.sets.export_set import export_set
from hem_core.sets.preview import preview
from hem_core.sets.proof import proof
from hem_core.sets.select import save, select
from hem_core.store import sets
from hem_core.store.workspace import open_workspace


@pytest.fixture
def chosen(own):
    """A workspace with the set `hard` of five halves, one of them outside because somebody called it an outlier."""
    home = open_workspace(own)
    level = home.run("few").level("halves")
    hardest = level.query(order="difficulty", limit=1, columns=["id"])["id"].iloc[0]
    home.tags().level("halves").add(level.data, [hardest], "outlier", who="anna")
    home.tags().add(level.data, [level.query(order="difficulty", limit=2)["example"].iloc[1]], "outlier", who="anna")
    found = select(level, n=5, policies=["top"])
    save(own, "hard", level, found, made_by="anna", preview=preview(level, found))
    return own, level, found, hardest


def test_a_set_of_parts_says_its_level_and_heeds_the_tags_of_its_level_alone(chosen):
    own, level, found, hardest = chosen
    wanted = level.query(order="difficulty", limit=6, columns=["id"])["id"].tolist()[1:]
    assert found.examples["id"].tolist() == wanted
    assert hardest in found.left_out["id"].tolist()
    examples, manifest = sets.load(own, "hard")
    assert (manifest["level"], manifest["run"], manifest["n"]) == ("halves", "few", 5)
    assert examples["example"].tolist() == [id.partition("#")[0] for id in wanted]
    assert len(proof(level, found, seeds=2).table) > 1


def test_a_set_of_parts_is_exported_with_their_pictures_and_loaded(chosen):
    own, _, found, _ = chosen
    out = export_set(own, "hard", 1, own / "out", ["csv", "jsonl", "imagefolder"])
    text = (out / "examples.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    lines = [json.loads(line) for line in (out / "examples.jsonl").read_text("utf-8").splitlines()]
    ids = found.examples["id"].tolist()
    assert [row["id"] for row in rows] == [line["id"] for line in lines] == ids
    entries = [json.loads(line) for line in (out / "imagefolder" / "metadata.jsonl").read_text("utf-8").splitlines()]
    assert [entry["id"] for entry in entries] == ids
    assert Image.open(out / "imagefolder" / entries[0]["file_name"]).size == (4, 8)
    assert json.loads((out / "manifest.json").read_text("utf-8"))["level"] == "halves"
    dataset, sampler = load_set(out, channels=1)
    assert (len(dataset), len(sampler), dataset[0][0].shape[-2:], dataset[0][2]) == (5, 5, (8, 4), ids[0])


def test_rows_of_a_level_are_exported_by_a_condition(own):
    out = own / "out"
    done = export_run(
        own / "runs" / "few", out, where="side = 'left' AND difficulty > 90", formats=["csv"], level="halves"
    )
    rows = list(csv.DictReader(io.StringIO((out / "examples.csv").read_text("utf-8-sig"))))
    assert done.n == len(rows) > 0
    assert {row["side"] for row in rows} == {"left"}


def test_what_needs_examples_says_so_of_a_set_of_parts(chosen):
    own = chosen[0]
    with pytest.raises(DataError, match="hem check works on sets of examples, and this set is one of 'halves'"):
        check(own, "hard", "demo_models.digits:model")
    with pytest.raises(DataError, match="hem retrain works on sets of examples, and this set is one of 'halves'"):
        retrain(own, Settings("hard", "demo_models.digits:train", seeds=2))
    assert not (own / "retrains").exists()
    with pytest.raises(DataError, match="export this one"):
        load_set(own / "sets" / "hard" / "v1")


def test_the_retrain_page_refuses_a_set_of_parts_in_a_line(chosen, show):
    page = show(chosen[0], "retrain")
    assert not page.exception
    (error,) = page.error
    assert "hem retrain works on sets of examples, and this set is one of 'halves'" in error.value


def test_a_set_of_examples_says_nothing_of_levels(own):
    run = open_workspace(own).run("few")
    save(own, "plain", run.examples, select(run.examples, n=3, policies=["random"]), made_by="anna")
    assert "level" not in sets.load(own, "plain")[1]
