"""The options of `score`: typed as one object, or as keywords; a misspelt one is not taken for nothing."""

import inspect

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.runs.options import Options, combined

QUICK = Options(has_map=False, has_probes=False, oos="none")


@pytest.fixture
def data(tmp_path):
    chance = np.random.default_rng(0)
    table = {
        "id": [f"p{k}" for k in range(12)],
        "label": np.arange(12) % 2,
        "probs": list(chance.dirichlet([1, 1], 12)),
    }
    pd.DataFrame(table | {"embedding": list(chance.normal(size=(12, 5)))}).to_parquet(tmp_path / "p.parquet")
    return tmp_path / "p.parquet"


def test_an_object_and_keywords_make_the_same_run(data, tmp_path):
    of_object = hem_core.score(None, data, out=tmp_path / "a", options=hem_core.Options(k=3, seed=1, has_map=False))
    of_keywords = hem_core.score(None, data, out=tmp_path / "b", k=3, seed=1, has_map=False)
    assert of_object.info["key"] == of_keywords.info["key"]
    assert of_object.info["parameters"]["k"] == 3


def test_a_keyword_counts_before_the_object(data, tmp_path):
    run = hem_core.score(None, data, out=tmp_path / "run", options=QUICK, k=4)
    assert (run.info["parameters"]["k"], "map" in run.info["missing"]) == (4, True)


def test_an_unknown_option_names_the_nearest_and_all_and_makes_nothing(data, tmp_path):
    with pytest.raises(
        TypeError, match=r"^score\(\) has no option 'sed'; did you mean 'seed'\? There are: task, .*\bname\b"
    ):
        hem_core.score(None, data, out=tmp_path / "run", sed=1)
    assert not (tmp_path / "run").exists()
    with pytest.raises(TypeError, match="has no option 'zzz'; there are: task"):
        combined(None, {"zzz": 1})


def test_editors_see_every_option_with_its_type_and_each_says_what_it_is():
    seen = inspect.signature(hem_core.score).parameters
    fields = Options.__dataclass_fields__
    assert fields.keys() < seen.keys()
    assert [name for name, one in seen.items() if one.kind is one.POSITIONAL_OR_KEYWORD] == ["model", "data"]
    assert seen["out"].default is inspect.Parameter.empty
    source = inspect.getsource(Options)
    for name in fields:
        after = source.split(f"\n    {name}: ", 1)[1].splitlines()[1].strip()
        assert after.startswith('"""'), f"{name} says nothing"
