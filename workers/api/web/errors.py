"""Every error leaves as a problem document (RFC 9457): what the caller can do, and nothing of the inside."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from extractor.seams.errors import ExtractorError, ServiceError, StorageError, UsageError
from workers.service.notices.addresses import AddressError
from workers.service.reviewing.decisions import NothingToUndoError, StaleFieldError
from workers.service.reviewing.desk import NoSuchFieldError, NotDoneError
from workers.service.reviewing.renderer import AbandonedError, BusyError, HarmfulError, PictureError
from workers.service.store.blobs import AwayError, TooLargeError
from workers.service.store.idempotency import KeyBusyError, KeyReusedError
from workers.service.store.records import JobConflictError, NoSuchJobError

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
#: Seconds after which it is worth trying again when a part of the service was away.
RETRY_AFTER = 5
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_STATUS: dict[type[ExtractorError], int] = {
    NoSuchJobError: 404,
    JobConflictError: 409,
    TooLargeError: 413,
    KeyReusedError: 422,
    KeyBusyError: 409,
    AddressError: 422,
    UsageError: 422,
    NoSuchFieldError: 404,
    NotDoneError: 409,
    NothingToUndoError: 409,
    PictureError: 404,
    HarmfulError: 404,
    BusyError: 429,
    AbandonedError: 429,
    StaleFieldError: 412,
}


class ProblemError(Exception):
    """An answer that is an error. code: stable name of the kind of error; extra: further members of the document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.extra = dict(headers or {}), dict(extra or {})

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def document(self, instance: str) -> dict[str, Any]:
        """Members of the problem document; `instance` is the path it is about."""
        kind = f"urn:gio-extractor:problem:{self.code.replace('_', '-')}" if self.code else "about:blank"
        told = {"type": kind, "title": self.title, "status": self.status, "detail": self.detail}
        return told | {"instance": instance} | self.extra


def to_problem(error: Exception) -> ProblemError:
    """The problem an exception is told as; one that nobody expected is logged here, with its traceback."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return ProblemError(error.status_code, "", str(error.detail), headers=error.headers)
        case ClientDisconnect():
            # Nobody reads this; it says in the metrics that the request was not the service's to answer.
            return ProblemError(400, "broken_off", "the request broke off")
        case ServiceError() | AwayError():
            _LOG.warning("%s", error)
            detail = "a part of the service does not answer; nothing is lost, try again in a moment"
            return ProblemError(503, "unavailable", detail, headers={"Retry-After": str(RETRY_AFTER)})
        case StorageError() if not isinstance(error, TooLargeError):
            return _storage(error)
        case ExtractorError() if type(error) in _STATUS:
            headers = {"Retry-After": str(RETRY_AFTER)} if error.retryable else {}
            return ProblemError(_STATUS[type(error)], error.code, str(error), headers=headers)
        case _:
            _LOG.error("unexpected error", exc_info=error)
            return ProblemError(500, "internal", "the service failed; its log says why")


def respond(scope: Scope, problem: ProblemError) -> Response:
    """The answer: a page for a person, a problem document for everybody else."""
    app = scope.get("app")
    page = getattr(getattr(app, "state", None), "problem_page", None)
    if page is not None and wants_page(scope):
        return page(Request(scope), problem)  # type: ignore[no-any-return]
    return JSONResponse(
        problem.document(scope["path"]), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for something to be shown to a person."""
    return not scope["path"].startswith("/v1/") and "text/html" in Headers(scope=scope).get("accept", "")


async def handle_error(request: Request, error: Exception) -> Response:
    """Exception handler of the application."""
    problem = to_problem(error)
    if problem.status == 405:
        # The router tells the methods of the first route of that path only.
        problem.headers["Allow"] = ", ".join(_find_methods(request.scope))
    return respond(request.scope, problem)


def _find_methods(scope: Scope) -> list[str]:
    routes: list[BaseRoute] = scope["app"].routes
    return [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def _invalid(error: RequestValidationError) -> ProblemError:
    errors = [
        {"location": ".".join(str(part) for part in item["loc"]), "detail": str(item["msg"])}
        for item in error.errors()
    ]
    told = "; ".join(f"{item['location']}: {item['detail']}" for item in errors)
    return ProblemError(422, "invalid_request", told, extra={"errors": errors})


def _storage(error: StorageError) -> ProblemError:
    _LOG.error("%s", error)
    is_full = getattr(error.__cause__, "errno", None) in _NO_SPACE
    if is_full or any(words in str(error) for words in ("disk is full", "No space left")):
        return ProblemError(507, "storage_full", "the disk of the service is full; nothing was taken")
    return ProblemError(500, "storage", "the service cannot read or write its store; its log says why")
