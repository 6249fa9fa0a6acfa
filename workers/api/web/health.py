"""Whether the process runs, and whether it can do its work: for supervisors and load balancers, without a token."""

from __future__ import annotations

from collections.abc import Callable

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
        """Whether database (`store`), files (`blobs`) and broker answer; 503 names those that do not."""
        checks = {
            "store": service.database.ping,
            "blobs": service.blobs.check,
            "broker": service.bell.waiting,
        }
        missing = [name for name, ask in checks.items() if not _answers(ask)]
        if missing:
            detail = f"{' and '.join(missing)} not answering"
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise ProblemError(503, "not_ready", detail, headers=headers, extra={"missing": missing})
        return Health()

    return router


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ExtractorError:
        return False
    return True
