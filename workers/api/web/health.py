"""Whether the process runs, and whether it can do its work: for supervisors and load balancers, without a token."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel

from extractor.seams.errors import ExtractorError
from workers.api.queue.bodies import PROBLEMS
from workers.api.web.errors import RETRY_AFTER, ProblemError
from workers.service.service import Service


class Health(BaseModel):
    """status: "ok" when the part asked about answers."""

    status: str = "ok"


def health_router(service: Service) -> APIRouter:
    """The routes /livez and /readyz."""
    router = APIRouter(tags=["monitoring"], responses=PROBLEMS)

    @router.get("/livez")
    async def get_livez() -> Health:
        """Whether the process runs."""
        return Health()

    @router.get("/readyz")
    def get_readyz() -> Health:
        """Whether the store and the broker answer; 503 names the one that does not."""
        missing = [
            name for name, check in (("store", _check_store), ("broker", _check_broker)) if not check(service)
        ]
        if missing:
            detail = f"{' and '.join(missing)} not answering"
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise ProblemError(503, "not_ready", detail, headers=headers, extra={"missing": missing})
        return Health()

    return router


def _check_store(service: Service) -> bool:
    try:
        with service.database.read() as connection:
            connection.execute(sa.select(1))
    except ExtractorError:
        return False
    return True


def _check_broker(service: Service) -> bool:
    try:
        service.bell.waiting()
    except ExtractorError:
        return False
    return True
