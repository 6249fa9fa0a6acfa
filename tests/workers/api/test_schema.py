"""Requests made up from the OpenAPI document, good and bad ones, of what is there and of what is not: every answer is
one the document tells of.
"""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.engine import events, from_schema
from schemathesis.generation.meta import TestPhase

from tests.paths import ROOT
from tests.workers.api.conftest import PDF
from tests.workers.reports import field, report, result
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.store.tokens import Role, TokenStore

pytestmark = pytest.mark.slow

# What no schema can say: a document begins as a PDF does, and a webhook's address is one that may be reached.
schemathesis.openapi.format("binary", st.binary(max_size=200).map(PDF.__add__))
schemathesis.openapi.format("uri", st.integers(1, 60_000).map("https://192.0.2.1:{}/hook".format))


#: What is there, by the name of the parameter: of all good requests that only look, and of those that decide a field.
_KNOWN: dict[str, Any] = {}
_LOOKED_AT: set[str] = set()
#: Who decides without saying what was seen, or that a figure is a dash, is told so: no schema says that.
_DECIDING = {
    "include-path-regex": "/fields/",
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "428", "429", "5xx"]
        }
    },
}
_SCAN = ROOT / "fixtures" / "scans" / "dept-2023-bilevel.pdf"


@schemathesis.hook
def before_call(_context, case, _kwargs) -> None:
    """A key that was used for other documents is refused, as it should be: so no key is used twice.

    Nobody works here, so that an answer kept back until a job has ended would be kept for as long as may be.
    """
    if re.fullmatch(r"[\d.]+", str(case.query.get("wait", ""))) and float(case.query["wait"]) <= 60:
        case.query["wait"] = 0
    if not case.meta.generation.mode.is_positive:
        return
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex
    # Requests that follow from each other delete what the first made.
    if case.meta.phase.name is TestPhase.STATEFUL:
        return
    if case.method == "GET" or "field_id" in case.path_parameters:
        _LOOKED_AT.update(_KNOWN.keys() & case.path_parameters.keys())
        case.path_parameters.update(
            {name: _KNOWN.get(name, was) for name, was in case.path_parameters.items()}
        )


@pytest.fixture
def known(service, submit, review):
    """A scan that was read, with a field in doubt."""
    read = result(report(disclosure__fees__amount=field("1", 0.5)))
    job, _ = service.submit(io.BytesIO(_SCAN.read_bytes()), "a.pdf")
    _KNOWN.update(job_id=review(read, job=job.id), report=0, field_id="disclosure.fees.amount", number=1)
    yield
    assert _KNOWN.keys() == _LOOKED_AT
    _KNOWN.clear()
    _LOOKED_AT.clear()


def _tell_answer(response) -> str:
    return "no answer" if response is None else f"{response.status_code} {response.content[:500]!r}"


def _find_faults(app, headers: dict[str, str]) -> list[str]:
    """Runs all phases with all checks; what is wrong, in words."""
    generation = {"max-examples": 10, "deterministic": True}
    # The events of a job that nobody works on never end.
    given = {"seed": 1, "headers": headers, "generation": generation, "max-stream-events": 1}
    # On a machine that has more to do.
    given |= {"request-timeout": 60}
    given |= {"operations": [_DECIDING]}
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
                            f"{request.method} {request.uri} {request.headers}\n{request.body!r}\n"
                            f"{_tell_answer(event.recorder.interactions[identifier].response)}"
                        )
    assert count > 500
    return faults


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_loopback_the_api_does_what_its_document_says(app):
    faults = _find_faults(app, {"Host": "localhost"})
    assert not faults, "\n\n".join(faults)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_with_tokens_the_api_does_what_its_document_says_of_what_is_there(service, known):
    guarded = create_app(service, access=AccessPolicy(required=True))
    secret = TokenStore(service.database).create("tests", Role.ADMIN)[1]
    faults = _find_faults(guarded, {"Authorization": f"Bearer {secret}"})
    assert not faults, "\n\n".join(faults)
