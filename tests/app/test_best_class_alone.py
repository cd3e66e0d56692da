"""Review of predictions that are the best class and its confidence: nothing is said of the other classes."""

import pandas as pd
import pytest

import hem_core
from app import loaders
from app.wire.detail import details

NAMES = ["ant", "bee", "cat", "dog"]


@pytest.mark.parametrize("names", [NAMES, NAMES[:2]])
def test_only_what_is_known_of_the_classes_is_shown(names, tmp_path, monkeypatch):
    k = len(names)
    labels = [names[row % k] for row in range(24)]
    predicted = [labels[0] if row < 12 else label for row, label in enumerate(labels)]
    table = pd.DataFrame({"id": [f"r{row}" for row in range(24)], "label": labels, "predicted": predicted})
    out = tmp_path / "runs" / "best"
    hem_core.score(None, table.assign(confidence=0.985), out=out, has_map=False, has_probes=False)
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path))
    level = loaders.level("best")
    right, wrong = details(level, loaders.ranks(level), [12, 1], loaders.tags_of(level))
    assert (right["predicted"], right["label_prob"]) == (right["label"], pytest.approx(0.985))
    assert wrong["predicted"] != wrong["label"]
    shown = {one["name"] for one in wrong["columns"]}
    if k == 2:  # the other one has all the rest
        assert (wrong["label_prob"], len(wrong["top_classes"])) == (pytest.approx(0.015), 2)
        assert "label_prob" in shown
    else:
        assert (wrong["top_classes"], wrong["label_prob"]) == ([wrong["predicted"]], None)
        assert wrong["top_probs"] == pytest.approx([0.985])
        assert "label_prob" not in shown
