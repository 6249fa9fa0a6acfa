"""The page on which a form is corrected beside its specimens, for whoever sits at this machine and nobody else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry, Histogram
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from extractor.seams.errors import ExtractorError, UsageError
from extractor.wording.catalogue import Language
from extractor.wording.said import say, tell_os_error, word
from workers.api.drafts.desk import DraftDesk
from workers.api.drafts.editing import Act, Edit
from workers.api.drafts.laid_over import LaidOver, describe
from workers.api.web.access import AccessPolicy, check_host, check_origin
from workers.api.web.errors import ProblemError, handle_error
from workers.api.web.gate import Gate, GateLimits
from workers.api.web.rendering import language_of, render
from workers.files.storage import OutputError
from workers.reading.specimen import Specimen

_HOST = "127.0.0.1"
#: Bytes of a correction, and seconds that reading the specimens by a form may take.
_LIMITS = GateLimits(64 * 1024, 120.0)
_Words = Annotated[str, Field(max_length=2_000)]
_Path = Annotated[list[str | int], Field(max_length=10)]


class EditBody(BaseModel):
    """A correction, and the revision of the text that it is made in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    revision: Annotated[str, Field(max_length=64)]
    act: Annotated[Act, Field(strict=False)]
    path: _Path
    value: _Words | bool | list[_Words] | None = None
    parts: Annotated[list[_Path], Field(max_length=500)] = []


class UndoBody(BaseModel):
    """The revision of the text whose last correction is taken back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    revision: Annotated[str, Field(max_length=64)]


class _OnlyHere:
    """ASGI middleware that listens to pages of this machine alone, as the service does without tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._policy = app, AccessPolicy(required=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            check_host(headers, self._policy)
            check_origin(scope, headers)
        await self._app(scope, receive, send)


def create_draft_app(desk: DraftDesk) -> FastAPI:
    """The page and what it asks for."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for kind in (ProblemError, HTTPException, RequestValidationError, ExtractorError):
        app.add_exception_handler(kind, handle_error)
    app.add_middleware(_OnlyHere)
    latency = Histogram(
        "draft_seconds", "requests", ("method", "path", "status"), registry=CollectorRegistry()
    )
    app.add_middleware(Gate, limits=_LIMITS, latency=latency)
    app.state.has_login = False
    app.mount("/static", StaticFiles(directory=Path(__file__).parents[1] / "static"), name="static")
    app.include_router(_router(desk))
    return app


def _router(desk: DraftDesk) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def show_page(request: Request) -> Response:
        pages = [
            {"specimen": s, "number": page.page_no, "width": page.width, "height": page.height}
            for s, specimen in enumerate(desk.specimens)
            for page in specimen.pages
        ]
        names = [specimen.name for specimen in desk.specimens]
        return render(request, "draft.html", {"name": desk.path.name, "pages": pages, "names": names})

    @router.get("/draft")
    def show_draft(request: Request) -> dict[str, Any]:
        return _tell(desk, _worded(request, desk.show), request)

    @router.post("/draft/edits")
    def edit_draft(request: Request, body: EditBody) -> dict[str, Any]:
        parts = tuple(tuple(part) for part in body.parts)
        laid = _worded(
            request, lambda: desk.edit(Edit(body.act, tuple(body.path), body.value, parts), body.revision)
        )
        return _tell(desk, laid, request)

    @router.post("/draft/undo")
    def undo_edit(request: Request, body: UndoBody) -> dict[str, Any]:
        return _tell(desk, _worded(request, lambda: desk.undo(body.revision)), request)

    @router.get("/pages/{specimen}/{page_no}.png")
    def show_picture(specimen: int, page_no: int) -> Response:
        known = 0 <= specimen < len(desk.specimens)
        if not known or page_no not in {page.page_no for page in desk.specimens[specimen].pages}:
            raise ProblemError(404, "no_page", "there is no such page")
        return Response(desk.draw(specimen, page_no), media_type="image/png")

    return router


def _tell(desk: DraftDesk, laid: LaidOver, request: Request) -> dict[str, Any]:
    return describe(laid, Language(language_of(request))) | {"can_undo": desk.can_undo}


def _worded(request: Request, act: Callable[[], LaidOver]) -> LaidOver:
    """What an act gives; what it refuses is said in the language of whoever asks."""
    language = Language(language_of(request))
    try:
        return act()
    except ProblemError as problem:
        raise ProblemError(problem.status, problem.code, word(problem.detail, language)) from problem
    except UsageError as error:
        raise ProblemError(422, "refused", word(str(error), language)) from error
    except OutputError as error:
        raise ProblemError(500, "storage", word(str(error), language)) from error


def serve_draft(path: Path, specimens: Sequence[Specimen], port: int, ready: Callable[[str], None]) -> None:
    """Answers on loopback until interrupted. port: 0 for any that is free. ready: told the address.

    Raises:
        UsageError: nothing can listen there, or the file is no text.
    """
    desk = DraftDesk(path, specimens)
    desk.show()
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        address = f"{_HOST}:{port}"
        raise UsageError(
            say("messages.serve.cannot_listen", address=address, why=tell_os_error(error))
        ) from error
    config = uvicorn.Config(
        create_draft_app(desk), log_config=None, log_level="warning", access_log=False, server_header=False
    )
    ready(f"http://{_HOST}:{listening.getsockname()[1]}/")
    # Ctrl-C is how it ends: every correction is written by then.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
