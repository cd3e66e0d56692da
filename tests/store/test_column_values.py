"""Whole columns as arrays: the same values as the table has, whichever way they are read."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hem_core.errors import RunError
from hem_core.store import column_values
from hem_core.store.level import Level
from hem_core.store.run import open_run
from tests.runs.test_damage import turn_a_bit

NUMBERS = ("loss", "aum", "difficulty", "duplicate_group", "index", "is_correct", "x", "x_given", "error")
NAMES = ("label", "predicted", "reason", "Difficulty_given", 'it\'s "quoted"', "given", "is_correct")


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_those_of_the_table(run, table, name):
    found = run.examples.numbers(name)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, table[name].to_numpy(np.float32, na_value=np.nan))


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_the_table(run, table, name):
    positions, distinct = run.examples.categories(name)
    found = [None if at < 0 else distinct[at] for at in positions]
    assert found == table[name].astype(object).where(table[name].notna(), None).tolist()


@pytest.mark.parametrize("name", NUMBERS)
def test_the_extent_that_a_file_notes_is_that_of_the_values(run, name):
    assert run.examples.extent(name) == column_values.extent(run.examples.numbers(name))


@pytest.mark.parametrize("columns", [None, ["loss", "top_classes", "x", "reason"], ["x", "y"], ["note", "loss"]])
def test_a_few_rows_are_those_of_the_table_however_they_are_read(run, monkeypatch, columns):
    monkeypatch.setattr("hem_core.store.level.WHOLE_BYTES", 0)
    rows = [7, 3, 3, 59, 0]
    by_query = Level(run.folder, run.info)
    object.__setattr__(by_query._reading, "few", lambda names, rows: None)
    direct = Level(run.folder, run.info)
    pd.testing.assert_frame_equal(direct.at(rows, columns), by_query.at(rows, columns))
    assert direct.records(rows, ["loss", "top_classes"]) == by_query.records(rows, ["loss", "top_classes"])
    assert direct._reading.few(["x", "loss"], np.array(rows)) is not None


def test_the_extent_of_nothing_is_none():
    assert column_values.extent(np.array([np.nan, np.inf])) == (None, None)
    assert column_values.extent(np.array([3.0, np.nan, -1.0])) == (-1.0, 3.0)


def test_chunks_with_dictionaries_of_their_own_make_one_column():
    parts = [pa.array(["b", None, "a"]).dictionary_encode(), pa.array(["c", "a"]).dictionary_encode()]
    positions, distinct = column_values.categories(pa.chunked_array(parts))
    assert [distinct[at] if at >= 0 else None for at in positions] == ["b", None, "a", "c", "a"]


def test_damage_is_met_by_whoever_reads_the_column_and_by_nobody_else(fresh):
    turn_a_bit(fresh / "scores.parquet")  # in the column a third of the way, `is_correct`
    level = open_run(fresh).examples
    assert len(level.numbers("loss")) == len(level.query(columns=["difficulty"])) == level.n
    for look in (lambda: level.numbers("is_correct"), lambda: level.query(columns=["is_correct"]),
                 lambda: level.query(columns=["error"]), lambda: level.at([1]), level.table):  # fmt: skip
        with pytest.raises(RunError, match=r"scores.parquet cannot be read .*; run the same `hem score` command again"):
            look()
