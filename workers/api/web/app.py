"""The application: its layers from the outside in, and its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from extractor import __version__
from extractor.seams.errors import ExtractorError
from workers.api.queue.events import events_router
from workers.api.queue.jobs import adopt_router, jobs_router, steps_router
from workers.api.queue.uploads import uploads_router
from workers.api.queue.webhooks import webhooks_router
from workers.api.reviewing.asking import review_router
from workers.api.reviewing.calibration import add_calibration_page
from workers.api.reviewing.comparing import comparing_router
from workers.api.reviewing.datasets import datasets_router
from workers.api.reviewing.map_pages import add_map_pages
from workers.api.reviewing.pages import add_review_pages
from workers.api.reviewing.people import add_people_page, people_router
from workers.api.reviewing.pictures import pictures_router
from workers.api.reviewing.routes import fields_router
from workers.api.reviewing.twins import twins_router
from workers.api.web.access import Access, AccessPolicy
from workers.api.web.describing import describe, docs_router, name_operation
from workers.api.web.errors import ProblemError, handle_error
from workers.api.web.gate import Gate, GateLimits
from workers.api.web.health import health_router
from workers.api.web.metrics import Metrics, metrics_router
from workers.api.web.pages import add_pages
from workers.service.reviewing.desk import ReviewDesk
from workers.service.service import Service
from workers.service.store.tokens import TokenStore

_TITLE = "Extractor of annual reports on government information disclosure"


def create_app(service: Service, *, access: AccessPolicy) -> FastAPI:
    """The API and the pages of a service, which stays the caller's to close."""
    desk = ReviewDesk(service)
    # The usual pages of documentation load scripts from elsewhere; ours is `/docs`.
    app = FastAPI(
        title=_TITLE,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lambda _: _closing(desk),
        generate_unique_id_function=name_operation,
    )
    metrics = Metrics(service)
    app.state.counts = metrics.store.counts
    settings = service.settings
    for kind in (ProblemError, HTTPException, RequestValidationError, ExtractorError):
        app.add_exception_handler(kind, handle_error)
    app.add_middleware(Access, policy=access, tokens=TokenStore(service.database), rate=settings.rate)
    limits = GateLimits(round(settings.max_upload_mb * 1e6), settings.request_timeout)
    app.add_middleware(Gate, limits=limits, latency=metrics.latency)
    queue_routers = (uploads_router, jobs_router, steps_router, adopt_router, events_router)
    for make_router in (*queue_routers, webhooks_router, health_router):
        app.include_router(make_router(service))
    app.include_router(metrics_router(metrics))
    desk_routers = (
        datasets_router,
        review_router,
        fields_router,
        comparing_router,
        people_router,
        pictures_router,
        twins_router,
    )
    for make_desk_router in desk_routers:
        app.include_router(make_desk_router(desk))
    add_pages(app, service, access)
    add_review_pages(app, desk)
    add_people_page(app, desk)
    add_calibration_page(app, desk)
    add_map_pages(app, desk)
    app.include_router(docs_router(app))
    app.openapi = lambda: describe(app, access)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _closing(desk: ReviewDesk) -> AsyncIterator[None]:
    yield
    desk.close()
