"""What the browser's desk, in Review and in the drawer of Explore, has to know of a level, whatever rows it shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app import loaders
from app.trust import kinds, trust
from app.wire import contents, pictures, scenes, tag_sets, tag_words
from app.wire.identity import identity
from hem_core.number_rows import GLUE
from hem_core.tasks import HasSeveralNumbers

if TYPE_CHECKING:
    from hem_core.store.level import Level


def of_level(level: Level) -> dict[str, Any]:
    """The level's name, classes, medium and task, and the verdicts that can be given on its rows."""
    return {
        "run": level.run,
        "level": level.name,
        "levels": level.info.get("levels") or [level.name],
        "fingerprint": level.fingerprint,
        "identity": identity(level),
        "classes": list(level.classes),
        "value_form": _value_form(level),
        "has_pictures": contents.has_pictures(level),
        "look": contents.medium(level).look,
        "has_embeddings": level.has_embeddings,
        "is_drawn": pictures.is_drawn(level),
        "trust": asdict(trust(level.info)),
        "kinds": kinds(level.info),
        "offered": tag_words.offered(),
        "words": tag_words.WORDS,
        **scenes.for_page(level),
        **tag_sets.for_page(level),
    }


def _value_form(level: Level) -> str:
    """How several numbers are typed, `heating; cooling`; "" elsewhere."""
    task = loaders.task(level)
    return GLUE.join(task.output_names) if level.is_examples and isinstance(task, HasSeveralNumbers) else ""
