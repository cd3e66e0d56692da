"""Every format of annotations keeps what the contract that plugin authors call promises."""

import pytest

from hem_core.boxes import formats
from hem_core.testing import check_box_format


@pytest.mark.parametrize("name", formats.names())
def test_a_format_of_boxes_keeps_what_it_promises(name):
    check_box_format(name)
