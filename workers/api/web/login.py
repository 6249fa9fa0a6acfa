"""Signing in by a form: the token is kept in a cookie that no script and no other site can use."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from workers.api.web.access import COOKIE, AccessPolicy
from workers.api.web.rendering import render
from workers.service.service import Service
from workers.service.store.tokens import TokenStore

_DAYS_30 = 30 * 86_400
_Next = Annotated[str, Query(alias="next", max_length=2000)]


def login_router(service: Service, access: AccessPolicy) -> APIRouter:
    """The routes /login and /logout."""
    router = APIRouter()
    tokens = TokenStore(service.database)

    @router.get("/login")
    def show_login(request: Request, following: _Next = "/") -> Response:
        if not access.required:
            return RedirectResponse("/", 303)
        return render(request, "login.html", {"following": own_path(following), "is_wrong": False})

    @router.post("/login")
    def log_in(
        request: Request,
        token: Annotated[str, Form(max_length=200)],
        following: Annotated[str, Form(alias="next", max_length=2000)] = "/",
    ) -> Response:
        target = own_path(following)
        if tokens.find(token.strip()) is None:
            return render(request, "login.html", {"following": target, "is_wrong": True}, status=401)
        response = RedirectResponse(target, 303)
        response.set_cookie(
            COOKIE,
            token.strip(),
            max_age=_DAYS_30,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @router.post("/logout")
    def log_out() -> Response:
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    return router


def own_path(target: str) -> str:
    """The target if it is a path of this service, else the start page."""
    # Browsers take "//host" and "/\host" for another host, and skip tabs and line ends.
    is_own = target.startswith("/") and target[1:2] not in {"/", "\\"} and target.isprintable()
    return target if is_own else "/"
