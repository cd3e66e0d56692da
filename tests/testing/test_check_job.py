"""The contract of a kind of job as its author calls it: what is right passes, what is broken is named."""

import sys

import pytest

import hem_core.jobs.kinds as folder
from hem_core.testing import check_job

KIND = """
'''Tiny: one file is written.'''

TITLE = "Tiny"


def target(job):
    return job.workspace / "tiny.txt"


def words(job):
    return job.settings["words"]


def writes(job):
    return (target(job),)


def is_done(job):
    return target(job).is_file()


def opens(job):
    return "sets", {{}}


def run(job, progress):
    progress("writing", 0, 1)
    target(job).write_text(job.settings["words"])
    return {{"n": 1}}


{change}
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("", ""),
        ("TITLE = ''", "TITLE of the kind tiny is ''; give a name"),
        ("CAN_RESUME = 'no'", "CAN_RESUME of the kind tiny is 'no'; wanted a bool"),
        ("def run(job):\n    pass", r"`run` of the kind tiny takes 1 arguments; wanted \(job, progress\)"),
        ("def is_done(job):\n    target(job).touch()\n    return False", "tiny writes files before it is run"),
        ("def words(job):\n    return 3", "`words` of the kind tiny gives 3"),
        ("def words(job):\n    raise OSError('gone')", "the kind tiny raises OSError for settings it cannot read"),
        ("def opens(job):\n    return job.settings['page'], {}", "raises KeyError: 'page' for these settings"),
        ("def writes(job):\n    return ()", r"`writes` of the kind tiny gives \(\); give a tuple of absolute paths"),
        ("def opens(job):\n    return 'sets', {'n': 1}", "give a page and its address as texts"),
        ("def is_done(job):\n    return True", "the kind tiny is done before it has run"),
        ("def run(job, progress):\n    pass", "the kind tiny has run and is not done"),
        ("def writes(job):\n    return (target(job), job.workspace / 'b')", "says it writes .*b, and has not"),
        ("import torch", "the kind tiny imports torch with its file"),
    ],
)
def test_a_kind_of_job_is_checked(tmp_path, monkeypatch, change, problem):
    (tmp_path / "items").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path / "items")])
    (tmp_path / "items" / "tiny.py").write_text(KIND.format(change=change).lstrip())
    try:
        if not problem:
            check_job("tiny", {"words": "three"}, workspace=tmp_path / "work")
            assert (tmp_path / "work" / "tiny.txt").read_text() == "three"
            return
        with pytest.raises(AssertionError, match=problem):
            check_job("tiny", {"words": "three"}, workspace=tmp_path / "work")
    finally:
        sys.modules.pop("hem_core.jobs.kinds.tiny", None)
