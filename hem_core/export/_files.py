"""Where the pictures of an exported set lie."""

from __future__ import annotations

import json
from pathlib import Path


def picture_files(folder: Path) -> dict[str, Path]:
    """Id -> file, of the first of imagefolder, yolo and coco that the folder has; empty where it has none."""
    for name in ("imagefolder", "yolo"):
        listed = folder / name / "metadata.jsonl"
        if listed.is_file():
            lines = listed.read_text("utf-8").split("\n")
            entries = [json.loads(line) for line in lines if line]
            return {entry["id"]: folder / name / entry["file_name"] for entry in entries}
    listed = folder / "coco" / "annotations.json"
    if listed.is_file():
        images = json.loads(listed.read_text("utf-8"))["images"]
        return {image["example_id"]: folder / "coco" / "images" / image["file_name"] for image in images}
    return {}
