"""A service spoken to from Python: documents sent to it, followed, and read from it, waiting or not.

Both clients say the same; all that differs is who waits.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Self

from extractor.output.result_json import result_from_json
from extractor.seams.errors import DocumentError
from extractor.wording.said import say
from workers.library.documents import Document, check_document
from workers.library.jobs import Job, id_of, job_of
from workers.remote import calls
from workers.remote.client import DEFAULT_SERVER, AsyncServiceClient, ServiceClient
from workers.remote.patience import PATIENCE
from workers.remote.submitting import say_job_error

JobProgress = Callable[[Job], object]
State = Literal["queued", "running", "done", "failed"]
#: Seconds between two looks at a job whose pages somebody watches, or at a service that does not wait itself.
_LOOK = 1.0


class Client:
    """A service. token: of a service that wants one; patience: seconds for which one that is away is asked again.

    Every method raises UsageError where the service does not let us in or has no such job, and ServiceError where it
    stays away.
    """

    def __init__(self, server: str = DEFAULT_SERVER, token: str = "", *, patience: float = PATIENCE) -> None:
        self._service = ServiceClient(server, token, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections."""
        self._service.__exit__(None, None, None)

    def submit(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        urgent: bool = False,
        batch: str = "",
    ) -> Job:
        """Sends a document; one that is there already is the job it was. name: by which it is kept.

        batch: what those that are sent together are called.

        Raises:
            DocumentError: the service does not take it.
            OSError: the file cannot be read.
        """
        path = Path(path)
        told, _ = self._service.ask(calls.submit(path, name or path.name, is_urgent=urgent, batch=batch))
        return job_of(told)

    def job(self, job: Job | str) -> Job:
        """A job as it stands."""
        return job_of(self._service.ask(calls.job(id_of(job))))

    def jobs(self, *, state: State | None = None, **filters: str) -> Iterator[Job]:
        """Jobs, newest first. filters: those of GET /v1/jobs (name, organ, year, form, code, …)."""
        wanted = filters | ({"state": state} if state else {})
        cursor = ""
        while True:
            found, cursor = self._service.ask(calls.jobs(cursor, wanted))
            yield from map(job_of, found)
            if not cursor:
                return

    def wait(
        self, job: Job | str, *, timeout: float | None = None, progress: JobProgress | None = None
    ) -> Job:
        """Waits until a job has ended. progress: is given the job about once a second.

        Raises:
            TimeoutError: it has not ended within that many seconds.
        """
        waiting = _Waiting(job, timeout, progress)
        while True:
            current = job_of(self._service.ask(waiting.call()))
            if waiting.is_over(current):
                return current
            time.sleep(waiting.pause())

    def result(self, job: Job | str, *, reviewed: bool = False) -> Document:
        """What was read of a job that is done. reviewed: with what people decided."""
        current = self.job(job)
        content = self._service.ask(calls.part(current.id, "reviewed" if reviewed else "result"))
        return _document(current, content)

    def read(
        self,
        path: str | os.PathLike[str],
        *,
        timeout: float | None = None,
        progress: JobProgress | None = None,
    ) -> Document:
        """A document, read by the service before those for which nobody waits.

        Raises:
            DocumentError: it cannot be read; its code says what kind of fault that is.
            TimeoutError: it was not read within that many seconds; the service goes on reading it.
            OSError: the file cannot be read.
        """
        job = self.wait(self.submit(path, urgent=True), timeout=timeout, progress=progress)
        _check(job)
        return check_document(_document(job, self._service.ask(calls.part(job.id, "result"))))

    def retry(self, job: Job | str) -> Job:
        """Queues a job that failed again."""
        return job_of(self._service.ask(calls.step(id_of(job), "retry")))

    def cancel(self, job: Job | str) -> Job:
        """Breaks a job off: at once if it is queued, soon if it runs."""
        return job_of(self._service.ask(calls.step(id_of(job), "cancel")))

    def delete(self, job: Job | str) -> None:
        """Has a job that does not run forgotten, with its result."""
        self._service.ask(calls.delete(id_of(job)))


