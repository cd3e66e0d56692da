"""The client in a shell made for the test: what it asks the server, with whose token, and what all parts share.

That it runs without a window is what lets a notebook host the same components.
"""

import pytest

from app.wire import payloads

SHELL = """
  const asked = [];
  const reply = v.reply ?? { status: 200, body: "{}" };
  const shell = {
    fetch: async (path, options = {}) => {
      asked.push({ path, token: options.headers["X-HEM-Token"], method: options.method ?? "GET",
        body: options.body && JSON.parse(options.body), keepalive: options.keepalive });
      return new Response(v.bytes ? Uint8Array.from(v.bytes) : reply.body,
        { status: reply.status, headers: { "X-HEM-Revision": "7", "X-HEM-Free": "1" } });
    },
    kept: null, session: null, locks: undefined, place: {},
  };
  const client = m.openClient(shell);
  client.renew({ token: "first", person: "ann" });
  const run = client.run({ run: "my run/1", fingerprint: "f1", identity: { workspace: "w", data: "d" } });
  const until = async (is) => { while (!is()) await new Promise((go) => setTimeout(go, 5)); };
"""


@pytest.fixture
def ask(run_js):
    """ask(body, **values): what the body returns, with `client`, its `run`, and `asked`, the requests so far."""
    return lambda body, **values: run_js("shared/client.js", SHELL + body, **values)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("columns()", "/hem/columns/my%20run%2F1?v=f1"),
        ("column('a&b')", "/hem/column/my%20run%2F1?name=a%26b&v=f1"),
        ("ids([3, 4])", "/hem/ids/my%20run%2F1?rows=3,4&v=f1"),
        ("picture(3)", "/hem/image/my%20run%2F1?rows=3&v=f1"),
        ("picture(3, true)", "/hem/image/my%20run%2F1?rows=3&plain=1&v=f1"),
        ("picture(3, false, ['given', 'others'])", "/hem/image/my%20run%2F1?rows=3&hide=given,others&v=f1"),
        ("contents([3])", "/hem/contents/my%20run%2F1?rows=3&v=f1"),
        ("free([3])", "/hem/free/my%20run%2F1?rows=3"),
        ("mask({ all: [] }, 5)", "/hem/mask/my%20run%2F1?rule=%7B%22all%22%3A%5B%5D%7D&bits=1&rev=5"),
        ("verdicts()", "/hem/verdicts/my%20run%2F1"),
        ("revision()", "/hem/revision/my%20run%2F1"),
        ("details([3], false)", "/hem/detail/my%20run%2F1?rows=3"),
        ("details([3], true)", "/hem/detail/my%20run%2F1?rows=3&blind=1"),
        ("judged([3, 4])", "/hem/judged/my%20run%2F1?rows=3,4"),
    ],
)
def test_what_is_fetched_of_a_run_has_its_address(ask, call, path):
    assert ask(f"await run.{call}; return asked.map((one) => one.path);") == [path]


def test_a_long_rule_is_posted(ask):
    body = "const rule = { all: [{ rows: Array(2000).fill('a-box') }] }; await run.mask(rule, 5); return asked;"
    (one,) = ask(body)
    assert (one["path"], one["method"]) == ("/hem/mask", "POST")
    assert one["body"]["fingerprint"] == "f1"
    assert len(one["body"]["rule"]["all"][0]["rows"]) == 2000


def test_every_request_shows_the_newest_token(ask):
    body = "await run.revision(); client.renew({ token: 'second', person: 'ben' }); await run.revision();"
    assert ask(body + "return asked.map((one) => one.token);") == ["first", "second"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"status": 404, "body": '{"error": "no run \'x\'"}'}, ["no run 'x'", 404]),
        ({"status": 502, "body": "<html>"}, ["the server answered 502", 502]),
    ],
)
def test_what_the_server_refuses_is_raised_in_its_words(ask, reply, error):
    body = "return run.revision().catch((error) => [error.message, error.status]);"
    assert ask(body, reply=reply) == error


def test_verdicts_come_with_the_revision_of_the_log(ask):
    found = ask("const { codes, ...rest } = await run.verdicts(); return [[...codes], rest];", bytes=[0, 2, 1])
    assert found == [[0, 2, 1], {"revision": 7, "hasFree": True}]


def test_pictures_that_python_packs_are_unpacked(ask):
    body = """const blobs = await run.thumbs([1, 2, 3]);
      return Promise.all(blobs.map(async (one) => one && [one.type, await one.text()]));"""
    found = ask(body, bytes=list(payloads.pack([b"abc", b"", b"de"])))
    assert found == [["image/webp", "abc"], None, ["image/webp", "de"]]


def test_a_csv_names_the_data_and_the_rule(ask):
    (asked,) = ask("await run.csv({ all: [] }); return asked;")
    body = {"workspace": "w", "data": "d", "fingerprint": "f1", "rule": {"all": []}}
    assert (asked["path"], asked["method"], asked["body"]) == ("/hem/csv", "POST", body)


def test_a_post_says_what_it_is_about_and_who_says_it_in_which_window(ask):
    body = """const before = run.about().window, id = await client.windowId();
      client.renew({ token: "t", person: "ben" });
      const { window, ...rest } = run.about();
      return [before, window === id, id === await client.windowId(), id.length, rest];"""
    assert ask(body) == ["", True, True, 24, {"workspace": "w", "data": "d", "who": "ben"}]


def test_the_parts_of_a_page_share_one_outbox_which_goes_on_when_one_has_left(ask):
    body = """
      const heard = [];
      const take = (name, workspace) => client.outbox(workspace, () => heard.push(name));
      const explore = take("explore", "w"), review = take("review", "w"), other = take("other", "v");
      review.leave();
      explore.outbox.post("/hem/tags", { tag: "hard" });
      await until(() => explore.outbox.count() === 0);
      return [explore.outbox === review.outbox, other.outbox === review.outbox, [...new Set(heard)],
        asked.map((one) => [one.path, one.method, one.token, one.body.tag, one.keepalive])];"""
    assert ask(body) == [True, False, ["explore"], [["/hem/tags", "POST", "first", "hard", True]]]


def test_a_post_too_large_to_outlive_the_page_is_sent_all_the_same(ask):
    body = """
      const { outbox } = client.outbox("w", () => {});
      outbox.post("/hem/tags", { ids: Array(9000).fill("an-id") });
      await until(() => outbox.count() === 0);
      return asked.map((one) => one.keepalive);"""
    assert ask(body) == [False]


def test_a_choice_of_the_reader_is_kept_where_the_browser_allows_it(ask):
    kept = """const kept = new Map();
      const other = m.openClient({ ...shell, kept: { getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => kept.set(key, value) } });
      other.prefer("hem-blind", "1"); client.prefer("hem-blind", "1");
      return [other.preference("hem-blind"), client.preference("hem-blind")];"""
    assert ask(kept) == ["1", None]


def test_addresses_begin_with_the_path_under_which_a_proxy_shows_the_app(evaluate):
    own = "/hem/static/0123456789ab/shared/browser_shell.js"
    places = ["http://127.0.0.1:8501", "https://x.org/hem", "https://x.org/a/hem/static/b", "file:///repository/app"]
    found = evaluate("shared/browser_shell.js", "v.all.map(m.basePath)", all=[place + own for place in places])
    assert found == ["", "/hem", "/a/hem/static/b", ""]
