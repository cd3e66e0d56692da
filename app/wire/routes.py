"""Columns and thumbnails as bytes, tags in: checked names, no paths from a client."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app import loaders
from app.entry_pages import name_routes
from app.wire import columns, contents, payloads, tagging
from app.wire.detail import blinded, details
from app.wire.door import NEVER, Refused, guarded, parsed, posted, say, token
from hem_core.errors import HemError

if TYPE_CHECKING:
    from hem_core.store.run import Run

__all__ = ["routes", "token", "version"]

FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
MAX_ROWS = 1000
MAX_DETAILS = 60
_STATIC = Path(__file__).parents[1] / "browser"


def routes() -> list[Route]:
    """The byte routes of the loaders' workspace, all under /hem/."""

    def get(path: str, answer: Callable[[Run, Request], Response]) -> Route:
        def handle(request: Request) -> Response:
            return answer(_open(request.path_params["run"]), request)

        return Route(path, guarded(handle), methods=["GET"])

    return [
        Route("/overview", _to_overview, methods=["GET"]),
        Route("/hem/static/{path:path}", _static, methods=["GET"]),
        get("/hem/columns/{run}", _columns),
        get("/hem/column/{run}", _column),
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
        Route("/hem/tags", posted(tagging.tag), methods=["POST"]),
        Route("/hem/undo", posted(tagging.undo), methods=["POST"]),
        Route("/hem/csv", posted(tagging.csv), methods=["POST"]),
    ]


def _to_overview(request: Request) -> Response:
    """Streamlit serves its default page at the root alone; whoever types or keeps /overview is led there."""
    query = request.url.query
    return RedirectResponse("/" + (f"?{query}" if query else ""), 302)


@lru_cache(maxsize=1)
def version() -> str:
    """A hash of the browser side's files: part of their address, so that they can be cached for ever."""
    return hashlib.sha256(b"".join(path.read_bytes() for _name, path in sorted(_files().items()))).hexdigest()[:12]


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """The browser side, by the name within its folder: `explorer/map.js`."""
    found = (path for path in _STATIC.rglob("*") if path.suffix in (".js", ".css"))
    return {path.relative_to(_STATIC).as_posix(): path for path in found}


# --- reading ---


def _static(request: Request) -> Response:
    written, _, name = request.path_params["path"].partition("/")
    if request.path_params["path"] == "plotly.min.js":
        import plotly

        return FileResponse(Path(plotly.__file__).parent / "package_data" / "plotly.min.js", headers=FOR_EVER)
    file = _files().get(name)
    if file is None:
        return say(404, f"no file '{name}'")
    return FileResponse(file, headers=FOR_EVER if written == version() else {"Cache-Control": "no-cache"})


def _columns(run: Run, request: Request) -> Response:
    found = {"n": run.n, "columns": columns.described(run), "skipped": columns.skipped(run)}
    return JSONResponse(found, headers=_cache(run, request))


def _column(run: Run, request: Request) -> Response:
    name = request.query_params.get("name", "")
    known = columns.described(run)
    if name not in known:
        raise Refused(404, f"run '{run.name}' has no column '{name}'; there are: {', '.join(known)}")
    return _bytes(columns.encoded(run, name), headers=_cache(run, request))


def _ids(run: Run, request: Request) -> Response:
    return JSONResponse(run.at(_rows(run, request), ["id"])["id"].tolist(), headers=_cache(run, request))


def _thumbs(run: Run, request: Request) -> Response:
    blobs = [run.thumbnail(int(row)) or b"" for row in _rows(run, request)]
    return _bytes(payloads.pack(blobs), headers=_cache(run, request))


def _contents(run: Run, request: Request) -> Response:
    found = contents.snippets(run, _rows(run, request).tolist(), loaders.standing(run.name).spreads)
    return JSONResponse(found, headers=_cache(run, request))


def _image(run: Run, request: Request) -> Response:
    rows = _rows(run, request)
    if len(rows) != 1:
        raise Refused(400, f"one picture a request; 'rows' named {len(rows)}")
    row = int(rows[0])
    shown = contents.medium(run)
    try:
        picture = shown.picture_of(run.root, run.records([row])[0]) if shown.pictures and run.root else None
    except HemError as error:
        raise Refused(404, str(error)) from error
    if picture is None:
        small = run.thumbnail(row)  # of a torch Dataset there is nothing larger on disk
        if not small:
            raise Refused(404, f"run '{run.name}' has no images")
        return Response(small, media_type="image/webp", headers=_cache(run, request))
    out = io.BytesIO()
    is_small = picture.width * picture.height <= 512 * 512
    picture.save(out, "PNG") if is_small else picture.save(out, "WEBP", quality=90, method=0)
    return Response(out.getvalue(), media_type="image/png" if is_small else "image/webp", headers=_cache(run, request))


def _mask(run: Run, request: Request) -> Response:
    rule = parsed(request.query_params.get("rule", "{}"))
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


def _verdicts(run: Run, request: Request) -> Response:
    log = loaders.tags()
    revision, state = log.revision(_data(run)), log.state(_data(run))
    found = payloads.verdict_codes(state, loaders.ids(run.name))
    has_free = "1" if payloads.free_tags(state) else "0"
    return _bytes(found.tobytes(), headers={**NEVER, "X-HEM-Revision": str(revision), "X-HEM-Free": has_free})


def _free(run: Run, request: Request) -> Response:
    """The free tags of some rows: a list of names for each."""
    given = payloads.free_tags(loaders.tags().state(_data(run)))
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


# --- at the door ---


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


def _data(run: Run) -> str:
    return run.info["data"]["name"]


def _bytes(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)
