import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hem_core.errors import RunError
from hem_core.store import atomic
from hem_core.store.atomic import write_table
from hem_core.store.curves import mapped_curves
from hem_core.store.neighbours_and_curves import curves_of, neighbours_of
from hem_core.store.run import open_run


def test_neighbours_of_many_rows_are_those_of_each(run):
    indices, distances = neighbours_of(run.examples, [4, 0], 1)
    assert indices.tolist() == [[5], [1]]
    np.testing.assert_allclose(distances, [[0.1], [0.1]])
    for row, near in zip([4, 0], neighbours_of(run.examples, [4, 0], 2)[0], strict=True):
        assert run.neighbours(run.table(["id"])["id"].iloc[row])["row"].tolist() == near.tolist()


CURVE = {"confidence": [0.5, None, 0.75], "is_correct": [0.0, None, 1.0]}


def dynamics(folder, ids, lengths=3):
    """dynamics.parquet, with the number of the row as the confidence of the first epoch."""
    lengths = np.broadcast_to(lengths, len(ids)).tolist()
    confidence = [[float(id[3:]), *[0.0] * (n - 1)] for id, n in zip(ids, lengths, strict=True)]
    curves = {"id": ids, "confidence": confidence, "is_correct": [[True] * n for n in lengths]}
    write_table(folder / "dynamics.parquet", pa.table(curves))


def test_curves_of_many_rows(run):
    assert curves_of(run.examples, [0, 7]) == {0: CURVE, 7: CURVE}


@pytest.mark.parametrize(
    ("order", "lengths", "is_mapped"),
    [(slice(None), 3, True), (slice(None, None, -1), 3, False), (slice(1, None), 3, False),
     (slice(None), [2] + [3] * 59, False)],
    ids=["as the level", "another order", "one is lacking", "one is shorter"],
)  # fmt: skip
def test_curves_are_those_of_the_rows_whatever_the_file_lists(fresh, order, lengths, is_mapped):
    level = open_run(fresh).examples
    ids = level.table(["id"])["id"].tolist()
    dynamics(fresh, ids[order], lengths)
    found = curves_of(level, [5, 0, 59])
    known = [0, 5, 59] if order != slice(1, None) else [5, 59]
    assert {row: curve["confidence"][0] for row, curve in found.items()} == {row: float(ids[row][3:]) for row in known}
    assert (mapped_curves(level, np.array([5])) is not None) == is_mapped


def test_curves_are_read_again_from_a_file_that_was_written_again(fresh):
    level = open_run(fresh).examples
    assert curves_of(level, [3]) == {3: CURVE}
    dynamics(fresh, level.table(["id"])["id"].tolist())
    assert curves_of(level, [3])[3]["confidence"] == [4.0, 0.0, 0.0]


def test_curves_of_several_row_groups(fresh, monkeypatch):
    monkeypatch.setattr(atomic, "ROW_GROUP", 25)
    level = open_run(fresh).examples
    ids = level.table(["id"])["id"].tolist()
    dynamics(fresh, ids)
    assert pq.read_metadata(fresh / "dynamics.parquet").num_row_groups == 3
    for rows in ([30], [59, 2], list(range(60))):
        assert [curves_of(level, rows)[row]["confidence"][0] for row in rows] == [float(ids[row][3:]) for row in rows]


def test_damaged_curves_are_an_error_with_the_way_out(fresh):
    level, path = open_run(fresh).examples, fresh / "dynamics.parquet"
    id, confidence = (pq.read_metadata(path).row_group(0).column(k) for k in (0, 1))
    content = bytearray(path.read_bytes())
    content[4 + id.total_compressed_size + confidence.total_compressed_size - 1] ^= 1  # behind the magic number
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"cannot be read .*; run the same `hem score` command again"):
        curves_of(level, [0])


def test_a_run_without_graph_and_dynamics_has_neither(fresh):
    (fresh / "neighbours.npz").unlink()
    (fresh / "dynamics.parquet").unlink()
    assert neighbours_of(open_run(fresh).examples, [0], 2) is None
    assert curves_of(open_run(fresh).examples, [0]) == {}
