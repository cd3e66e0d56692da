"""What a page posts: tags on examples that it names by id or by a rule, undo, and a CSV of what a rule matches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from app import loaders, words
from app.wire import audits, masks, payloads, scenes, tag_sets, tag_words
from app.wire.door import NEVER, Refused, signature, text, whole
from app.wire.identity import check_workspace, named_level, own_level, own_scores, row_numbers
from hem_core import tasks
from hem_core.errors import ConflictError, DataError
from hem_core.store import rules
from hem_core.store.tag_events import check_same
from hem_core.store.tag_fold import AUDIT

if TYPE_CHECKING:
    from hem_core.store.level import Level
    from hem_core.store.tags import TagLog

ACTIONS = ("add", "clear", "remove")
"""What the log stores; an `answer`, a class named without sight of the label, becomes an `add`."""
LONGEST_VALUE, LONGEST_WINDOW = 2_000, 64
MOST_ROWS = 60
"""Rows that an undo names, for the page to go back to."""
CSV_COLUMNS = ("id", "label", "predicted", "suggested_label", "difficulty", "difficulty_in_class", "label_suspicion",
               "reason", "evidence", "loss")  # fmt: skip


def tag(body: dict[str, Any]) -> dict[str, Any]:
    """Tag the rows of some ids, or all that a rule matches; the same (client, sequence) is stored once."""
    check_workspace(body)
    for name in ("run", "examples", "who"):
        text(body, name)
    data, sequence = text(body, "data"), whole(body, "sequence")
    log = loaders.tags().level(named_level(body))
    answered = _ANSWERED.get(str(body.get("action")))
    verdict = answered(body) if answered else {}
    body = {**body, "action": "add", **verdict} if verdict else body
    known = log.posted(text(body, "client"), sequence)
    changed = ""
    if known is not None:
        # Stored before, but its answer was lost: a rule is not resolved again, it may match others by now.
        ids, batch = _stored(body, known)
    else:
        body, changed = _as_stored(body)
        if changed:
            verdict = {"tag": body["tag"], "value": body["value"]}
        ids, batch, left_out = _store(body, log, sequence)
        changed = " ".join(filter(None, [changed, left_out]))
    others = log.replaced(data, batch) if batch else {}
    return {
        "acknowledged": sequence,
        "revision": log.revision(data),
        "count": len(ids),
        "batch": batch,
        "replaced": others,
        "message": " ".join(filter(None, [changed, tag_words.replaced(others, len(ids), text(body, "who"))])),
        **verdict,
        **_audit(body),
    }


def undo(body: dict[str, Any]) -> dict[str, Any]:
    """Undo a batch, or the last action of the window that asks (`window`; without one: of `who`). claim: what a page of
    Review claims its rows as, which keeps what is open again; also where a post takes a verdict away.

    A number as batch is the sequence of this client's own post.
    """
    level, window = own_level(body), _window(body)
    log = loaders.tags_of(level)
    who, client, sequence = signature(body, "who"), text(body, "client"), whole(body, "sequence")
    batch = _batch(body, log, client)
    claim = _window(body, "claim")
    event = log.undo(level.data, who=who, batch=batch, client=client, sequence=sequence, window=window, claim=claim)
    shown = {key: value for key, value in event.items() if key != "ids"} if event else None
    known, ids = loaders.row_of(level), event["ids"][:MOST_ROWS] if event else []
    rows = [known[id] for id in ids if id in known]
    message = tag_words.undone(event, who, level=level.name, has_window=bool(window))
    return {"undone": shown, "rows": rows, "revision": log.revision(level.data), "message": message}


def csv(body: dict[str, Any]) -> Response:
    """The examples that a rule matches with their tags, as CSV."""
    level = own_level(body)
    own_scores(body, level)
    tags = loaders.tags_of(level).state(level.data)
    found = level.query(body.get("rule"), tags=tags, columns=[n for n in CSV_COLUMNS if n in level.columns()])
    tagged = payloads.with_tags(found.drop(columns="row"), tags)
    return Response(payloads.to_csv(tagged), media_type="text/csv; charset=utf-8", headers=NEVER)


def _stored(body: dict[str, Any], known: dict[str, Any]) -> tuple[list[str], str]:
    asked: dict[str, Any] = {**_action(body), "data": text(body, "data"), "level": named_level(body)}
    if not asked["rule"]:
        asked["ids"], asked["rule"] = _ids(body), _mark(body)
        # What is stored of a corrected box is what the server made of it, and names the annotations it is about.
        asked = {name: value for name, value in asked.items() if name not in ("value", "rule")} | (
            {} if known["tag"] in scenes.CORRECTING else {"value": asked["value"], "rule": asked["rule"]}
        )
    check_same(known, {name: [value] for name, value in asked.items()})
    return known["ids"], known["batch"]


def _as_stored(body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A new post as it is stored, with the value of a corrected box or number checked, and what was changed in it in
    words."""
    if body.get("action", "add") != "add" or body.get("tag") not in scenes.CORRECTING:
        return body, ""
    level = own_level(body)
    if _are_numbers(level):
        return _with_numbers(level, body) if body.get("value") and body.get("rule") is None else (body, "")
    if body.get("rule") is not None:
        scenes.check_many(level, str(body["tag"]))
        return body, ""
    ids = _ids(body)
    _check_known(level, ids)
    value, changed = scenes.checked(level, ids, str(body["tag"]), _action(body)["value"])
    return {**body, "value": value}, changed


