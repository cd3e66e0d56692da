"""What the server has done with goes back to the system."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["hem_core.cli", "app.memory"])
def test_arrow_takes_its_memory_from_the_system_and_keeps_none(module):
    code = f"import {module}, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARROW_")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "system"
