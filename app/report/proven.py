"""What was made of a run and what it is worth: its sets with their proofs, its retrainings with their verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import loaders, words
from app.report.markup import facts, paragraph, section
from app.views.sets import saved_sets
from hem_core.retrain import stored
from hem_core.store import sets
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.store.run import Run

MOST = 4


def sets_of(run: Run) -> str:
    """The sections of the newest sets of a run."""
    home = loaders.folder()
    known = [(name, version) for name in sets.names(home) for version in sets.versions(home, name)]
    found = [
        loaders.manifest(home / "sets" / name / f"v{version}" / "manifest.json") | {"name": name, "version": version}
        for name, version in known
    ]
    own = sorted((one for one in found if one.get("run") == run.name), key=_created, reverse=True)
    more = f"the newest {MOST} of {len(own)}" if len(own) > MOST else ""
    return section("Sets made of this run", "".join(map(_set, own[:MOST])), more)


def retrainings_of(run: Run) -> str:
    """The verdicts of the retrainings whose set was made of a run."""
    done = stored.finished(loaders.folder(), run.name)
    return section("Retrainings", "".join(_retraining(one.plan, one.report or {}) for one in done[:MOST]))


def _set(manifest: dict[str, Any]) -> str:
    n = int(manifest.get("n") or 0)
    title = f"{manifest['name']} v{manifest['version']}, {words.counted(n, str(manifest.get('level') or EXAMPLES))}"
    return f"{paragraph(title)}{facts(saved_sets.facts(manifest, n))}"


def _retraining(plan: dict[str, Any], report: dict[str, Any]) -> str:
    verdict = report.get("verdict") or {}
    sentences = " ".join(verdict.get("sentences") or [str(verdict.get("word") or "")])
    about = f"{plan['name']}: {words.count(len(plan.get('seeds') or ()), 'seed')}, {plan['test']['what']}, "
    rules = {
        rule["rule"]: f"{'yes' if rule['passed'] else 'no'}: {rule['value']}" for rule in verdict.get("rules") or ()
    }
    return f"{paragraph(sentences)}{facts(rules)}{paragraph(about + words.moment(plan.get('created')), 'small')}"


def _created(manifest: dict[str, Any]) -> str:
    return str(manifest.get("created") or "")
