import numpy as np
import pandas as pd

from hem_core.store.answers import answers
from hem_core.store.verdicts import ALL


def test_a_verdict_on_the_label_is_an_answer_and_others_are_none():
    verdicts = pd.DataFrame(
        {"tag": ["mislabelled", "hard", "outlier", "skip", "easy", "mislabelled"]}, index=[*"abcde", "gone"]
    )
    found = answers(pd.Index(list("abcdef")), verdicts)
    np.testing.assert_array_equal(found, [1, 0, np.nan, np.nan, 0, np.nan])


def test_every_verdict_says_of_the_label_what_its_definition_says():
    ids = pd.Index([verdict.name for verdict in ALL])
    found = answers(ids, pd.DataFrame({"tag": list(ids)}, index=ids))
    wanted = [{"right": 0.0, "wrong": 1.0, "open": np.nan}[verdict.label] for verdict in ALL]
    np.testing.assert_array_equal(found, wanted)
    assert found[ids.get_loc("right")] == 0


def test_the_keys_of_the_verdicts_are_the_digits_from_one_and_none_twice():
    keys = [verdict.key for verdict in ALL if verdict.key]
    assert keys == [str(k) for k in range(1, len(keys) + 1)]
