"""Import labels that people gave elsewhere into the tag log."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from hem_core.cells import plain_cell
from hem_core.labels.answers_file import Answer, Answers, answers_of
from hem_core.labels.answers_rows import read_rows
from hem_core.labels.given_labels import GivenLabels, given_labels
from hem_core.labels.past_imports import KEEP, PastImports, Verdict, write
from hem_core.store.workspace import open_workspace

CHANGE, SKIP, UNDECIDED = "mislabelled", "skip", "ambiguous"
"""The verdicts of an answer beside KEEP, the given label is right: another label, skipped, people disagree."""


@dataclass(frozen=True)
class ImportedLabels:
    """The result of an import; it counts answers, one per person and example."""

    data: str
    n_answers: int
    counts: dict[str, int]
    """KEEP, CHANGE and SKIP -> how many were written now."""
    n_known: int
    """Answers that an earlier import had written."""
    unanswered: list[str]
    """Ids without an answer, or with one that is no single label."""
    n_without_id: int
    """Entries without an example id."""
    unknown_ids: list[str]
    unknown_labels: dict[str, str]
    """Id -> a label that is no class; not written."""
    disagreements: dict[str, dict[str, int]]
    """Id -> label ("" for skipped) -> how many people gave it; the most frequent stands, a tie is 'ambiguous'."""
    notes: list[str]
    """Notes on how the file was read, where that may be wrong."""


def import_labels(
    file: Path | str, workspace: Path | str, *, run: str | None = None, who: str = "import"
) -> ImportedLabels:
    """Write the answers in a file as verdicts of the people who gave them.

    'right' where the label is the given one, 'mislabelled' with the new one where it is another class, 'skip'
    where it was skipped. An answer is written once: importing a file again adds nothing, a longer file adds what is
    new. file: Label Studio's export (JSON, JSON-MIN, CSV or TSV), or rows with id and label and, if known, who, as
    .csv, .tsv, .jsonl, .json or .parquet; run: a run over the data where it is not clear which they are; who: the
    person where the file names none.
    Raises DataError for a file that is no such thing, and when the workspace knows none of the ids.
    """
    path = Path(file)
    rows, notes = read_rows(path)
    found = answers_of(rows, path, who=who)
    ids = {answer.id for answer in found.answers} | set(found.unanswered)
    given = given_labels(workspace, run, ids | {plain_cell(id) for id in ids})
    found = answers_of(rows, path, who=who, classes=given.classes, set_of=given.set_of)
    usable, unknown_ids, unknown_labels = _checked(found, given)
    source = {"imported": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    log = open_workspace(workspace).tags()
    past = PastImports(log, given.data)
    new = [answer for answer in usable if past.lacks(answer.id, answer.who, _verdict(answer, given), source["sha256"])]
    votes = {id: past.votes(id) for id in dict.fromkeys(answer.id for answer in usable)}
    for answer in new:
        votes[answer.id][answer.who] = _verdict(answer, given)
    stands = {id: _standing(people) for id, people in votes.items()}
    write(log, past, given.data, [(each.id, each.who, _verdict(each, given)) for each in new], source)
    # The newest verdict of an example counts: where it is not the majority's, the majority's is written again.
    left = [id for id in stands if past.newest.get(id) != stands[id]]
    settled = [(id, _who(votes[id], stands[id]), stands[id]) for id in left]
    write(log, past, given.data, settled, {**source, "settles": True})
    counts = Counter(_verdict(answer, given)[0] for answer in new)
    return ImportedLabels(
        given.data,
        len(found.answers),
        {tag: counts[tag] for tag in (KEEP, CHANGE, SKIP)},
        len(usable) - len(new),
        found.unanswered,
        len(found.without_id),
        unknown_ids,
        unknown_labels,
        {id: _labels(people, given.labels[id]) for id, people in votes.items() if len(set(people.values())) > 1},
        notes,
    )


def _checked(found: Answers, given: GivenLabels) -> tuple[list[Answer], list[str], dict[str, str]]:
    """The answers that can be written, the last one per person and example; and the unknown ids and labels."""
    kept: dict[tuple[str, str], Answer] = {}
    unknown_ids: list[str] = []
    unknown_labels: dict[str, str] = {}
    for answer in sorted(found.answers, key=lambda each: each.at):
        id = _known_text(answer.id, given.labels, found.is_guarded)
        label = answer.label
        if label is not None and id in given.labels:
            label = _known_text(label, {*given.classes, given.labels[id]}, found.is_guarded)
        if id not in given.labels:
            unknown_ids.append(answer.id)
        elif label is not None and not given.knows(label) and label != given.labels[id]:
            unknown_labels[id] = label
        else:
            kept[id, answer.who] = Answer(id, label, answer.who, answer.at)
    return list(kept.values()), list(dict.fromkeys(unknown_ids)), unknown_labels


def _known_text(text: str, known: Container[str | None], is_guarded: bool) -> str:
    """The known text that this one means: itself, or without the apostrophe that a CSV of HEM puts before it."""
    plain = plain_cell(text)
    first, second = (plain, text) if is_guarded else (text, plain)
    return first if first in known else second if second in known else text


def _verdict(answer: Answer, given: GivenLabels) -> Verdict:
    if answer.label is None:
        return SKIP, ""
    return (KEEP, "") if answer.label == given.labels[answer.id] else (CHANGE, answer.label)


def _standing(votes: Mapping[str, Verdict]) -> Verdict:
    """The majority's answer; skips count only if everybody skipped."""
    counts = Counter(verdict for verdict in votes.values() if verdict[0] != SKIP)
    if not counts:
        return SKIP, ""
    (first, most), *others = counts.most_common()
    return (UNDECIDED, "") if others and others[0][1] == most else first


def _who(votes: Mapping[str, Verdict], verdict: Verdict) -> str:
    agree = sorted(who for who, said in votes.items() if said == verdict)
    return agree[0] if agree else ", ".join(sorted(votes))[:255]


def _labels(votes: Mapping[str, Verdict], given: str | None) -> dict[str, int]:
    named = [{KEEP: given or "", SKIP: ""}.get(tag, value) for tag, value in votes.values()]
    return dict(Counter(named).most_common())
