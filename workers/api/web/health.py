"""Whether the process runs, and whether it can do its work: for supervisors and load balancers, without a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from extractor.seams.errors import ExtractorError
from workers.api.queue.bodies import PROBLEMS
from workers.api.web.errors import RETRY_AFTER, ProblemError
from workers.service.service import Service
from workers.service.store.leadership import tell_rounds
from workers.service.store.machines import MachineStore

_Part = Literal["store", "blobs", "broker", "rounds"]
#: Rounds that may be missing, and the least seconds: a worker that dies is replaced by another within four.
_MISSING, _LEAST = 12, 60.0


class Health(BaseModel):
    """status: "ok" when the part asked about answers. round_age: seconds since the last round of the reconciler.

    paused: workers whose store is away; what is wrong with it only /machines says, to who looks after the service.
    """

    status: str = "ok"
    round_age: float | None = None
    paused: int | None = None


def health_router(service: Service) -> APIRouter:
    """The routes /livez and /readyz."""
    router = APIRouter(tags=["monitoring"], responses=PROBLEMS)

    @router.get("/livez", response_model_exclude_none=True)
    async def get_livez() -> Health:
        """Whether the process runs."""
        return Health()

    @router.get("/readyz", response_model_exclude_none=True)
    def get_readyz(exclude: Annotated[tuple[_Part, ...], Query()] = ()) -> Health:
        """Whether database (`store`), files (`blobs`) and broker answer; 503 names those that do not.

        `rounds` is missing when whoever looks after lost work has not done so for a while. What is excluded is not
        missed: who starts workers once the API is ready excludes `rounds`, who only sends requests `broker` too.
        """
        checks: dict[str, Callable[[], object]] = {
            "store": service.database.ping,
            "blobs": service.blobs.check,
            "broker": service.bell.waiting,
        }
        missing = [name for name, ask in checks.items() if name not in exclude and not _answers(ask)]
        age, paused = None, None
        if "store" not in missing and "store" not in exclude:
            rounds = tell_rounds(service.database, service.jobs.pipeline)
            age = rounds.age
            too_old = max(_LEAST, _MISSING * service.settings.reconcile)
            # Where all workers were ended in order nobody does any, and nothing is wrong.
            is_missed = rounds.is_held and (age or 0.0) > too_old
            missing += ["rounds"] if is_missed and "rounds" not in exclude else []
            machines = MachineStore(service.database, service.settings.heartbeat).list()
            paused = sum(machine.state == "paused" for machine in machines)
        if missing:
            detail = f"{' and '.join(missing)} not answering"
            headers = {"Retry-After": str(RETRY_AFTER)}
            raise ProblemError(
                503, "not_ready", detail, headers=headers, extra={"missing": missing, "round_age": age}
            )
        return Health(round_age=None if age is None else round(age, 1), paused=paused or None)

    return router


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ExtractorError:
        return False
    return True
