"""A service spoken to over HTTP, by who waits for its answers and by who does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
from tenacity import AsyncRetrying, Retrying

from workers.remote import calls
from workers.remote.calls import TIMEOUT, Call, T, check_answer, parse_address, silent
from workers.remote.patience import PATIENCE, Patience
from workers.shown.addresses import mask_url

DEFAULT_SERVER = "http://127.0.0.1:8800"
#: What says that nobody answers, rather than what is wrong with what was asked.
_AWAY = (httpx.TransportError, httpx.UnsupportedProtocol)


class ServiceClient:
    """One service; `patience` is how long in seconds it is asked again when it is away.

    One that runs and names a time after which to ask again is given that time, if it is no more than `patience`, as
    often as it names one: an archive takes days to send, and outlives the outage of a disk.
    Every method raises ServiceError when the service stays away and UsageError when it does not let us in; what else
    they do stands with the call of the same name (`workers.remote.calls`).
    """

    def __init__(self, server: str, token: str = "", patience: float = PATIENCE) -> None:
        address, headers = parse_address(server, token)
        self.server = mask_url(address)
        self._patience = Patience(patience)
        #: Whether somebody waits for what is submitted.
        self.is_urgent, self.batch = False, ""
        self._http = httpx.Client(base_url=address, headers=headers, timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def ask(self, call: Call[T]) -> T:
        """Has a call answered."""
        return call.read(self._insist(call), self.server)

    def submit(self, path: Path, name: str) -> tuple[dict[str, Any], bool]:
        return self.ask(calls.submit(path, name, is_urgent=self.is_urgent, batch=self.batch))

    def job(self, identifier: str) -> dict[str, Any]:
        return self.ask(calls.job(identifier))

    def jobs(self, **filters: str) -> Iterator[dict[str, Any]]:
        """Jobs, newest first, fetched page by page as they are asked for."""
        cursor = ""
        while True:
            found, cursor = self.ask(calls.jobs(cursor, filters))
            yield from found
            if not cursor:
                return

    def result(self, identifier: str) -> bytes:
        return self.ask(calls.part(identifier, "result"))

    def reviewed(self, identifier: str) -> bytes:
        return self.ask(calls.part(identifier, "reviewed"))

    def step(self, identifier: str, step: str) -> dict[str, Any]:
        return self.ask(calls.step(identifier, step))

    def adopt(self) -> int:
        return self.ask(calls.adopt())

    def delete(self, identifier: str) -> None:
        self.ask(calls.delete(identifier))

    def _insist(self, call: Call[T]) -> httpx.Response:
        for attempt in Retrying(**self._patience.begin()):
            with attempt:
                response = check_answer(self._send(call), self.server)
                self._patience.end()
                return response
        raise AssertionError("a retry ends by returning or raising")

    def _send(self, call: Call[T]) -> httpx.Response:
        with call.body() as body:
            try:
                return self._http.request(call.method, call.path, params=call.params, **body)
            except _AWAY as error:
                raise silent(error, self.server) from error


class AsyncServiceClient:
    """The same, for who goes on with other work until an answer comes."""

    def __init__(self, server: str, token: str = "", patience: float = PATIENCE) -> None:
        address, headers = parse_address(server, token)
        self.server = mask_url(address)
        self._limit = patience
        self._http = httpx.AsyncClient(base_url=address, headers=headers, timeout=TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._http.aclose()

    async def ask(self, call: Call[T]) -> T:
        """Has a call answered."""
        return call.read(await self._insist(call), self.server)

    async def _insist(self, call: Call[T]) -> httpx.Response:
        # Of its own for every request: several are under way at a time.
        patience = Patience(self._limit)
        async for attempt in AsyncRetrying(**patience.begin()):
            with attempt:
                return check_answer(await self._send(call), self.server)
        raise AssertionError("a retry ends by returning or raising")

    async def _send(self, call: Call[T]) -> httpx.Response:
        with call.body() as body:
            try:
                return await self._http.request(call.method, call.path, params=call.params, **body)
            except _AWAY as error:
                raise silent(error, self.server) from error
