"""Columns and thumbnails as bytes, tags in: checked names, no paths from a client."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from app import columns, contents, loaders, tag_words, wire
from app.detail import blinded, details
from hem_core.errors import HemError

if TYPE_CHECKING:
    from hem_core.store.run import Run

FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}
MAX_POST_BYTES = 16 << 20
MAX_ROWS = 1000
CSV_COLUMNS = (
    "id",
    "label",
    "predicted",
    "suggested_label",
    "difficulty",
    "difficulty_in_class",
    "label_suspicion",
    "reason",
    "evidence",
    "loss",
)
MAX_DETAILS = 60
_SECRET = secrets.token_bytes(32)
_STATIC = Path(__file__).parent / "components"


class Refused(Exception):
    """A request that is answered with a status and one sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def token(session: str) -> str:
    """What a session's page sends as `X-HEM-Token`; good until this process ends."""
    return f"{session}.{_sign(session)}"


def routes() -> list[Route]:
    """The byte routes of the loaders' workspace, all under /hem/."""

    def get(path: str, answer: Callable[[Run, Request], Response]) -> Route:
        def handle(request: Request) -> Response:
            return answer(_open(request.path_params["run"]), request)

        return Route(path, _guarded(handle), methods=["GET"])

    return [
        Route("/hem/static/{path:path}", _static, methods=["GET"]),
        get("/hem/columns/{run}", _columns),
        get("/hem/column/{run}/{column:path}", _column),
        get("/hem/ids/{run}", _ids),
        get("/hem/thumbs/{run}", _thumbs),
        get("/hem/image/{run}/{row:int}", _image),
        get("/hem/contents/{run}", _contents),
        get("/hem/free/{run}", _free),
        get("/hem/mask/{run}", _mask),
        get("/hem/detail/{run}", _detail),
        get("/hem/verdicts/{run}", _verdicts),
        get("/hem/revision/{run}", _revision),
        get("/hem/judged/{run}", _judged),
        Route("/hem/tags", _posted(_tag), methods=["POST"]),
        Route("/hem/undo", _posted(_undo), methods=["POST"]),
        Route("/hem/csv", _posted(_csv), methods=["POST"]),
    ]


