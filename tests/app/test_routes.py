import io
import json
import struct
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.testclient import TestClient

from app import loaders
from app.wire import code, door, routes, search_marks
from app.wire.identity import identity
from hem_core.store.atomic import write_json, write_table
from hem_core.store.review_claims import LIFETIME, Holder
from hem_core.store.tags import TagLog
from hem_core.store.verdicts import VERDICTS

HEADERS = {"X-HEM-Token": routes.token("a-session")}


@pytest.fixture
def client(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


@pytest.fixture
def own(workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace()))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


def about():
    """What the page of the run `tiny` says in every post."""
    run = loaders.run("tiny")
    return {**identity(run.examples), "fingerprint": run.fingerprint}


def post(client, what="tags", **body):
    usual = {**about(), "who": "anna", "client": "page-1", "sequence": 1}
    usual |= {"tag": "hard", "ids": ["e00", "e02"]} if what == "tags" else {}
    return client.post(f"/hem/{what}", json={**usual, **body})


def test_overview_has_an_address_like_every_other_page(client):
    answer = client.get("/overview?run=tiny&cell=all", headers={"X-HEM-Token": ""}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/?run=tiny&cell=all")


@pytest.mark.parametrize(
    "sent",
    ["", "a-session", "a-session.0", routes.token("other").replace("other", "a-session")],
    ids=["none", "unsigned", "badly signed", "signed for another session"],
)
def test_a_wrong_token_is_refused_everywhere(client, sent):
    for path in ("columns/tiny", "column/tiny?name=loss", "ids/tiny?rows=1", "thumbs/tiny?rows=1", "image/tiny?rows=0",
                 "mask/tiny", "verdicts/tiny", "revision/tiny", "contents/tiny?rows=1",
                 "replay/tiny?epoch=1", "free/tiny?rows=1", "judged/tiny?rows=1", "detail/tiny?rows=1",
                 "desk/tiny"):  # fmt: skip
        answer = client.get(f"/hem/{path}", headers={"X-HEM-Token": sent})
        assert (answer.status_code, answer.json()["error"][:17]) == (403, "this page's token")
    for path in ("tags", "undo", "csv", "mask"):
        assert client.post(f"/hem/{path}", json={}, headers={"X-HEM-Token": sent}).status_code == 403


def test_numbers_come_as_float32_in_row_order(client):
    values = np.frombuffer(client.get("/hem/column/tiny?name=loss").content, "<f4")
    np.testing.assert_allclose(values[:2], [0.5 * 100 / 60 / 10, 1.5 * 100 / 60 / 10], rtol=1e-6)
    assert len(values) == 60


def test_the_data_map_after_an_epoch_comes_as_x_then_y(workspace, monkeypatch):
    folder = workspace()
    path = folder / "runs" / "tiny" / "scores.parquet"
    table = pq.read_table(path)
    write_table(path, table.append_column("variability", table["confidence_mean"]))
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    described = client.get("/hem/columns/tiny").json()
    last = client.get(f"/hem/replay/tiny?epoch={described['epochs']}")
    first = np.frombuffer(client.get("/hem/replay/tiny?epoch=1").content, "<f4").reshape(2, 60)
    assert np.frombuffer(last.content, "<f4").shape == (120,)
    assert first[0].tolist() == [0] * 60  # after one epoch nothing has wavered


@pytest.mark.parametrize("epoch", ["", "0", "-1", "1.5", "x", "4" * 5000, "999999", "1; DROP"])
def test_an_epoch_that_the_run_does_not_have_is_refused(client, epoch):
    answer = client.get("/hem/replay/tiny", params={"epoch": epoch})
    assert (answer.status_code, answer.json()["error"][:25]) == (400, "'epoch' must be a whole n")


def test_categories_come_as_codes_whose_names_are_the_classes_in_order(client):
    described = client.get("/hem/columns/tiny").json()
    label = described["columns"]["label"]
    assert (described["n"], label["names"], label["type"]) == (60, ["cat", "**dog**", "<b>fox</b>"], "|u1")
    codes = np.frombuffer(client.get("/hem/column/tiny?name=label").content, "u1")
    assert codes[:5].tolist() == [0, 1, 2, 0, 1]


def test_missing_numbers_are_nan(client):
    groups = np.frombuffer(client.get("/hem/column/tiny?name=duplicate_group").content, "<f4")
    assert groups[:2].tolist() == [1, 1]
    assert np.isnan(groups[2:]).all()


def test_scores_carry_title_unit_range_and_meaning(client):
    columns = client.get("/hem/columns/tiny").json()["columns"]
    assert columns["difficulty"]["meaning"] == "rank-mean of loss"
    assert columns["difficulty"]["unit"] == "percentile"
    assert columns["loss"]["is_score"]
    assert columns["loss"]["meaning"]
    assert not columns["image_row"]["is_score"]
    assert "evidence" not in columns


@pytest.mark.parametrize("path", ["evidence", "nothing", "..%2Fscores.parquet", ""])
def test_only_described_columns_are_served(client, path):
    answer = client.get(f"/hem/column/tiny?name={path}")
    assert answer.status_code == 404
    assert "run 'tiny' has no column" in answer.json()["error"]


@pytest.mark.parametrize("name", ["other", "..", "%2e%2e", "..%2f..%2fetc", "tiny%2f..", ".", "tiny%00"])
def test_a_run_that_is_not_in_the_workspace_is_404(client, name):
    assert client.get(f"/hem/columns/{name}").status_code == 404


@pytest.mark.parametrize("path", ["../routes.py", "..%2froutes.py", "x/../../routes.py", "explorer.py", "/etc/passwd"])
def test_static_files_are_the_browser_side_only(client, path):
    assert client.get(f"/hem/static/{path}").status_code == 404


def test_the_browser_side_is_cached_for_ever_under_its_version_only(client):
    current = client.get(f"/hem/static/{code.version()}/explorer/bus.js")
    assert "immutable" in current.headers["cache-control"]
    assert current.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert "no-cache" in client.get("/hem/static/0ld/explorer/bus.js").headers["cache-control"]
    assert client.get("/hem/static/plotly.min.js").status_code == 200
    assert "immutable" in client.get(code.address()).headers["cache-control"]
    assert "no-cache" in client.get("/hem/static/0ld/joined.js").headers["cache-control"]


@pytest.mark.parametrize(("path", "is_small"), [("column/tiny?name=loss", False), ("column/tiny?name=label", True)])
def test_only_what_gets_smaller_is_compressed(whole_workspace, monkeypatch, path, is_small):
    """Of the middleware of the app, which compresses what it is not told to leave alone, of any size here."""
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    app = GZipMiddleware(Starlette(routes=routes.routes()), minimum_size=1)
    client = TestClient(app, base_url="http://127.0.0.1", headers={"X-HEM-Token": routes.token("one")})
    assert client.get(f"/hem/{path}").headers["content-encoding"] == ("gzip" if is_small else "identity")


@pytest.mark.parametrize("name", ["plotly.min.js", "x/joined.js"])
def test_the_scripts_come_compressed_to_a_browser_that_can_read_it(client, name):
    sizes = {}
    for coding in ("gzip, br", "identity"):
        answer = client.get(f"/hem/static/{name}", headers={"Accept-Encoding": coding})
        assert answer.headers["content-type"].startswith("text/javascript")
        sizes[coding] = int(answer.headers["content-length"]), answer.text
    (packed, text), (plain, same) = sizes.values()
    assert text == same
    assert packed < plain / 2


def test_bytes_are_cached_for_ever_under_the_fingerprint_only(client):
    assert "immutable" in client.get("/hem/column/tiny?name=loss&v=fTrueTrue").headers["cache-control"]
    assert client.get("/hem/column/tiny?name=loss&v=other").headers["cache-control"] == "no-store"


def test_thumbnails_come_packed_and_unpack_to_the_pictures(client):
    content = client.get("/hem/thumbs/tiny?rows=5,0").content
    count, *lengths = struct.unpack("<3I", content[:12])
    first = content[12 : 12 + lengths[0]]
    assert (count, 12 + sum(lengths)) == (2, len(content))
    assert Image.open(io.BytesIO(first)).size == (8, 8)


def test_pictures_have_no_contents(client):
    assert client.get("/hem/contents/tiny?rows=1,2").json() == [None, None]


def test_texts_come_as_they_are_and_are_no_category(texts, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(texts))
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    assert client.get("/hem/contents/tiny?rows=1").json() == ["short"]
    assert "terrible</b>" in client.get("/hem/contents/tiny?rows=0").json()[0]
    described = client.get("/hem/columns/tiny").json()["columns"]
    assert "text" not in described
    assert "marks" not in described
    rule = {"all": [{"column": "text", "contains": "TERRIBLE"}]}
    mask = np.frombuffer(client.get("/hem/mask/tiny", params={"rule": json.dumps(rule)}).content, "u1")
    assert np.flatnonzero(mask).tolist() == [0]


def test_ids_come_in_the_order_asked_for(client):
    assert client.get("/hem/ids/tiny?rows=7,3").json() == ["e07", "e03"]
    assert client.get("/hem/ids/tiny?rows=").json() == []


@pytest.mark.parametrize(("rows", "said"), [("60", "from 0 to 59"), ("-1", "from 0 to 59"), ("a", "whole numbers")])
def test_rows_out_of_range_are_refused(client, rows, said):
    answer = client.get(f"/hem/ids/tiny?rows={rows}")
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_too_many_rows_are_refused(client):
    answer = client.get(f"/hem/thumbs/tiny?rows={','.join(['1'] * 1001)}")
    assert (answer.status_code, "at most 1000" in answer.json()["error"]) == (400, True)


def test_the_original_comes_as_a_picture(client, whole_workspace):
    picture = Image.open(io.BytesIO(client.get("/hem/image/tiny?rows=4").content))
    wanted = np.load(whole_workspace / "data" / "tiny.npy")[4]
    np.testing.assert_array_equal(np.asarray(picture.convert("L")), wanted)
    assert client.get("/hem/image/tiny?rows=60").status_code == 400


def test_a_moved_original_is_said(own, tmp_path):
    (tmp_path / "w" / "data" / "tiny.npy").rename(tmp_path / "elsewhere.npy")
    answer = own.get("/hem/image/tiny?rows=0")
    assert answer.status_code == 404
    assert "if the data were moved" in answer.json()["error"]


def test_without_originals_the_thumbnail_is_the_picture(own, tmp_path):
    home = tmp_path / "w" / "runs" / "tiny"
    catalog = pd.read_parquet(home / "catalog.parquet").drop(columns=["image", "image_row"])
    catalog.to_parquet(home / "catalog.parquet", index=False)
    picture = Image.open(io.BytesIO(own.get("/hem/image/tiny?rows=4").content))
    wanted = np.load(tmp_path / "w" / "data" / "tiny.npy")[4]
    np.testing.assert_array_equal(np.asarray(picture.convert("L")), wanted)


def test_with_neither_original_nor_thumbnail_there_is_no_picture(own, tmp_path):
    home = tmp_path / "w" / "runs" / "tiny"
    catalog = pd.read_parquet(home / "catalog.parquet").drop(columns=["image", "image_row"])
    catalog.to_parquet(home / "catalog.parquet", index=False)
    (home / "thumbnails.npy").unlink()
    answer = own.get("/hem/image/tiny?rows=4")
    assert (answer.status_code, answer.json()["error"]) == (404, "run 'tiny' has no images")


def test_a_mask_is_the_rule_resolved(client):
    rule = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    mask = np.frombuffer(client.get("/hem/mask/tiny", params={"rule": json.dumps(rule)}).content, "u1")
    assert np.flatnonzero(mask).tolist() == [54, 55, 56, 57, 58, 59]


@pytest.mark.parametrize(
    ("rule", "said"), [("{", "not JSON"), ("[]", "object"), ('{"all":[{"column":"no","in":[]}]}', "no column 'no'")]
)
def test_a_mask_of_a_bad_rule_is_refused(client, rule, said):
    answer = client.get("/hem/mask/tiny", params={"rule": rule})
    assert (answer.status_code, said in answer.json()["error"]) == (400, True)


def test_a_tag_is_stored_once_however_often_it_arrives(own):
    first = post(own).json()
    again = post(own).json()
    assert first["acknowledged"] == again["acknowledged"] == 1
    assert (first["revision"], first["count"]) == (again["revision"], 2)
    answer = own.get("/hem/verdicts/tiny")
    codes = np.frombuffer(answer.content, "u1")
    hard = VERDICTS.index("hard") + 1
    assert codes[:4].tolist() == [hard, 0, hard, 0]
    assert int(answer.headers["x-hem-revision"]) == own.get("/hem/revision/tiny").json()["revision"]


def test_free_tags_come_beside_the_verdicts(own):
    assert own.get("/hem/verdicts/tiny").headers["x-hem-free"] == "0"
    post(own, tag="<i>mine</i>", ids=["e01"])
    post(own, tag="hard", ids=["e01", "e02"], sequence=2)
    post(own, tag="blurred", ids=["e01"], sequence=3)
    assert own.get("/hem/verdicts/tiny").headers["x-hem-free"] == "1"
    assert own.get("/hem/free/tiny?rows=2,1").json() == [[], ["<i>mine</i>", "blurred"]]


def test_a_rule_tags_everything_that_matches_and_undo_takes_it_all_back(own):
    rule = {"all": [{"column": "label", "in": ["**dog**"]}]}
    assert post(own, ids=None, rule=rule).json()["count"] == 20
    undone = post(own, "undo", sequence=2).json()["undone"]
    assert (undone["tag"], undone["n"], "ids" in undone) == ("hard", 20, False)
    assert not np.frombuffer(own.get("/hem/verdicts/tiny").content, "u1").any()


def test_undo_with_nothing_to_undo_says_so(own):
    answer = post(own, "undo").json()
    assert (answer["undone"], answer["message"]) == (None, "Nothing to undo for anna.")
    assert post(own, "undo", window="w").json()["message"] == "Nothing to undo in this window."


def test_undo_takes_back_the_last_action_of_the_window_that_asks(own):
    post(own, window="left", ids=["e03"])
    post(own, window="right", ids=["e04"], sequence=2)
    undone = post(own, "undo", window="left", sequence=3).json()
    assert (undone["rows"], undone["message"]) == ([3], "Undone: “hard” on e03.")
    assert post(own, "undo", window="left", sequence=4).json()["undone"] is None
    assert list(own.get("/hem/judged/tiny?rows=3,4").json()["verdicts"]) == ["4"]


def test_undo_says_what_another_person_has_said_since_and_leaves_it(own):
    rule = {"all": [{"column": "label", "in": ["cat"]}]}
    post(own, window="w", ids=None, rule=rule)
    answer = post(own, who="ben", sequence=2, ids=["e00"], tag="outlier").json()
    assert answer["message"] == "This replaced a tag by anna; undo brings that back."
    undone = post(own, "undo", window="w", sequence=3).json()
    assert undone["message"] == (
        "Undone: “hard” on 20 examples. ben said something else about 1 of them since; that stays."
    )
    assert own.get("/hem/judged/tiny?rows=0,3").json()["verdicts"] == {
        "0": {"tag": "outlier", "value": "", "who": "ben"}
    }


def test_an_undo_can_be_redone_by_its_batch_and_says_so(own):
    post(own, window="w", action="clear", ids=["e00", "e01"])
    undone = post(own, "undo", window="w", sequence=2).json()
    assert undone["message"] == "Undone: clearing the tags on 2 examples."
    redone = post(own, "undo", window="w", sequence=3, batch=undone["undone"]["batch"]).json()
    assert redone["message"] == "Redone: clearing the tags on 2 examples."


@pytest.mark.parametrize("path", ["tags", "undo"])
@pytest.mark.parametrize("window", [7, "x" * 65, ["w"]])
@pytest.mark.parametrize("name", ["window", "claim"])
def test_a_window_that_is_no_short_text_is_refused(own, path, window, name):
    answer = post(own, path, **{name: window})
    assert (answer.status_code, f"'{name}' must be a text" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("opens", [("tags", {"action": "clear", "ids": ["e00"]}), ("undo", {})], ids=["clear", "undo"])
def test_review_claims_what_it_opens_again_and_explore_does_not(own, opens):
    path, body = opens
    holders = []
    for sequence, claimed in enumerate([{}, {"claim": "window of anna"}]):
        post(own, ids=["e00"], window="w", sequence=2 * sequence + 1)
        post(own, path, **body, window="w", sequence=2 * sequence + 2, **claimed)
        holders.append(claim(own, "ben", [0], most=0).json()["others"])
    assert holders == [{}, {"0": "anna"}]


@pytest.mark.parametrize(("answer", "tag", "value"), [("cat", "right", ""), ("**dog**", "mislabelled", "**dog**")])
def test_a_class_named_blind_is_right_where_it_is_the_label_and_else_the_new_label(own, answer, tag, value):
    done = post(own, action="answer", ids=["e00"], value=answer).json()
    assert (done["tag"], done["value"]) == (tag, value)
    said = own.get("/hem/judged/tiny?rows=0").json()
    assert said == {"revision": done["revision"], "verdicts": {"0": {"tag": tag, "value": value, "who": "anna"}}}


def test_a_class_with_a_name_longer_than_a_tag_can_be_named_blind(workspace, monkeypatch):
    home, name = workspace() / "runs" / "tiny", "x" * 300
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", {**info, "classes": [*info["classes"], name]})
    monkeypatch.setenv("HEM_WORKSPACE", str(home.parents[1]))
    own = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    done = post(own, action="answer", ids=["e00"], value=name).json()
    assert (done["tag"], done["value"]) == ("mislabelled", name)


@pytest.fixture
def of_40_numbers(workspace, monkeypatch):
    """The workspace with `tiny` as a run of 40 numbers: those of every example are 12.5625."""
    home, outputs = workspace() / "runs" / "tiny", [f"y{k}" for k in range(40)]
    table = pq.read_table(home / "scores.parquet").to_pandas().assign(label="; ".join(["12.5625"] * 40))
    write_table(home / "scores.parquet", table)
    info = json.loads((home / "run.json").read_text())
    settings = {"outputs": outputs, "spreads": [1.0] * 40}
    write_json(home / "run.json", {**info, "task": "regression", "classes": [], "task_settings": settings})
    monkeypatch.setenv("HEM_WORKSPACE", str(home.parents[1]))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


@pytest.mark.parametrize(
    ("body", "said"),
    [({"value": "wolf"}, "no class 'wolf'"), ({"value": ""}, "no class ''"), ({"ids": ["e00", "e01"]}, "one example")],
)
def test_an_answer_that_is_no_class_or_on_many_is_refused(own, body, said):
    answer = post(own, **{"action": "answer", "ids": ["e00"], "value": "cat", **body})
    assert (answer.status_code, said in answer.json()["error"]) == (400, True)


@pytest.fixture
def of_numbers(workspace, monkeypatch):
    """The workspace with `tiny` as a run of numbers: the label of e00 is 12.5, and there are no classes."""
    home = workspace() / "runs" / "tiny"
    table = pq.read_table(home / "scores.parquet").to_pandas().assign(label="12.5")
    write_table(home / "scores.parquet", table)
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", {**info, "task": "regression", "classes": []})
    monkeypatch.setenv("HEM_WORKSPACE", str(home.parents[1]))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


@pytest.mark.parametrize(
    ("answer", "tag", "value"),
    [("12.5", "right", ""), (" 12.50", "right", ""), ("12", "right", ""), ("7", "mislabelled", "7")],
)
def test_a_value_named_blind_is_right_where_it_is_the_label_and_else_the_new_one(of_numbers, answer, tag, value):
    done = post(of_numbers, action="answer", ids=["e00"], value=answer).json()
    assert (done["tag"], done["value"]) == (tag, value)


@pytest.mark.parametrize("answer", ["a lot", "", None])
def test_a_blind_answer_that_is_no_number_is_refused(of_numbers, answer):
    refused = post(of_numbers, action="answer", ids=["e00"], value=answer)
    assert (refused.status_code, "cannot be a label of" in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize(("last", "tag"), [("12.5625", "right"), ("7", "mislabelled")])
def test_forty_numbers_can_be_typed_blind(of_40_numbers, last, tag):
    typed = "; ".join([*["12.5625"] * 39, last])
    done = post(of_40_numbers, action="answer", ids=["e00"], value=typed).json()
    assert (len(typed) > 255, done["tag"]) == (True, tag)


def test_blind_details_hold_nothing_of_the_label_until_somebody_has_judged(own):
    post(own, ids=["e04"])
    hidden, judged = own.get("/hem/detail/tiny?rows=3,4&blind=1").json()
    assert hidden == {
        "row": 3, "text": None, "features": None, "is_blinded": True, "duplicates": [],
        "neighbours": [{"row": 4}, {"row": 5}, {"row": 6}],
    }  # fmt: skip
    assert judged == own.get("/hem/detail/tiny?rows=4").json()[0]


def test_blind_an_example_is_named_by_its_row_of_these_very_scores(own):
    answer = post(own, ids=None, rows=[4], action="answer", value="**dog**")
    assert (answer.status_code, answer.json()["count"]) == (200, 1)
    assert own.get("/hem/judged/tiny?rows=3,4,5").json()["verdicts"].keys() == {"4"}
    again = post(own, ids=None, rows=[4], action="answer", value="**dog**")  # the same sequence: stored once
    assert (again.json()["batch"], again.json()["count"]) == (answer.json()["batch"], 1)
    assert post(own, ids=None, rows=[5], action="answer", value="**dog**").status_code == 409
    assert post(own, sequence=2, ids=None, rows=[4], fingerprint="older").status_code == 409


@pytest.mark.parametrize("rows", [[60], [-1], [True], ["4"], 4, {}, [4.0]])
def test_rows_that_the_run_has_not_are_refused(own, rows):
    answer = post(own, ids=None, rows=rows)
    assert (answer.status_code, "whole numbers from 0 to 59" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("more", [{"ids": ["e00"]}, {"rule": {"all": [{"tag": []}]}, "ids": None}])
def test_a_post_names_its_examples_in_one_way(own, more):
    answer = post(own, rows=[0], **more)
    assert (answer.status_code, "must have only one" in answer.json()["error"]) == (400, True)


def test_a_tag_on_no_rows_stores_nothing(own):
    answer = post(own, ids=[]).json()
    assert (answer["count"], answer["batch"]) == (0, None)


def test_clear_and_remove(own):
    post(own, ids=["e00", "e01", "e02"])
    post(own, sequence=2, action="remove", ids=["e00"])
    post(own, sequence=3, action="clear", ids=["e01"])
    assert np.flatnonzero(np.frombuffer(own.get("/hem/verdicts/tiny").content, "u1")).tolist() == [2]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"run": "no"}, 409, "no run 'no'"), ({"tag": ""}, 400, "'tag' is missing"),
        ({"ids": ["e60"]}, 409, "no example 'e60'"),
        ({"ids": "all"}, 400, "list of the examples' ids"), ({"who": None}, 400, "'who' is missing"),
        ({"sequence": "1"}, 400, "whole number"), ({"action": "burn"}, 400, "no action 'burn'"),
        ({"ids": None, "rule": {"all": [{}]}}, 400, "no clause has the form"), ({"ids": [True]}, 400, "each a text"),
    ],
)  # fmt: skip
def test_a_bad_post_is_refused_and_stores_nothing(own, body, status, said):
    answer = post(own, **body)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert own.get("/hem/revision/tiny").json()["revision"] == 0


