"""Templates filled with texts of the reader's language; everything put in is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from workers import PACKAGE
from workers.api.web.texts import (
    LANGUAGES,
    catalogue_keys,
    choose_language,
    has_text,
    raw_text,
    text,
)

_COOKIE = "extractor_lang"
_YEAR = 365 * 86_400


def render(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page; a language chosen by ?lang= is remembered."""
    chosen, language = request.query_params.get("lang", ""), language_of(request)
    state = request.app.state
    page = (
        _environment()
        .get_template(template)
        .render(
            {
                "t": partial(text, language),
                "spoken_texts": partial(_spoken, language),
                "language": LANGUAGES[language],
                "language_code": language,
                "switch": _switch(request, "en" if language == "zh" else "zh"),
                "reason_of": partial(_reason, language),
                "can_logout": state.has_login and getattr(request.state, "client", None) is not None,
                **values,
            }
        )
    )
    response = HTMLResponse(page, status, dict(headers or {}))
    if chosen in LANGUAGES:
        response.set_cookie(_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="lax")
    return response


def language_of(request: Request, unasked: str = "") -> str:
    """The language of whoever asks: by ?lang=, as it was chosen before, or as the browser would rather have it.

    unasked: that of a program, which asks for none; the pages' own where none is given.
    """
    for language in (request.query_params.get("lang", ""), request.cookies.get(_COOKIE, "")):
        if language in LANGUAGES:
            return language
    accepted = request.headers.get("accept-language", "")
    return choose_language(accepted) if accepted or not unasked else unasked


def _switch(request: Request, language: str) -> str:
    """Address of this page in the other language."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + urlencode([*kept, ("lang", language)])


def _reason(language: str, code: str) -> str:
    """What a code means, empty where only the message of the job says it."""
    key = f"code_{code}"
    return text(language, key) if has_text(key) else ""


def _spoken(language: str, beginnings: tuple[str, ...]) -> dict[str, str]:
    """Sentences for a page's scripts."""
    return {key: raw_text(language, key) for key in catalogue_keys(beginnings)}


def _show_time(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _machine_time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


@cache
def _environment() -> Environment:
    loader = PackageLoader(f"{PACKAGE}.api", "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters |= {"show_time": _show_time, "machine_time": _machine_time}
    return made
