"""Explore: find a group of examples by filter, map, matrix or gallery; tag it, or make a set of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app import loaders, map_to_come, saved_views, scope, state, theme, trust
from app.browser.explorer.component import explorer, sent_state
from app.wire import contents, pictures, routes, scenes, tag_words
from app.wire.identity import identity
from hem_core.store.level_names import EXAMPLES
from hem_core.store.summary import NOTHING
from hem_core.store.verdicts import VERDICTS
from hem_core.tasks import detail_columns, partly_right

TITLE = "Explore"
PLACE = 20

if TYPE_CHECKING:
    from hem_core.store.level import Level


def bar() -> None:
    """The menu of the saved views."""
    saved_views.menu()


def page() -> None:
    """The explorer of the level on screen. The page filters and selects; rules come here and go to the address."""
    level = scope.level()
    filter_, selection = state.rule(), state.selection()
    headline = loaders.headline(level)
    found = trust.trust(level.info)
    explorer(
        {
            "run": level.run,
            "level": level.name,
            "fingerprint": level.fingerprint,
            "identity": identity(level),
            "token": routes.token(state.session_id()),
            "n": level.n,
            "classes": list(level.classes),
            "none": NOTHING if level.has_own_classes else None,
            "missing": _missing(level),
            "verdicts": list(VERDICTS),
            "offered": tag_words.offered_on_many(scenes.choices_on_many(level)),
            "look": contents.medium(level).look,
            "words": next((name for name in contents.medium(level).columns if name in level.source.columns), None),
            "trust": asdict(found),
            "colours": {
                "reason": theme.reason_colours(found.is_grey),
                "is_correct": {"true": theme.RIGHT, "false": theme.WRONG},
            },
            "drawing": pictures.drawing(level),
            **_of_task(level),
            "person": state.person(),
            "filter": filter_,
            "selection": selection,
            "view": state.view(),
            "distribution": headline.column if headline else None,
            "sequence": state.recall("explore_sequence", 0),
            "count": _count(level, filter_, selection),
        },
        on_state=_take_state,
    )
    page_name = state.forget("explore_goes_to")
    if page_name:
        state.go(str(page_name))
    map_to_come.watch(level)


def _of_task(level: Level) -> dict[str, Any]:
    """`details`, the columns that stand beside the large picture of a row; `partly`, what it means that an example is
    right by its error and differs all the same, "" where nothing of it can."""
    task = loaders.task(level)
    names = detail_columns(task) if task is not None and not level.is_examples else ()
    partly = partly_right(task) if task is not None and level.is_examples else ""
    return {"details": [name for name in names if name in level.source.columns], "partly": partly}


def _missing(level: Level) -> dict[str, str]:
    """What the run lacks -> why; the confusion matrix where its task has none, `map_pending` where the map follows."""
    missing = dict(level.info.get("missing") or {})
    pending = map_to_come.words_of(level)
    if pending is not None:
        missing["map_pending"] = f"{pending} The gallery, the filters and the other views work already."
    if "confusion matrix" not in loaders.figures(level):
        missing["matrix"] = "The task has no classes that could be confused."
    return missing


def _take_state() -> None:
    new = sent_state()
    if (new.get("run"), new.get("level", EXAMPLES)) != (state.current_run(), state.current_level()):
        return  # the last words of a page whose run or level is no longer on screen
    state.set_rule(new.get("filter"))
    state.set_selection(new.get("selection"))
    state.set_view(new.get("view") or {})
    state.remember("explore_sequence", new.get("sequence", 0))
    going = new.get("go")
    if isinstance(going, dict):
        is_repeated = going.get("id") == state.recall("explore_went")
        state.remember("explore_went", going.get("id"))
        _go(str(going.get("name")), going.get("value"), is_repeated=is_repeated)


def _go(name: str, value: object, *, is_repeated: bool) -> None:
    """Go where the page wants to. It asks again while it is still there: that broke off the change of pages."""
    if name == "open":
        state.remember("review_id", value)
        state.remember("explore_goes_to", "review")
    elif name == "set":
        state.remember("sets_asked", int(str(state.recall("sets_asked", 0))) + (not is_repeated))
        state.remember("explore_goes_to", "sets")


def _count(level: Level, filter_: dict[str, Any] | None, selection: dict[str, Any] | None) -> int:
    clauses = [*(filter_ or {}).get("all", []), *(selection or {}).get("all", [])]
    if not clauses:
        return level.n
    needs_tags = "tag" in str(clauses)
    tags = loaders.tags_of(level).state(level.data) if needs_tags else None
    return len(level.rows({"all": clauses}, tags=tags))
