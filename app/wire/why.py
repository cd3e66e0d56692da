"""What sets the selection of Explore apart, what is near a row, and what clusters are called: on all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from app import loaders
from app.wire import columns
from app.wire.door import Refused, posted
from app.wire.identity import own_level, own_scores
from hem_core.runs.why import why as why_of
from hem_core.slices.cluster_names import described_clusters
from hem_core.store import rules

if TYPE_CHECKING:
    from hem_core.store.level import Level

MOST = 10
"""Statements of what the rows are, and of what the model made of them."""
MOST_ALSO = 12
"""Statements that stand behind one, by name."""


def why_routes() -> list[Route]:
    """The routes of this file."""
    ways = {"why": why, "clusters": clusters, "near": near}
    return [Route(f"/hem/{name}", posted(answer), methods=["POST"]) for name, answer in ways.items()]


def why(body: dict[str, Any]) -> dict[str, Any]:
    """The statements on a selection within a filter, or on a filter where nothing is selected; both are rules.

    is_preparing: read what every comparison needs, so that the first one need not wait for it, and say nothing.
    """
    level = own_level(body)
    own_scores(body, level)
    if body.get("is_preparing"):
        described_clusters(loaders.traits(level))
        return {}
    filter_, selection = _rule(body, "filter"), _rule(body, "selection")
    group: dict[str, Any] = {"rule": selection, "within": filter_} if rules.clauses(selection) else {"rule": filter_}
    if not rules.clauses(group["rule"]):
        raise Refused(400, "nothing is selected or filtered, so there is no group to speak of")
    tags = loaders.tags_of(level).state(level.data)
    found = why_of(level, **group, tags=tags, traits=loaders.traits(level), most=MOST).as_json(_title(level))
    for one in found["statements"]:
        one["also"] = [other["subject"] for other in one["also"][:MOST_ALSO]]
    return {**found, "skipped": [_title(level)(name) for name in found["skipped"]]}


def near(body: dict[str, Any]) -> dict[str, Any]:
    """The rows that a near clause picks and their distances, the nearest first."""
    level = own_level(body)
    own_scores(body, level)
    clause = body.get("near")
    rules.validate({"all": [{"near": clause}]}, {})
    assert isinstance(clause, dict)
    rows, distances = level.near(clause)
    return {"rows": rows.tolist(), "distances": [round(float(one), 6) for one in distances]}


def clusters(body: dict[str, Any]) -> dict[str, Any]:
    """The clusters of the embedding with their names and places, for the labels on its map."""
    level = own_level(body)
    own_scores(body, level)
    return {"clusters": loaders.clusters_on_map(level)}


def _rule(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    rule = body.get(name)
    rules.clauses(rule)  # raises where it is none
    return rule


def _title(level: Level) -> Any:
    return lambda name: columns.words_of(name, level)[0]
