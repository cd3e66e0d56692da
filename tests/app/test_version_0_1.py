"""Every page of a workspace that version 0.1 wrote."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

OLD = Path(__file__).parents[1] / "data" / "version_0_1"
PAGES = ["overview", "explore", "review", "labels", "slices", "sets", "compare", "retrain"]


def _page(name, run):
    import importlib

    import streamlit as st

    from app import frame, state

    st.query_params["run"] = run
    state.sync()
    frame.show(importlib.import_module(f"app.views.{name}.page").page)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("run", ["seen", pytest.param("plain", marks=pytest.mark.slow)])
def test_an_old_run_is_drawn(tmp_path, monkeypatch, name, run):
    home = shutil.copytree(OLD, tmp_path / "w")
    monkeypatch.setenv("HEM_WORKSPACE", str(home))
    page = AppTest.from_function(_page, default_timeout=120, kwargs={"name": name, "run": run}).run()
    assert not page.exception
    assert not [error.value for error in page.error]
    shown = " ".join(str(one.value) for one in page.caption)
    assert "accuracy 90.0%" in shown.replace("\\", "")