def test_a_post_that_is_too_large_is_refused(own, monkeypatch):
    monkeypatch.setattr(door, "MAX_POST_BYTES", 100)
    assert post(own, ids=["e00"] * 60).status_code == 413


def test_a_mask_of_a_long_rule_is_posted(own):
    rule = {"all": [{"rows": ["e54", "e02", *(f"{'x' * 100}{k}" for k in range(5_000))]}]}
    mask = np.frombuffer(own.post("/hem/mask", json={**about(), "rule": rule}).content, "u1")
    assert np.flatnonzero(mask).tolist() == [2, 54]
    assert own.post("/hem/mask", json={**about(), "fingerprint": "old", "rule": rule}).status_code == 409


def test_csv_holds_the_matching_examples_and_no_formula(own):
    post(own, tag="=HYPERLINK", ids=["e54"])
    rule = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    lines = own.post("/hem/csv", json={**about(), "rule": rule}).text.splitlines()
    assert len(lines) == 1 + 6
    assert lines[0].startswith("id,label,predicted,suggested_label,difficulty")
    assert lines[1].startswith("e54,")
    assert lines[1].endswith(",'=HYPERLINK")


def test_a_verdict_of_an_audit_is_kept_as_one_and_answered_with_how_far_it_is(own):
    level = loaders.level("tiny")
    key = loaders.audit(level).frame.key
    answers = [
        post(own, action="answer", value="cat", tag="", ids=["e00"], audit=key, sequence=k).json() for k in (1, 1)
    ]
    assert all("wrong" in one["audit"]["sentence"] for one in answers)
    assert [one["audit"]["drawn"] for one in answers] == [1, 1]
    assert answers[0]["audit"]["goal"] == "± 2 points"
    assert [one["audit"]["is_enough"] for one in answers] == [False, False]
    assert loaders.audit(level).done.tolist() == [0]
    assert loaders.audit(level).n_drawn == 1
    assert "audit" not in post(own, ids=["e01"], sequence=2).json()
    assert loaders.audit(level).done.tolist() == [0]


