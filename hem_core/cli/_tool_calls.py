"""Calls of tools: each runs a command in a process of its own; what takes long goes on, and is asked for again."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hem_core.cli._tools import Tool
from hem_core.errors import DataError
from hem_core.store.tags_url import TAGS_URL

WAIT_SECONDS = 20.0
"""How long a call waits for its command; clients give up on a call after a minute or so."""
LAST_LINES = 12
HEM = (sys.executable, "-P", "-c", "from hem_core.cli import main; main()")


@dataclass
class Call:
    """A command that was started, and the files with what it wrote."""

    process: asyncio.subprocess.Process
    folder: Path

    async def answer(self, name: str, seconds: float) -> tuple[Any, bool]:
        """The document of the command and whether it is an error, or after some seconds how to ask for it."""
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            said = (self.folder / "stderr").read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
            ask = f"call the tool 'result' with call='{name}'; its job is in the list of 'jobs' too"
            return {"status": "running", "call": name, "said": said, "next": ask}, False
        written = (self.folder / "stdout").read_text("utf-8")
        try:
            document = json.loads(written)
        except ValueError:
            said = (self.folder / "stderr").read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
            return {"error": f"the command ended with {self.process.returncode}", "said": said}, True
        is_error = isinstance(document, dict) and set(document) == {"error"} and self.process.returncode != 0
        return document, is_error


@dataclass
class Calls:
    """The calls of one server, by their names."""

    workspace: Path
    is_read_only: bool
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hem-mcp-")))
    started: dict[str, Call] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def call(self, tool: Tool, given: Mapping[str, Any]) -> tuple[Any, bool]:
        """Run a tool, and wait a while. Raises DataError for arguments that cannot be."""
        words = tool.command_line({name: self._placed(tool, name, value) for name, value in given.items()})
        name = f"{tool.name}-{next(self.numbers)}"
        own = self.folder / name
        own.mkdir()
        with (own / "stdout").open("wb") as out, (own / "stderr").open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                *HEM,
                *words,
                cwd=self.workspace,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=said,
                start_new_session=True,
            )
        self.started[name] = Call(process, own)
        return await self.started[name].answer(name, WAIT_SECONDS)

    async def result(self, name: str, seconds: float = WAIT_SECONDS) -> tuple[Any, bool]:
        """The answer of a call that was still running. Raises DataError for one that there is not."""
        if name not in self.started:
            raise DataError(f"no call '{name}'; there are: {', '.join(self.started) or 'none yet'}")
        return await self.started[name].answer(name, min(max(seconds, 0), WAIT_SECONDS))

    def _placed(self, tool: Tool, name: str, value: Any) -> Any:
        """A path as the command gets it: a run may be named alone. Raises DataError for one outside of the workspace,
        where nothing may be written."""
        argument = tool.arguments.get(name)
        if argument is None or not argument.is_path or not isinstance(value, str):
            return value
        if Path(value).name == value and (self.workspace / "runs" / value).is_dir():
            value = str(Path("runs") / value)
        place = (self.workspace / value).resolve()
        if self.is_read_only and not place.is_relative_to(self.workspace):
            raise DataError(f"'{value}' is not in the workspace {self.workspace}, which alone may be read")
        return value

    def _environment(self) -> dict[str, str]:
        """This process's, with HEM to be found; where nothing may be written, tags that are not there yet stay so."""
        root = Path(__file__).resolve().parents[2]
        found = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
        if self.is_read_only and not found.get(TAGS_URL) and not (self.workspace / "tags.sqlite").is_file():
            found[TAGS_URL] = "sqlite://"  # in memory
        return found
