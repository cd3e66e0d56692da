"""The four axes of Review and why a row is in the queue, drawn into elements made for the test."""

import pytest

DRAWN = """
  globalThis.document = { createElement: (name) => ({ name, style: {}, children: [], setAttribute() {},
    append(...children) { this.children.push(...children); } }) };
  const text = (one) => typeof one === "string" ? [one] : one.children.flatMap(text);
  const axis = { axis: "typicality", score: "distance", unit: "", value: 2, all: 90, within: v.within };
  return text(m.axes({ axes: [axis], worst_axis: "typicality" }, false));
"""

WHY = """
  const titles = [];
  globalThis.document = { createElement: (name) => ({ name, style: {}, children: [],
    setAttribute(key, value) { if (key === "title") titles.push(value); },
    append(...children) { this.children.push(...children); } }) };
  const text = (one) => typeof one === "string" ? [one] : one.children.flatMap(text);
  const drawn = m.why(v.item, false, { how: "simple", sentence: "simple rules", note: "", is_grey: false }, []);
  return { text: text(drawn), titles };
"""


@pytest.mark.parametrize(
    ("within", "heads", "standings"), [(40, ["all", "class"], ["90", "40"]), (None, ["all"], ["90"])]
)
def test_the_rank_within_the_class_stands_where_labels_are_classes(run_js, within, heads, standings):
    shown = run_js("review/measures.js", DRAWN, within=within)
    assert [word for word in shown if word in ("all", "class")] == heads
    assert [word for word in shown if word.isdigit()] == standings


def test_a_box_is_explained_without_a_word_on_examples_or_other_classes(run_js):
    item = {"reason": "ambiguous", "difficulty": 99, "label_suspicion": 98, "label": "RBC"}
    shown = run_js("review/why.js", WHY, item=item)
    assert "ambiguous" in shown["text"]
    assert not [words for words in [*shown["text"], *shown["titles"]] if "example" in words or "class" in words]
