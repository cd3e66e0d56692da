"""Columns and thumbnails as bytes, tags in: checked names, no paths from a client."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app import loaders
from app.access_pages import name_routes
from app.base_path import under
from app.wire import (
    claiming,
    code,
    columns,
    contents,
    crowd,
    density,
    desk,
    masks,
    opinions,
    payloads,
    pictures,
    replay,
    scenes,
    search_marks,
    table,
    tag_sets,
    tagging,
    why,
)
from app.wire.detail import blinded, details
from app.wire.door import NEVER, Refused, guarded, parsed, posted, token
from app.wire.identity import own_level, own_scores, row_numbers
from app.wire.relatives import relatives
from hem_core.errors import HemError
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.store.level import Level

__all__ = ["routes", "token"]

UNPACKED = {"Content-Encoding": "identity"}
"""Pictures, and numbers as floats, get hardly smaller when they are compressed, and that takes long."""
MAX_ROWS = 1000
MAX_DETAILS = 60


def routes() -> list[Route]:
    """The byte routes of the loaders' workspace, all under /hem/. `?level=` names a level; without it, `examples`."""

    def get(path: str, answer: Callable[[Level, Request], Response]) -> Route:
        def handle(request: Request) -> Response:
            level = request.query_params.get("level") or EXAMPLES
            return answer(_open(request.path_params["run"], level), request)

        return Route(path, guarded(handle), methods=["GET"])

    return [
        Route("/overview", _to_overview, methods=["GET"]),
        Route("/hem/static/{path:path}", code.serve, methods=["GET"]),
        get("/hem/columns/{run}", _columns),
        get("/hem/desk/{run}", lambda level, _request: JSONResponse(desk.of_level(level), headers=NEVER)),
        get("/hem/column/{run}", _column),
        get("/hem/spread/{run}", _spread),
        get("/hem/replay/{run}", _replay),
        get("/hem/fields/{run}", table.fields),
        get("/hem/ids/{run}", _ids),
        get("/hem/thumbs/{run}", _thumbs),
        get("/hem/image/{run}", _image),
        get("/hem/contents/{run}", _contents),
        get("/hem/free/{run}", _free),
        get("/hem/mask/{run}", _mask),
        get("/hem/detail/{run}", _detail),
        get("/hem/verdicts/{run}", _verdicts),
        get("/hem/revision/{run}", _revision),
        get("/hem/judged/{run}", _judged),
        *name_routes(),
        *table.table_routes(),
        Route("/hem/found", posted(search_marks.found), methods=["POST"]),
        Route("/hem/tags", posted(tagging.tag), methods=["POST"]),
        Route("/hem/claim", posted(claiming.claim), methods=["POST"]),
        Route("/hem/undo", posted(tagging.undo), methods=["POST"]),
        Route("/hem/csv", posted(tagging.csv), methods=["POST"]),
        Route("/hem/mask", posted(_posted_mask), methods=["POST"]),
        *why.why_routes(),
        Route("/hem/page", posted(crowd.page), methods=["POST"]),
        Route("/hem/values", posted(crowd.values), methods=["POST"]),
        Route("/hem/counts", posted(crowd.counts), methods=["POST"]),
        Route("/hem/density", posted(density.raster), methods=["POST"]),
    ]


def _to_overview(request: Request) -> Response:
    """Streamlit serves its default page at the root alone; whoever types or keeps /overview is led there."""
    query = request.url.query
    return RedirectResponse(under("/") + (f"?{query}" if query else ""), 302)


# --- reading ---


def _columns(level: Level, request: Request) -> Response:
    found = {"n": level.n, "columns": columns.described(level), "skipped": columns.skipped(level)}
    return JSONResponse({**found, "epochs": replay.epochs(level)}, headers=_cache(level, request))


def _column(level: Level, request: Request) -> Response:
    name = request.query_params.get("name", "")
    known = columns.described(level)
    if name not in known:
        raise Refused(404, f"{level.title} has no column '{name}'; there are: {', '.join(known)}")
    found = _bytes(columns.encoded(level, name), headers=_cache(level, request))
    if known[name]["kind"] == "number":
        found.headers.update(UNPACKED)
    return found


def _spread(level: Level, request: Request) -> Response:
    return JSONResponse(crowd.spread(level, request.query_params.get("name", "")), headers=_cache(level, request))


def _replay(level: Level, request: Request) -> Response:
    return _bytes(replay.positions(level, request.query_params.get("epoch", "")), headers=_cache(level, request))


def _ids(level: Level, request: Request) -> Response:
    return JSONResponse(loaders.ids(level)[_rows(level, request)].tolist(), headers=_cache(level, request))


def _thumbs(level: Level, request: Request) -> Response:
    of_row = pictures.whole_thumbnail if request.query_params.get("whole") == "1" else contents.thumbnail
    blobs = [of_row(level, int(row)) or b"" for row in _rows(level, request)]
    return _bytes(payloads.pack(blobs), headers=_cache(level, request) | UNPACKED)


def _contents(level: Level, request: Request) -> Response:
    found = contents.snippets(level, _rows(level, request).tolist(), loaders.ranks(level).spreads)
    return JSONResponse(found, headers=_cache(level, request))


