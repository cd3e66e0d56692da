"""The tables: what each action gave, what was said of it, and whether the first of the list was a good choice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from _advise_arms import STOP
from _advise_joined import ACTIONS, Joined, Said
from _paired import interval


def realised(cells: Sequence[Joined]) -> str:
    """A row a condition: gains of each action with their intervals, the best mean in italics."""
    actions = [action for action in cells[0].gains if action != STOP]
    lines = [f"| condition | measure | {STOP} | {' | '.join(actions)} |", "|---" * (len(actions) + 3) + "|"]
    for cell in cells:
        best = max(actions, key=lambda action: float(cell.gains[action].mean()))
        parts = [_gain(cell.gains[action].tolist(), is_best=action == best) for action in actions]
        before = f"{100 * np.mean(cell.before):.1f}"
        lines.append(f"| {cell.words} | {cell.measure} | {before} | {' | '.join(parts)} |")
    return "\n".join(lines)


def beside(cells: Sequence[Joined]) -> str:
    """A row a condition: for each action what was said, the mean over seeds, and what it gave."""
    actions = [action for action in ACTIONS if action != STOP]
    heads = " | ".join(f"{action}: said | gave" for action in actions)
    lines = [f"| condition | {heads} | first |", "|---" * (2 * len(actions) + 2) + "|"]
    for cell in cells:
        parts = [part for action in actions for part in (_said(cell, action), f"{cell.told[action].mean():+.1f}")]
        lines.append(f"| {cell.words} | {' | '.join(parts)} | {_firsts(cell)} |")
    return "\n".join(lines)


def choices(cells: Sequence[Joined]) -> str:
    """A row a rule: how often its action was as good as the best, its gain, and how much more the advice gained."""
    advised = [_gains(cell, cell.first) for cell in cells]
    rows = {"the advice's first": ([_share(cell, cell.first) for cell in cells], advised)}
    for action in ACTIONS:
        rule = [[action] * len(cell.before) for cell in cells]
        shares = [_share(cell, choice) for cell, choice in zip(cells, rule, strict=True)]
        rows[f"always {action}"] = (shares, [_gains(cell, choice) for cell, choice in zip(cells, rule, strict=True)])
    random = [len(cell.as_good_as_the_best) / len(ACTIONS) for cell in cells]
    rows["at random"] = (random, [float(np.mean([cell.gains[action] for action in ACTIONS])) for cell in cells])
    best = [max(float(cell.gains[action].mean()) for action in ACTIONS) for cell in cells]
    rows["the best in hindsight"] = ([1.0] * len(cells), best)
    lines = ["| rule | as good as the best | points gained | the advice gained more by |", "|---|---|---|---|"]
    for words, (shares, gains) in rows.items():
        more = "" if gains is advised else _gain(np.subtract(advised, gains).tolist())
        lines.append(f"| {words} | {np.mean(shares):.0%} | {np.mean(gains):+.2f} | {more} |")
    return "\n".join(lines)


def covered(cells: Sequence[Joined]) -> str:
    """A row an action: in how many advices its gain is known, how far off it is, and how often its interval holds."""
    heads = ["action", "known", "said", "gave", "mean absolute error", "covers the seeds' mean", "covers its own seed"]
    n_all = sum(len(cell.advice) for cell in cells)
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for action in (action for action in ACTIONS if action != STOP):
        pairs = [(one, own, float(cell.told[action].mean())) for cell in cells for one, own in cell.said(action)]
        lines.append(f"| {action} | {len(pairs)} of {n_all} | {_calibration(pairs)} |")
    return "\n".join(lines)


def _calibration(pairs: Sequence[tuple[Said, float, float]]) -> str:
    """pairs: what was said, the gain of that seed, and the mean gain over the seeds."""
    if not pairs:
        return " | | | | "
    said, own, mean = (np.array(part, float) for part in zip(*((one.gain, o, m) for one, o, m in pairs), strict=True))
    low, high = (np.array([getattr(one, end) for one, *_gave in pairs], float) for end in ("low", "high"))
    holds = [float(((low <= values) & (values <= high)).mean()) for values in (mean, own)]
    off = float(np.abs(said - mean).mean())
    return f"{said.mean():+.2f} | {own.mean():+.2f} | {off:.2f} | {holds[0]:.0%} | {holds[1]:.0%}"


def _share(cell: Joined, choice: Sequence[str]) -> float:
    """Of the seeds, where the choice was as good as the best."""
    return float(np.mean([action in cell.as_good_as_the_best for action in choice]))


def _gains(cell: Joined, choice: Sequence[str]) -> float:
    """Points, the mean over the seeds."""
    return float(np.mean([cell.gains[action][seed] for seed, action in enumerate(choice)]))


def _gain(values: list[float], *, is_best: bool = False) -> str:
    mean, low, high = interval(values)
    text = f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"
    text = f"**{text}**" if low > 0 or high < 0 else text
    return f"*{text}*" if is_best else text


def _said(cell: Joined, action: str) -> str:
    known = [one for one, _gave in cell.said(action)]
    if not known:
        return "not known"
    gain, low, high = (float(np.mean([getattr(one, end) for one in known])) for end in ("gain", "low", "high"))
    few = f" ({len(known)} of {len(cell.advice)})" if len(known) < len(cell.advice) else ""
    return f"{gain:+.1f} [{low:+.1f}, {high:+.1f}]{few}"


def _firsts(cell: Joined) -> str:
    counts = {action: cell.first.count(action) for action in ACTIONS}
    listed = [f"{action} {n}" if n < len(cell.first) else action for action, n in counts.items() if n]
    return ", ".join(listed)
