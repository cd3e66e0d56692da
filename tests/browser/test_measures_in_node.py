"""The four axes of Review, drawn into elements made for the test."""

import pytest

DRAWN = """
  globalThis.document = { createElement: (name) => ({ name, style: {}, children: [], setAttribute() {},
    append(...children) { this.children.push(...children); } }) };
  const text = (one) => typeof one === "string" ? [one] : one.children.flatMap(text);
  const axis = { axis: "typicality", score: "distance", unit: "", value: 2, all: 90, within: v.within };
  return text(m.axes({ axes: [axis], worst_axis: "typicality" }, false));
"""


@pytest.mark.parametrize(
    ("within", "heads", "standings"), [(40, ["all", "class"], ["90", "40"]), (None, ["all"], ["90"])]
)
def test_the_rank_within_the_class_stands_where_labels_are_classes(run_js, within, heads, standings):
    shown = run_js("review/measures.js", DRAWN, within=within)
    assert [word for word in shown if word in ("all", "class")] == heads
    assert [word for word in shown if word.isdigit()] == standings
