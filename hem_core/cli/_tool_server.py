"""The server of the Model Context Protocol: the commands as tools, and two of its own."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from hem_core.cli._json import plain
from hem_core.cli._tool_calls import WAIT_SECONDS, Calls
from hem_core.cli._tools import Tool, tools
from hem_core.errors import DataError, HemError
from hem_core.store.metrics import metrics_of
from hem_core.store.workspace import open_workspace

INSTRUCTIONS = (
    "HEM scores how hard every example of a data set is for a model and finds labels that are probably wrong. Call "
    "'workspace' first: it lists the runs and the sets. A run is named as it stands there; other paths are relative to "
    "the workspace. Higher is harder in every column. A call that takes longer than {seconds:.0f} seconds answers with "
    "status 'running'; ask for it with 'result'."
)
WORKSPACE = types.Tool(
    name="workspace",
    description="List the runs of the workspace, newest first, with their task, size and metrics, and the saved sets.",
    input_schema={"type": "object", "properties": {}, "additionalProperties": False},
    annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
)
RESULT = types.Tool(
    name="result",
    description="The answer of a call that was still running, once it has ended; until then its last lines.",
    input_schema={
        "type": "object",
        "properties": {
            "call": {"type": "string", "description": "The name that the call was given."},
            "wait_seconds": {"type": "number", "minimum": 0, "maximum": WAIT_SECONDS, "default": WAIT_SECONDS},
        },
        "required": ["call"],
        "additionalProperties": False,
    },
    annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
)


async def serve(workspace: Path, *, allow_write: bool) -> None:
    """Answer a client on stdin and stdout until it leaves."""
    server = build(workspace, allow_write=allow_write)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def build(workspace: Path, *, allow_write: bool) -> Server[Any]:
    """The server of one workspace. Without allow_write, tools that write or start trainings are not even listed."""
    home = workspace.resolve()
    known, calls = tools(home, allow_write=allow_write), Calls(home, not allow_write)

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[WORKSPACE, RESULT, *map(_described, known.values())])

    async def call_tool(_context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            return _result(*await _called(calls, known, params.name, params.arguments or {}))
        except (HemError, OSError) as error:
            return _result({"error": str(error)}, is_error=True)

    return Server(
        "hem",
        version=importlib.metadata.version("hem"),
        instructions=INSTRUCTIONS.format(seconds=WAIT_SECONDS),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _called(calls: Calls, known: Mapping[str, Tool], name: str, given: Mapping[str, Any]) -> tuple[Any, bool]:
    if name == WORKSPACE.name:
        return _contents(calls.workspace), False
    if name == RESULT.name:
        return await calls.result(str(given.get("call")), float(given.get("wait_seconds", WAIT_SECONDS)))
    if name not in known:
        raise DataError(f"no tool '{name}'; there are: {', '.join([WORKSPACE.name, RESULT.name, *known])}")
    return await calls.call(known[name], given)


def _described(tool: Tool) -> types.Tool:
    hints = types.ToolAnnotations(read_only_hint=tool.is_read_only, destructive_hint=False, open_world_hint=False)
    return types.Tool(name=tool.name, description=tool.words, input_schema=tool.schema, annotations=hints)


def _contents(folder: Path) -> dict[str, Any]:
    home = open_workspace(folder)
    rows = [
        {
            "run": run.name,
            "data": run.data,
            "task": run.info.get("task"),
            "n": run.n if run.is_complete else None,
            "is_complete": run.is_complete,
            "metrics": metrics_of(run.info) if run.is_complete else [],
        }
        for run in home.runs()
    ]
    return {"workspace": str(folder), "runs": rows, "sets": home.sets()}


def _result(value: Any, is_error: bool) -> types.CallToolResult:
    """The document as text and as an object, which the protocol's older versions ask for."""
    document = plain(value)
    structured = document if isinstance(document, dict) else {"result": document}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return types.CallToolResult(
        content=[types.TextContent(text=text)], structured_content=structured, is_error=is_error
    )
