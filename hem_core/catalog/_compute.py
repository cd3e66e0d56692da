"""`pc`: the functions of pyarrow.compute, which are made when it is imported, so that no type checker knows them."""

import importlib
from typing import Any

pc: Any = importlib.import_module("pyarrow.compute")
