"""What may be asked of a service over HTTP, as values: who sends them may wait for the answer or go on meanwhile."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

import httpx

from extractor.seams.errors import DocumentError, ServiceError, UsageError
from extractor.wording.said import say, tell_os_error
from workers.shown.addresses import mask_url

T = TypeVar("T")
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
#: The longest in seconds that an answer is waited for at the service, well below the time a request may take.
LONGEST_WAIT = 25.0


class BusyError(ServiceError):
    """The service does not answer, or asks to come again later.

    after: seconds after which a service that runs asks to come again, as there were too many requests, or as a part
    of it is away; or None.
    """

    code = "busy"

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class RefusedError(DocumentError):
    """The service does not take this document."""

    code = "refused"


class GoneError(UsageError):
    """The service has no such job, or no result of it (any more)."""

    code = "gone"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and what its answer means. read: makes sense of an answer, given who gave it, as it is shown.

    body: opened anew for every attempt; what httpx takes as arguments besides.
    """

    method: str
    path: str
    read: Callable[[httpx.Response, str], T]
    params: Mapping[str, Any]
    body: Callable[[], AbstractContextManager[Mapping[str, Any]]] = lambda: nullcontext({})


def parse_address(server: str, token: str) -> tuple[str, dict[str, str]]:
    """The address of a service as httpx takes it, and the headers that show a token.

    Raises:
        UsageError: it is no address, or no token.
    """
    if not server.startswith(("http://", "https://")):
        raise UsageError(say("messages.client.no_address", server=mask_url(server)))
    if not re.fullmatch(r"[!-~]*", token):
        raise UsageError(say("messages.client.bad_token"))
    address = server.rstrip("/")
    try:
        split = urlsplit(address)
        httpx.URL(address if _has_port(split) else f"{split.scheme}://{split.hostname}")
    except (httpx.InvalidURL, ValueError) as error:
        told = say("messages.client.bad_address", server=mask_url(address), why=error)
        raise UsageError(told) from error
    if not _has_port(split):
        told = say(
            "messages.client.bad_address", server=mask_url(address), why=say("messages.client.bad_port")
        )
        raise UsageError(told)
    return address, {"Authorization": f"Bearer {token}"} if token else {}


def _has_port(split: SplitResult) -> bool:
    """Whether the port is one, or none is named."""
    try:
        return split.port is None or split.port > 0
    except ValueError:
        return False


def submit(path: Path, name: str, *, is_urgent: bool, batch: str = "") -> Call[tuple[dict[str, Any], bool]]:
    """Sends a document; its job, and whether it is new. One that is urgent is read before what is not.

    batch: what those that are sent together are called; empty for nothing.

    Raises:
        RefusedError: the service does not take it.
        OSError: the file cannot be read.
    """

    @contextmanager
    def body() -> Iterator[Mapping[str, Any]]:
        with path.open("rb") as stream:
            yield {"files": {"file": (name, stream, "application/pdf")}}

    def read(response: httpx.Response, server: str) -> tuple[dict[str, Any], bool]:
        if response.status_code in {413, 415, 422}:
            raise RefusedError(say("messages.client.refused", name=name, why=explain(response)))
        return _expect(response, server, {200, 202}), response.status_code == 202

    told = {"urgency": "interactive" if is_urgent else "", "batch": batch}
    return Call("POST", "/v1/jobs", read, {key: value for key, value in told.items() if value}, body)


def job(identifier: str, wait: float = 0.0) -> Call[dict[str, Any]]:
    """A job; wait: seconds for which the service keeps the answer while the job has not ended.

    Raises GoneError when there is no such job.
    """
    return Call("GET", f"/v1/jobs/{identifier}", _object, {"wait": min(wait, LONGEST_WAIT)} if wait else {})


def jobs(cursor: str, filters: Mapping[str, str]) -> Call[tuple[list[dict[str, Any]], str]]:
    """A page of jobs, newest first, and the cursor of the next one, empty on the last."""

    def read(response: httpx.Response, server: str) -> tuple[list[dict[str, Any]], str]:
        page = _expect(response, server, {200})
        return page["jobs"], page["next"] or ""

    return Call("GET", "/v1/jobs", read, {**filters, **({"cursor": cursor} if cursor else {})})


def part(identifier: str, name: str) -> Call[bytes]:
    """What there is of a job: `result`, `reviewed`, `document`. Raises GoneError when there is none."""

    def read(response: httpx.Response, server: str) -> bytes:
        if response.status_code != httpx.codes.OK:
            _expect(response, server, set())
        if name in {"result", "reviewed"}:
            _expect(response, server, {200})
        return response.content

    return Call("GET", f"/v1/jobs/{identifier}/{name}", read, {})


def step(identifier: str, name: str) -> Call[dict[str, Any]]:
    """Does `retry` or `cancel` to a job. Raises GoneError when there is none, or it is past that."""
    return Call("POST", f"/v1/jobs/{identifier}/{name}", _object, {})


def adopt() -> Call[int]:
    """Has what waits for another pipeline read by the service's; how many jobs those were."""
    return Call("POST", "/v1/adopt", lambda response, server: int(_object(response, server)["adopted"]), {})


def delete(identifier: str) -> Call[None]:
    """Has a job forgotten. Raises GoneError when there is none, or it is running."""

    def read(response: httpx.Response, server: str) -> None:
        if response.status_code != httpx.codes.NO_CONTENT:
            _expect(response, server, set())

    return Call("DELETE", f"/v1/jobs/{identifier}", read, {})


def check_answer(response: httpx.Response, server: str) -> httpx.Response:
    """An answer that is final. Raises BusyError for one that asks to come again."""
    if response.status_code in {408, 429, 502, 503, 504}:
        told = say("messages.client.answers", server=server, why=explain(response))
        raise BusyError(told, _told_wait(response))
    return response


def silent(error: Exception, server: str) -> BusyError:
    """What is said of a service that does not answer."""
    return BusyError(say("messages.client.silent", server=server, why=_why_silent(error)))


def _why_silent(error: Exception) -> str:
    """What the system said, behind what its libraries made of it; else their words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return say("messages.client.unknown_host")
        if isinstance(cause, OSError) and cause.errno is not None:
            return tell_os_error(cause)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return say("messages.client.late")
    return str(error) or type(error).__name__


def explain(response: httpx.Response) -> str:
    """What a problem document says, or the status line of an answer that is none."""
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"HTTP {response.status_code} {response.reason_phrase}"


def _object(response: httpx.Response, server: str) -> dict[str, Any]:
    return _expect(response, server, {200})


def _expect(response: httpx.Response, server: str, codes: set[int]) -> dict[str, Any]:
    if response.status_code in {401, 403}:
        raise UsageError(say("messages.client.give_token", server=server, why=explain(response)))
    if response.status_code in {404, 409}:
        raise GoneError(say("messages.client.answers", server=server, why=explain(response)))
    if response.status_code not in codes:
        raise UsageError(say("messages.client.answers", server=server, why=explain(response)))
    try:
        payload: dict[str, Any] = response.json()
    except ValueError as error:
        raise UsageError(say("messages.client.no_service", server=server)) from error
    return payload


def _told_wait(response: httpx.Response) -> float | None:
    """Seconds after which the service wants the next request; None where it does not say, or is not what answers."""
    told = response.headers.get("retry-after", "")
    asks = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}
    if response.status_code not in asks or not told.isdecimal():
        return None
    return float(told)
