"""The answer to paste into a paper or a pull request: Markdown with all that is needed to cite it, and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.errors import RunError
from hem_core.prove.markdown import code, prose
from hem_core.retrain.report.answer import QUESTIONS, arm_names
from hem_core.retrain.report.ship_or_hold import Interval
from hem_core.retrain.stored import Stored
from hem_core.store.atomic import write_bytes
from hem_core.store.run import Run

FILE = "report.md"


def write_paper(stored: Stored, manifest: Mapping[str, Any], run: Run) -> None:
    """Write report.md beside the report."""
    write_bytes(stored.folder / FILE, markdown(answered(stored, manifest, run)).encode())


def write_copy(path: Path, stored: Stored, found: Mapping[str, Any]) -> None:
    """Write the answer to a file of the user's own, by its suffix; see `check_copy`."""
    check_copy(path)
    made = {
        ".md": lambda: markdown(found),
        ".html": lambda: stored.html.read_text("utf-8"),
        ".json": lambda: json.dumps(found, indent=1, ensure_ascii=False) + "\n",
    }[path.suffix.lower()]
    write_bytes(path, made().encode())


def check_copy(path: Path) -> None:
    """Raise RunError for a file whose suffix is none of .md, .html and .json."""
    if path.suffix.lower() not in (".md", ".html", ".json"):
        raise RunError(f"--report '{path}' must end in .md, .html or .json")


def answered(stored: Stored, manifest: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """The whole answer as JSON: verdict, differences, fixed and regressed, and what they rest on."""
    plan, report = stored.plan, stored.report or {}
    question = str(plan["question"])
    names = arm_names(question)
    row = report["table"][0]
    return {
        "question": question,
        "asks": QUESTIONS[question].title,
        "verdict": report["verdict"]["word"],
        "sentences": report["verdict"]["sentences"],
        "measure": {name: row[name] for name in ("measure", "unit", "better")},
        "arms": {arm: {"is": names[arm], **values} for arm, values in row["arms"].items()},
        "differences": {
            arm: {"from": names[arm], **row["difference"][f"curated - {arm}"]}
            for arm in row["arms"]
            if f"curated - {arm}" in row["difference"]
        },
        "fixed": report["flow"]["fixed"],
        "regressed": report["flow"]["regressed"],
        "of_a_change_of_seed": report["flow"]["churn"],
        "counted": report.get("flow_of", "test examples"),
        "smallest_effect": report["verdict"].get("smallest_effect"),
        "list": manifest["list"],
        "data": {"name": run.data, "key": run.info.get("key"), "n": run.n, "source": run.info["data"].get("source")},
        "train": plan["train"],
        "test": plan["test"],
        "seeds": plan["seeds"],
        "interval": report["interval_method"],
        "versions": report["versions"],
        "begun": plan["created"],
        "notes": report["notes"],
        "forced": plan["forced"],
        "report": {"html": str(stored.html), "markdown": str(stored.folder / FILE), "folder": str(stored.folder)},
    }


def markdown(found: Mapping[str, Any]) -> str:
    """The answer as Markdown."""
    source = found["list"]["source"]
    title = source.get("where") or source["path"]
    first, *others = map(prose, found["sentences"])
    unit = prose(f"{found['measure']['measure']}, {found['measure']['unit']}")
    lines = [f"## {code(title)}: {found['asks']} **{found['verdict']}**", "", first]
    lines += [*(f"\n{each}" for each in others), ""]
    lines += [f"| | {unit} | difference of the list (95% interval) |", "|---|---|---|"]
    for arm, each in found["arms"].items():
        gained = found["differences"].get(arm)
        difference = (
            Interval(gained["mean"], gained["low"], gained["high"]).in_words(found["measure"]["unit"]) if gained else ""
        )
        lines.append(f"| {each['is']} | {each['mean']:.2f} ± {each['sd']:.2f} | {difference} |")
    return "\n".join([*lines, "", *_rests_on(found)]) + "\n"


def _rests_on(found: Mapping[str, Any]) -> list[str]:
    listed, data, test = found["list"], found["data"], found["test"]
    made = ", ".join(f"{name} {each}" for name, each in found["versions"].items())
    digest = f", SHA-256 {listed['source']['sha256'][:16]}" if "sha256" in listed["source"] else ""
    tag = f", tag {code(listed['tag'])}" if listed["tag"] else ""
    facts = [
        f"List: {code(listed['source']['path'])} ({listed['kind']}{tag}{digest}); {listed['n_matched']:,} of "
        f"{listed['n_entries']:,} entries are examples of the data, {listed['n']:,} take part.",
        f"Data: {code(data['name'])}, {data['n']:,} examples (key {str(data['key'])[:16]}). Test: "
        f"{prose(test['what'])}.",
        f"Training: {code(found['train'])}, seeds {found['seeds'][0]} to {found['seeds'][-1]}, each arm with each; "
        "mean ± standard deviation over the seeds.",
        f"Intervals: {found['interval']}.",
        *map(prose, [*found["notes"], *listed["notes"]]),
        *(f"Forced despite: {prose(line)}." for line in found["forced"]),
        f"Made with {made}; begun {found['begun'][:10]}.",
    ]
    return [f"- {line}" for line in facts]
