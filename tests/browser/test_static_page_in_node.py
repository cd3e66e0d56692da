"""A page in one file answers as the server does."""

import base64
import gzip
import json

import numpy as np
import pytest

WORDS = ["a Cat", "dog", None, "cat & <b>"]
FILES = {
    "data": json.dumps({"n": 4, "verdicts": ["hard", "easy"], "words": "text"}).encode(),
    "columns": json.dumps(
        {"columns": {"loss": {"kind": "number", "type": "<f4"},
                     "label": {"kind": "category", "type": "|u1", "names": ["x", "y"]}}}
    ).encode(),
    "column/loss": np.array([1, 2, 3, np.nan], "<f4").tobytes(),
    "column/label": np.array([0, 1, 0, 255], "u1").tobytes(),
    "ids": json.dumps(["i0", "i1", "i2", "i3"]).encode(),
    "details": json.dumps([{"id": f"i{k}", "text": text} for k, text in enumerate(WORDS)]).encode(),
    "searched": json.dumps([["i0", "a Cat"], ["i1", "dog"], ["i2"], ["i3", "cat & <b>"]]).encode(),
    "free": json.dumps([["mine"], [], [], []]).encode(),
    "verdicts": bytes([0, 1, 0, 0]),
    "csv": json.dumps({"names": ["id", "loss"], "rows": [["i0", 1], ["i1", 2], ["=2", 3], ["i3", None]]}).encode(),
    "thumbs": (2).to_bytes(4, "little") + (1).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abbb",
}  # fmt: skip


def packed(files):
    index = json.dumps([[name, len(content)] for name, content in files.items()]).encode()
    whole = len(index).to_bytes(4, "little") + index + b"".join(files.values())
    return base64.b64encode(gzip.compress(whole)).decode()


OPEN = """
  const { unpacked } = await load("static_page/packed.js");
  const ask = m.answersOf(await unpacked(v.packed));
"""


@pytest.mark.parametrize(
    ("clause", "wanted"),
    [
        ({"column": "text", "contains": "CAT"}, [1, 0, 0, 1]),
        ({"column": "id", "contains": "i2"}, [0, 0, 1, 0]),
        ({"column": "text", "matches": "^d.g$"}, [0, 1, 0, 0]),
        ({"column": "text", "word": "cat"}, [1, 0, 0, 1]),
        ({"column": "text", "words": {"min": 2, "max": 2}}, [1, 0, 0, 0]),
        ({"search": 'CAT "cat &"'}, [0, 0, 0, 1]),
        ({"search": "/^D/i"}, [0, 1, 0, 0]),
        ({"column": "label", "contains": "y"}, [0, 1, 0, 0]),
        ({"column": "loss", "min": 2, "max": None}, [0, 1, 1, 0]),
        ({"not": {"column": "loss", "min": 2, "max": None}}, [1, 0, 0, 1]),
        ({"tag": []}, [0, 0, 1, 1]),
        ({"tag": ["mine"]}, [1, 0, 0, 0]),
        ({"tag": ["hard"]}, [0, 1, 0, 0]),
        ({"rows": ["i3", "gone"]}, [0, 0, 0, 1]),
    ],
)
def test_a_rule_matches_the_rows_that_the_server_would_name(run_js, clause, wanted):
    body = f"""{OPEN}
      const rule = encodeURIComponent(JSON.stringify({{ all: [v.clause] }}));
      const bits = await (await ask(`/hem/mask/run?rule=${{rule}}&bits=1&rev=0`)).arrayBuffer();
      return [...(await load("shared/rules.js")).unpacked(new Uint8Array(bits), 4)];
    """
    assert run_js("static_page/answers.js", body, packed=packed(FILES), clause=clause) == wanted


def test_csv_thumbnails_and_what_needs_a_server(run_js):
    body = f"""{OPEN}
      const {{ unpack }} = await load("shared/run_client.js");
      const rule = {{ all: [{{ column: "loss", min: 2, max: null }}] }};
      const table = await (await ask("/hem/csv", {{ method: "POST", body: JSON.stringify({{ rule }}) }})).text();
      const thumbs = unpack(await (await ask("/hem/thumbs/run?rows=1,0")).arrayBuffer());
      const none = await ask("/hem/tags", {{ method: "POST", body: "{{}}" }});
      return [table.split(/\\r?\\n/).filter(Boolean), thumbs.map((one) => one.size), none.status];
    """
    table, sizes, status = run_js("static_page/answers.js", body, packed=packed(FILES))
    assert table == ["id,loss,tags", "i1,2,hard", "'=2,3,"]
    assert (sizes, status) == ([3, 1], 404)


def test_masks_come_in_bits_where_they_are_asked_for_so(run_js):
    body = f"""{OPEN}
      const {{ unpacked: fromBits }} = await load("shared/rules.js");
      const rule = encodeURIComponent(JSON.stringify({{ all: [{{ rows: ["i0", "i3"] }}] }}));
      const bits = await (await ask(`/hem/mask/run?rule=${{rule}}&bits=1&rev=0`)).arrayBuffer();
      return [bits.byteLength, [...fromBits(new Uint8Array(bits), 4)]];
    """
    assert run_js("static_page/answers.js", body, packed=packed(FILES)) == [1, [1, 0, 0, 1]]


def test_the_table_is_sorted_with_missing_values_last(run_js):
    body = f"""{OPEN}
      const post = async (what, about) =>
        (await ask(`/hem/${{what}}`, {{ method: "POST", body: JSON.stringify(about) }})).text();
      const about = {{ rule: {{ all: [] }}, sort: "loss", descending: true, offset: 1, limit: 3 }};
      return [JSON.parse(await post("table", {{ ...about, columns: ["id", "loss", "label"] }})),
        JSON.parse(await post("table-rows", {{ ...about, sort: "label", descending: false }})).rows,
        await post("table-csv", {{ ...about, columns: ["label"] }})];
    """
    page, rows, text = run_js("static_page/answers.js", body, packed=packed(FILES))
    assert page == {"rows": [1, 0, 3], "cells": [["i1", 2, "y"], ["i0", 1, "x"], ["i3", None, None]]}
    assert rows == [2, 1, 3]
    assert text.split() == ["id,label,tags", "i2,x,", "i1,y,hard", "i0,x,mine", "i3,,"]
