"""What the drawer of Explore decides without a page: the rows around one, its keys, and its part of the address."""

import pytest


@pytest.mark.parametrize(
    ("row", "reach", "found"),
    [
        (7, 1, {"rows": [9, 7, 3], "first": 1, "total": 5}),
        (5, 1, {"rows": [5, 9], "first": 0, "total": 5}),
        (3, 9, {"rows": [5, 9, 7, 3, 1], "first": 0, "total": 5}),
        (2, 1, {"rows": [5, 9], "first": 0, "total": 5}),  # not among them: from the beginning on
    ],
)
def test_the_rows_around_one_in_the_order_of_the_gallery(evaluate, row, reach, found):
    values = {"sorted": [5, 2, 9, 7, 3, 1], "mask": [1, 1, 0, 1, 1, 1, 1, 1, 1, 1], "row": row, "reach": reach}
    assert evaluate("explorer/order.js", "m.around(v.sorted, v.mask, v.row, v.reach)", **values) == found


def test_the_place_of_a_row_counts_those_that_match(evaluate):
    expression = "[5, 2, 7, 4].map((row) => m.placeOf([5, 2, 9, 7], [1, 1, 0, 1, 1, 1, 1, 1, 1, 1], row))"
    assert evaluate("explorer/order.js", expression) == [0, -1, 2, -1]


@pytest.mark.parametrize(
    ("event", "judges"),
    [
        ({"key": "1"}, True),
        ({"key": "0"}, True),
        ({"key": "u"}, True),
        ({"key": "?", "shiftKey": True}, True),
        ({"key": "&", "code": "Digit1"}, True),  # a layout that prints digits with Shift
        ({"key": "8", "repeat": True}, False),
        ({"key": "z", "ctrlKey": True}, False),
        ({"key": "1", "ctrlKey": True}, False),
        ({"key": "ArrowRight"}, False),
    ],
)
def test_keys_that_judge_a_tile(evaluate, event, judges):
    assert evaluate("explorer/drawer_keys.js", "m.judgesRow(v.event)", event=event) is judges


def test_what_people_type_into_and_separators_keep_their_keys(evaluate):
    body = """[["INPUT", "text"], ["INPUT", "range"], ["DIV"], ["BODY"]].map(([tagName, type]) => m.isForDrawer([{
      tagName, type, closest: () => (type === "range" ? {} : null) }], false))"""
    assert evaluate("explorer/drawer_keys.js", body) == [False, False, True, True]


@pytest.mark.parametrize(
    ("search", "change", "found"),
    [
        ("?run=a&view=%7B%7D", {"example": "a#1 b"}, "?run=a&view=%7B%7D&example=a%231+b"),
        ("?run=a&example=x&page=3", {"example": None}, "?run=a&page=3"),
        ("?example=x", {"example": ""}, ""),
        ("?page=3", {"zoom": "0,1,0,1"}, "?page=3&zoom=0%2C1%2C0%2C1"),
    ],
)
def test_the_page_changes_its_own_part_of_the_address(evaluate, search, change, found):
    assert evaluate("explorer/address.js", "m.withHere(v.search, v.change)", search=search, change=change) == found


def test_nothing_is_written_into_the_address_of_another_page(run_js):
    body = """
      let path = "/explore", query = "?run=a&page=2";
      const address = m.makeAddress({ path: () => path, query: () => query, replace: (next) => { query = next; } });
      const before = address.read();
      address.write({ example: "e1" });
      const seen = query;
      query = "?run=a"; address.again();  // somebody else wrote it without
      const again = query;
      path = "/review"; address.write({ example: "e2" });
      return [before, seen, again, query];
    """
    again = "?run=a&example=e1&page=2"
    assert run_js("explorer/address.js", body) == [{"page": "2"}, "?run=a&page=2&example=e1", again, again]
