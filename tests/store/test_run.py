import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError, RunError
from hem_core.store.atomic import write_json, write_table
from hem_core.store.run import open_run, read_run

CLASSES = ("cat", "dog", "T-shirt/top")


def test_the_table_is_scores_then_map_then_own_columns_with_clashes_renamed(run, table):
    found = run.table()
    assert list(found.columns) == list(table.columns)
    assert {"loss_given", "Difficulty_given", "row_given", "x_given"} < set(found.columns)
    for name in table.columns:
        assert [_plain(value) for value in found[name]] == [_plain(value) for value in table[name]], name
    assert found.index.equals(pd.RangeIndex(60))


def _plain(value):
    if isinstance(value, np.ndarray | list):
        return list(value)
    return None if pd.isna(value) else value


def test_some_columns_in_the_order_asked_for(run):
    assert list(run.table(["x", "id", "note", "x"]).columns) == ["x", "id", "note"]
    with pytest.raises(DataError, match="no column 'lose' in run 'tiny'; there are: id, index, label"):
        run.table(["id", "lose"])


def test_what_the_columns_are(run):
    columns = run.columns()
    kinds = {name: columns.get(name) for name in ("id", "label", "is_correct", "aum", "duplicate_group", "top_classes")}
    assert kinds == {
        "id": "text", "label": "category", "is_correct": "bool", "aum": "number", "duplicate_group": "number",
        "top_classes": None,
    }  # fmt: skip
    assert (columns["note"], columns["Difficulty_given"]) == ("text", "category")


def test_a_page_is_the_slice_of_the_sorted_table(run, table):
    by_aum = table["aum"].to_numpy()
    down = np.lexsort((np.arange(60), -by_aum))
    page = run.query(order="aum", limit=5, offset=2, columns=["id", "aum", "note"])
    assert list(page.columns) == ["row", "id", "aum", "note"]
    assert page["row"].tolist() == down[2:7].tolist()
    assert page["id"].tolist() == table["id"].iloc[down[2:7]].tolist()
    assert page["note"].tolist() == table["note"].iloc[down[2:7]].tolist()
    assert run.query(order="aum", columns=["id"])["row"].tolist() == down.tolist()
    up = run.query(order="aum", descending=False, limit=60, columns=[])["row"].tolist()
    assert up == np.lexsort((np.arange(60), by_aum)).tolist()


def test_missing_values_and_nan_come_last_either_way(run, table):
    for descending in (True, False):
        last = run.query(order="loss", descending=descending, limit=1, offset=59, columns=["id"])
        assert last["row"].tolist() == [7]
        tail = run.query(order="aum", descending=descending)["row"].tail(table["aum"].isna().sum())
        assert tail.tolist() == np.flatnonzero(table["aum"].isna()).tolist()


def test_ties_go_by_row(run):
    ordered = run.query(order="reason", columns=["reason"])
    assert ordered.groupby("reason")["row"].apply(lambda rows: rows.is_monotonic_increasing).all()


def test_a_query_without_limit_or_match(run, table):
    rule = {"all": [{"column": "label", "in": ["cat"]}]}
    found = run.query(rule, columns=["label", "row"])
    assert found["row"].tolist() == np.flatnonzero(table["label"] == "cat").tolist()
    assert set(found["label"]) == {"cat"}
    nothing = run.query({"all": [{"column": "loss", "min": 1e9}]}, limit=10)
    assert len(nothing) == 0
    assert list(nothing.columns) == ["row", *table.columns]
    assert len(run.query(offset=58)) == 2
    assert len(run.query(limit=0)) == 0


