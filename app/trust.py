"""How far the reasons of a run can be trusted, in words: the badge next to every reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from app import words
from hem_core.reasons.trusted_from import TRUSTED_FROM
from hem_core.thresholds import SUSPECT

UNLIKE_THEM = ". Hard examples unlike these probes are named less reliably"


@dataclass(frozen=True)
class Trust:
    """The trust in a run's reasons."""

    how: Literal["calibrated", "untrusted", "rules"]
    badge: str
    """Two or three words."""
    sentence: str
    is_grey: bool
    """The reasons are to be shown without their colours."""
    note: str = ""
    """Further notes of the run about them."""


def trust(info: Mapping[str, Any]) -> Trust:
    """Read `reasons` of a run's info; a run without it has reasons by simple rules."""
    reasons = info.get("reasons") or {}
    auroc, note = reasons.get("auroc"), str(reasons.get("note") or "")
    planted = str(reasons.get("planted") or "")
    if reasons.get("is_trusted") is False and planted:
        return Trust("untrusted", "suspects: not to be trusted", _hidden(planted, auroc), False, note)
    if reasons.get("is_trusted") is False:
        found = (
            f"AUROC {_points(auroc)} < {_points(TRUSTED_FROM)}" if auroc is not None else "Planted flips stay hidden"
        )
        why = "this model cannot tell wrong labels from hard examples; reasons are greyed out"
        return Trust("untrusted", "reasons: not to be trusted", f"{found}: {why}", True, note)
    if reasons.get("how") != "calibrated":
        return Trust("rules", "reasons: simple rules", "simple rules, not calibrated", False, note)
    probes = f"reasons calibrated on {words.count(int(reasons.get('n_probes') or 0), 'probe')} that HEM planted"
    tagged = int(reasons.get("n_tagged") or 0)
    if tagged:
        probes += f" and {words.count(tagged, 'tag')} by people"
    right = reasons.get("balanced_accuracy")
    if right is not None and planted:
        probes += (
            f"; {words.percent(right, 0)} of these probes are named suspect in the right way (mean over the kinds)"
        )
    elif right is not None:
        probes += f"; {words.percent(right, 0)} of these probes get the right reason (mean over the reasons)"
    spoiled = planted or str(reasons.get("spoiled") or "flips")
    found = f"{spoiled} found with AUROC {_points(auroc)} on our own probes; " if auroc is not None else ""
    return Trust("calibrated", "reasons: calibrated on our own probes", found + probes + UNLIKE_THEM, False, note)


def kinds(info: Mapping[str, Any]) -> list[str]:
    """The reasons that `reason_probs` has a number for, in its order; none in a run by rules."""
    return [str(kind) for kind in (info.get("reasons") or {}).get("kinds") or []]


def by_planted(info: Mapping[str, Any]) -> pd.DataFrame:
    """What was planted in parts and how much of it is named suspect, in percent; empty for other probes.

    Columns: planted, suspicion, n, found, otherwise (the reason that most of the rest have).
    """
    rows = []
    for each in (info.get("reasons") or {}).get("by_planted") or []:
        rest = [(n, name) for name, n in each["says"].items() if name not in SUSPECT]
        most = max(rest, key=lambda one: one[0], default=None)
        otherwise = f"{most[1].replace('_', ' ')} ({most[0]:,})" if most else "–"
        kind = str(each["shown_as"]).replace("_", " ")
        rows.append((each["planted"], kind, each["n"], 100 * each["found"], otherwise))
    return pd.DataFrame(rows, columns=["planted", "suspicion", "n", "found", "otherwise"])


def taught(info: Mapping[str, Any], title: Callable[[str], str] = lambda name: name.replace("_", " ")) -> pd.DataFrame:
    """Which reasons people's tags changed at the last refit; empty without one.

    title: what a reader sees for a feature. Columns: was, now, n, because (the features by which the tags moved them).
    """
    changes = (info.get("reasons") or {}).get("changes") or []
    rows = [(str(one["was"]), str(one["now"]), int(one["n"]), _because(one["because"], title)) for one in changes]
    return pd.DataFrame(rows, columns=["was", "now", "n", "because"])


def _because(features: Sequence[str], title: Callable[[str], str]) -> str:
    """`low length, entropy` for what is stored as "low n characters" and "entropy"; a dash for nothing."""
    found = []
    for feature in features:
        side, _, name = feature.partition(" ") if feature.startswith(("high ", "low ")) else ("", "", feature)
        found.append(f"{side} {title(name.replace(' ', '_'))}".strip())
    return ", ".join(found) or "–"


def _hidden(planted: str, auroc: float | None) -> str:
    found = f"AUROC {_points(auroc)} < {_points(TRUSTED_FROM)}" if auroc is not None else "nothing found"
    return (
        f"{found} on planted {planted}: these predictions cannot tell wrong annotations from hard objects, so a "
        "suspect label is a weak hint; the other reasons are what the boxes show"
    )


def _points(share: float) -> str:
    """`.97`; a third digit where two would round up to the threshold."""
    if 0.995 <= share < 1:
        return "over .99"
    digits = 3 if share < TRUSTED_FROM <= round(share, 2) else 2
    return f"{share:.{digits}f}".removeprefix("0")
