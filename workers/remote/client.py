"""A service spoken to over HTTP: what `submit`, `status` and `watch` have in common."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from extractor.seams.errors import DocumentError, ServiceError, UsageError
from extractor.wording.said import say
from workers.shown.addresses import mask_url
from workers.shown.durations import say_duration
from workers.shown.speech import tell

_LOG = logging.getLogger(__name__)

DEFAULT_SERVER = "http://127.0.0.1:8800"
#: Seconds for which a service that is away or busy is asked again.
PATIENCE = 60.0
_BACK_OFF = wait_random_exponential(multiplier=0.2, max=5.0)
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


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


class ServiceClient:
    """One service; `patience` is how long in seconds it is asked again when it is away.

    One that runs and names a time after which to ask again is given that time, if it is no more than `patience`, as
    often as it names one: an archive takes days to send, and outlives the outage of a disk.
    Every method raises ServiceError when the service stays away and UsageError when it does not let us in. That
    it is away is logged once, when it is to be asked again.
    """

    def __init__(self, server: str, token: str = "", patience: float = PATIENCE) -> None:
        if not server.startswith(("http://", "https://")):
            raise UsageError(say("messages.client.no_address", server=mask_url(server)))
        if not re.fullmatch(r"[!-~]*", token):
            raise UsageError(say("messages.client.bad_token"))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = server.rstrip("/")
        self.server = mask_url(address)
        self._patience = patience
        #: Whether somebody waits for what is submitted.
        self.is_urgent = False
        self._is_away = False
        #: Seconds that the service has asked us to wait with the request in hand.
        self._asked = 0.0
        try:
            self._http = httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT)
        except (httpx.InvalidURL, ValueError) as error:
            raise UsageError(say("messages.client.bad_address", server=self.server, why=error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def submit(self, path: Path, name: str) -> tuple[dict[str, Any], bool]:
        """Sends a document; its job, and whether it is new. With `is_urgent` it is read before what is not.

        Raises:
            RefusedError: the service does not take it.
            OSError: the file cannot be read.
        """

        def send() -> httpx.Response:
            told = {"params": {"urgency": "interactive"}} if self.is_urgent else {}
            with path.open("rb") as stream:
                files = {"file": (name, stream, "application/pdf")}
                return self._request("POST", "/v1/jobs", files=files, **told)

        response = self._insist(send)
        if response.status_code in {413, 415, 422}:
            raise RefusedError(say("messages.client.refused", name=name, why=_explain(response)))
        return self._expect(response, {200, 202}), response.status_code == 202

    def job(self, identifier: str) -> dict[str, Any]:
        """Raises GoneError when there is no such job."""
        return self._expect(self._insist(lambda: self._request("GET", f"/v1/jobs/{identifier}")), {200})

    def jobs(self, **filters: str) -> Iterator[dict[str, Any]]:
        """Jobs, newest first, fetched page by page as they are asked for."""
        cursor = ""
        while True:
            wanted = {**filters, **({"cursor": cursor} if cursor else {})}
            page = self._expect(self._insist(lambda: self._request("GET", "/v1/jobs", params=wanted)), {200})  # noqa: B023
            yield from page["jobs"]
            cursor = page["next"] or ""
            if not cursor:
                return

    def result(self, identifier: str) -> bytes:
        """The result JSON of a job that is done. Raises GoneError when there is none."""
        response = self._insist(lambda: self._request("GET", f"/v1/jobs/{identifier}/result"))
        self._expect(response, {200})
        return response.content

    def reviewed(self, identifier: str) -> bytes:
        """The result JSON with what people decided. Raises GoneError when there is none."""
        response = self._insist(lambda: self._request("GET", f"/v1/jobs/{identifier}/reviewed"))
        self._expect(response, {200})
        return response.content

    def step(self, identifier: str, step: str) -> dict[str, Any]:
        """Does `retry` or `cancel` to a job. Raises GoneError when there is none, or it is past that."""
        return self._expect(
            self._insist(lambda: self._request("POST", f"/v1/jobs/{identifier}/{step}")), {200}
        )

    def adopt(self) -> int:
        """Has what waits for another pipeline read by the service's; how many jobs those were."""
        found = self._expect(self._insist(lambda: self._request("POST", "/v1/adopt")), {200})
        return int(found["adopted"])

    def delete(self, identifier: str) -> None:
        """Has a job forgotten. Raises GoneError when there is none, or it is running."""
        response = self._insist(lambda: self._request("DELETE", f"/v1/jobs/{identifier}"))
        if response.status_code != httpx.codes.NO_CONTENT:
            self._expect(response, set())

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except (httpx.TransportError, httpx.UnsupportedProtocol) as error:
            why = str(error) or type(error).__name__
            raise BusyError(say("messages.client.silent", server=self.server, why=why)) from error
        if response.status_code in {408, 429, 502, 503, 504}:
            raise BusyError(
                say("messages.client.answers", server=self.server, why=_explain(response)),
                _told_wait(response),
            )
        return response

    def _insist(self, ask: Any) -> httpx.Response:
        self._asked = 0.0
        for attempt in Retrying(
            retry=retry_if_exception_type(BusyError),
            wait=self._wait,
            stop=self._is_enough,
            before_sleep=self._tell_away,
            reraise=True,
        ):
            with attempt:
                response: httpx.Response = ask()
                self._is_away = False
                return response
        raise AssertionError("a retry ends by returning or raising")

    def _wait(self, state: RetryCallState) -> float:
        asked = self._asked_to_wait(state) or 0.0
        self._asked += asked
        return asked or _BACK_OFF(state)

    def _is_enough(self, state: RetryCallState) -> bool:
        # What the service asked us to wait is not time for which it was away.
        limit = stop_after_delay(self._patience + self._asked)
        return self._asked_to_wait(state) is None and limit(state)

    def _asked_to_wait(self, state: RetryCallState) -> float | None:
        """Seconds to wait on the service's own word; None where it gave none, or asks for more than we have."""
        error = state.outcome.exception() if state.outcome is not None else None
        after = error.after if isinstance(error, BusyError) else None
        return after if after is not None and after <= self._patience else None

    def _tell_away(self, state: RetryCallState) -> None:
        if not self._is_away and state.outcome is not None:
            self._is_away = True
            why = str(state.outcome.exception())
            if self._asked:
                _LOG.warning("%s", tell("messages.client.again_until_well", why=why))
            else:
                _LOG.warning("%s", tell("messages.client.again", why=why, time=say_duration(self._patience)))

    def _expect(self, response: httpx.Response, codes: set[int]) -> dict[str, Any]:
        if response.status_code in {401, 403}:
            raise UsageError(say("messages.client.give_token", server=self.server, why=_explain(response)))
        if response.status_code in {404, 409}:
            raise GoneError(say("messages.client.answers", server=self.server, why=_explain(response)))
        if response.status_code not in codes:
            raise UsageError(say("messages.client.answers", server=self.server, why=_explain(response)))
        try:
            payload: dict[str, Any] = response.json()
        except ValueError as error:
            raise UsageError(say("messages.client.no_service", server=self.server)) from error
        return payload


def _told_wait(response: httpx.Response) -> float | None:
    """Seconds after which the service wants the next request; None where it does not say, or is not what answers."""
    told = response.headers.get("retry-after", "")
    asks = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}
    if response.status_code not in asks or not told.isdecimal():
        return None
    return float(told)


def _explain(response: httpx.Response) -> str:
    """What a problem document says, or the status line of an answer that is none."""
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"HTTP {response.status_code} {response.reason_phrase}"
