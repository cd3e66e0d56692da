"""What a visitor does besides, over every kind of data: why, more like this, views, history, the audit, two people."""

import json
import random
import re
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.walk
HARDEST = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
OF_BEN = "214"
"""Keys of a second person: hard, right and ambiguous, where the first says hard; right and hard are one answer."""


def test_a_sentence_on_a_group_becomes_a_filter(walk):
    walk.explore(HARDEST)
    page, hardest = walk.page, walk.eventually(lambda: walk.number("filtered"))
    page.wait_for_selector(".hem-why:not(.is-late)")
    sentences = page.locator(".hem-why-line")
    if not sentences.count():  # nothing sets the hardest apart, which the panel says
        page.get_by_text("Nothing sets these").wait_for()
        return
    first = sentences.first
    first.get_by_role("button", name=re.compile("^filter by this")).click()
    walk.eventually(lambda: 0 < walk.number("filtered") < hardest)
    assert page.locator(".hem-chip.is-filter").count() >= 2
    walk.station("8-filter-of-a-sentence")


def test_more_like_an_example_selects_the_nearest(walk):
    walk.explore(HARDEST)
    page = walk.page
    page.locator(".hem-tile[data-id]").first.click()
    more = page.locator(".hem-why .hem-more-like").first
    more.wait_for()
    if not walk.run.examples.has_embeddings:
        assert more.is_disabled()
        return
    more.click()
    page.locator(".hem-chip.is-selection").wait_for()
    nearest = min(60, walk.run.examples.n)
    assert 0 < walk.eventually(lambda: walk.number("selected")) <= nearest
    walk.station("9-more-like-this")
    beyond = page.get_by_role("button", name=re.compile("nearest; show them too"))
    if walk.number("selected") < nearest:
        beyond.click()
        walk.eventually(lambda: walk.number("selected") == nearest)
        walk.station("9-more-like-this-anywhere")
    beyond.wait_for(state="detached")


def test_a_view_is_saved_and_opened_by_its_name(walk):
    walk.explore(HARDEST)
    page, hardest = walk.page, walk.eventually(lambda: walk.number("filtered"))
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save this view as").fill("The hardest")
    page.get_by_label("Save this view as").press("Enter")
    page.locator(".st-key-view_save button:enabled").click()
    page.get_by_role("button", name="The hardest").wait_for()
    walk.station("10-view")
    walk.explore()
    walk.eventually(lambda: walk.number("filtered") > hardest)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="The hardest").click()
    walk.eventually(lambda: walk.number("filtered") == hardest)


def test_a_tag_on_many_is_reversed_in_history(walk):
    before = set(walk.tags()["id"])
    walk.explore(HARDEST)
    page, hardest = walk.page, walk.eventually(lambda: walk.number("filtered"))
    page.locator(".hem-actions").get_by_role("button", name="Hard", exact=True).click()
    walk.eventually(lambda: len(set(walk.tags()["id"]) | before) >= hardest)
    walk.station("11-tagged")
    walk.go("History")
    page.locator(".hem-past").first.wait_for()
    walk.station("12-history")
    page.get_by_role("button", name="Reverse").first.click()
    page.locator(".st-key-history_reverse button").click()
    page.locator(".hem-past .is-undone").first.wait_for()
    assert walk.eventually(lambda: set(walk.tags()["id"]) == before or None)
    walk.station("13-reversed")


def test_an_audit_asks_without_the_label_and_counts_the_answer(walk):
    page = walk.page
    walk.open("review")
    page.get_by_role("radio", name="Mixed queue").wait_for()
    audit = page.get_by_role("radio", name="Audit")
    if not audit.count():  # as over pictures, whose boxes are audited
        walk.station("14-no-audit")
        return
    audit.click()
    page.get_by_text("share of wrong labels not known yet").first.wait_for()
    page.wait_for_selector(".hem-review .body.is-blind .look")
    assert page.locator(".hem-review .body").get_attribute("data-id") is None
    walk.station("14-audit")
    before = len(walk.tags())
    page.keyboard.press("1")
    walk.eventually(lambda: len(walk.tags()) > before)
    walk.station("15-audit-answered")


def test_two_people_who_differ_see_how_far_they_agree(walk):
    ids = random.Random(0).sample(walk.run.table(["id"])["id"].tolist(), len(OF_BEN))
    other = walk.another("ben")
    for id, key in zip(ids, OF_BEN, strict=True):
        judge(walk, id, "2")
        judge(other, id, key)
    walk.open("review?queue=disagreements")
    page = walk.page
    page.get_by_text("anna and ben gave the same answer on 2 of 3, Cohen's kappa").wait_for()
    page.get_by_role("radio", name="Disagreements (1)").wait_for()
    page.wait_for_selector(f".hem-review .body[data-id='{ids[2]}'] .look")
    walk.station("16-disagreement")


def test_a_table_of_predictions_becomes_a_run(walk, tmp_path):
    draw, classes = random.Random(0), ["Rechnung", "Werbung", "Privat"]
    rows = ["Kennung;Klasse;Vorhersage;Wahrscheinlichkeit"]
    for k in range(300):
        given = draw.choice(classes)
        predicted = given if draw.random() < 0.8 else draw.choice(classes)
        rows.append(f"m{k:03};{given};{predicted};{draw.uniform(0.4, 1):.3f}")
    (tmp_path / "briefe.csv").write_text("\n".join(rows), encoding="utf-8")
    page = walk.page
    walk.open("add_data")
    page.get_by_role("textbox", name="File or folder on the machine that HEM runs on").fill(
        str(tmp_path / "briefe.csv")
    )
    page.keyboard.press("Enter")
    page.get_by_text("Predictions recognised in the columns Vorhersage, Wahrscheinlichkeit").wait_for()
    walk.station("17-add-data")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Open the run").click(timeout=300_000)
    page.get_by_text("300", exact=True).first.wait_for()
    walk.station("18-added")


def judge(walk, id, key):
    """A verdict on one example, by its key."""
    walk.open(f"review?example={quote(id)}")
    walk.page.wait_for_selector(f".hem-review .body[data-id={json.dumps(id)}] .look")
    walk.page.keyboard.press(key)
    walk.page.wait_for_selector(f".hem-review .body:not([data-id={json.dumps(id)}])")
    walk.page.wait_for_selector(".hem-review header.head[data-waiting='0']")
