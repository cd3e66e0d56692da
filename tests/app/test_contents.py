import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.wire import contents, detail
from hem_core.store.workspace import open_workspace


def opened(folder):
    home = open_workspace(folder)
    return home.run("tiny"), home.tags()


def test_a_text_is_shown_whole_with_its_marks_and_short_on_a_tile(texts):
    run, log = opened(texts)
    (item,) = detail.details(run.examples, detail.ranks(run.examples), [0], log)
    assert item["text"].startswith("🎬 a <b>terrible</b> film word")
    assert item["marks"] == [[2, 4, -0.5], [4, 16, 1.0]]
    assert [one["text"] for one in item["neighbours"]] == ["short"] * 3
    long, short = contents.snippets(run.examples, [0, 1], {})
    assert (len(long), long[-1], short) == (400, "…", "short")


def test_a_cut_text_is_as_long_as_asked_for():
    assert contents.clipped("a" * 20, 10) == "aaaaaaaaa…"
    assert contents.clipped("a" * 10, 10) == "a" * 10
    assert contents.clipped("one two three", 9) == "one two…"
    assert contents.clipped(None) == ""


@pytest.mark.parametrize("written", [None, "no JSON", "[[1]]", "5", float("nan")])
def test_marks_that_are_not_there_or_not_readable_are_none(written):
    assert contents.marks({"marks": written}) == []


def test_a_row_is_compared_with_its_neighbours_the_most_unusual_feature_first(rows):
    run, log = opened(rows)
    ranks = detail.ranks(run.examples)
    (item,) = detail.details(run.examples, ranks, [0], log)
    age, port, loss = item["features"]
    # neighbours are rows 1, 2, 3: 20, 30 and 40 years old
    assert (age["name"], age["value"], age["usual"]) == ("age", 100, 30)
    assert age["distance"] == pytest.approx(70 / ranks.spreads["age"], abs=1e-3)
    assert (port["name"], port["same"], port["of"], port["usual"]) == ("port", 0, 3, "S")
    assert (loss["value"], loss["unusual"]) == (7, 0)
    assert item["neighbours"][0]["text"] == "age 20 · port S · loss 7"
    json.dumps(item, allow_nan=False)


def test_a_tile_of_a_row_begins_with_what_is_unusual(rows):
    run, _ = opened(rows)
    (tile,) = contents.snippets(run.examples, [0], contents.spreads(run.examples))
    assert [one["name"] for one in tile] == ["age", "port", "loss"]
    assert tile[0]["value"] == 100


def test_a_feature_named_like_a_score_is_read_from_the_catalog(rows):
    run, _ = opened(rows)
    assert [one["column"] for one in contents.features(run.examples)] == ["age", "port", "loss_given"]


def test_pictures_have_no_contents_and_a_run_without_its_texts_has_none(whole_workspace, workspace):
    run, _ = opened(whole_workspace)
    assert contents.medium(run.examples).look == "picture"
    assert contents.snippets(run.examples, [0, 1], {}) == [None, None]
    run, _ = opened(workspace(data={"name": "d", "medium": "text"}))
    assert contents.medium(run.examples).look == "nothing"


def test_predictions_alone_are_shown_by_the_users_own_columns_but_not_by_what_a_model_said(rows):
    path = rows / "runs" / "tiny" / "run.json"
    info = json.loads(path.read_text())
    info["data"] = {**info["data"], "medium": "none"}
    info["data"].pop("features", None)
    path.write_text(json.dumps(info))
    catalog = path.parent / "catalog.parquet"
    table = pq.read_table(catalog)
    for name in ("prob_cat", "confidence"):
        table = table.append_column(name, pa.array([0.5] * len(table)))
    pq.write_table(table.append_column("words", pa.array([["a"]] * len(table))), catalog)
    run, log = opened(rows)
    assert contents.medium(run.examples).look == "features"
    (item,) = detail.details(run.examples, detail.ranks(run.examples), [0], log)
    shown = {one["name"]: one["value"] for one in item["features"]}
    assert (shown["age"], shown["port"], shown["loss_given"]) == (100, "C", 7)
    assert not {"prob_cat", "confidence", "words", "id", "label"} & set(shown)