def test_a_typed_condition_in_any_case(run, table):
    found = run.query(where="DIFFICULTY > 90 AND reason = 'rare' -- the hardest", columns=["id"])
    wanted = (table["difficulty"] > 90) & (table["reason"] == "rare")
    assert found["row"].tolist() == np.flatnonzero(wanted).tolist()
    assert len(run.query(where="  ", limit=100)) == 60
    assert len(run.rows(where="list_contains(top_classes, 'cat')")) == 60
    assert len(run.rows(where="label = 'cat' OR true", tags=None)) == 60


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("difficulty >", "where is not a condition: syntax error"),
        ("lose > 1", r"(?s)the condition cannot be evaluated: .*lose.*the columns are: id, index"),
        ("difficulty > 'much'", "the condition cannot be evaluated"),
        ("1=1) UNION SELECT 1 FROM (SELECT 1", "where is not a condition"),
        ("1=1) OR (1=1", "where is not a condition"),
        ("1=1 UNION SELECT 1", "where must be one condition on the columns"),
        ("getenv('HOME') IS NOT NULL", "the condition cannot be evaluated"),
        ("true; DROP TABLE x", "where is not a condition"),
        ("exists(SELECT 1 FROM read_text('/etc/hostname'))", "without a query inside it"),
        ("sum(loss) > 1", "the condition cannot be evaluated"),
    ],
)
def test_a_condition_that_does_not_work_says_so(where, message, run):
    with pytest.raises(DataError, match=message):
        run.query(where=where)


def test_rows_by_number_keep_order_and_repeats(run, table):
    found = run.at([5, 0, 5], ["id"])
    assert found["id"].tolist() == table["id"].iloc[[5, 0, 5]].tolist()
    assert len(run.at([], ["id"])) == 0
    with pytest.raises(DataError, match="row numbers of this run are 0 to 59; requested: 60 to 60"):
        run.at([60])


def test_neighbours_of_the_last_example_are_the_first_two(run):
    found = run.neighbours("id-61")
    assert found["id"].tolist() == ["id-00", "id-01"]
    assert found["row"].tolist() == [0, 1]
    np.testing.assert_array_equal(found["distance_cosine"], np.float32([0.1, 0.2]))
    assert list(found.columns) == ["row", "id", "given", "predicted", "error", "difficulty", "distance_cosine"]


def test_an_unknown_id_and_one_that_failed_say_so(run):
    with pytest.raises(DataError, match=r"no example 'nobody' among the 60 of run 'tiny'$"):
        run.neighbours("nobody")
    with pytest.raises(DataError, match=r"no example 'id-03' .*could not be scored \(truncated file\)"):
        run.neighbours("id-03")


def test_the_curve_of_an_example_has_gaps_where_it_was_not_seen(run):
    curve = run.curve("id-10")
    assert curve["epoch"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(curve["confidence"], np.float32([0.5, np.nan, 0.75]))
    np.testing.assert_array_equal(curve["margin"], np.float32([1, np.nan, -1]))
    np.testing.assert_array_equal(curve["is_correct"], np.float32([0, np.nan, 1]))
    assert run.curve("nobody") is None


def test_thumbnails_and_embeddings_by_row(run):
    assert [run.thumbnail(row) for row in (0, 1, 2, 60, -1)] == [b"ab", None, b"cde", None, None]
    assert isinstance(run.embeddings(), np.memmap)
    assert run.embeddings().shape == (60, 4)


def test_failures_and_facts(run):
    assert run.failures()["id"].tolist() == ["id-03", "id-40"]
    assert (run.name, run.n, run.classes, run.data) == ("tiny", 60, CLASSES, "tiny-data")
    assert (run.fingerprint, run.is_complete, run.progress()) == ("f00", True, None)


def test_a_run_with_nothing_but_scores_still_works(fresh):
    for name in ("projection.parquet", "failures.parquet", "neighbours.npz", "thumbnails.bin", "dynamics.parquet"):
        (fresh / name).unlink()
    shutil.rmtree(fresh / "embeddings")
    run = open_run(fresh)
    assert "y" not in run.table().columns
    assert (run.embeddings(), run.thumbnail(0), run.curve("id-00"), len(run.failures())) == (None, None, None, 0)
    with pytest.raises(RunError, match="run 'tiny' has no neighbours: the file is not there"):
        run.neighbours("id-00")


def test_without_neighbours_the_run_says_why(fresh, edit_info):
    (fresh / "neighbours.npz").unlink()
    edit_info(fresh, missing={"embeddings": "no embeddings: score with a model"})
    with pytest.raises(RunError, match="no embeddings: score with a model"):
        open_run(fresh).neighbours("id-00")


def test_embeddings_in_shards_are_joined(fresh):
    np.save(fresh / "embeddings" / "00001.npy", np.ones((2, 4), np.float16))
    assert open_run(fresh).embeddings().shape == (62, 4)


def test_all_scored_and_some_failed_give_the_same_own_columns(fresh, run):
    """The first joins by position, the second by key."""
    scores = run.table(["id", "index", "label", "loss"])
    own = pd.read_parquet(run.folder / "catalog.parquet").iloc[scores["index"]].reset_index(drop=True)
    write_table(fresh / "catalog.parquet", own)
    aligned = open_run(fresh)
    assert aligned.source.is_catalog_aligned
    assert not run.source.is_catalog_aligned
    assert aligned.table(["id", "note"]).equals(run.table(["id", "note"]))
    rule = {"all": [{"column": "note", "contains": "7"}, {"column": "loss", "max": 0}]}
    assert aligned.rows(rule).tolist() == run.rows(rule).tolist()


def test_an_empty_run_has_no_rows(fresh, edit_info):
    for name in ("scores", "projection"):
        table = pd.read_parquet(fresh / f"{name}.parquet")
        write_table(fresh / f"{name}.parquet", table[:0])
    edit_info(fresh, n=0)
    run = open_run(fresh)
    assert len(run.table()) == 0
    assert len(run.query({"all": [{"column": "loss", "min": 0}]}, limit=5)) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "running"}, r"is not complete \(status: running\).*same `hem score` command again"),
        ({"format_version": 2}, "format version 2; this HEM reads 1: install the newer HEM"),
    ],
)
def test_a_run_that_cannot_be_used_says_what_to_do(change, message, fresh, edit_info):
    edit_info(fresh, **change)
    with pytest.raises(RunError, match=message):
        open_run(fresh)


