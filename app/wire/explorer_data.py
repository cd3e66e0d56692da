"""What the explorer has to know of a level before it fetches anything: the same in every window that hosts it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app import loaders, map_to_come, theme, trust
from app.wire import contents, crowd, pictures, scenes, tag_words
from app.wire.identity import identity
from hem_core.store.summary import NOTHING
from hem_core.store.verdicts import VERDICTS
from hem_core.tasks import detail_columns, partly_right

if TYPE_CHECKING:
    from hem_core.store.level import Level


def explorer_data(level: Level) -> dict[str, Any]:
    """The level, its classes and looks, and what it lacks, as `browser/explorer/explorer.js` reads them."""
    headline, found = loaders.headline(level), trust.trust(level.info)
    return {
        "run": level.run,
        "level": level.name,
        "fingerprint": level.fingerprint,
        "identity": identity(level),
        **crowd.size(level),
        "classes": list(level.classes),
        "none": NOTHING if level.has_own_classes else None,
        "missing": _missing(level),
        "verdicts": list(VERDICTS),
        "offered": tag_words.offered_on_many(scenes.choices_on_many(level)),
        "look": contents.medium(level).look,
        "words": words_column(level),
        "trust": asdict(found),
        "colours": {
            "reason": theme.reason_colours(found.is_grey),
            "is_correct": {"true": theme.RIGHT, "false": theme.WRONG},
        },
        "drawing": pictures.drawing(level),
        "details": _details(level),
        "partly": _partly(level),
        "near": _near(level),
        "distribution": headline.column if headline else None,
    }


def words_column(level: Level) -> str | None:
    """The column of the text of a level's rows; None where it has none."""
    return next((name for name in contents.medium(level).columns if name in level.source.columns), None)


def _details(level: Level) -> list[str]:
    """The columns that stand beside the large picture of a row."""
    task = loaders.task(level)
    names = detail_columns(task) if task is not None and not level.is_examples else ()
    return [name for name in names if name in level.source.columns]


def _partly(level: Level) -> str:
    """What it means that an example is right by its error and differs all the same; "" where nothing of it can."""
    task = loaders.task(level)
    return partly_right(task) if task is not None and level.is_examples else ""


def _near(level: Level) -> dict[str, Any]:
    """Why nothing can be looked for that is like a row, None where it can; whether rows have classes; and whether words
    find their pictures."""
    missing = level.info.get("missing") or {}
    why = None if level.has_embeddings else missing.get("embeddings") or "This run has no embedding to compare by."
    label = next((name for name in ("label", "given") if level.columns().get(name) == "category"), None)
    are_words_known = contents.has_pictures(level) and level.why_no_words is None
    return {"missing": why, "other": label is not None, "words": are_words_known}


def _missing(level: Level) -> dict[str, str]:
    """What the run lacks -> why; the confusion matrix where its task has none, `map_pending` where the map follows."""
    missing = dict(level.info.get("missing") or {})
    pending = map_to_come.words_of(level)
    if pending is not None:
        missing["map_pending"] = f"{pending} The gallery, the filters and the other views work already."
    if "confusion matrix" not in loaders.figures(level):
        missing["matrix"] = "The task has no classes that could be confused."
    return missing
