"""The contract of each kind of item as a function that its author calls in a test; no test of HEM's own is here.

`check_score("surprise")` raises AssertionError, saying in words what is broken, when the score of that name does not
keep what every score promises. The item may be a file in HEM's folder or a plugin that is installed.
"""

from hem_core.testing.action import check_action
from hem_core.testing.box_format import check_box_format
from hem_core.testing.format import check_format
from hem_core.testing.job import check_job
from hem_core.testing.list_reader import check_list_reader
from hem_core.testing.medium import check_medium
from hem_core.testing.policy import check_policy
from hem_core.testing.reader import check_reader
from hem_core.testing.score import check_score
from hem_core.testing.task import check_task

__all__ = [
    "check_action",
    "check_box_format",
    "check_format",
    "check_job",
    "check_list_reader",
    "check_medium",
    "check_policy",
    "check_reader",
    "check_score",
    "check_task",
]
