"""Some hundred requests that nobody means: every answer is a refusal in words, and the log stays as it was."""

import asyncio
import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import loaders
from app.wire import routes
from app.wire.identity import identity

HEADERS = {"X-HEM-Token": routes.token("a-session"), "Content-Type": "application/json"}
DEEP = "[" * 1_000 + "]" * 1_000
ODD = ["2" * 400, "-9223372036854775809",
       "1e400", "NaN", "-Infinity", '"\\ud800"', '"\\u0000"', DEEP, "[]", "{}", "null",
       "true", '""', '" "', '"' + "x" * 300 + '"', "-1", "1.5", '[["e00"]]', "[1]", '{"all": []}', '{"all": 3}',
       '{"all": [{"not": ' * 30 + "1" + "}]}" * 30, '{"all": [null]}', '{"all": [{"rows": [1]}]}', '{"any": []}',
       '{"all": [{"column": "loss", "min": "a"}]}', '{"all": [{"column": "loss", "in": [1e999]}]}',
       '{"all": [{"polygon": {"x": "loss", "y": "loss", "points": [[0, 0], [1, 2], [1e39, "a"]]}}]}']  # fmt: skip
NOT_JSON = [b"", b"{",
            b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"nope", b"[]", b"3", b'"x"', b"null", b'{"a": 1,}',
            b'{"a": ' + b"9" * 10_000 + b"}", '{"a": "\ud800"}'.encode("utf-8", "surrogatepass")]  # fmt: skip


@pytest.fixture
def client(workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace()))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


def refused(answer, what):
    assert 400 <= answer.status_code < 500, (answer.status_code, what)
    assert len(answer.json()["error"]) > 5, what


@pytest.mark.slow
def test_no_post_that_makes_no_sense_is_an_error_of_the_server_or_changes_the_log(client):
    run, chance = loaders.run("tiny"), random.Random(0)
    about = {**identity(run.examples), "fingerprint": run.fingerprint, "who": "anna", "client": "c", "tag": "hard"}
    fields = [*about, "ids", "sequence", "action", "rule", "value", "batch"]
    for turn in range(400):
        what = chance.choice(["tags", "undo", "csv"])
        usual = {name: json.dumps(value) for name, value in {**about, "ids": ["e00"], "sequence": turn}.items()}
        changed = {name: chance.choice(ODD) for name in chance.sample(fields, chance.randint(1, 3))}
        text = "{" + ", ".join(f'"{name}": {value}' for name, value in {**usual, **changed}.items()) + "}"
        before = loaders.tags().revision(run.data)
        answer = client.post(f"/hem/{what}", content=text.encode())
        assert answer.status_code < 500, (what, changed, answer.text)
        if answer.status_code >= 400:
            refused(answer, changed)
            assert loaders.tags().revision(run.data) == before, changed
        else:  # what was changed is not read there, or is as good as not there
            assert not set(changed) & {"run", "workspace", "data", "examples"}, changed
    for content in NOT_JSON:
        refused(client.post("/hem/tags", content=content), content[:30])


@pytest.mark.parametrize("what", ["tags", "undo"])
@pytest.mark.parametrize("field", ["run", "workspace", "data", "examples", "who", "client", "sequence", "batch", "rule",
                                   "ids", "tag", "action", "value"])  # fmt: skip
def test_a_field_that_is_not_what_it_must_be_stores_nothing(client, what, field):
    run = loaders.run("tiny")
    about = {**identity(run.examples), "fingerprint": run.fingerprint, "who": "anna", "client": "c", "sequence": 1}
    usual = {**about, "ids": ["e00"], "tag": "hard", "action": "add"}
    before = loaders.tags().revision(run.data)
    for value in ([], {}, [[]], {"a": 1}, -1, 1.5, True, 2**63, 2**70, "\x00", "x" * 5_000):
        if what == "undo" and field in ("rule", "ids", "tag", "action", "value"):
            continue  # not read
        if (field == "value" and not value) or (what == "tags" and field == "batch") or (field, value) == ("ids", []):
            continue  # as good as not there
        refused(client.post(f"/hem/{what}", content=json.dumps({**usual, field: value})), (field, value))
    assert loaders.tags().revision(run.data) == before