def claim(client, who, rows, **body):
    sent = {**about(), "who": who, "window": f"window of {who}", "rows": rows, "most": 2, **body}
    return client.post("/hem/claim", json=sent)


def test_two_people_claim_different_rows_and_skip_what_is_judged(own):
    post(own, ids=["e02"], who="cem")
    first = claim(own, "ann", [0, 1, 2, 3]).json()
    assert (first["own"], first["others"]) == ([0, 1], {})
    assert first["judged"] == {"2": {"tag": "hard", "value": "", "who": "cem"}}
    second = claim(own, "ben", [0, 1, 2, 3, 4, 5]).json()
    assert (second["own"], second["others"]) == ([3, 4], {"0": "ann", "1": "ann"})
    assert claim(own, "ann", [], most=0, release=True).json()["own"] == []
    assert claim(own, "ben", [0]).json()["own"] == [0]


def test_what_another_judges_and_leaves_while_a_claim_is_made_is_not_given(own):
    """Between what is known of a row and its claim: her verdict is stored by another server, and her page is closed."""
    level = loaders.level("tiny")
    log, ids = loaders.tags_of(level), loaders.ids(level)[[0]].tolist()
    hers = TagLog(log._place)
    claim(own, "ann", [0])
    leaving = [Holder("ann", "window of ann")]

    def leave(_connection, options):
        if options.get("hem_writes") and leaving:
            holder = leaving.pop()
            hers.add(level.data, ids, "hard", who="ann")
            hers.claims(level.data).release(holder)

    sa.event.listen(log._engine, "set_connection_execution_options", leave)
    found = claim(own, "ben", [0, 1]).json()
    sa.event.remove(log._engine, "set_connection_execution_options", leave)
    assert (found["own"], found["judged"]["0"]["who"]) == ([1], "ann")
    assert log.claims(level.data).others("cem") == {loaders.ids(level)[1]: "ben"}


