"""The browser side as one module is the same as its modules one by one."""

import pytest

from app.browser import joined

NAMES = sorted(path.relative_to(joined.HERE).as_posix() for path in joined.HERE.glob("*/*.js"))
EACH = """
  const { module } = await import(v.joined);
  const found = {};
  for (const name of v.names) {
    const alone = await load(name), together = module(name);
    const form = (one) => Object.entries(one).map(([key, value]) => [key, typeof value, value?.length]).sort();
    found[name] = [JSON.stringify(form(alone)) === JSON.stringify(form(together)), form(together).length];
  }
  return { found, once: module("shared/client.js") === module("shared/client.js") };
"""


@pytest.fixture(scope="session")
def joined_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("joined") / "joined.mjs"
    path.write_text(joined.script(), "utf-8")
    return path.as_uri()


def test_each_module_exports_the_same_joined_as_alone(run_js, joined_file):
    answer = run_js("shared/dom.js", EACH, joined=joined_file, names=NAMES)
    assert {name: found for name, found in answer["found"].items() if not found[0]} == {}
    assert answer["found"]["explorer/explorer.js"] == [True, 1]
    assert answer["once"]


def test_a_module_knows_its_own_address(run_js, tmp_path):
    (tmp_path / "joined.mjs").write_text(joined.script().replace("return { ", "return { $here, "), "utf-8")
    body = "return (await import(v.joined)).module('shared/client.js').$here"
    found = run_js("shared/dom.js", body, joined=(tmp_path / "joined.mjs").as_uri())
    assert found == (tmp_path / "shared" / "client.js").as_uri()


@pytest.mark.parametrize("line", ["export let count = 0;", 'export * from "./dom.js";', 'import "./dom.js";'])
def test_what_cannot_be_joined_is_named(tmp_path, monkeypatch, line):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.js").write_text(f"// @ts-check\n{line}\n")
    monkeypatch.setattr(joined, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"app/browser/one/a\.js cannot be joined with the others: (import|export)"):
        joined.script()