@pytest.mark.slow
def test_no_address_that_makes_no_sense_is_an_error_of_the_server(client):
    chance = random.Random(1)
    names = [
        "columns",
        "column",
        "ids",
        "thumbs",
        "image",
        "contents",
        "free",
        "mask",
        "detail",
        "verdicts",
        "revision",
    ]
    odd = [
        *ODD,
        "9" * 5_000,
        "1,,2",
        "٣",
        "1_0",
        "0x1",
        "%00",
        "..",
        "../..",
        "a/../b",
        "\u202e",
        "'; DROP TABLE x; --",
    ]
    for name in names:
        for _ in range(25):
            query = {key: chance.choice(odd)[:6_000] for key in chance.sample(["rows", "name", "rule", "v"], 2)}
            run = chance.choice(["tiny", "tiny", "..", "a\u0301", "x" * 300, "tiny%2f..", "tiny%00"])
            answer = client.get(f"/hem/{name}/{run}", params=query)
            assert answer.status_code < 500, (name, run, query, answer.text)


@pytest.mark.parametrize("header", [{"content-length": "abc"}, {"content-length": "-5"}, {"content-length": "9" * 30},
                                    {"x-hem-token": "é.é"}, {"x-hem-token": "."}, {"content-length": "²"}])  # fmt: skip
def test_no_header_that_makes_no_sense_is_an_error_of_the_server(client, header):
    encoded = {name: value.encode("latin-1") for name, value in header.items()}
    refused(client.post("/hem/tags", content=b"{}", headers=encoded), header)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}', '{"ids": ["e00"], "ids": ["e01"]}'])
def test_a_name_that_a_post_says_twice_is_refused(client, text):
    answer = client.post("/hem/tags", content=text.encode())
    assert (answer.status_code, "twice" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("name", ["tag", "who"])
@pytest.mark.parametrize("value", ["a\nb", "\u200b", "\x1b[31m", "\x7f", "\ufeff", "\u202e\u2060"])
def test_a_tag_or_a_name_that_nobody_can_see_is_refused(client, name, value):
    run = loaders.run("tiny")
    usual = {
        **identity(run.examples),
        "who": "anna",
        "client": "c",
        "sequence": 1,
        "ids": ["e00"],
        "tag": "hard",
        name: value,
    }
    refused(client.post("/hem/tags", content=json.dumps(usual).encode()), value)
    assert loaders.tags().revision(run.data) == 0


@pytest.mark.parametrize("value", [0, False, [], {}])
def test_a_value_that_is_no_text_is_refused_also_when_it_is_empty(client, value):
    run = loaders.run("tiny")
    usual = {**identity(run.examples), "who": "anna", "client": "c", "sequence": 1, "ids": ["e00"], "tag": "hard"}
    refused(client.post("/hem/tags", content=json.dumps({**usual, "value": value}).encode()), value)


async def _ask(app, path, length, parts, is_broken=False):
    """What an app answers to a body that comes in parts, and how much of it was read."""
    heard, rest = [], list(parts)

    async def receive():
        if rest:
            return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest) or is_broken}
        return {"type": "http.disconnect"}

    async def send(message):
        heard.append(message)

    headers = [(b"x-hem-token", HEADERS["X-HEM-Token"].encode()), (b"content-length", str(length).encode())]
    usual = {"type": "http", "http_version": "1.1", "query_string": b"", "server": ("127.0.0.1", 80), "scheme": "http"}
    scope = {**usual, "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
    await app(scope, receive, send)
    return heard[0]["status"], len(rest)


def _heard(asking):
    with ThreadPoolExecutor(1) as own:  # a browser of other tests keeps a loop in this thread
        return own.submit(asyncio.run, asking).result()


@pytest.mark.parametrize("path", ["/hem/tags", "/hem/undo", "/hem/csv", "/hem/name"])
def test_a_post_that_is_broken_off_is_no_error_of_the_server(client, path):
    assert _heard(_ask(client.app, path, 500, [b'{"a": '], is_broken=True)) == (400, 0)


@pytest.mark.parametrize("path", ["/hem/tags", "/hem/name"])
def test_a_body_that_is_too_long_is_read_to_its_end_so_that_the_browser_hears_why(client, path):
    parts = [b"x" * (1 << 20)] * 17
    assert _heard(_ask(client.app, path, 17 << 20, parts)) == (413, 0)
    assert _heard(_ask(client.app, path, 1 << 40, parts)) == (413, 17)
