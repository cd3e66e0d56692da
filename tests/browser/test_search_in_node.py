"""The search in the page: a clause that the server resolves, in the same words, and what of a text is marked."""

import pytest

from hem_core.store.rule_text import describe

CLAUSES = [{"search": "two words"}, {"search": "/a+/i"}, {"column": "note", "matches": "^x"}, {"not": {"search": "a"}}]


@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_a_clause_on_texts_is_the_servers_and_has_the_same_words_on_both_sides(run_js, clause):
    body = """
      const store = { n: 2, column: () => ({ kind: "category", names: ["x"], values: [0, 0] }), verdictNames: [] };
      const { columnsOf } = await load("explorer/view.js");
      const fit = m.fitted({ all: [v.clause] }, {});
      return [m.clauseMask(v.clause, store), m.describe(v.clause, (name) => name, String), columnsOf(v.clause),
        fit.dropped.length];
    """
    assert run_js("shared/rules.js", body, clause=clause) == [None, describe({"all": [clause]}), [], 0]


def test_a_search_is_replaced_by_the_next_one(evaluate):
    rule = {"all": [{"search": "a"}, {"column": "id", "contains": "b"}]}
    found = evaluate("shared/rules.js", "m.withClause(v.rule, 'search', { search: 'c' })", rule=rule)
    assert found == {"all": [{"column": "id", "contains": "b"}, {"search": "c"}]}


@pytest.mark.parametrize(
    ("text", "terms", "parts"),
    [
        ("A lazy dog", ["LAZY"], [["A ", False], ["lazy", True], [" dog", False]]),
        ("foxfoxes", ["fox", "foxes"], [["fox", True], ["foxes", True]]),
        ("none", ["x", ""], [["none", False]]),
        ("", ["x"], []),
    ],
)
def test_a_text_is_cut_where_something_was_found(evaluate, text, terms, parts):
    assert evaluate("explorer/search_marks.js", "m.cut(v.text, v.terms)", text=text, terms=terms) == parts
