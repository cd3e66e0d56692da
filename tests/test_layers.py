"""Who may import whom: the house of rooms, walked by its imports."""

import ast
import functools
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    {
        "types", "errors", "folder", "plugins", "cells", "alive", "splits", "paths", "thresholds", "stats",
        "content_hash", "array_checks", "boxes", "tag_sets", "class_columns", "class_affix", "number_rows", "minus",
        "buckets",
    },
    {"media"},
    {
        "catalog", "models", "tasks", "scores", "dynamics", "embeddings", "difficulty", "reasons", "slices",
        "selection", "export", "mining", "store",
    },
    {"engine", "quality"},
    {"folds"},
    {"probes"},
    {"runs"},
    {"sets"},
    {"labels"},
    {"retrain", "loop"},
    {"prove"},
    {"advise"},
    {"jobs"},
    {"cli", "testing"},
)  # fmt: skip
"""A room imports those below it. Rooms of one layer share only what is below; the ground may import itself."""
GROUND = LAYERS[0]


@functools.cache
def imports(path):
    """Dotted names that a file imports, wherever in it they stand."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def arrows(paths, is_allowed):
    """`file imports name` for each import of some files that is not allowed: is_allowed(path, name)."""
    pairs = ((path, name) for path in paths for name in imports(path))
    return [f"{path.relative_to(ROOT)} imports {name}" for path, name in pairs if not is_allowed(path, name)]


@functools.cache
def files(package):
    return sorted((ROOT / package).rglob("*.py"))


def below(room):
    """The rooms that a room may import beside itself."""
    place = next(place for place, rooms in enumerate(LAYERS) if room in rooms)
    return set().union(*LAYERS[:place], GROUND if room in GROUND else ())


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def goes_down(path, name):
    room, parts = path.relative_to(ROOT / "hem_core").parts[0].removesuffix(".py"), name.split(".")
    if parts[0] != "hem_core" or len(parts) == 1 or room == "__init__":
        return parts[0] not in ("streamlit", "app", "demo_models")
    return parts[1] in below(room) | {room}


def test_no_arrow_goes_up():
    assert arrows(files("hem_core"), goes_down) == []


def test_no_circle_of_imports():
    modules = {module_of(path): path for package in ("hem_core", "app") for path in files(package)}
    below = {}
    for module, path in modules.items():
        named = {name if name in modules else name.rpartition(".")[0] for name in imports(path)}
        below[module] = named & set(modules) - {module}
    graphlib.TopologicalSorter(below).prepare()  # raises CycleError, which names the circle


def test_every_folder_of_hem_core_is_a_known_room():
    paths = [path for path in (ROOT / "hem_core").iterdir() if path.name != "py.typed"]
    there = {path.name.removesuffix(".py") for path in paths if not path.name.startswith("_")}
    assert there == set().union(*LAYERS)


def test_no_room_has_more_than_one_level_of_folders():
    paths = [path.relative_to(ROOT) for path in files("hem_core") + files("app")]
    assert [path for path in paths if len(path.parts) > 4] == []


def test_a_room_says_in_a_sentence_what_belongs_there():
    folders = {path.parent for path in files("hem_core") + files("app")}
    sentences = {folder: ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) for folder in folders}
    assert [folder for folder, sentence in sentences.items() if not (sentence or "").endswith(".")] == []


def comes_from(*packages):
    """is_allowed: a module of Python itself, of hem_core, or of one of these packages."""
    allowed = {*packages, "hem_core", *sys.stdlib_module_names}
    return lambda path, name: name.split(".")[0] in allowed


def test_scores_import_torch_alone():
    assert arrows(files("hem_core/scores"), comes_from("torch")) == []


def test_mining_imports_torch_alone_but_for_the_callbacks():
    frameworks = ("lightning", "transformers")
    of_callbacks = [path for path in files("hem_core/mining") if path.stem in frameworks]
    others = [path for path in files("hem_core/mining") if path.stem not in frameworks]
    assert arrows(others, comes_from("torch")) == []
    for path in of_callbacks:
        assert arrows([path], comes_from("torch", path.stem)) == []


def test_the_app_imports_neither_torch_nor_the_demos():
    assert arrows(files("app"), lambda _path, name: name.split(".")[0] not in ("torch", "demo_models")) == []


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


def test_the_help_of_the_command_line_needs_nothing_that_loads_slowly():
    assert not loaded_by("import hem_core.cli") & {"numpy", "pyarrow", "pandas", "sqlalchemy", "torch", "yaml", "PIL"}


def test_the_room_of_jobs_and_its_kinds_need_no_torch():
    kinds = ", ".join(map(module_of, files("hem_core/jobs/kinds")))
    assert "torch" not in loaded_by(f"import hem_core.jobs.start, hem_core.jobs.command, {kinds}")


def test_the_app_a_refit_and_a_comparison_need_no_torch_and_start_without_what_loads_slowly():
    pages = ", ".join(map(module_of, files("app/views")))
    engine = "hem_core.runs.refit, hem_core.retrain.report.flow, hem_core.stats.mcnemar"
    loaded = loaded_by(f"import app.main, app.server, app.wire.routes, {pages}, {engine}")
    assert not loaded & {"torch", "umap", "sklearn"}


@pytest.mark.slow
def test_the_engine_needs_torch_numpy_and_pyarrow_alone():
    heavy = {"streamlit", "duckdb", "sqlalchemy", "umap", "pynndescent", "numba", "sklearn", "transformers", "plotly"}
    assert not loaded_by("import hem_core.runs.score") & (heavy | {"pandas"})


@pytest.mark.slow
def test_a_run_starts_without_scikit_learn():
    assert "sklearn" not in loaded_by("import hem_core.runs.score, hem_core.runs.conclude, hem_core.jobs.command")
