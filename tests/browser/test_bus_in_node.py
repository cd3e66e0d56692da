"""Explore's tags on their way through the outbox, run by node with a storage and a server made of answers."""

import json

import pytest

RULE = {"all": [{"column": "loss", "min": 2, "max": None}]}
WINDOW = """
  const { openClient } = await load("shared/client.js");
  const kept = v.kept ?? {}, sent = [];
  const hidden = (value) => ({ value, enumerable: false });
  Object.defineProperties(kept, {
    getItem: hidden((key) => kept[key] ?? null),
    setItem: hidden((key, value) => { kept[key] = value; }),
    removeItem: hidden((key) => { delete kept[key]; }) });
  const answer = (status, body) => new Response(body, { status, headers: { "X-HEM-Revision": "1" } });
  let status = v.status;
  const fetch = async (url, options = {}) => {
    if (!status) throw new TypeError("no server");
    if (options.method !== "POST") return answer(200, url.includes("revision") ? '{"revision": 1}' : "");
    sent.push([url, JSON.parse(options.body)]);
    return answer(status, JSON.stringify(status === 200 ? { count: 3, batch: "b" } : { error: "scored again" }));
  };
  const client = openClient({ fetch, kept: v.hasStorage === false ? null : kept, session: null, place: {} });
  const identity = { run: "r", workspace: v.workspace ?? "w", data: "d", examples: "e" };
  const data = { run: "r", fingerprint: "f", identity, token: "t", person: "ann", n: 4, verdicts: ["hard"] };
  const bus = m.openBus(client, data);
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