def test_what_is_no_run_says_what_to_do(fresh, tmp_path):
    with pytest.raises(RunError, match=r"is not a run: it has no run.json. It is a workspace; its runs: .*tiny"):
        open_run(tmp_path)
    with pytest.raises(RunError, match="Create one: hem score DATA --out"):
        open_run(tmp_path / "nothing")
    (fresh / "run.json").write_text("{half")
    with pytest.raises(RunError, match=r"cannot be read .*delete it and run the same `hem score`"):
        open_run(fresh)


def test_damaged_files_are_named(fresh, run):
    write_table(fresh / "projection.parquet", run.table(["x", "y"])[:5])
    with pytest.raises(RunError, match=r"projection.parquet in .* has 5 rows, the scores have 60"):
        open_run(fresh).table()
    (fresh / "projection.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(RunError, match=r"projection.parquet cannot be read"):
        open_run(fresh).table()
    (fresh / "projection.parquet").unlink()
    (fresh / "scores.parquet").unlink()
    with pytest.raises(RunError, match=r"has no scores.parquet, although its run.json says"):
        open_run(fresh).table()


def test_a_growing_run_tells_its_progress(fresh, edit_info):
    edit_info(fresh, status="running")
    write_json(fresh / "progress.json", {"stage": "score", "done": 3, "total": 9})
    run = read_run(fresh)
    assert not run.is_complete
    assert run.progress() == {"stage": "score", "done": 3, "total": 9}


@pytest.mark.slow
def test_threads_ask_at_the_same_time(run):
    answers: list[int] = []

    def ask() -> None:
        for k in range(10):
            answers.append(len(run.rows({"all": [{"rows": [f"id-{k:02d}"]}, {"column": "difficulty", "min": 0}]})))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answers) == 8 * 9  # id-03 failed


def test_opening_a_run_needs_neither_torch_nor_pandas_nor_a_database(run):
    code = (
        "import sys; from hem_core.store.run import open_run; from hem_core.store.workspace import open_workspace;"
        f"run = open_run({str(run.folder)!r}); open_workspace(run.folder).runs();"
        "print([m for m in ('torch', 'pandas', 'duckdb', 'sqlalchemy', 'streamlit') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
