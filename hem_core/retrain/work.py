"""A retraining as a process: python -m hem_core.retrain.work WORKSPACE --json SETTINGS_FILE."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hem_core.errors import HemError, RunError
from hem_core.retrain.threads import yield_while_waiting
from hem_core.store.atomic import write_json


def main(workspace: str, *options: str) -> int:
    """Retrain by the settings in a JSON file, fields of `Settings`; 0 when complete, 2 with a line on stderr.

    What fails is also left as {"error": line} in SETTINGS_FILE with the suffix .error.json: a refusal has no plan yet.
    """
    if len(options) != 2 or options[0] != "--json":
        sys.stderr.write("usage: python -m hem_core.retrain.work WORKSPACE --json SETTINGS_FILE\n")
        return 2
    path = Path(options[1])
    failed = path.with_suffix(".error.json")
    failed.unlink(missing_ok=True)
    try:
        yield_while_waiting()
        from hem_core.retrain.retrain import retrain

        retrain(workspace, _settings(path))
    except HemError as error:
        write_json(failed, {"error": str(error)})
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _settings(path: Path):  # noqa: ANN202 - the annotation would import it before its errors are caught
    from hem_core.retrain.settings import Settings

    try:
        asked = json.loads(path.read_text("utf-8"))
        return Settings(**asked)
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"'{path}' must hold a JSON object of {', '.join(Settings.__dataclass_fields__)}: {error}"
        ) from error


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main(*sys.argv[1:]))
