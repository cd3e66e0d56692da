"""The sheet of keys and the hints of the first visit, run by node."""

import re
from pathlib import Path

import pytest

from app.wire import tag_words

BROWSER = Path(__file__).parents[2] / "app" / "browser"
STORAGE = """const all = new Map(Object.entries(v.kept ?? {}));
  const kept = { getItem: (key) => all.get(key) ?? null, setItem: (key, text) => all.set(key, text),
                 removeItem: (key) => all.delete(key) };"""


@pytest.fixture
def sheet(evaluate):
    """sheet(page): what the sheet of keys lists on a page, by title."""

    def read(page, own=()):
        listed = evaluate("guide/sheet.js", "m.sections(v.page, v.own, v.offered)", page=page, own=list(own),
                          offered=tag_words.offered())  # fmt: skip
        return {one["title"]: one["rows"] for one in listed}

    return read


def test_the_sheet_is_whole_on_every_page_and_begins_with_the_page_on_screen(sheet):
    review, explore = sheet("review"), sheet("explore")
    assert next(iter(review)) == "Review"
    assert next(iter(explore)).startswith("Explore")
    assert review.keys() == explore.keys()
    own = [{"title": "Review", "rows": [["1", "beach"]]}]
    assert sheet("review", own)["Review"] == [["1", "beach"]]
    assert len(sheet("review", own)) == len(review)


def test_every_verdict_and_every_letter_that_review_listens_to_is_listed(sheet, evaluate):
    keys = [key for key, _ in sheet("review")["Review"]]
    assert keys[: len(tag_words.offered())] == [one["key"] for one in tag_words.offered()]
    usual = {"mode": "plain", "verdicts": [], "isEmpty": True, "hasBoxes": True}
    letters = "abcdefghijklmnopqrstuvwxyz0123456789?"
    heard = evaluate("review/key_requests.js", "[...v.letters].filter((key) => m.request({ key }, { ...v.desk, keys: "
                     "new Map() }))", letters=letters, desk=usual)  # fmt: skip
    assert heard
    assert {one.upper() for one in heard} <= {key[0] for key in keys}


def test_every_key_that_explore_listens_to_is_listed(sheet):
    """A key that a module compares with stands in the sheet, whoever adds it."""
    rows = [key for title, rows in sheet("explore").items() if not title.startswith("Review") for key, _ in rows]
    listed = " ".join(rows).lower()
    names = {
        " ": "space",
        "escape": "esc",
        "arrowleft": "←",
        "arrowright": "→",
        "arrowup": "↑",
        "arrowdown": "↓",
        "-": "−",
    }
    for path in sorted((BROWSER / "explorer").glob("*.js")):
        for key in re.findall(r'event\.key(?:\.toLowerCase\(\))? [!=]== "([^"]+)"', path.read_text("utf-8")):
            assert names.get(key.lower(), key.lower()) in listed, f"{path.name} listens to {key!r}; list it in keys.js"


def test_a_hint_is_shown_on_its_page_until_it_is_dismissed_and_never_again(run_js):
    body = (
        STORAGE
        + """
      const shown = () => ["overview", "explore", "review", "sets"].map((page) => m.hint(page, kept)?.at ?? 0);
      const found = [shown()];
      for (const page of ["explore", "overview", "review"]) { m.dismiss(page, kept); found.push(shown()); }
      m.again(kept); found.push(shown());
      m.dismiss("overview", kept, true); found.push(shown());
      return found;"""
    )
    assert run_js("guide/tour.js", body) == [
        [1, 2, 3, 0], [1, 0, 3, 0], [0, 0, 3, 0], [0, 0, 0, 0], [1, 2, 3, 0], [0, 0, 0, 0]]  # fmt: skip


def test_where_the_browser_keeps_nothing_no_hint_comes_back_at_every_page(run_js):
    assert run_js("guide/tour.js", "return m.hint('overview', null)") is None