@lru_cache(maxsize=1)
def version() -> str:
    """A hash of the browser side's files: part of their address, so that they can be cached for ever."""
    files = sorted(path for path in _STATIC.iterdir() if path.suffix in (".js", ".css"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


# --- reading ---


def _static(request: Request) -> Response:
    name = request.path_params["path"].rpartition("/")[2]
    is_current = request.path_params["path"] == f"{version()}/{name}"
    headers = FOR_EVER if is_current or name == "plotly.min.js" else {"Cache-Control": "no-cache"}
    if name == "plotly.min.js":
        import plotly

        return FileResponse(Path(plotly.__file__).parent / "package_data" / name, headers=headers)
    if name not in {path.name for path in _STATIC.iterdir() if path.suffix in (".js", ".css")}:
        return _say(404, f"no file '{name}'")
    return FileResponse(_STATIC / name, headers=headers)


def _columns(run: Run, request: Request) -> Response:
    return JSONResponse({"n": run.n, "columns": columns.described(run)}, headers=_cache(run, request))


def _column(run: Run, request: Request) -> Response:
    name = request.path_params["column"]
    known = columns.described(run)
    if name not in known:
        raise Refused(404, f"run '{run.name}' has no column '{name}'; there are: {', '.join(known)}")
    return _bytes(columns.encoded(run, name), headers=_cache(run, request))


def _ids(run: Run, request: Request) -> Response:
    return JSONResponse(run.at(_rows(run, request), ["id"])["id"].tolist(), headers=_cache(run, request))


def _thumbs(run: Run, request: Request) -> Response:
    blobs = [run.thumbnail(int(row)) or b"" for row in _rows(run, request)]
    return _bytes(wire.pack(blobs), headers=_cache(run, request))


def _contents(run: Run, request: Request) -> Response:
    found = contents.snippets(run, _rows(run, request).tolist(), loaders.standing(run.name).spreads)
    return JSONResponse(found, headers=_cache(run, request))


def _image(run: Run, request: Request) -> Response:
    from hem_core.media.image import open_image

    row = request.path_params["row"]
    if row >= run.n:
        raise Refused(404, f"run '{run.name}' has rows 0 to {run.n - 1}; asked for {row}")
    example = run.at([row], [name for name in ("image", "image_row") if name in run.columns()]).iloc[0]
    image, position = example.to_dict().get("image"), example.to_dict().get("image_row")
    if not isinstance(image, str) or run.root is None:
        small = run.thumbnail(row)  # of a torch Dataset there is nothing larger on disk
        if not small:
            raise Refused(404, f"run '{run.name}' has no images")
        return Response(small, media_type="image/webp", headers=_cache(run, request))
    row_in_file = None if position is None or np.isnan(position) else int(position)
    try:
        picture = open_image(run.root, image, row_in_file)
    except HemError as error:
        raise Refused(404, str(error)) from error
    out = io.BytesIO()
    is_small = picture.width * picture.height <= 512 * 512
    picture.save(out, "PNG") if is_small else picture.save(out, "WEBP", quality=90, method=0)
    return Response(out.getvalue(), media_type="image/png" if is_small else "image/webp", headers=_cache(run, request))


def _mask(run: Run, request: Request) -> Response:
    rule = _json(request.query_params.get("rule", "{}"))
    mask = np.zeros(run.n, dtype=np.uint8)
    mask[run.rows(rule, tags=loaders.tags().state(_data(run)))] = 1
    return _bytes(mask.tobytes(), headers=NEVER)


def _detail(run: Run, request: Request) -> Response:
    rows = _rows(run, request)[:MAX_DETAILS].tolist()
    log = loaders.tags()
    headers = {**NEVER, "X-HEM-Revision": str(log.revision(_data(run)))}
    found = details(run, loaders.standing(run.name), rows, log)
    is_blind = request.query_params.get("blind") == "1"
    return JSONResponse([blinded(item) for item in found] if is_blind else found, headers=headers)


def _csv(body: dict[str, Any]) -> Response:
    run, log = _open(_text(body, "run")), loaders.tags()
    tags = log.state(_data(run))
    found = run.query(body.get("rule"), tags=tags, columns=[n for n in CSV_COLUMNS if n in run.columns()])
    given = {str(id): ", ".join(part["tag"]) for id, part in tags.groupby("id")}
    found["tags"] = [given.get(id, "") for id in found["id"]]
    return Response(wire.to_csv(found.drop(columns="row")), media_type="text/csv; charset=utf-8", headers=NEVER)


def _verdicts(run: Run, request: Request) -> Response:
    log = loaders.tags()
    revision, state = log.revision(_data(run)), log.state(_data(run))
    found = wire.verdict_codes(state, loaders.ids(run.name))
    has_free = "1" if wire.free_tags(state) else "0"
    return _bytes(found.tobytes(), headers={**NEVER, "X-HEM-Revision": str(revision), "X-HEM-Free": has_free})


def _free(run: Run, request: Request) -> Response:
    """The free tags of some rows: a list of names for each."""
    given = wire.free_tags(loaders.tags().state(_data(run)))
    ids = run.at(_rows(run, request), ["id"])["id"]
    return JSONResponse([given.get(id, []) for id in ids], headers=NEVER)


def _judged(run: Run, request: Request) -> Response:
    """What people have said one at a time of some rows, and the log's revision that it is from."""
    rows, log = _rows(run, request), loaders.tags()
    revision, judged = log.revision(_data(run)), loaders.verdicts(_data(run))
    ids = loaders.ids(run.name)[rows].tolist()
    said = judged.loc[judged.index.isin(ids), ["tag", "value", "who"]].to_dict("index")
    found = {str(row): said[id] for row, id in zip(rows.tolist(), ids, strict=True) if id in said}
    return JSONResponse({"revision": revision, "verdicts": found}, headers=NEVER)


def _revision(run: Run, request: Request) -> Response:
    return JSONResponse({"revision": loaders.tags().revision(_data(run))}, headers=NEVER)


# --- tags ---


def _tag(body: dict[str, Any]) -> dict[str, Any]:
    """Tag rows, or everything that a rule matches; the same (client, sequence) is stored once."""
    run, log = _open(_text(body, "run")), loaders.tags()
    rule, action = body.get("rule"), body.get("action", "add")
    by_rule = rule is not None
    rows = run.rows(rule, tags=log.state(_data(run))) if by_rule else _row_numbers(run, body.get("rows"))
    ids = run.at(rows, ["id"])["id"].tolist()
    who, client, sequence = _text(body, "who"), _text(body, "client"), body.get("sequence")
    if not isinstance(sequence, int):
        raise Refused(400, "'sequence' must be a whole number")
    kept = {"who": who, "client": client, "sequence": sequence, "rule": json.dumps(rule) if rule else ""}
    kept["window"] = _window(body)
    batch, verdict = None, {}
    if not ids:
        pass
    elif action == "add":
        batch = log.add(_data(run), ids, _text(body, "tag"), value=str(body.get("value") or ""), **kept)
    elif action == "answer":
        verdict = _answered(run, rows, _text(body, "value"))
        batch = log.add(_data(run), ids, verdict["tag"], value=verdict["value"], **kept)
    elif action == "remove":
        batch = log.remove(_data(run), ids, _text(body, "tag"), **kept)
    elif action == "clear":
        batch = log.clear(_data(run), ids, **kept)
    else:
        raise Refused(400, f"no action '{action}'; there are: add, answer, clear, remove")
    others = log.replaced(_data(run), batch) if batch else {}
    return {
        "acknowledged": sequence,
        "revision": log.revision(_data(run)),
        "count": len(ids),
        "batch": batch,
        "replaced": others,
        "message": tag_words.replaced(others, len(ids), who),
        **verdict,
    }


def _answered(run: Run, rows: np.ndarray, answer: str) -> dict[str, str]:
    """The verdict that a class, named without sight of the label, is on the one example asked about."""
    if len(rows) != 1:
        raise Refused(400, f"an answer is about one example; there are {len(rows)}")
    if answer not in run.classes:
        raise Refused(400, f"run '{run.name}' has no class '{answer}'")
    given = run.at(rows, ["label"])["label"].iloc[0] if "label" in run.columns() else None
    return {"tag": "right", "value": ""} if answer == given else {"tag": "mislabelled", "value": answer}


def _undo(body: dict[str, Any]) -> dict[str, Any]:
    """Undo the last action of the window that asks (`window`; without one: of the person), or a `batch`."""
    run, log, who, window = _open(_text(body, "run")), loaders.tags(), _text(body, "who"), _window(body)
    event = log.undo(
        _data(run),
        who=who,
        batch=body.get("batch"),
        client=_text(body, "client"),
        sequence=body.get("sequence"),
        window=window,
    )
    shown = {key: value for key, value in event.items() if key != "ids"} if event else None
    found = loaders.ids(run.name).get_indexer(event["ids"][:MAX_DETAILS]) if event else []
    rows = [int(row) for row in found if row >= 0]
    message = tag_words.undone(event, who, has_window=bool(window))
    return {"undone": shown, "rows": rows, "revision": log.revision(_data(run)), "message": message}


# --- at the door ---


def _guarded(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        try:
            _check_token(request)
            return answer(request)
        except Refused as error:
            return _say(error.status, str(error))
        except HemError as error:
            return _say(400, str(error))

    return handle


def _posted(answer: Callable[[dict[str, Any]], dict[str, Any] | Response]) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        try:
            _check_token(request)
            if int(request.headers.get("content-length", MAX_POST_BYTES + 1)) > MAX_POST_BYTES:
                raise Refused(413, f"a request may hold {MAX_POST_BYTES >> 20} MB")
            body = _json((await request.body()).decode("utf-8", "replace"))
            found = await run_in_threadpool(answer, body)
            return found if isinstance(found, Response) else JSONResponse(found, headers=NEVER)
        except Refused as error:
            return _say(error.status, str(error))
        except HemError as error:
            return _say(400, str(error))

    return handle


def _check_token(request: Request) -> None:
    session, _, signature = request.headers.get("x-hem-token", "").rpartition(".")
    if not session or not hmac.compare_digest(signature, _sign(session)):
        raise Refused(403, "this page's token is not valid here; reload the page")


def _sign(session: str) -> str:
    return hmac.new(_SECRET, session.encode(), hashlib.sha256).hexdigest()


def _open(name: str) -> Run:
    folder = loaders.folder() / "runs"
    if not folder.is_dir() or name not in {path.name for path in folder.iterdir()}:
        raise Refused(404, f"no run '{name}' in this workspace")
    try:
        return loaders.run(name)
    except HemError as error:
        raise Refused(404, str(error)) from error


def _cache(run: Run, request: Request) -> dict[str, str]:
    return FOR_EVER if request.query_params.get("v") == run.info["fingerprint"] else NEVER


def _rows(run: Run, request: Request) -> np.ndarray:
    text = request.query_params.get("rows", "")
    try:
        rows = [int(row) for row in text.split(",") if row]
    except ValueError as error:
        raise Refused(400, f"'rows' must be whole numbers with commas between; got '{text[:40]}'") from error
    if len(rows) > MAX_ROWS:
        raise Refused(400, f"at most {MAX_ROWS} rows a request; got {len(rows)}")
    return _row_numbers(run, rows)


def _row_numbers(run: Run, rows: object) -> np.ndarray:
    if not isinstance(rows, list) or not all(type(row) is int and 0 <= row < run.n for row in rows):
        raise Refused(400, f"rows must be a list of whole numbers from 0 to {run.n - 1}")
    return np.asarray(rows, dtype=np.int64)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"'{name}' is missing")
    return value


def _window(body: dict[str, Any]) -> str:
    window = body.get("window", "")
    if not isinstance(window, str) or len(window) > 64:
        raise Refused(400, "'window' must be a text of at most 64 characters")
    return window


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refused(400, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(400, "a JSON object is wanted")
    return value


def _data(run: Run) -> str:
    return run.info["data"]["name"]


def _bytes(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)


def _say(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=NEVER)
