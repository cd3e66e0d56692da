"""Training dynamics read from every form; the same three examples over two epochs in each."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.dynamics.read import read
from hem_core.dynamics.table import Dynamics, to_table, write
from hem_core.errors import DataError

gap = np.nan
CONFIDENCES = np.array([[0.25, 0.5], [0.75, gap], [gap, 1.0]], np.float32)
MARGINS = np.array([[1.5, 0.0], [-2.0, gap], [gap, -9.0]], np.float32)
HITS = np.array([[0, 1], [1, gap], [gap, 1]], np.float32)
WANT = Dynamics(["a", "b", "c"], CONFIDENCES, MARGINS, HITS)
MEASURES = {"confidence": CONFIDENCES, "margin": MARGINS, "is_correct": HITS}


def assert_same(found, want=WANT):
    assert list(found.ids) == list(want.ids)
    for name in ("confidences", "margins", "hits"):
        assert getattr(found, name).dtype == np.float32
        np.testing.assert_array_equal(getattr(found, name), getattr(want, name))


def saved(tmp_path, columns):
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def long_rows():
    rows = [
        {"id": id, "epoch": epoch, **{name: values[row, epoch] for name, values in MEASURES.items()}}
        for row, id in enumerate(WANT.ids)
        for epoch in (0, 1)
        if HITS[row, epoch] == HITS[row, epoch]
    ]
    return pd.DataFrame(rows)


def test_lists_there_and_back(tmp_path):
    path = write(WANT, tmp_path / "dynamics.parquet")
    assert_same(read(path))
    assert_same(read(tmp_path))


def test_lists_hold_null_where_an_example_was_not_seen():
    table = to_table(WANT)
    assert table["confidence"].to_pylist() == [[0.25, 0.5], [0.75, None], [None, 1.0]]
    assert table["is_correct"].to_pylist() == [[False, True], [True, None], [None, True]]
    assert table.schema.field("is_correct").type == pa.list_(pa.bool_())


def test_the_same_dynamics_give_the_same_bytes(tmp_path):
    assert write(WANT, tmp_path / "one").read_bytes() == write(WANT, tmp_path / "two").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_lists_with_nan_and_of_fixed_size(tmp_path):
    lists = {name: pa.array(values.tolist(), pa.list_(pa.float64(), 2)) for name, values in MEASURES.items()}
    assert_same(read(saved(tmp_path, {"id": ["a", "b", "c"], **lists})))


def test_lists_of_one_measure_leave_the_others_unknown(tmp_path):
    found = read(saved(tmp_path, {"id": [7, 8], "confidence": [[0.5], [0.25]]}))
    assert found.ids == ["7", "8"]
    assert found.confidences.tolist() == [[0.5], [0.25]]
    assert np.isnan(found.margins).all()
    assert np.isnan(found.hits).all()


def test_wide_columns_go_by_their_number_not_their_spelling(tmp_path):
    columns = {f"confidence_{epoch}": [epoch / 100] for epoch in (10, 9, 2, 0)}
    found = read(saved(tmp_path, {"id": ["a"], **columns}))
    np.testing.assert_allclose(found.confidences, [[0.0, 0.02, 0.09, 0.1]])


def test_wide(tmp_path):
    columns = {f"{name}_{epoch}": values[:, epoch] for name, values in MEASURES.items() for epoch in (0, 1)}
    assert_same(read(saved(tmp_path, {"id": ["a", "b", "c"], **columns})))


def test_wide_measures_of_different_epochs_stay_in_theirs(tmp_path):
    found = read(saved(tmp_path, {"id": ["a"], "confidence_0": [0.5], "confidence_1": [0.25], "margin_1": [3.0]}))
    np.testing.assert_array_equal(found.confidences, [[0.5, 0.25]])
    np.testing.assert_array_equal(found.margins, [[gap, 3.0]])


def test_long_in_any_order(tmp_path):
    rows = long_rows().sample(frac=1, random_state=0)
    path = tmp_path / "log.parquet"
    rows.to_parquet(path)
    assert_same(read(path))


def test_long_with_an_id_twice_in_an_epoch_keeps_the_last(tmp_path):
    found = read(saved(tmp_path, {"id": ["a", "a"], "epoch": [0, 0], "margin": [1.0, 2.0]}))
    assert found.margins.tolist() == [[2.0]]


def test_long_with_logits(tmp_path):
    columns = {"id": ["a", "b"], "epoch": [3, 3], "logits": [[0.0, 0.0], [0.0, 5.0]], "target": [0, 0]}
    found = read(saved(tmp_path, columns))
    np.testing.assert_allclose(found.confidences, [[0.5], [1 / (1 + np.exp(5))]], rtol=1e-5)
    assert found.margins.tolist() == [[0.0], [5.0]]
    assert found.hits.tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize("folder", [".", "training_dynamics"])
def test_the_lines_of_dataset_cartography(tmp_path, folder):
    (tmp_path / folder).mkdir(exist_ok=True)
    for epoch, rows in {0: [(50, [0.0, 0.0], 1)], 10: [(7, [4.0, 1.0], 0)], 2: [(50, [1.0, 3.0], 0)]}.items():
        lines = [{"guid": guid, f"logits_epoch_{epoch}": logits, "gold": gold} for guid, logits, gold in rows]
        text = "\n".join(map(json.dumps, lines)) + "\n"
        (tmp_path / folder / f"dynamics_epoch_{epoch}.jsonl").write_text(text)
    found = read(tmp_path)
    assert found.ids == ["50", "7"]
    np.testing.assert_array_equal(found.margins, [[0.0, 2.0, gap], [gap, gap, -3.0]])
    np.testing.assert_array_equal(found.hits, [[0, 0, gap], [gap, gap, 1]])


def test_align_puts_rows_in_the_asked_order_with_nan_for_strangers():
    found = WANT.align(["c", "stranger", "a"])
    assert found.ids == ["c", "stranger", "a"]
    np.testing.assert_array_equal(found.hits, [[gap, 1], [gap, gap], [0, 1]])
    assert WANT.align([]).hits.shape == (0, 2)


def test_matrices_of_the_wrong_length_are_a_bug():
    with pytest.raises(ValueError, match=r"'margins' has shape \(2, 2\); there are 3 ids"):
        Dynamics(["a", "b", "c"], CONFIDENCES, MARGINS[:2], HITS)


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"no training dynamics at .*; expected a Parquet file, a Recorder's folder"):
        read(tmp_path)
    with pytest.raises(DataError, match="no training dynamics at"):
        read(tmp_path / "nowhere")


def test_a_file_of_something_else(tmp_path):
    path = tmp_path / "notes.parquet"
    path.write_text("not a table")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read(path)


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (
            {"id": ["a"], "loss": [1.0]},
            r"it has columns id, loss; expected id and lists confidence, margin, is_correct",
        ),
        ({"id": ["a", "b"], "margin": [[1.0], [1.0, 2.0]]}, "every list in margin must have the same length"),
        (
            {"id": ["a"], "margin": [[1.0]], "confidence": [[1.0, 1.0]]},
            "every measure must have the same number of epochs",
        ),
        ({"id": ["a", "a"], "margin": [[1.0], [2.0]]}, "id 'a' occurs 2 times; keep one row per example"),
        ({"id": ["a", None], "margin": [[1.0], [2.0]]}, "row 1 has no id"),
        ({"id": ["a"], "epoch": pa.array([None], pa.int64()), "margin": [1.0]}, "'a' has a row without an epoch"),
        ({"id": ["a"], "epoch": [0], "logits": [[1.0, 2.0]]}, "logits need target"),
        ({"id": ["a"], "epoch": [0], "logits": [[1.0, 2.0]], "target": ["cat"]}, "target must hold class indices"),
        (
            {"id": ["a"], "epoch": [0], "logits": [[1.0, gap]], "target": [0]},
            "example 'a' has a logit that is no number",
        ),
        ({"id": ["a"], "epoch": [0], "logits": [[1.0, 2.0]], "target": [2]}, r"a target outside \[0, 2\)"),
    ],
)
def test_a_table_that_cannot_be(tmp_path, columns, text):
    with pytest.raises(DataError, match=text) as raised:
        read(saved(tmp_path, columns))
    assert "log.parquet" in str(raised.value)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("not json", r"dynamics_epoch_0.jsonl line 2: expected .*logits_epoch_0.*; got not json"),
        ('{"guid": 1, "gold": 0}', "line 2: expected"),
        ('{"guid": 1, "logits_epoch_0": [1, 2], "gold": 5}', r"line 2: example '1' needs .* a gold in \[0, 2\)"),
        ('{"guid": 1, "logits_epoch_0": [1, NaN], "gold": 0}', "line 2: example '1' needs 2 or more finite logits"),
        (
            '{"guid": 1, "logits_epoch_0": [1, 2, 3], "gold": 0}',
            r"every line must have the same number of logits; there are \[2, 3\]",
        ),
    ],
)
def test_a_line_that_cannot_be(tmp_path, line, text):
    good = '{"guid": 0, "logits_epoch_0": [1.0, 2.0], "gold": 0}'
    (tmp_path / "dynamics_epoch_0.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(DataError, match=text):
        read(tmp_path)


def test_a_recorder_s_folder_of_another_format_version(tmp_path):
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "epoch-00000-rank-0-of-1.parquet")
    with pytest.raises(DataError, match="has format version None; this HEM reads"):
        read(tmp_path)
