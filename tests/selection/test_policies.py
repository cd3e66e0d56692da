"""What every policy promises; a new one is found by its file."""

import pytest

from hem_core.errors import UnknownNameError
from hem_core.selection.options import names, policy
from hem_core.testing.policy import PROMISES


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", names())
def test_a_policy_keeps(name, promise):
    promise(name)


def test_an_unknown_policy_lists_what_there_is():
    with pytest.raises(UnknownNameError, match=r"no policy 'margn'; there are: .*cover, diverse, margin"):
        policy("margn")
