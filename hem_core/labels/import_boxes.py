"""Import boxes that people corrected in Label Studio: each becomes the verdict that Review would have given."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hem_core.boxes.box_text import ADDED, MOVED, RELABELLED, REMOVED
from hem_core.errors import DataError
from hem_core.labels.answers_rows import read_rows
from hem_core.labels.box_answers import BoxAnswer, BoxAnswers, box_answers, has_boxes
from hem_core.labels.box_verdicts import RowsOfImages, copies, verdicts
from hem_core.labels.given_labels import given_labels
from hem_core.labels.past_imports import KEEP, PastImports, write
from hem_core.runs.box_decisions import LEVEL, decisions
from hem_core.runs.box_opinions import ANNOTATIONS
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    from hem_core.store.run import Run
    from hem_core.store.workspace import Workspace

WORDS: Mapping[str, str] = {
    KEEP: "right as they are",
    MOVED: "moved",
    RELABELLED: "relabelled",
    ADDED: "added",
    REMOVED: "deleted",
}
"""Verdicts on boxes, as an import counts them."""


@dataclass(frozen=True)
class ImportedBoxes:
    """The result of an import of boxes; an answer is one person's on one picture."""

    run: str
    n_answers: int
    n_skipped: int
    counts: dict[str, int]
    """Verdict -> how many boxes have it now that had not."""
    n_known: int
    """Verdicts that an earlier import had written."""
    unanswered: list[str]
    n_without_id: int
    unknown_ids: list[str]
    conflicts: list[str]
    """Boxes that people disagree on, with what each says."""
    notes: list[str]

    @property
    def words(self) -> str:
        """`2 pictures answered: 3 boxes right as they are, 1 moved`."""
        done = [f"{self.counts[name]:,} {words}" for name, words in WORDS.items() if self.counts.get(name)]
        boxes = ", ".join(done) or "nothing new"
        skipped = f"; {self.n_skipped:,} skipped" if self.n_skipped else ""
        known = f"; {self.n_known:,} verdicts had been imported before" if self.n_known else ""
        n = self.n_answers - self.n_skipped
        return f"{n:,} {'answer' if n == 1 else 'answers'} on boxes of run {self.run}: {boxes}{skipped}{known}"


def is_of_boxes(file: Path | str) -> bool:
    """Whether a file of answers is about boxes. Raises DataError for what is no file of answers."""
    return has_boxes(read_rows(Path(file))[0])


def import_boxes(
    file: Path | str, workspace: Path | str, *, run: str | None = None, who: str = "import"
) -> ImportedBoxes:
    """Write the boxes in Label Studio's export as verdicts of the people who left them, on the level `boxes`.

    A box is compared with what the task started from: unchanged it is 'right', otherwise 'mislabelled' with its class,
    'moved' or 'removed'; one that was drawn is 'added', and a prediction that was shown and not taken is 'right' to be
    no annotation. `hem correct` applies them. An answer is written once: importing a file again adds nothing. run: a
    run of the data, by default that of the export, else the newest; who: the person where the file names none.
    Raises DataError for a file that is no such thing, when the workspace knows none of the ids, and for a run without
    boxes.
    """
    path = Path(file)
    rows, notes = read_rows(path)
    found = box_answers(rows, who=who)
    if not found.answers and not found.unanswered:
        raise DataError(f"no task in '{path}' has 'example_id'; import what hem export --format label_studio wrote")
    home = open_workspace(workspace)
    opened = _run(home, run, found)
    of_images = RowsOfImages.of(opened, home.tags())
    usable = [one for one in _newest(found.answers) if one.image in of_images.images]
    log, about = home.tags().level(LEVEL), {"imported": path.name, "sha256": _digest(path)}
    past = PastImports(log, opened.data)
    counts: Counter[str] = Counter()
    n_known = 0
    for answer in usable:
        state = {ANNOTATIONS: answer.state or of_images.state}
        said = [(id, answer.who, verdict) for id, verdict in verdicts(answer, of_images)]
        new = [one for one in said if past.lacks(*one, about["sha256"])]
        write(log, past, opened.data, new, {**about, **state})
        counts.update(verdict[0] for _id, _who, verdict in new)
        n_known += len(said) - len(new)
    images = {one.image for one in usable}
    return ImportedBoxes(
        opened.name,
        len(usable),
        sum(one.drawn is None for one in usable),
        dict(counts),
        n_known,
        found.unanswered,
        len(found.without_id),
        sorted({one.image for one in found.answers} - of_images.images),
        [f"{one.box} ({'; '.join(one.opinions)})" for one in decisions(opened, home.tags(), images).conflicts],
        [*notes, *_notes(usable, of_images), *_counted(found.odd)],
    )


def _run(home: Workspace, name: str | None, found: BoxAnswers) -> Run:
    ids = {one.image for one in found.answers} | set(found.unanswered)
    named = {one.run for one in found.answers if one.run} if name is None else set()
    there = {each.name for each in home.runs() if each.is_complete} & named
    chosen = name or (there.pop() if len(there) == 1 else None)
    opened = given_labels(home.folder, chosen, ids).run
    if opened is None or LEVEL not in opened.levels:
        raise DataError("these answers are boxes, and the run of these examples has none; name another with --run NAME")
    return opened


def _newest(answers: Sequence[BoxAnswer]) -> list[BoxAnswer]:
    """The last answer of each person on each picture, oldest first."""
    kept = {(one.image, one.who): one for one in sorted(answers, key=lambda one: one.at)}
    return sorted(kept.values(), key=lambda one: one.at)


def _notes(answers: Sequence[BoxAnswer], rows: RowsOfImages) -> list[str]:
    """What the annotators should know of how their answers were understood."""
    found = []
    n_of_model = sum(one.starts_from_model for one in answers)
    if n_of_model:
        found.append(
            f"{n_of_model:,} {'answer starts' if n_of_model == 1 else 'answers start'} from the boxes of the model, so "
            "the given boxes that it lacks count as deleted; in Label Studio, Settings → Annotation → Prelabeling "
            "should show 'given'"
        )
    with_copies = {one.image: n for one in answers if (n := copies(one, rows))}
    if with_copies:
        n, first = sum(with_copies.values()), next(iter(with_copies))
        found.append(f"rectangles exactly over another one of their class: {n:,}, as in {first}; not added")
    return found


def _counted(odd: Sequence[str]) -> list[str]:
    """What could not be used: the first few, and how many more."""
    more = [f"and {len(odd) - 3:,} more regions that cannot be used"] if len(odd) > 3 else []
    return [*odd[:3], *more]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
