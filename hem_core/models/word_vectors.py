"""A process of its own that turns words into vectors: `python -m hem_core.models.word_vectors FOLDER IDENTITY`.

It reads a JSON line {"words": text} at a time and answers {"vector": [numbers]} or {"error": sentence}. Whoever reads a
run starts it (`store/words_near.py`), so that neither torch nor the model is in that process.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from hem_core.errors import HemError, ModelError


def main(folder: str, identity: str) -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # what a library prints is no answer
    for line in sys.stdin:
        try:
            found = {"vector": _vector(folder, identity, str(json.loads(line)["words"]))}
        except HemError as error:
            found = {"error": str(error)}
        print(json.dumps(found), file=answers, flush=True)


def _vector(folder: str, identity: str, words: str) -> list[float]:
    if not Path(folder).is_dir():
        raise ModelError(
            f"the text–image model of this run is no longer in '{folder}'; put it back, or score again with --embedding"
        )
    from hem_core.models.text_image_folder import load

    model = load(folder)
    if model.identity != identity:
        raise ModelError(
            f"the model in '{folder}' is not the one that this run's pictures were embedded by; "
            "put that one back, or score again with --embedding"
        )
    return model.of_words([words])[0].tolist()


if __name__ == "__main__":
    main(*sys.argv[1:3])
