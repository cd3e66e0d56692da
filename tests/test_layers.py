"""Who may import whom: the house of rooms, walked by its imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GROUND = {"types", "errors", "folder", "cells", "alive", "splits", "paths", "hardest"}
ROOMS = {"catalog", "media", "models", "tasks", "scores", "dynamics", "embeddings", "difficulty", "selection"}
ROOMS |= {"export", "store", "mining"}
ABOVE = {"engine", "retrain", "loop", "cli"}


def imports(path):
    """Dotted names that a file imports, wherever in it they stand."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(package):
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", files("hem_core"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_itself_and_the_ground_alone(path):
    room = path.relative_to(ROOT / "hem_core").parts[0].removesuffix(".py")
    for name in imports(path):
        parts = name.split(".")
        assert parts[0] not in ("streamlit", "app", "demo_models"), f"{path.name} imports {name}"
        if parts[0] != "hem_core" or len(parts) == 1:
            continue
        if room in ROOMS:
            assert parts[1] in GROUND | {room}, f"{path.name} imports {name}"
        if room in GROUND:
            assert parts[1] in GROUND, f"{path.name} imports {name}"
        if room == "engine":
            assert parts[1] not in ("cli", "retrain", "loop"), f"{path.name} imports {name}"
        if room == "retrain":
            assert parts[1] not in ("cli", "loop"), f"{path.name} imports {name}"
        if room == "loop":
            assert parts[1] != "cli", f"{path.name} imports {name}"


def test_every_folder_of_hem_core_is_a_known_room():
    there = {path.name.removesuffix(".py") for path in (ROOT / "hem_core").iterdir() if not path.name.startswith("_")}
    assert there == GROUND | ROOMS | ABOVE


@pytest.mark.parametrize("path", files("hem_core/scores"), ids=lambda path: path.name)
def test_scores_import_torch_alone(path):
    outside = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"hem_core"}
    assert outside <= {"torch"}


@pytest.mark.parametrize("path", files("hem_core/mining"), ids=lambda path: path.name)
def test_mining_imports_torch_alone_but_for_the_callbacks(path):
    outside = {name.split(".")[0] for name in imports(path)} - set(sys.stdlib_module_names) - {"hem_core"}
    assert outside <= {"torch"} | ({path.stem} & {"lightning", "transformers"})


@pytest.mark.parametrize("path", files("app"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_app_imports_neither_torch_nor_the_demos(path):
    for name in imports(path):
        assert name.split(".")[0] not in ("torch", "demo_models"), f"{path.name} imports {name}"


def test_only_state_touches_the_session_and_only_loaders_cache():
    for path in files("app"):
        attributes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        used = {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "st"}
        if path.name != "state.py":
            assert not used & {"session_state", "query_params"}, path
        if path.name != "loaders.py":
            assert not used & {"cache_resource", "cache_data"}, path


def loaded_by(statement):
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_reading_a_run_and_the_help_need_no_torch():
    assert "torch" not in loaded_by("import hem_core, hem_core.store.run, hem_core.store.workspace, hem_core.cli")


def test_the_app_s_pages_and_routes_need_no_torch():
    views = sorted(path.stem for path in (ROOT / "app" / "views").glob("[!_]*.py"))
    assert {"overview", "explore", "slices", "labels", "review", "sets", "retrain", "compare"} <= set(views)
    pages = ", ".join(f"app.views.{name}" for name in views)
    assert "torch" not in loaded_by(f"import app.server, app.routes, app.refits, {pages}")


def test_refitting_the_reasons_needs_no_torch():
    assert "torch" not in loaded_by("import hem_core.engine.refit")


def test_the_engine_needs_torch_numpy_and_pyarrow_alone():
    heavy = {"streamlit", "duckdb", "sqlalchemy", "umap", "pynndescent", "numba", "sklearn", "transformers", "plotly"}
    assert not loaded_by("import hem_core.engine.score") & (heavy | {"pandas"})