class AsyncClient:
    """A service, for programs with an event loop: every method says what the one of `Client` says, and is awaited."""

    def __init__(self, server: str = DEFAULT_SERVER, token: str = "", *, patience: float = PATIENCE) -> None:
        self._service = AsyncServiceClient(server, token, patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._service.__aexit__(None, None, None)

    async def submit(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        urgent: bool = False,
        batch: str = "",
    ) -> Job:
        path = Path(path)
        told, _ = await self._service.ask(
            calls.submit(path, name or path.name, is_urgent=urgent, batch=batch)
        )
        return job_of(told)

    async def job(self, job: Job | str) -> Job:
        return job_of(await self._service.ask(calls.job(id_of(job))))

    async def jobs(self, *, state: State | None = None, **filters: str) -> AsyncIterator[Job]:
        wanted = filters | ({"state": state} if state else {})
        cursor = ""
        while True:
            found, cursor = await self._service.ask(calls.jobs(cursor, wanted))
            for told in found:
                yield job_of(told)
            if not cursor:
                return

    async def wait(
        self, job: Job | str, *, timeout: float | None = None, progress: JobProgress | None = None
    ) -> Job:
        waiting = _Waiting(job, timeout, progress)
        while True:
            current = job_of(await self._service.ask(waiting.call()))
            if waiting.is_over(current):
                return current
            await asyncio.sleep(waiting.pause())

    async def result(self, job: Job | str, *, reviewed: bool = False) -> Document:
        current = await self.job(job)
        content = await self._service.ask(calls.part(current.id, "reviewed" if reviewed else "result"))
        return _document(current, content)

    async def read(
        self,
        path: str | os.PathLike[str],
        *,
        timeout: float | None = None,
        progress: JobProgress | None = None,
    ) -> Document:
        job = await self.wait(await self.submit(path, urgent=True), timeout=timeout, progress=progress)
        _check(job)
        return check_document(_document(job, await self._service.ask(calls.part(job.id, "result"))))

    async def retry(self, job: Job | str) -> Job:
        return job_of(await self._service.ask(calls.step(id_of(job), "retry")))

    async def cancel(self, job: Job | str) -> Job:
        return job_of(await self._service.ask(calls.step(id_of(job), "cancel")))

    async def delete(self, job: Job | str) -> None:
        await self._service.ask(calls.delete(id_of(job)))


class _Waiting:
    """A job that is waited for: the next question, and how long until the one after it."""

    def __init__(self, job: Job | str, timeout: float | None, progress: JobProgress | None) -> None:
        self._id, self._timeout, self._progress = id_of(job), timeout, progress
        self._started = self._asked = time.monotonic()

    def call(self) -> calls.Call[dict[str, Any]]:
        self._asked = time.monotonic()
        # A service keeps the answer until the job has ended; whoever watches its pages asks oftener.
        wait = _LOOK if self._progress is not None else calls.LONGEST_WAIT
        return calls.job(self._id, max(0.0, min(wait, self._left())))

    def is_over(self, job: Job) -> bool:
        if self._progress is not None:
            self._progress(job)
        if not job.has_ended and self._left() <= 0:
            raise TimeoutError(str(say("messages.library.not_ended", name=job.name, id=job.id)))
        return job.has_ended

    def pause(self) -> float:
        """Seconds to let pass: none where the service has waited itself."""
        return max(0.0, min(_LOOK - (time.monotonic() - self._asked), self._left()))

    def _left(self) -> float:
        if self._timeout is None:
            return float("inf")
        return self._timeout - (time.monotonic() - self._started)


def _check(job: Job) -> None:
    if job.error is not None:
        told = {"code": job.error.code, "message": job.error.message}
        raise DocumentError(say_job_error(told), code=job.error.code)


def _document(job: Job, content: bytes) -> Document:
    """A result as the library tells it, by the name of its document without its ending."""
    return Document(Path(job.name).stem, result_from_json(json.loads(content)))
