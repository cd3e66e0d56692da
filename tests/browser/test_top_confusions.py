"""The list beside the confusion matrix, drawn into elements made for the test."""

DOCUMENT = """
  const element = (name) => ({ name, attributes: {}, children: [], listeners: {},
    setAttribute(key, value) { this.attributes[key] = value; },
    addEventListener(key, listener) { this.listeners[key] = listener; },
    append(...children) { this.children.push(...children); } });
  globalThis.document = { createElement: element };
  const text = (one) => typeof one === "string" ? one : one.children.map(text).join("|");
  const heard = [];
  const draw = (pairs, isAlone) => m.topConfusions({ classes: ["cat", "dog"], pairs, rows: "boxes", isAlone,
    isWhole: isAlone,
    show: (is) => heard.push(is), choose: (pair) => heard.push(pair) });
"""


def test_a_pair_says_how_many_of_the_given_class_and_is_chosen_by_a_click(run_js):
    body = """const [head, list] = draw([[0, 1, 5, 20]], false);
      list.children[0].listeners.click();
      head.children.at(-1).listeners.click();
      return [text(head), text(list), heard];"""
    head, line, heard = run_js("explorer/top_confusions.js", DOCUMENT + body)
    assert (head, line) == ("Top confusions||Show all 2 × 2", "cat|→|dog|5|25%")
    assert heard == [{"given": 0, "predicted": 1}, True]


def test_without_confusions_it_says_so_and_a_matrix_that_stands_alone_has_no_list(run_js):
    body = "return [draw([], false).map(text)[1], draw([], true).length];"
    assert run_js("explorer/top_confusions.js", DOCUMENT + body) == ["No confusions among these boxes.", 1]
