import numpy as np

from hem_core.store.neighbours_and_curves import curves_of, neighbours_of


def test_neighbours_of_many_rows_are_those_of_each(run):
    indices, distances = neighbours_of(run.examples, [4, 0], 1)
    assert indices.tolist() == [[5], [1]]
    np.testing.assert_allclose(distances, [[0.1], [0.1]])
    for row, near in zip([4, 0], neighbours_of(run.examples, [4, 0], 2)[0], strict=True):
        assert run.neighbours(run.table(["id"])["id"].iloc[row])["row"].tolist() == near.tolist()


def test_curves_of_many_examples_leave_unknown_ones_out(run):
    found = curves_of(run.examples, ["id-00", "nobody"])
    assert found == {"id-00": {"confidence": [0.5, None, 0.75], "is_correct": [0.0, None, 1.0]}}


def test_a_run_without_graph_and_dynamics_has_neither(fresh):
    from hem_core.store.run import open_run

    (fresh / "neighbours.npz").unlink()
    (fresh / "dynamics.parquet").unlink()
    assert neighbours_of(open_run(fresh).examples, [0], 2) is None
    assert curves_of(open_run(fresh).examples, ["id-00"]) == {}
