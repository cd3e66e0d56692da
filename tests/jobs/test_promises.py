"""Every kind of job keeps what the contract that plugin authors call promises."""

import pytest

from hem_core.jobs import kind as kinds
from hem_core.testing import check_job


@pytest.mark.parametrize("name", kinds.names())
def test_a_kind_of_job_keeps_what_it_promises(name):
    check_job(name)
