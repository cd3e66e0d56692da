"""The pictures of a run's examples, where the run saw them or wherever they are now."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from hem_core.content_hash import content_hash
from hem_core.errors import DataError
from hem_core.media import Medium, medium_of
from hem_core.paths import read_file
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES
from hem_core.store.run import Run
from hem_core.store.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Pictures:
    """Gives the suffix and bytes of one example's picture: the original file, or a PNG of what is drawn."""

    run: Run
    root: Path
    """Where the run saw them."""
    data: Path | None = None
    """Where a person says that they are now; looked at first."""
    others: Sequence[Path] = field(default=())
    """Where other runs over the same data saw them."""

    def __call__(self, row: pd.Series) -> tuple[str, bytes]:
        """Suffix (".png") and bytes. Raises DataError when there is no such picture anywhere."""
        if self.medium.pictures == "drawn":
            return ".png", self._png(row)
        path = self.path(row)
        if path is None:
            raise DataError(self.where(row))
        return path.suffix, read_file(path)

    def path(self, row: pd.Series) -> Path | None:
        """The file of an example's picture; None when there is none. Away from the run's own place it must be the same
        picture, by its content, where the run noted that."""
        image, digest = str(row["image"]), self._hashes.get(str(row["id"]))
        if self.data is not None:
            found = next((path for path in _moved(self.data, image, digest is not None) if _is(path, digest)), None)
            if found is not None:
                return found
        if (self.root / image).is_file():
            return self.root / image
        return next((root / image for root in self.others if _is(root / image, digest)), None)

    def where(self, row: pd.Series) -> str:
        """In words, where an example's picture was looked for in vain."""
        places = [str(self.root / str(row["image"]))]
        places += [f"below {self.data}"] if self.data is not None else []
        return f"no file at '{places[0]}'" + "".join(f", nor the same picture {place}" for place in places[1:])

    def lacking(self, examples: pd.DataFrame) -> dict[str, str]:
        """Id -> why its picture cannot be exported: it is nowhere, or no picture."""
        if self.medium.pictures == "drawn":
            return {}
        found = {}
        for _, row in examples.iterrows():
            path = self.path(row)
            why = self.where(row) if path is None else _fault(path)
            if why:
                found[str(row["id"])] = why
        return found

    @cached_property
    def medium(self) -> Medium:
        return medium_of(self.run.info)

    def _png(self, row: pd.Series) -> bytes:
        picture = self.medium.picture_of(self.root, {str(name): value for name, value in row.items()})
        if picture is None:
            raise DataError(f"nothing on disk shows the example '{row['id']}'")
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        return buffer.getvalue()

    @cached_property
    def _hashes(self) -> dict[str, str]:
        import pyarrow.parquet as pq

        path = self.run.folder / "catalog.parquet"
        if not path.is_file() or "content_hash" not in pq.read_schema(path).names:
            return {}
        table = pq.read_table(path, columns=["id", "content_hash"])
        pairs = zip(table["id"].to_pylist(), table["content_hash"].to_pylist(), strict=True)
        return {id: digest for id, digest in pairs if digest}


@dataclass(frozen=True, eq=False)
class PartPictures:
    """Gives the suffix and bytes of one part's picture: the small one that its level has."""

    level: Level

    def __call__(self, row: pd.Series) -> tuple[str, bytes]:
        """ ".webp" and the bytes. Raises DataError when the part has none."""
        content = self._content(str(row["id"]))
        if not content:
            raise DataError(f"{self.level.title} has no picture of '{row['id']}'")
        return ".webp", content

    def lacking(self, examples: pd.DataFrame) -> dict[str, str]:
        """Id -> why its picture cannot be exported."""
        ids = examples["id"].astype(str).tolist()
        return {id: f"{self.level.title} has none" for id in ids if not self._content(id)}

    def _content(self, id: str) -> bytes | None:
        return self.level.thumbnail(self._rows[id]) if id in self._rows else None

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(id): row for row, id in enumerate(self.level.table(["id"])["id"])}


def pictures_of_level(
    run: Run, level: str, data: Path | str | None = None, workspace: Workspace | None = None
) -> Pictures | PartPictures | None:
    """The pictures of the rows of a level; None when they have none. See `pictures_of`, which is for the examples."""
    if level == EXAMPLES:
        return pictures_of(run, data, workspace)
    if data is not None:
        raise DataError(f"--data says where the pictures of examples are now; those of '{level}' are inside the run")
    parts = run.level(level)
    return PartPictures(parts) if parts.has_pictures else None


def pictures_of(run: Run, data: Path | str | None = None, workspace: Workspace | None = None) -> Pictures | None:
    """The pictures of a run; None when its data are none.

    data: the folder, or the file that lists them, where they are now. Raises DataError when nothing is there, or it is
    given and there are no pictures.
    """
    found = medium_of(run.info)
    if run.root is None or not found.pictures or "pictures" in run.info.get("missing", {}):
        if data is not None:
            raise DataError(f"--data says where pictures are now, and the data of run '{run.name}' are no pictures")
        return None
    place = Path(data) if data is not None else None
    if place is not None and not place.exists():
        raise DataError(f"nothing is at '{place}'; --data names the folder in which the pictures are now")
    runs = [other for other in workspace.runs() if other.is_complete] if workspace is not None else []
    others = [other.root for other in runs if other.data == run.data and other.root not in (None, run.root)]
    folder = place.parent if place is not None and place.is_file() else place
    is_drawn = found.pictures == "drawn"  # and has no file of its own to look for
    root = folder if is_drawn and folder is not None else run.root
    return Pictures(run, root, folder, [other for other in others if other is not None])


def _moved(data: Path, image: str, is_checked: bool) -> list[Path]:
    """Where a picture may lie below a folder: under its whole path, or under the last parts of it.

    A part of a relative path may be another picture's: it is looked at only where the content is compared.
    """
    parts = Path(image).parts
    parts = parts[1:] if Path(image).is_absolute() else parts
    depth = len(parts) if is_checked or Path(image).is_absolute() else 1
    return [data.joinpath(*parts[start:]) for start in range(depth)]


def _is(path: Path, digest: str | None) -> bool:
    return path.is_file() and (digest is None or content_hash(read_file(path)) == digest)


def _fault(path: Path) -> str:
    try:
        with Image.open(io.BytesIO(read_file(path))) as opened:
            opened.verify()
    except Exception as error:  # Pillow's readers raise whatever a broken file leads them to
        return f"'{path}' is no picture that can be read: {str(error).splitlines()[0] if str(error) else error!r}"
    return ""