def _image(level: Level, request: Request) -> Response:
    rows = _rows(level, request)
    if len(rows) != 1:
        raise Refused(400, f"one picture a request; 'rows' named {len(rows)}")
    row = int(rows[0])
    try:
        hidden = request.query_params.get("hide", "").split(",")
        picture = pictures.picture_of(level, row, is_plain=request.query_params.get("plain") == "1", hidden=hidden)
    except HemError as error:
        raise Refused(404, str(error)) from error
    if picture is None:
        small = contents.thumbnail(level, row)  # of a torch Dataset there is nothing larger on disk
        if not small:
            raise Refused(404, f"{level.title} has no images")
        return Response(small, media_type="image/webp", headers=_cache(level, request))
    out = io.BytesIO()
    is_small = picture.width * picture.height <= 512 * 512
    picture.save(out, "PNG") if is_small else picture.save(out, "WEBP", quality=90, method=0)
    return Response(
        out.getvalue(), media_type="image/png" if is_small else "image/webp", headers=_cache(level, request)
    )


def _mask(level: Level, request: Request) -> Response:
    return _mask_of(level, parsed(request.query_params.get("rule", "{}")), request.query_params.get("bits") == "1")


def _posted_mask(body: dict[str, Any]) -> Response:
    """The same of a rule that is too long for an address."""
    level = own_level(body)
    own_scores(body, level)
    return _mask_of(level, body.get("rule"), body.get("bits") is True)


def _mask_of(level: Level, rule: dict[str, Any] | None, is_packed: bool) -> Response:
    """A byte 0 or 1 for each row, or a bit, the first row in the lowest one."""
    found = masks.mask(level, rule)
    found = np.ones(level.n, bool) if found is None else found
    return _bytes((np.packbits(found, bitorder="little") if is_packed else found).tobytes(), headers=NEVER)


def _detail(level: Level, request: Request) -> Response:
    rows = _rows(level, request)[:MAX_DETAILS].tolist()
    log = loaders.tags_of(level)
    headers = {**NEVER, "X-HEM-Revision": str(log.revision(level.data))}
    found = details(level, loaders.ranks(level), rows, log)
    more = (scenes.scenes(level, rows), tag_sets.items(level, rows), opinions.items(level, rows))
    all_of_it = zip(found, relatives(level, rows), *more, strict=True)
    items = [{**item, "relatives": links, **drawn, **tags, **said} for item, links, drawn, tags, said in all_of_it]
    is_blind = request.query_params.get("blind") == "1"
    return JSONResponse([scenes.blinded(item, blinded(item)) for item in items] if is_blind else items, headers=headers)


def _verdicts(level: Level, request: Request) -> Response:
    log = loaders.tags_of(level)
    revision, state = log.revision(level.data), log.state(level.data)
    found = payloads.verdict_codes(state, loaders.row_of(level)) if len(state) else np.zeros(level.n, np.uint8)
    has_free = "1" if payloads.free_tags(state) else "0"
    return _bytes(found.tobytes(), headers={**NEVER, "X-HEM-Revision": str(revision), "X-HEM-Free": has_free})


def _free(level: Level, request: Request) -> Response:
    """The free tags of some rows: a list of names for each."""
    given = payloads.free_tags(loaders.tags_of(level).state(level.data))
    ids = loaders.ids(level)[_rows(level, request)]
    return JSONResponse([given.get(id, []) for id in ids], headers=NEVER)


def _judged(level: Level, request: Request) -> Response:
    """The verdicts that people gave one at a time on some rows, and the log's revision that it is from."""
    rows, log = _rows(level, request), loaders.tags_of(level)
    revision, ids = log.revision(level.data), loaders.ids(level)[rows].tolist()
    verdicts = log.reviews(level.data, ids)
    found = {str(row): verdicts[id] for row, id in zip(rows.tolist(), ids, strict=True) if id in verdicts}
    return JSONResponse({"revision": revision, "verdicts": found}, headers=NEVER)


def _revision(level: Level, request: Request) -> Response:
    return JSONResponse({"revision": loaders.tags().revision(level.data)}, headers=NEVER)


# --- at the door ---


def _open(name: str, level: str) -> Level:
    folder = loaders.folder() / "runs"
    if not folder.is_dir() or name not in {path.name for path in folder.iterdir()}:
        raise Refused(404, f"no run '{name}' in this workspace")
    try:
        return loaders.level(name, level)
    except HemError as error:
        raise Refused(404, str(error)) from error


def _cache(level: Level, request: Request) -> dict[str, str]:
    return code.FOR_EVER if request.query_params.get("v") == level.info["fingerprint"] else NEVER


def _rows(level: Level, request: Request) -> np.ndarray:
    text = request.query_params.get("rows", "")
    try:
        rows = [int(row) for row in text.split(",") if row]
    except ValueError as error:
        raise Refused(400, f"'rows' must be whole numbers with commas between; got '{text[:40]}'") from error
    if len(rows) > MAX_ROWS:
        raise Refused(400, f"at most {MAX_ROWS} rows a request; got {len(rows)}")
    return row_numbers(level, rows)


def _bytes(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)