def test_a_claim_in_the_disagreements_is_on_judged_rows_until_somebody_settles_them(own):
    for sequence, (who, tag) in enumerate([("cem", "hard"), ("dan", "outlier")]):
        post(own, ids=["e02"], who=who, tag=tag, sequence=sequence)
    before = claim(own, "ben", [2, 3], is_dispute=True).json()
    assert (before["own"], before["settled"], before["judged"]) == ([2], [3], {})
    post(own, ids=["e02"], who="ann", sequence=7)
    after = claim(own, "ben", [2, 3], is_dispute=True).json()
    assert (after["own"], after["settled"]) == ([], [2, 3])


@pytest.mark.parametrize(("ago", "own_rows"), [(LIFETIME * 0.5, [2, 3]), (LIFETIME * 1.01, [0, 1])])
def test_what_a_closed_browser_had_is_free_when_its_claim_runs_out(own, ago, own_rows):
    level = loaders.level("tiny")
    ids = loaders.ids(level)[[0, 1]].tolist()
    loaders.tags_of(level).claims(level.data, clock=lambda: time.time() - ago).take(Holder("ann", "closed"), ids, 2)
    assert claim(own, "ben", [0, 1, 2, 3]).json()["own"] == own_rows


def test_a_step_gives_back_what_it_leaves_behind(own):
    claim(own, "ann", [0, 1])
    assert claim(own, "ann", [2, 3], drop=[0, 1]).json()["own"] == [2, 3]
    found = claim(own, "ben", [0, 1, 2]).json()
    assert (found["own"], found["others"]) == ([0, 1], {"2": "ann"})


