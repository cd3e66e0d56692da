import struct

import numpy as np
import pandas as pd
import pyarrow as pa

from app.wire import payloads
from hem_core.store.id_index import id_index


def test_names_keep_the_given_order_and_sort_the_rest():
    assert payloads.names(["b", "z", None, "a", "y"], ["y", "x", "a"]) == ["y", "a", "b", "z"]


def test_codes_grow_with_the_number_of_categories_and_mark_what_is_missing():
    few = payloads.recoded(np.array([0, -1, 1]), ["b", "a"], ["a", "b"])
    assert (few.dtype, few.tolist()) == (np.dtype("u1"), [1, 255, 0])
    many = [str(k) for k in range(300)]
    assert payloads.recoded(np.array([0, -1]), ["299"], many).tolist() == [299, 65535]
    most = [str(k) for k in range(70_000)]
    assert payloads.recoded(np.array([0, -1]), ["69999"], most).tolist() == [69_999, -1]


def test_booleans_and_whole_floats_have_plain_names():
    assert [payloads.as_text(value) for value in (True, np.False_, 3.0, 2.5, "x")] == ["true", "false", "3", "2.5", "x"]


def test_pack_puts_count_and_lengths_in_front():
    assert payloads.pack([b"ab", b"", b"c"]) == struct.pack("<4I", 3, 2, 0, 1) + b"abc"


def test_verdict_codes_leave_free_tags_and_strangers_out():
    state = pd.DataFrame({"id": ["b", "a", "gone"], "tag": ["mislabelled", "my own", "hard"]})
    assert payloads.verdict_codes(state, id_index(pa.chunked_array([["a", "b"]]))).tolist() == [
        0,
        1 + payloads.VERDICTS.index("mislabelled"),
    ]


def test_csv_guards_formulas_and_leaves_numbers():
    table = pd.DataFrame({"id": ["=1+1", "-x", "ok", None], "loss": [-1.5, 2.0, np.nan, 0.0]})
    assert payloads.to_csv(table).splitlines() == ["id,loss", "'=1+1,-1.5", "'-x,2.0", "ok,", ",0.0"]
