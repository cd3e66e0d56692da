"""The widget: its page asks the kernel by messages, and what is filtered and selected in it is here as rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from app.browser import linked
from hem_core.errors import HemError

if TYPE_CHECKING:
    import pandas as pd

    from app.in_process import Place
    from hem_core.store.level import Level

ENTRY = "notebook/widget.js"
ADDRESSES = "/hem/"
"""What the page may ask for begins so."""


@lru_cache(maxsize=1)
def _page() -> tuple[str, str]:
    """The widget's script and its style."""
    start = f"{linked.script(ENTRY)}let page = null;\nexport default {{\n"
    start += "  async render(context) {\n    page ??= loaded();\n    return (await page).render(context);\n  },\n};\n"
    return start, linked.style(*linked.EXPLORER_STYLES, "shared/host.css")


class View(anywidget.AnyWidget):
    """An explorer in a cell.

    `filter` and `selection` are rules, as `Level.query` takes them, to be read, set or observed; `opened` is the id of
    the row that is open in its drawer, "" for none.
    """

    data = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    filter = traitlets.Dict({"all": []}).tag(sync=True)
    selection = traitlets.Dict({"all": []}).tag(sync=True)
    opened = traitlets.Unicode("").tag(sync=True)

    def __init__(self, place: Place, level: Level, **traits: Any) -> None:
        self._esm, self._css = _page()
        super().__init__(**traits)
        self._place, self._level = place, level
        self.on_msg(self._answer)

    @property
    def rule(self) -> dict[str, Any]:
        """What an action of the page would apply to: filter and selection together."""
        return {"all": [*self.filter.get("all", []), *self.selection.get("all", [])]}

    def selected(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows that are selected; without a selection those of the filter, without either none.

        columns: all that the level has by default. Returns `row` and the columns, one row an example or part, in the
        order of the run.
        """
        found = self._level.query(self.rule, tags=self._tags(), columns=columns, descending=False)
        return found if self.rule["all"] else found.head(0)

    def __repr__(self) -> str:
        """What a notebook shows where it cannot show the widget."""
        return f"View of {self._level.title}: {self._level.n:,} rows, {len(self.rule['all'])} clauses selected"

    def _tags(self) -> pd.DataFrame:
        from app import loaders

        with self._place.entered():
            return loaders.tags_of(self._level).state(self._level.data)

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answer a request of the page as the app's server would."""
        if not isinstance(content, dict) or content.get("hem") != "request":
            return
        method, path, body = (str(content.get(name) or "") for name in ("method", "path", "body"))
        try:
            if not path.startswith(ADDRESSES):
                raise HemError(f"no address '{path[:80]}'")
            found = self._place.ask(method, path, body.encode())
            about, buffers = {"status": found.status, "headers": found.headers}, [found.body]
        except Exception as error:  # the page waits for an answer to each request, whatever went wrong here
            about, buffers = {"status": 500, "headers": {}}, [_sentence(error)]
        self.send({"hem": "answer", "id": content.get("id"), **about}, buffers)


def _sentence(error: Exception) -> bytes:
    import json

    return json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()
