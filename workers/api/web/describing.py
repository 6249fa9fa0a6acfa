"""The API described for programs (/openapi.json) and, by the same description, for people (/docs)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import Response

from workers.api.queue.bodies import RESULT_SCHEMA, Problem
from workers.api.web.access import AccessPolicy
from workers.api.web.rendering import render

_ABOUT = (
    "Documents go in with `POST /v1/jobs`, results come out with `GET /v1/jobs/{job_id}/result`. Errors are problem "
    "documents (RFC 9457). Reports of a document are counted from 0 in paths, as they stand in its result; pages "
    "from 1."
)
_TAGS = (
    {"name": "jobs", "description": "Documents on their way, and what was read of them"},
    {"name": "review", "description": "Doubtful fields, and what people decided of them"},
    {"name": "webhooks", "description": "Who is told when jobs end"},
    {"name": "monitoring", "description": "For machines that look after the service"},
)
#: What may be asked by anybody.
_OPEN = {"/livez", "/readyz"}
_SCHEME = {"type": "http", "scheme": "bearer", "description": "A token of `extractor token create`"}


def name_operation(route: APIRoute) -> str:
    """An operation is called as its function: what generated clients call theirs."""
    return route.name


def describe(app: FastAPI, access: AccessPolicy) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=_ABOUT, tags=[*_TAGS], routes=app.routes
        )
        components = schema.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema()
        schemas |= _result_schemas()
        components["securitySchemes"] = {"token": _SCHEME}
        # Without tokens whoever shows one is asked for a good one all the same.
        needed: list[dict[str, list[str]]] = [{"token": []}] if access.required else [{}, {"token": []}]
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                operation["security"] = [] if path in _OPEN else needed
        app.openapi_schema = schema
    return app.openapi_schema


@cache
def _result_schemas() -> dict[str, Any]:
    """The schema of results (docs/result.schema.json) and its parts, as schemas of the description."""
    told = json.loads(files("extractor.output").joinpath("result.schema.json").read_text(encoding="utf-8"))
    parts = told.pop("$defs")
    # Generated clients call a schema by its title.
    told["title"] = RESULT_SCHEMA
    del told["$schema"]
    named = {RESULT_SCHEMA: told} | {_name_part(name): part for name, part in parts.items()}
    found: dict[str, Any] = _rename(named)
    return found


def _name_part(name: str) -> str:
    """What a part of the schema is called here: nothing that a generated client makes of other names."""
    return "Read" + "".join(map(str.title, name.split("_")))


def _rename(node: Any) -> Any:
    """A schema with what it refers to as it is called here."""
    if isinstance(node, list):
        return [_rename(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"#/components/schemas/{_name_part(value.rpartition('/')[2])}"
        if key == "$ref" and isinstance(value, str)
        else _rename(value)
        for key, value in node.items()
    }


def docs_router(app: FastAPI) -> APIRouter:
    """The page that shows the description, with nothing of any other host."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def show_docs(request: Request) -> Response:
        schema = app.openapi()
        groups = [(tag, [*_operations(schema, tag["name"])]) for tag in schema["tags"]]
        told = {"about": schema["info"], "groups": groups, "schemas": schema["components"]["schemas"]}
        return render(request, "docs.html", told)

    return router


def _operations(schema: dict[str, Any], tag: str) -> Any:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if tag in operation.get("tags", []):
                yield {"method": method.upper(), "path": path, **operation}
