"""Outermost layer of the API: sizes and times are limited, requests are measured, nothing gets out but answers."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field

from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workers.api.web.errors import RETRY_AFTER, ProblemError, respond, to_problem

_LOG = logging.getLogger(__name__)
#: Bytes a second a transfer must make beyond the time every request has.
_SLOWEST = 50_000.0
#: Bytes of a request that brings no documents.
_SMALL = 64 * 1024
#: Bytes that names and boundaries may add to the documents of a request.
_FRAME = 1 << 20
#: Requests that bring documents.
UPLOADS = {"/v1/jobs", "/upload"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that a browser hides the origin of its own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache, private",
}


@dataclass(frozen=True, slots=True)
class GateLimits:
    """upload: bytes of all documents of one request. seconds: for a request that transfers next to nothing."""

    upload: int
    seconds: float


class Gate:
    """ASGI middleware; whatever goes wrong inside becomes a problem document."""

    def __init__(self, app: ASGIApp, *, limits: GateLimits, latency: Histogram) -> None:
        self._app, self._limits, self._latency = app, limits, latency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["method"] == "POST" and scope["path"] in UPLOADS
        exchange = _Exchange(scope, receive, send, self._limits.upload + _FRAME if is_upload else _SMALL)
        started = time.monotonic()
        try:
            await self._run(exchange)
        finally:
            if not exchange.is_endless and not exchange.is_kept_back:
                labels = (scope["method"], _template(scope), str(exchange.status or 0))
                self._latency.labels(*labels).observe(time.monotonic() - started)

    async def _run(self, exchange: _Exchange) -> None:
        try:
            exchange.check_length()
            try:
                async with asyncio.timeout(self._limits.seconds) as exchange.timer:
                    await self._app(exchange.scope, exchange.take, exchange.give)
            except TimeoutError:
                if exchange.timer is None or not exchange.timer.expired():
                    raise
                raise exchange.too_late() from None
        except Exception as error:
            if exchange.status:
                # The answer has begun: all that is left is to break it off, so that nobody takes it for whole.
                _LOG.warning("an answer was broken off: %s", error)
                raise
            answer = respond(exchange.scope, to_problem(error))
            exchange.timer = None
            await answer(exchange.scope, exchange.receive, exchange.give)


@dataclass(slots=True)
class _Exchange:
    """One request and its answer. status: 0 until the answer begins."""

    scope: Scope
    receive: Receive
    send: Send
    allowed: int
    taken: int = 0
    is_read: bool = False
    is_endless: bool = False
    status: int = 0
    timer: asyncio.Timeout | None = field(default=None)

    @property
    def is_kept_back(self) -> bool:
        """Whether the caller asked for an answer that comes late, which says nothing of how fast the service is."""
        return b"wait=" in self.scope.get("query_string", b"")

    def check_length(self) -> None:
        """Refuses what says itself that it is too long, before anything of it is read."""
        told = Headers(scope=self.scope).get("content-length", "")
        if told.isdecimal() and int(told) > self.allowed:
            raise self._too_large()

    async def take(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.request":
            size = len(message.get("body", b""))
            self.taken += size
            self.is_read = not message.get("more_body", False)
            if self.taken > self.allowed:
                raise self._too_large()
            self._grant(size)
        return message

    async def give(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._leaves_much_unread():
                headers["Connection"] = "close"
            self.is_endless = headers.get("content-type", "").startswith("text/event-stream")
            if self.is_endless and self.timer is not None:
                self.timer.reschedule(None)
        elif not self.is_endless:
            self._grant(len(message.get("body", b"")))
        await self.send(message)

    def too_late(self) -> ProblemError:
        if self.is_read or Headers(scope=self.scope).get("content-length") in {None, "0"}:
            headers = {"Retry-After": str(RETRY_AFTER)}
            return ProblemError(503, "timeout", "the service took too long", headers=headers)
        return ProblemError(408, "timeout", "the request came too slowly", headers={"Connection": "close"})

    def _grant(self, size: int) -> None:
        due = self.timer.when() if self.timer is not None else None
        if self.timer is not None and due is not None and not self.timer.expired():
            self.timer.reschedule(due + size / _SLOWEST)

    def _leaves_much_unread(self) -> bool:
        """Whether the answer comes before so much of the request that reading the rest is worse than a new one."""
        headers = Headers(scope=self.scope)
        told = headers.get("content-length", "")
        left = int(told) - self.taken if told.isdecimal() else 0
        return not self.is_read and ("transfer-encoding" in headers or left > _FRAME)

    def _too_large(self) -> ProblemError:
        detail = f"the request is larger than the {self.allowed / 1e6:,.1f} MB allowed"
        return ProblemError(413, "too_large", detail)


def _template(scope: Scope) -> str:
    """The route as it was declared, so that ids make no new series."""
    path = getattr(scope.get("route"), "path", None)
    if path is None and scope["path"].startswith("/static/"):
        return "/static"
    return path if isinstance(path, str) else "other"
