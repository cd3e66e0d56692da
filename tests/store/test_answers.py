import numpy as np
import pandas as pd

from hem_core.store.answers import answers


def test_a_verdict_on_the_label_is_an_answer_and_others_are_none():
    verdicts = pd.DataFrame(
        {"tag": ["mislabelled", "hard", "outlier", "skip", "easy", "mislabelled"]}, index=[*"abcde", "gone"]
    )
    found = answers(pd.Index(list("abcdef")), verdicts)
    np.testing.assert_array_equal(found, [1, 0, np.nan, np.nan, 0, np.nan])
