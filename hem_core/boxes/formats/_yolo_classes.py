"""New classes in the file that names those of a YOLO data set; all else in it stays as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hem_core.errors import DataError


def with_classes(content: bytes, first: int, names: Sequence[str]) -> bytes:
    """A data.yaml with further names, numbered from `first`; `nc` is raised where it is there.

    Raises DataError for a file without `names`, which numbers its classes.
    """
    import yaml

    text = content.decode("utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = {key.value: value for key, value in root.value} if isinstance(root, yaml.MappingNode) else {}
    listed = pairs.get("names")
    if not isinstance(listed, yaml.SequenceNode | yaml.MappingNode):
        raise DataError(f"data.yaml has no names, so the class '{names[0]}' cannot be added; add `names` to it")
    edits = [_added(text, listed, first, names)]
    if isinstance(pairs.get("nc"), yaml.ScalarNode):
        edits.append((pairs["nc"].start_mark.index, pairs["nc"].end_mark.index, str(first + len(names))))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text.encode("utf-8")


def _added(text: str, listed: object, first: int, names: Sequence[str]) -> tuple[int, int, str]:
    """Where to put the new names, and the text of them."""
    import yaml

    assert isinstance(listed, yaml.SequenceNode | yaml.MappingNode)
    is_list = isinstance(listed, yaml.SequenceNode)
    quoted = [json.dumps(name, ensure_ascii=False) for name in names]
    entries = quoted if is_list else [f"{first + at}: {name}" for at, name in enumerate(quoted)]
    if listed.flow_style:
        at = listed.end_mark.index - 1
        return at, at, "".join(f", {entry}" if listed.value or k else entry for k, entry in enumerate(entries))
    last = listed.value[-1] if is_list else listed.value[-1][1]
    indent = " " * listed.start_mark.column + ("- " if is_list else "")
    line_end = text.find("\n", last.end_mark.index)
    at = len(text) if line_end < 0 else line_end
    return at, at, "".join(f"\n{indent}{entry}" for entry in entries)
