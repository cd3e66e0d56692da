"""The table of Explore without a page: rows in sight, blocks that are fetched, columns, and what a click picks."""

import pytest

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("top", "found"),
    [
        (0, {"first": 0, "count": 11, "shift": 0}),
        (45, {"first": 1, "count": 11, "shift": -15}),
        (2700, {"first": 90, "count": 10, "shift": 0}),
    ],
)
def test_a_short_table_scrolls_pixel_by_pixel(evaluate, top, found):
    assert evaluate("explorer/table_window.js", "m.inSight(100, v.top, 300)", top=top) == found


def test_the_first_and_the_last_of_a_million_rows_can_be_reached(evaluate):
    body = """[0, 0.5, 1].map((part) => m.inSight(1e6, part * (m.heightOf(1e6) - 600), 600)).map(
      ({ first, count, shift }) => [first, count, Math.round(shift)])"""
    first, middle, last = evaluate("explorer/table_window.js", body)
    assert first == [0, 21, 0]
    assert abs(middle[0] - MILLION // 2) <= 20
    assert last == [MILLION - 20, 20, 0]


@pytest.mark.parametrize("total", [1000, MILLION])
def test_a_row_that_is_scrolled_to_is_in_sight(evaluate, total):
    body = """[0, 7, 500, v.total - 1].every((at) => {
      const top = m.scrollTo(v.total, 0, 310, at), { first, count } = m.inSight(v.total, top, 310);
      return at >= first && at < first + count;
    })"""
    assert evaluate("explorer/table_window.js", body, total=total)


def test_blocks_are_fetched_once_and_a_failed_one_again(run_js):
    body = """
      const asked = [];
      let isDown = true;
      const blocks = m.makeBlocks(async (offset, limit) => {
        asked.push([offset, limit]);
        if (isDown) throw new Error("down");
        return { rows: Array.from({ length: limit }, (_, k) => 7000 - offset - k), cells: Array(limit).fill(["a"]) };
      });
      const failed = await blocks.need(95, 10).catch((error) => error.message);
      isDown = false;
      await blocks.need(95, 10); await blocks.need(96, 10);
      return [failed, asked.length, blocks.at(99).row, blocks.at(100).row, blocks.at(250), blocks.placeOf(6900)];
    """
    assert run_js("explorer/table_window.js", body) == ["down", 4, 6901, 6900, None, 100]


def test_columns_that_are_gone_give_way_to_the_usual_ones(evaluate):
    fields = [{"name": name} for name in ("id", "label", "text", "is_correct", "error", "loss")]
    found = [
        evaluate("explorer/table_columns.js", "m.shownColumns(v.wanted, v.fields, v.words)", wanted=wanted,
                 fields=fields, words=words)
        for wanted, words in ((["loss", "gone"], None), (["gone"], None), (None, "text"))
    ]  # fmt: skip
    usual = ["id", "label", "loss", "tags"]
    assert found == [["loss"], usual, ["id", "text", *usual[1:]]]


@pytest.mark.parametrize(
    ("before", "rows", "adds", "is_range", "after"),
    [
        ([], [4], False, False, [4]),
        ([4], [4], False, False, []),
        ([3, 4], [4], False, False, [4]),
        ([3, 4], [4], True, False, [3]),
        ([3], [4], True, False, [3, 4]),
        ([3], [4, 5, 3], False, True, [3, 4, 5]),
    ],
)
def test_what_a_click_picks(evaluate, before, rows, adds, is_range, after):
    expression = "[...m.pickedRange(new Set(v.before), v.rows, { adds: v.adds, isRange: v.isRange })]"
    found = evaluate("explorer/picking.js", expression, before=before, rows=rows, adds=adds, isRange=is_range)
    assert sorted(found) == after
