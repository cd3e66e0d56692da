"""Exports run in a process of their own: the page can be left, the server stays quick."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MAX_ZIP_BYTES = 50 << 20


def start(workspace: Path, name: str, version: int, formats: Sequence[str]) -> None:
    """Begin to export a version of a set; `state` tells how far it is."""
    from hem_core.engine.export_set import export_folder

    target = export_folder(workspace, name, version, formats)
    target.parent.mkdir(parents=True, exist_ok=True)
    write(_note(target), {"stage": "starting", "done": 0, "total": 0})
    command = [sys.executable, "-m", "app.exports", str(workspace), name, str(version), *formats]
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    _running[target] = process


def state(target: Path) -> dict[str, Any]:
    """How an export stands: `status` 'none', 'running', 'done' or 'failed', with stage, done, total or error."""
    if target.is_dir():
        return {"status": "done"}
    process = _running.get(target)
    if process is None:
        return {"status": "none"}
    note = _read(_note(target))
    if process.poll() is None:
        return {"status": "running", **note}
    return {"status": "failed", "error": note.get("error") or "the export stopped; start it again"}


def wait(target: Path) -> None:
    """Wait until an export that was started here has ended."""
    process = _running.get(target)
    if process is not None:
        process.wait()


def size_bytes(folder: Path) -> int:
    """How large a folder is."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def zipped(folder: Path) -> bytes:
    """A folder as the bytes of a zip, names relative to it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return out.getvalue()


_running: dict[Path, subprocess.Popen[bytes]] = {}


def write(path: Path, note: dict[str, Any]) -> None:
    """Leave a note where `state` finds it."""
    from hem_core.store.atomic import write_json

    write_json(path, note)


def _note(target: Path) -> Path:
    return target.with_name(f".{target.name}.json")


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _main(workspace: str, name: str, version: str, *formats: str) -> int:
    from hem_core.engine.export_set import export_folder, export_set
    from hem_core.errors import HemError

    note = _note(export_folder(workspace, name, int(version), formats))

    def progress(stage: str, done: int, total: int) -> None:
        write(note, {"stage": stage, "done": done, "total": total})

    try:
        export_set(workspace, name, int(version), formats, progress=progress)
    except HemError as error:
        write(note, {"error": str(error)})
        return 2
    note.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
