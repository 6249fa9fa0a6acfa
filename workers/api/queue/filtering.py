"""Which jobs are meant, as every route that takes many of them is told."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BeforeValidator

from workers.api.web.errors import ProblemError
from workers.service.store.catalog import CURSOR_PATTERN, JobFilter
from workers.service.store.schema import JobState

#: A text that a store can be asked for: PostgreSQL knows no NUL.
_TEXT = r"^[^\x00]*$"
_Text = Annotated[str, Query(max_length=200, pattern=_TEXT)]
_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
Cursor = Annotated[str | None, Query(pattern=CURSOR_PATTERN)]


def _no_number(value: object) -> object:
    # A bare number would be taken for seconds, or milliseconds, since 1970.
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("not a date and time like 2026-01-31T08:00:00Z")
    return value


_Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]


def _choose(  # noqa: PLR0913 - one argument for each filter
    state: JobState | None = None,
    status: Literal["complete", "partial", "no_form_found", "failed"] | None = None,
    form: _Text = "",
    year: _Text = "",
    organ: _Text = "",
    name: _Text = "",
    document: _Text = "",
    code: _Text = "",
    created_after: _Moment | None = None,
    finished_after: _Moment | None = None,
    finished_before: _Moment | None = None,
    batch: _Text = "",
) -> JobFilter:
    return JobFilter(
        state,
        status or "",
        form,
        year,
        organ,
        name,
        document,
        created_after=_seconds(created_after),
        code=code,
        finished_after=_seconds(finished_after),
        finished_before=_seconds(finished_before),
        batch=batch,
    )


def _refuse_unknown(request: Request) -> None:
    """Raises ProblemError where a list is asked for by what it does not know: nothing would be left out for it."""
    told = request.app.openapi()["paths"][request.scope["route"].path]["get"].get("parameters", ())
    known = [parameter["name"] for parameter in told if parameter["in"] == "query"]
    unknown = sorted({*request.query_params} - {*known})
    if unknown:
        listed = ", ".join(known) or "none"
        raise ProblemError(
            422, "unknown_parameter", f"no such parameter: {', '.join(unknown)}; there are: {listed}"
        )


#: Of a route that gives a list: it answers to no parameter that it does not know.
ONLY_KNOWN = Depends(_refuse_unknown)
#: The jobs that a request asks for.
Wanted = Annotated[JobFilter, Depends(_choose)]


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment is not None else None
