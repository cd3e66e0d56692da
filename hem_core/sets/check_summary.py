"""What `hem check` found as Markdown, for the summary of a job in CI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hem_core.errors import DataError

SHOWN = 50


def append_summary(path: Path, found: Mapping[str, Any]) -> None:
    """Add the summary of a check to a file. Raises DataError where it cannot be written."""
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(markdown(found) + "\n")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}; name another file with --summary") from error


def markdown(found: Mapping[str, Any]) -> str:
    """A heading with the verdict, the counts, the measures where there are any, and a table of what newly fails.

    found: what a `Check` or a `RunCheck` is as JSON.
    """
    verdict = "✅ passed" if found["passed"] else "❌ failed"
    return "\n".join([f"## hem check: {verdict}", "", *_counts(found), *_measures(found), *_newly(found)])


def _counts(found: Mapping[str, Any]) -> list[str]:
    if "set" in found:
        about = f"set `{found['set']}` v{found['version']}, model `{found['model']}` compared with run `{found['run']}`"
        rows = f"{found['n_checked']:,} examples"
    else:
        about = f"run `{found['run']}` compared with run `{found['against']}`"
        rows = f"{found['n_checked']:,} {found['level']} of {found['n_examples']:,} examples"
    moved = f"{len(found['newly_failing']):,} newly, {len(found['fixed']):,} fixed"
    lines = [
        f"{about}: of {rows} {found['failed_now']:,} fail, {found['failed_before']:,} failed before ({moved}).",
        "",
    ]
    kinds = {"changed": "changed since the run", "unreadable": "could not be read"}
    skipped = [f"{len(found[name]):,} {words}" for name, words in kinds.items() if found.get(name)]
    return lines + ([f"Not counted: {', '.join(skipped)}.", ""] if skipped else [])


def _measures(found: Mapping[str, Any]) -> list[str]:
    rows = []
    for each in found.get("measures", ()):
        shares = [_percent(each[name]) for name in ("before", "after")]
        named = each["measure"]["name"], each["measure"]["label"] or "all"
        rows.append((*named, *shares, f"{100 * each['difference']:+.1f}"))
    return _table(("measure", "of", "before", "after", "points"), rows[:SHOWN])


def _newly(found: Mapping[str, Any]) -> list[str]:
    newly = found["newly_failing"]
    is_of_runs = any("before" in each for each in newly)
    names = ("id", "label", "before", "after") if is_of_runs else ("id", "label", "predicted")
    lines = _table(("newly failing", *names[1:]), [[each[name] for name in names] for each in newly[:SHOWN]])
    return lines + ([f"and {len(newly) - SHOWN:,} more", ""] if len(newly) > SHOWN else [])


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A table of Markdown; [] without rows."""
    if not rows:
        return []
    lines = [f"| {' | '.join(_cell(value) for value in row)} |" for row in (head, *rows)]
    return [lines[0], f"|{'---|' * len(head)}", *lines[1:], ""]


def _cell(value: Any) -> str:
    text = " ".join(str("NaN" if value is None else value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"
