"""`hem mcp`: what a client of the Model Context Protocol sees over stdio, asked with the library's own client."""

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mcp
import numpy as np
import pytest
import typer.main

from hem_core import tasks
from hem_core.cli import command_line
from hem_core.cli._tools import tools
from hem_core.errors import DataError

HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]
WRITERS = {
    "cache",
    "copy",
    "correct",
    "demo",
    "export",
    "import_labels",
    "import_tags",
    "loop",
    "prove",
    "report",
    "retrain",
    "score",
    "synth",
}


@pytest.fixture(scope="module")
def work(write_digits, tmp_path_factory):
    """A workspace with the run `first`, and its data beside it."""
    home = tmp_path_factory.mktemp("mcp")
    write_digits(home / "few.npz", 150)
    words = ["score", "few.npz", "--model", "demo_models.digits:model", "--out", "work/runs/first", "--no-map"]
    subprocess.run([*HEM, *words], check=True, capture_output=True, cwd=home)
    return home / "work"


def asked(work, *options, of):
    """What `of(client)` returns, with a server that was started for it."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    server = mcp.StdioServerParameters(command=HEM[0], args=[*HEM[1:], "mcp", str(work), *options], env=environment)

    async def run():
        async with mcp.Client(server) as client:
            return await of(client)

    with ThreadPoolExecutor(1) as own:  # a browser of other tests keeps a loop in this thread
        return own.submit(asyncio.run, run()).result()


async def called(client, name, **arguments):
    """The document of a call, which must be the same as text and as an object."""
    found = await client.call_tool(name, arguments)
    document = json.loads(found.content[0].text)
    assert found.structured_content in (document, {"result": document})
    assert found.is_error == (isinstance(document, dict) and set(document) == {"error"})
    return document


def test_what_writes_is_listed_only_where_it_is_allowed(tmp_path):
    commands = {name.replace("-", "_") for name in typer.main.get_command(command_line()).commands}
    reading, writing = (tools(tmp_path, allow_write=allowed) for allowed in (False, True))
    assert set(writing) == commands - {"app", "mcp"}
    assert set(writing) - set(reading) == WRITERS
    assert "save" in writing["select"].schema["properties"]
    assert "save" not in reading["select"].schema["properties"]
    assert all(each.is_read_only for each in reading.values())
    assert not any(each.is_read_only for each in writing.values())


def test_arguments_have_the_types_and_the_words_of_the_options(tmp_path):
    schema = tools(tmp_path, allow_write=True)["score"].schema
    properties = schema["properties"]
    assert schema["required"] == ["data", "out"]
    assert properties["repeats"] == {
        "type": "integer",
        "description": "Times that the folds are trained, each with another seed; the mean counts.",
        "minimum": 1,
        "default": 1,
    }
    assert properties["beside"] | {"description": ""} == {
        "type": "array",
        "items": {"type": "string"},
        "description": "",
    }
    assert properties["precision"]["enum"] == ["fp32", "bf16"]
    assert properties["grand"]["type"] == "boolean"
    assert properties["task"]["default"] == tasks.DEFAULT
    assert not {"tags_url", "as_json", "workspace"} & set(properties)


def test_a_value_can_never_become_another_option(tmp_path):
    select = tools(tmp_path, allow_write=False)["select"]
    words = select.command_line(
        {"run": "--save", "where": "--save=x", "n": 3, "option": ["a.b=1", "-c"], "preview": True}
    )
    assert words == [
        "select",
        "--n=3",
        "--where=--save=x",
        "--option=a.b=1",
        "--option=-c",
        "--preview",
        "--json",
        "--",
        "--save",
    ]
    with pytest.raises(DataError, match="'select' has no argument 'save'; it has: run, n"):
        select.command_line({"run": "first", "save": "x"})
    with pytest.raises(DataError, match="argument 'n' must be of the type integer; got '3'"):
        select.command_line({"run": "first", "n": "3"})
    assert "--no-curve" in tools(tmp_path, allow_write=False)["advise"].command_line({"run": "first"})


@pytest.mark.slow
def test_a_client_reads_a_workspace_and_nothing_else(work):
    async def of(client):
        listed = (await client.list_tools()).tools
        assert not WRITERS & {tool.name for tool in listed}
        assert all(tool.annotations.read_only_hint for tool in listed)
        (run,) = (await called(client, "workspace"))["runs"]
        assert (run["run"], run["n"]) == ("first", 150)
        suspects = (await called(client, "labels", run="first", most=2))["suspects"]
        assert len(suspects) == 2
        assert len(await called(client, "near", run="runs/first", id=suspects[0]["id"], k=3)) == 3
        assert len((await called(client, "select", run="first", n=4))["ids"]) == 4
        for name, arguments in (
            ("select", {"run": "first", "save": "hard"}),
            ("labels", {"run": "/etc"}),
            ("labels", {"run": "../few.npz"}),
            ("score", {"data": "../few.npz", "out": "runs/x"}),
            ("result", {"call": "nothing"}),
            ("why", {"run": "first"}),
        ):
            assert "error" in await called(client, name, **arguments)

    before = sorted(path for path in work.rglob("*") if path.is_file())
    asked(work, of=of)
    assert sorted(path for path in work.rglob("*") if path.is_file()) == before


@pytest.mark.slow
def test_a_long_call_goes_on_and_is_asked_for_again(work):
    (work / "slowly.py").write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "def train(dataset, *, seed=0):\n"
        "    while not (Path(__file__).parent / 'go').exists():\n"
        "        time.sleep(.1)\n"
        "    return LogisticRegression().fit(dataset.frame(), dataset.targets)\n"
    )
    points = np.random.default_rng(0).normal(size=(60, 2))
    rows = "".join(f"{i},{int(x > 0)},{x},{y}\n" for i, (x, y) in enumerate(points))
    (work / "d.csv").write_text("id,label,x,y\n" + rows)

    async def of(client):
        asked_for = {"data": "d.csv", "out": "runs/d", "train": "slowly:train", "oos": "2", "feature_columns": "x,y"}
        started = await called(client, "score", **asked_for)
        assert started["status"] == "running"
        jobs = await called(client, "jobs")
        assert ("d", "running") in {(job["name"], job["status"]) for job in jobs}
        (work / "go").touch()
        while True:
            found = await called(client, "result", call=started["call"])
            if found.get("status") != "running":
                return found

    assert asked(work, "--allow-write", of=of)["n"] == 60
    assert (work / "runs" / "d" / "run.json").is_file()


@pytest.mark.slow
def test_json_is_refused_where_stdout_is_the_protocol(work):
    done = subprocess.run([*HEM, "mcp", str(work), "--json"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "JSON-RPC" in json.loads(done.stdout)["error"]


@pytest.mark.slow
def test_without_the_package_the_command_says_what_to_install(work):
    code = (
        "import importlib.util, sys; found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'mcp' else found(name, *more)\n"
        f"sys.argv = ['hem', 'mcp', {str(work)!r}]\n"
        "from hem_core.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'hem[mcp]'" in done.stderr


def test_the_snippet_of_the_page_starts_the_server_and_its_list_of_tools_is_the_one_listed(tmp_path):
    page = (Path(__file__).parents[1] / "docs" / "mcp.md").read_text()
    snippet = json.loads(page.partition("```json\n")[2].partition("```")[0])["mcpServers"]["hem"]
    assert (snippet["command"], snippet["args"][0]) == ("hem", "mcp")
    may = page.partition("## What it may do")[2].partition("With `")[0]
    assert {name for name in tools(tmp_path, allow_write=False) if f"`{name}`" not in may} == set()
