"""What a finished run looks for weak slices in."""

import numpy as np
import pyarrow as pa

from hem_core.runs.weak_slices import weak_slices

WRONG = np.arange(200) % 5 == 0


def catalog(**columns):
    return pa.table({"id": [str(row) for row in range(200)], "label": ["a", "b"] * 100, **columns})


def rules(table):
    return str(weak_slices(table, np.arange(200), None, WRONG.astype(float)).table["rule"].tolist())


def test_a_column_of_the_data_describes_a_slice():
    assert "'night'" in rules(catalog(night=WRONG))


def test_the_truth_that_only_demos_have_describes_none():
    assert rules(catalog(planted_flip=WRONG, true_label=np.where(WRONG, "b", "a"))) == "[]"
