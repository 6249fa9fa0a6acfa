"""The page on which what people decided makes confidence truer: before, after, and what installs it."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from models.corrections import FOLDS, LEAST, LEAST_EACH
from workers.api.web.access import require
from workers.api.web.errors import ProblemError
from workers.api.web.rendering import render
from workers.service.reviewing.calibrating import (
    CalibrationTrial,
    Verdict,
    install_calibration,
    try_calibration,
)
from workers.service.reviewing.desk import ReviewDesk
from workers.service.store.tokens import Role


def add_calibration_page(app: FastAPI, desk: ReviewDesk) -> None:
    """Adds the page and what its button does."""
    router = APIRouter(prefix="/review/calibration", dependencies=[require(Role.ADMIN)])
    service = desk.service

    def show(request: Request, trial: CalibrationTrial) -> Response:
        # What is installed belongs to another pipeline, which the service is once it starts anew.
        is_installed = service.settings.read_options.fingerprint() != service.pipeline
        told = {
            "found": trial,
            "is_installed": is_installed,
            "least": LEAST,
            "folds": FOLDS,
            "each": LEAST_EACH,
        }
        return render(request, "calibration.html", told)

    @router.get("")
    def show_trial(request: Request) -> Response:
        return show(request, try_calibration(service.database, service.pipeline))

    @router.post("")
    def install(request: Request) -> Response:
        trial = try_calibration(service.database, service.pipeline)
        is_installed = service.settings.read_options.fingerprint() != service.pipeline
        if trial.verdict is not Verdict.BETTER or is_installed:
            raise ProblemError(409, "conflict", "nothing better was found, or it is installed already")
        install_calibration(service.settings, trial)
        return show(request, trial)

    app.include_router(router, include_in_schema=False)
