"""Who may ask for what. On loopback everybody is admin, but only programs and pages of this machine are listened to.

A page of a foreign site can make a browser send requests here, and by DNS rebinding can even make it take this
service for its own: hence the checks of Host, Origin and Sec-Fetch-Site, which no page can forge.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from workers.api.web.errors import ProblemError
from workers.service.store.tokens import Role, TokenStore

COOKIE = "extractor_token"
#: By these a proxy tells whom it asks for. One in front of a service without tokens would make everybody an admin.
_FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_SAFE = {"GET", "HEAD", "OPTIONS"}
#: What may be asked without a token.
_OPEN = re.compile(r"/(livez|readyz|openapi\.json|docs|login|static/.*)")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="extractor"'}


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """required: whether a token is needed, as it is for a service others can reach.

    hosts: where none is required, the only names under which the service answers.
    """

    required: bool
    hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. id: of the token, or the address where there is none; role: None for somebody unknown."""

    id: str
    role: Role | None

    @property
    def is_admin(self) -> bool:
        """Whether it looks after the service, and is told of its machines and stores by their names."""
        return self.role is not None and self.role.covers(Role.ADMIN)


class Access:
    """ASGI middleware that knows the client before anything of the request's body is read."""

    def __init__(self, app: ASGIApp, *, policy: AccessPolicy, tokens: TokenStore, rate: int) -> None:
        self._app, self._policy, self._tokens = app, policy, tokens
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            check_host(headers, self._policy)
            check_origin(scope, headers)
            client = await self._identify(scope, headers)
            scope.setdefault("state", {})["client"] = client
        await self._app(scope, receive, send)

    async def _identify(self, scope: Scope, headers: Headers) -> Client:
        address = scope["client"][0] if scope.get("client") else "local"
        # Without tokens a cookie is not asked for: that of another service on this machine comes along with ours.
        secret = _find_secret(headers) if self._policy.required else _find_bearer(headers)
        if not self._policy.required and not secret:
            self._count(address)
            return Client("local", Role.ADMIN)
        if secret:
            # The store first: behind one address are many, and a stranger must not lock out the others.
            token = await run_in_threadpool(self._tokens.find, secret)
            if token is not None:
                self._count(token.id)
                return Client(token.id, token.role)
        self._count(address)
        if self._policy.required and _OPEN.fullmatch(scope["path"]):
            return Client(address, None)
        detail = "this token is not known, or was revoked" if secret else "a token is needed"
        raise ProblemError(401, "unauthorized", detail, headers=_CHALLENGE)

    def _count(self, client: str) -> None:
        if self._limiter.hit(self._limit, client):
            return
        stats = self._limiter.get_window_stats(self._limit, client)
        seconds = max(1, round(stats.reset_time - time.time()))
        detail = f"more than {self._limit.amount} requests in a minute"
        raise ProblemError(429, "too_many_requests", detail, headers={"Retry-After": str(seconds)})


def check_host(headers: Headers, policy: AccessPolicy) -> None:
    """Refuses, where no token is required, what asks for the service by another name, or for somebody else.

    Raises:
        ProblemError: it does.
    """
    host = _without_port(headers.get("host", ""))
    if not policy.required and host not in policy.hosts:
        known = ", ".join(sorted(policy.hosts))
        raise ProblemError(403, "foreign_host", f"without tokens the service answers only as {known}")
    if not policy.required and any(name in headers for name in _FORWARDING):
        told = "a proxy asks for somebody else, who needs a token: start with --require-token"
        raise ProblemError(403, "forwarded", told)


def check_origin(scope: Scope, headers: Headers) -> None:
    """Refuses what a page of another site makes a browser send.

    Raises:
        ProblemError: it is such.
    """
    if scope["method"] in _SAFE:
        return
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    is_own = origin is None or _is_same_host(origin, headers.get("host", ""))
    if not is_own or site not in {"none", "same-origin"}:
        raise ProblemError(403, "cross_site", "a page of another site may not do this")


def _is_same_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default = {"http": ":80", "https": ":443"}.get(parts.scheme)
    # Whether this was http or https only a proxy in front of the service knows.
    return default is not None and parts.netloc.removesuffix(default) == host.removesuffix(default)


def _without_port(host: str) -> str:
    return re.sub(r":\d*$", "", host.lower())


def _find_bearer(headers: Headers) -> str:
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _find_secret(headers: Headers) -> str:
    bearer = _find_bearer(headers)
    if bearer:
        return bearer
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def get_client(request: Request) -> Client:
    """Who asks, as the middleware found out."""
    client: Client = request.state.client
    return client


def require(role: Role) -> Any:
    """Dependency that lets only clients in who may do what `role` may."""

    async def check(request: Request) -> Client:
        client = get_client(request)
        if client.role is None:
            raise ProblemError(401, "unauthorized", "a token is needed", headers=_CHALLENGE)
        if not client.role.covers(role):
            detail = f"this needs a token with the role {role.value}; yours has {client.role.value}"
            raise ProblemError(403, "forbidden", detail, extra={"role": role.value})
        return client

    return Depends(check)
