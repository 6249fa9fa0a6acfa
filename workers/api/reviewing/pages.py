"""The pages of the review: one doubtful field after the other, and a document as a whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from starlette.responses import Response

from workers.api.queue.jobs import find_job
from workers.api.reviewing.bodies import JOB
from workers.api.reviewing.comparing import find_differences, other_runs
from workers.api.reviewing.document_view import show_document
from workers.api.web.access import get_client, require
from workers.api.web.errors import ProblemError
from workers.api.web.rendering import language_of, render
from workers.api.web.texts import text
from workers.service.reviewing.desk import ReviewDesk
from workers.service.reviewing.doubts import Doubt
from workers.service.store.tokens import Role

_Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
#: Texts that the pages' scripts say, by the beginnings of their keys.
_SPOKEN = (
    "said_",
    "kind_",
    "doubt_",
    "badge_",
    "problem_",
    "asked_",
    "bond_",
    "cell_sure",
    "words_",
    "compare_",
    "marked_",
    "title_doubt",
    "comment_",
    "list_",
    "sum_",
    "review_loading",
    "cell_sums_none",
    "origin_",
    "act_",
    "who_",
)


def add_review_pages(app: FastAPI, desk: ReviewDesk) -> None:
    """Adds the pages of the review."""
    app.include_router(_router(desk), include_in_schema=False)


def _router(desk: ReviewDesk) -> APIRouter:
    router = APIRouter(dependencies=[require(Role.REVIEW)])

    @router.get("/review")
    def show_review(  # noqa: PLR0913 - one argument for each filter
        request: Request,
        form: _Text = "",
        year: _Text = "",
        organ: _Text = "",
        job: _Text = "",
        reason: _Text = "",
        batch: _Text = "",
    ) -> Response:
        known = [doubt.value for doubt in Doubt if doubt is not Doubt.EDIT]
        if reason and reason not in known:
            wrong = text(language_of(request), "review_no_reason", reason=reason, known=", ".join(known))
            raise ProblemError(422, "invalid_request", wrong)
        wanted = {"form": form, "year": year, "organ": organ, "job": job, "batch": batch, "reason": reason}
        told = {
            "wanted": wanted,
            "chosen": {name: value for name, value in wanted.items() if value},
            "forms": list(desk.plan.forms),
            "doubts": known,
            "spoken": _SPOKEN,
        }
        return render(request, "review.html", told)

    @router.get("/jobs/{job_id}/compare")
    def show_compared(request: Request, job_id: str, other: Annotated[str, Query(pattern=JOB)]) -> Response:
        here, there = find_job(desk.service, job_id), find_job(desk.service, other)
        told = {"job": here, "other": there, "found": find_differences(desk, here, there)}
        return render(request, "compare.html", {**told, "spoken": _SPOKEN})

    @router.get("/jobs/{job_id}/review")
    def show_whole(request: Request, job_id: str) -> Response:
        job = find_job(desk.service, job_id)
        told = {
            **show_document(desk, job, get_client(request).id),
            "runs": other_runs(desk, job),
            "spoken": _SPOKEN,
        }
        return render(request, "document.html", told)

    return router
