"""Explore's tags on their way through the outbox, run by node with a storage and a server made of answers."""

import json

import pytest

RULE = {"all": [{"column": "loss", "min": 2, "max": None}]}
WINDOW = """
  const kept = v.kept ?? {}, sent = [];
  const hidden = (value) => ({ value, enumerable: false });
  Object.defineProperties(kept, {
    getItem: hidden((key) => kept[key] ?? null),
    setItem: hidden((key, value) => { kept[key] = value; }),
    removeItem: hidden((key) => { delete kept[key]; }) });
  globalThis.window = { localStorage: v.hasStorage === false ? null : kept, sessionStorage: null };
  globalThis.navigator ??= {};
  const answer = (status, body) => new Response(body, { status, headers: { "X-HEM-Revision": "1" } });
  let status = v.status;
  globalThis.fetch = async (url, options = {}) => {
    if (!status) throw new TypeError("no server");
    if (options.method !== "POST") return answer(200, url.includes("revision") ? '{"revision": 1}' : "");
    sent.push([url, JSON.parse(options.body)]);
    return answer(status, JSON.stringify(status === 200 ? { count: 3, batch: "b" } : { error: "scored again" }));
  };
  const identity = { run: "r", workspace: v.workspace ?? "w", data: "d", examples: "e" };
  const bus = m.openBus({ run: "r", fingerprint: "f", identity, token: "t", person: "ann", n: 4, verdicts: ["hard"] });
  const until = async (is) => { while (!is()) await new Promise((go) => setTimeout(go, 5)); };
  bus.selection = v.rule ?? bus.selection;
"""


def test_a_tag_of_explore_that_was_not_stored_is_posted_when_the_page_is_opened_again(run_js):
    down = (
        WINDOW
        + """
      bus.tag("add", "hard").catch(() => {});
      await until(() => bus.outbox.count() === 1);
      return { kept, verdicts: [...bus.verdicts], unkept: bus.outbox.unkept() };
    """
    )
    found = run_js("explorer/bus.js", down, status=0, rule=RULE)
    assert (list(found["verdicts"]), found["unkept"]) == ([1, 1, 1, 1], 0)
    (key,) = found["kept"]
    entry = json.loads(found["kept"][key])
    up = WINDOW + "await until(() => bus.outbox.count() === 0); return { kept, sent };"
    elsewhere = WINDOW + "return [bus.outbox.count(), bus.outbox.elsewhere()];"
    assert run_js("explorer/bus.js", elsewhere, status=200, kept=found["kept"], workspace="other") == [0, 1]
    again = run_js("explorer/bus.js", up, status=200, kept=found["kept"])
    assert again == {"kept": {}, "sent": [["/hem/tags", entry["body"]]]}
    named = {"run": "r", "workspace": "w", "data": "d", "examples": "e", "fingerprint": "f", "rule": RULE}
    assert entry["body"].items() >= {**named, "action": "add", "tag": "hard", "who": "ann"}.items()


def test_a_tag_of_explore_that_is_refused_stays_with_its_reason_and_can_be_tried_again(run_js):
    body = (
        WINDOW
        + """
      const error = await bus.tag("add", "hard").catch((error) => error);
      const refused = bus.outbox.refused.map((entry) => entry.reason);
      status = 200;
      return [error.message, refused, await error.retry(), bus.outbox.refused.length, Object.keys(kept).length];
    """
    )
    found = run_js("explorer/bus.js", body, status=409, rule=RULE)
    assert found == ["scored again", ["scored again"], {"count": 3, "batch": "b"}, 0, 0]


@pytest.mark.parametrize("has_storage", [True, False])
def test_what_the_browser_cannot_keep_is_counted(run_js, has_storage):
    body = (
        WINDOW
        + """
      bus.tag("add", "hard").catch(() => {});
      await until(() => bus.outbox.count() === 1);
      const waiting = bus.outbox.unkept();
      status = 200;
      bus.outbox.send();
      await until(() => bus.outbox.count() === 0);
      return [waiting, bus.outbox.unkept()];
    """
    )
    assert run_js("explorer/bus.js", body, status=0, rule=RULE, hasStorage=has_storage) == [int(not has_storage), 0]


def test_the_parts_of_a_window_share_one_outbox_which_goes_on_when_one_has_left(run_js):
    body = """
      const begun = [], heard = [];
      const start = (options) => { begun.push(options); return { workspace: options.workspace }; };
      const share = (name, workspace) =>
        m.shareOutbox({ workspace, token: () => name, changed: () => heard.push(name), start });
      const explore = share("explore", "w"), review = share("review", "w"), other = share("other", "v");
      begun[0].changed();
      review.leave();
      begun[0].changed();
      return [begun.length, explore.outbox === review.outbox, heard, begun[0].token(), other.outbox.workspace];
    """
    found = run_js("shared/outbox_of_window.js", body)
    assert found == [2, True, ["explore", "review", "explore"], "review", "v"]
