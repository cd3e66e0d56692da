"""What is known of the examples without a model: measures of pictures and of texts, as columns of the run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hem_core.media import _picture_facts, _text_facts, medium
from hem_core.runs.scored import Scored
from hem_core.runs.thumbnails import Pictures


def example_facts(scored: Scored, pictures: Pictures, taken: Mapping[str, object]) -> dict[str, np.ndarray]:
    """Columns (N,) of what the pictures or the texts of the examples are like; {} for other examples.

    taken: columns of the run; neither these nor the user's own are replaced.
    """
    found = _picture_facts.columns(pictures.measured) if pictures.measured else _of_texts(scored)
    own = scored.ready.catalog.column_names
    return {name: values for name, values in found.items() if name not in taken and name not in own}


def _of_texts(scored: Scored) -> dict[str, np.ndarray]:
    kind = medium(scored.ready.facts["medium"])
    if kind.look != "words":
        return {}
    rows = scored.ready.catalog.select(list(kind.columns)).take(scored.joined.columns["index"]).to_pylist()
    return _text_facts.columns([kind.words(row) for row in rows])