def _are_numbers(level: Level) -> bool:
    """Whether what people type as a right label is a number, or several."""
    return level.is_examples and isinstance(loaders.task(level), tasks.HasSeveralNumbers)


def _with_numbers(level: Level, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A post of a typed value as a label: of several numbers, those that it does not name stay as they are given."""
    ids = _ids(body)
    _check_known(level, ids)
    written = _as_labels_are(level, body["value"], _given(level, ids[0]) if len(ids) == 1 else None)
    return {**body, "value": written}, "" if written == body["value"] else f"Stored as {written}."


def _given(level: Level, id: str) -> str | None:
    """The label of an example."""
    if "label" not in level.columns():
        return None
    found = level.at([loaders.row_of(level)[id]], ["label"])["label"].iloc[0]
    return found if isinstance(found, str) else None


def _store(body: dict[str, Any], log: TagLog, sequence: int) -> tuple[list[str], str | None, str]:
    """Store a new post. Returns the ids that it is about, its batch, and which rows of its rule were left out."""
    level, asked, claim, left_out = own_level(body), _action(body), _window(body, "claim"), ""
    if asked["rule"]:
        own_scores(body, level)
        rows = masks.rows(level, body["rule"])
        some, lacking = scenes.fitting(level, asked["tag"], rows) if asked["action"] == "add" else (rows, "")
        left_out = tag_words.without(len(rows) - len(some), lacking, level.name)
        ids = loaders.ids(level)[some].tolist()
    else:
        ids = _ids(body)
        _check_known(level, ids)
        asked["rule"] = _mark(body, scenes.about(level) if asked["tag"] in scenes.CORRECTING else "")
    if not ids:
        return [], None, left_out
    action = asked.pop("action")
    act = {"add": log.add, "remove": log.remove, "clear": log.clear}[action]
    given = {name: value for name, value in asked.items() if value}
    posted_as = {"client": text(body, "client"), "sequence": sequence, "window": _window(body)}
    if action != "add":
        posted_as["claim"] = claim
    return ids, act(level.data, ids, **posted_as, **given), left_out


def _answered(body: dict[str, Any]) -> dict[str, str]:
    """The verdict that a class or value, named without sight of the label, is on the one example asked about.

    Where people correct parts, "" names no class: there is no object.
    """
    level, ids = own_level(body), _ids(body)
    if len(ids) != 1:
        raise Refused(400, f"an answer must be about one example; got {len(ids)}")
    _check_known(level, ids)
    row = loaders.row_of(level)[ids[0]]
    given = _given(level, ids[0])
    answer = _as_labels_are(level, body.get("value"), given)
    found = scenes.answered(level, row, answer)
    if found is not None:
        return {"tag": found[0], "value": found[1]}
    is_given = answer == given or _agrees(level, str(body.get("value")), given)
    return {"tag": "right", "value": ""} if is_given else {"tag": "mislabelled", "value": answer}


def _agrees(level: Level, answer: str, given: str | None) -> bool:
    """Whether typed numbers are the given ones as far as their digits go; False for what is no number."""
    task = loaders.task(level)
    if level.classes or not isinstance(task, tasks.HasSeveralNumbers):
        return False
    return task.agrees(_completed(task, answer, given), given)


def _as_labels_are(level: Level, answer: object, given: str | None) -> str:
    """An answer, about an example with this label, as the labels of the level are written. Raises Refused for none."""
    if answer in level.classes or (answer == "" and loaders.is_corrected(level)):
        return str(answer)
    if level.classes or not level.is_examples:
        raise Refused(400, f"run '{level.run}' has no class {answer!r}")
    task = tasks.of(level.info)
    if isinstance(task, tasks.HasSeveralNumbers):
        answer = _completed(task, str(answer), given)
    (written,) = task.written(task.encode([str(answer)], ()), ())
    if written is None:
        raise Refused(400, f"{answer!r} cannot be a label of {task.title}")
    return written


def _completed(task: tasks.HasSeveralNumbers, answer: str, given: str | None) -> str:
    try:
        return task.completed(answer, given)
    except DataError as error:
        raise Refused(400, str(error)) from error


def _confirmed(body: dict[str, Any]) -> dict[str, str]:
    """The verdict that a confirmed set of tags is on the one example asked about."""
    level, ids = own_level(body), _ids(body)
    if len(ids) != 1:
        raise Refused(400, f"a set must be about one example; got {len(ids)}")
    _check_known(level, ids)
    return tag_sets.verdict(level, loaders.row_of(level)[ids[0]], body.get("value"))


_ANSWERED = {"answer": _answered, "tags": _confirmed}
"""Posts that only the server, which knows the label, can make a verdict of."""


def _mark(body: dict[str, Any], about: str = "") -> str:
    """What a verdict is stored with: `about`, and the audit that drew its example, where one did."""
    if body.get("audit") is None:
        return about
    return json.dumps({**json.loads(about or "{}"), AUDIT: signature(body, "audit")})


def _audit(body: dict[str, Any]) -> dict[str, Any]:
    """How far the audit has come that a verdict was given in; {} for other posts."""
    return {"audit": audits.standing(own_level(body))} if body.get("audit") is not None else {}


def _window(body: dict[str, Any], name: str = "window") -> str:
    window = body.get(name, "")
    if not isinstance(window, str) or len(window) > LONGEST_WINDOW:
        raise Refused(400, f"'{name}' must be a text of at most {LONGEST_WINDOW} characters")
    return window


def _action(body: dict[str, Any]) -> dict[str, str]:
    """What is to be done, in the columns of the log: action, tag, value, who, rule ("" where ids are named)."""
    action, value, rule = body.get("action", "add"), body.get("value"), body.get("rule")
    value = "" if value is None else value
    if action not in ACTIONS:
        raise Refused(400, f"no action {action!r}; there are: {', '.join(ACTIONS)}")
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        raise Refused(400, f"'value' must be a text of up to {LONGEST_VALUE:,} characters")
    if rule is not None and not (isinstance(rule, dict) and rules.clauses(rule)):
        raise Refused(400, "the rule has no clause, so it would tag everything; filter or select first")
    if sum(body.get(name) is not None for name in ("ids", "rows", "rule")) > 1:
        raise Refused(400, "a post must have only one of 'ids', 'rows' and 'rule'")
    if not body.get("who"):
        raise Refused(400, "'who' is missing: enter your name first, at the top right of the page")
    return {
        "action": action,
        "tag": "" if action == "clear" else signature(body, "tag"),
        "value": value if action == "add" else "",
        "who": signature(body, "who"),
        "rule": json.dumps(rule, ensure_ascii=False) if rule is not None else "",
    }


def _ids(body: dict[str, Any]) -> list[str]:
    if body.get("rows") is not None:
        return _ids_of_rows(body, body["rows"])
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise Refused(400, "'ids' must be a list of the examples' ids, each a text")
    return list(dict.fromkeys(ids))


def _ids_of_rows(body: dict[str, Any], rows: object) -> list[str]:
    """The ids behind the rows of a run that was not scored again: blind review knows no ids."""
    level = own_level(body)
    own_scores(body, level)
    return list(dict.fromkeys(loaders.ids(level)[row_numbers(level, rows)].tolist()))


def _check_known(level: Level, ids: list[str]) -> None:
    known = loaders.row_of(level)
    unknown = next((id for id in ids if id not in known and not scenes.is_added(level, id)), None)
    if unknown is not None:
        raise ConflictError(f"{level.title} has no {words.one(level.name)} '{unknown}'; nothing was stored")


def _batch(body: dict[str, Any], log: TagLog, client: str) -> str | None:
    batch = body.get("batch")
    if batch is None or (isinstance(batch, str) and batch):
        return batch
    if type(batch) is not int or batch < 0:
        raise Refused(400, "'batch' is the name of an action, or the sequence of one that this page posted")
    known = log.posted(client, batch)
    if known is None:
        raise ConflictError("the action to undo was never stored")
    return known["batch"]
