"""The example of every item's docstring runs as it stands."""

import doctest

import pytest

from hem_core import mining

NEED_MORE_THAN_TORCH = {"lightning", "transformers"}


@pytest.mark.parametrize("name", [name for name in mining.names() if name not in NEED_MORE_THAN_TORCH])
def test_the_example_runs(name):
    runner, words = doctest.DocTestRunner(), []
    for example in doctest.DocTestFinder(recurse=False).find(getattr(mining, name), name):
        runner.run(example, out=words.append)
    assert not runner.failures, "".join(words)