@pytest.mark.parametrize("rows", [None, "0", [-1], [60], [0.5], [True], list(range(60)) * 4])
def test_a_claim_of_what_are_no_rows_is_refused(own, rows):
    answer = claim(own, "ann", rows)
    assert answer.status_code == 400
    assert answer.json()["error"] == "'rows' must be a list of at most 200 whole numbers from 0 to 59"


def test_a_desk_hears_of_its_level_what_review_hears(client):
    found = client.get("/hem/desk/tiny").json()
    assert (found["run"], found["level"], found["has_pictures"]) == ("tiny", "examples", True)
    assert [one["key"] for one in found["offered"]] == list("1234567")
    assert {**found["identity"], "fingerprint": found["fingerprint"]} == about()


def test_what_a_search_finds_is_named_for_each_row_and_a_bad_one_is_said(client):
    found = post(client, "found", search='"**dog" e0', rows=[1, 2]).json()["found"]
    assert found == [{"terms": ["e0", "**dog"], "excerpt": None}, {"terms": ["e0"], "excerpt": None}]
    assert post(client, "found", search="/x/", rows=[]).json() == {"found": []}
    answer = post(client, "found", search="/(x/", rows=[])
    assert (answer.status_code, answer.json()["error"]) == (400, "/(x/ is not a regular expression: missing ): (x")
    for rows in (["a"], [60], [True], None):
        assert "whole numbers from 0 to 59" in post(client, "found", search="x", rows=rows).json()["error"]
    assert "'search' must be a text" in post(client, "found", rows=[1]).json()["error"]


def test_an_excerpt_begins_before_the_first_match():
    text = "x" * 100 + " needle " + "y" * 300
    assert search_marks._excerpt(text, ["needle"]) == "…" + text[51:321]
    assert search_marks._excerpt("a needle", ["needle"]) is None
