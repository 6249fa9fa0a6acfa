"""The application: its layers from the outside in, and its routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from extractor import __version__
from extractor.errors import ExtractorError
from workers.api.access import Access, AccessPolicy
from workers.api.bodies import Problem
from workers.api.errors import ProblemError, handle_error
from workers.api.events import events_router
from workers.api.gate import Gate, GateLimits
from workers.api.health import health_router
from workers.api.jobs import jobs_router, steps_router
from workers.api.metrics import Metrics, metrics_router
from workers.api.pages import add_pages
from workers.api.uploads import uploads_router
from workers.api.webhooks import webhooks_router
from workers.service.service import Service
from workers.service.tokens import TokenStore

_TITLE = "Extractor of annual reports on government information disclosure"


def create_app(service: Service, *, access: AccessPolicy) -> FastAPI:
    """The API and the pages of a service, which stays the caller's to close."""
    # The usual pages of documentation load scripts from elsewhere; /openapi.json says all of it.
    app = FastAPI(title=_TITLE, version=__version__, docs_url=None, redoc_url=None)
    metrics = Metrics(service)
    settings = service.settings
    for kind in (ProblemError, HTTPException, RequestValidationError, ExtractorError):
        app.add_exception_handler(kind, handle_error)
    app.add_middleware(Access, policy=access, tokens=TokenStore(service.database), rate=settings.rate)
    limits = GateLimits(round(settings.max_upload_mb * 1e6), settings.request_timeout)
    app.add_middleware(Gate, limits=limits, latency=metrics.latency)
    routers = (uploads_router, jobs_router, steps_router, events_router, webhooks_router, health_router)
    for make_router in routers:
        app.include_router(make_router(service))
    app.include_router(metrics_router(metrics))
    add_pages(app, service, access)
    app.openapi = lambda: _describe(app, access)  # type: ignore[method-assign]
    return app


def _describe(app: FastAPI, access: AccessPolicy) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        if access.required:
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for path, operations in schema["paths"].items():
                for operation in operations.values():
                    operation["security"] = [] if path in {"/livez", "/readyz"} else [{"token": []}]
        app.openapi_schema = schema
    return app.openapi_schema
