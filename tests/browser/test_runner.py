"""Tests share a process of node, and nothing else."""

import pytest


def test_runs_share_no_globals_or_timers(run_js):
    leave = """globalThis.document = 1; globalThis.fetch = () => 2;
      setInterval(() => globalThis.n++, 1);
      return [typeof document, fetch()];"""
    assert run_js("shared/cells.js", leave) == ["number", 2]
    look = "globalThis.n = 0; await new Promise((end) => setTimeout(end, 5)); return [typeof document, fetch.length, n]"
    assert run_js("shared/cells.js", look) == ["undefined", 1, 0]


def test_what_a_run_replaces_of_the_language_is_back_in_the_next(run_js):
    leave = "URL.createObjectURL = () => 'mine'; Date.now = () => 7; performance.now = () => 8; return Date.now()"
    assert run_js("shared/cells.js", leave) == 7
    look = "return [URL.createObjectURL(new Blob([])).split(':')[0], Date.now() > 7, performance.now() === 8]"
    assert run_js("shared/cells.js", look) == ["blob", True, False]


def test_runs_share_no_state_of_modules(run_js):
    bring = "m.brought(async () => 'source'); return (await m.plotlyAddress()).split(':')[0]"
    assert run_js("shared/plotly_script.js", bring) == "blob"
    look = "return [(await m.plotlyAddress()).split(':')[0], m === (await load('shared/plotly_script.js'))]"
    assert run_js("shared/plotly_script.js", look) == ["file", True]


HANG = "await new Promise(() => {})"


@pytest.mark.parametrize(
    "body",
    [
        "throw new Error('here')",
        f"setTimeout(() => {{ throw new Error('here') }}); {HANG}",
        f"Promise.reject(new Error('here')); {HANG}",
    ],
)
def test_an_error_fails_its_run_alone(run_js, body):
    with pytest.raises(AssertionError, match="Error: here"):
        run_js("shared/cells.js", body)
    assert run_js("shared/cells.js", "return v.n", n=3) == 3
