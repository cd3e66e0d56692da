"""The site: `make docs` writes the generated pages and builds everything with Sphinx; a warning is an error."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pages  # noqa: E402

project = "HEM"
author = "The HEM contributors"
release = version = installed("hem")
extensions = ["myst_parser"]
exclude_patterns = ["kinds", "figures"]
html_theme = "furo"
html_title = f"HEM {release}"
html_copy_source = False
smartquotes = False  # conditions in SQL are copied from the pages
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
python_display_short_literal_types = True
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

wordless = pages.missing()
if wordless:
    raise RuntimeError("\n".join(["the documentation lacks words for:", *wordless]))
pages.write()
