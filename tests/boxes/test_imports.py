"""The room of boxes is ground: numpy and Arrow alone."""

import subprocess
import sys
from pathlib import Path

ROOM = Path(__file__).parents[2] / "hem_core" / "boxes"


def test_boxes_need_numpy_and_arrow_alone():
    names = [".".join(path.relative_to(ROOM.parents[1]).with_suffix("").parts) for path in ROOM.rglob("[!_]*.py")]
    code = f"import sys, {', '.join(names)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "pandas", "sklearn", "scipy", "PIL", "yaml", "duckdb"} & set(done.stdout.split())
