"""What `hem advise` says of actions whose gain is measured for classes alone."""

from __future__ import annotations

from collections.abc import Mapping


def not_measured(part: str, examples: str = "examples") -> Mapping[str, str]:
    """Action -> the command that measures it. part: what is corrected, such as "box"; examples: what has it, plural."""
    return {
        "review": f"what a corrected {part} brings is measured by `hem retrain` on a set of corrected {examples}",
        "collect": f"a learning curve is measured for classes alone; `hem loop` measures what more {examples} bring",
        "weigh": "what weights bring is measured by `hem retrain` with `--recipe weights`",
        "train": f"score the same {examples} by a longer training, and compare the two runs",
    }
