"""What Explore says of a map that is still to come, and of one that never comes, run by node."""

import pytest

LACK = """
  const bus = { described: v.described };
  return [m.lack(bus, v.missing, "embedding")?.title ?? null, m.lack(bus, v.missing, "embedding")?.why ?? null,
    m.isComing(bus, v.missing, "embedding")];
"""
MAP = {"x": {}, "y": {}}


@pytest.mark.parametrize(
    ("described", "missing", "said"),
    [
        (MAP, {}, [None, None, True]),
        ({}, {"map": "soon", "map_pending": "soon, and so on"}, ["No embedding map yet.", "soon, and so on", True]),
        (
            {},
            {"map": "No map: it failed."},
            ["No embedding map: this run has no projection.", "No map: it failed.", False],
        ),
        ({}, {"embeddings": "none"}, ["No embedding map: this run has no projection.", "none", False]),
        (MAP, {"map_pending": "soon"}, [None, None, True]),
    ],
    ids=["there", "to come", "failed", "no embeddings", "just there"],
)
def test_a_map_that_is_not_there(run_js, described, missing, said):
    assert run_js("explorer/missing.js", LACK, described=described, missing=missing) == said
