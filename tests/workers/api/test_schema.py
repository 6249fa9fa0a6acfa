"""Requests made up from the OpenAPI document, good and bad ones: every answer is one the document tells of."""

from __future__ import annotations

import uuid

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.engine import events, from_schema

from tests.workers.api.conftest import PDF
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.store.tokens import Role, TokenStore

pytestmark = pytest.mark.slow

# What no schema can say: a document begins as a PDF does, and a webhook's address is one that may be reached.
schemathesis.openapi.format("binary", st.binary(max_size=200).map(PDF.__add__))
schemathesis.openapi.format("uri", st.integers(1, 60_000).map("https://192.0.2.1:{}/hook".format))


@schemathesis.hook
def before_call(_context, case, _kwargs) -> None:
    """A key that was used for other documents is refused, as it should be: so no key is used twice."""
    if "Idempotency-Key" in case.headers and case.meta.generation.mode.is_positive:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex


def _find_faults(app, headers: dict[str, str]) -> list[str]:
    """Runs all phases with all checks; what is wrong, in words."""
    generation = {"max-examples": 20, "deterministic": True}
    # The events of a job that nobody works on never end.
    given = {"seed": 1, "headers": headers, "generation": generation, "max-stream-events": 1}
    config = schemathesis.Config.from_dict(given)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config, headers=headers)
    faults, count = [], 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            faults.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            faults.append(str(event.exception))
        elif isinstance(event, events.ScenarioFinished):
            for identifier, checks in event.recorder.checks.items():
                count += 1
                for check in checks:
                    if check.failure_info is not None:
                        request = event.recorder.interactions[identifier].request
                        faults.append(
                            f"{event.phase} {event.label} {check.name}: {check.failure_info.failure}\n"
                            f"{request.method} {request.uri} {request.headers}\n{request.body!r}"
                        )
    assert count > 500
    return faults


def test_on_loopback_the_api_does_what_its_document_says(app):
    faults = _find_faults(app, {"Host": "localhost"})
    assert not faults, "\n\n".join(faults)


def test_with_tokens_the_api_does_what_its_document_says(service):
    guarded = create_app(service, access=AccessPolicy(required=True))
    secret = TokenStore(service.database).create("tests", Role.ADMIN)[1]
    faults = _find_faults(guarded, {"Authorization": f"Bearer {secret}"})
    assert not faults, "\n\n".join(faults)
