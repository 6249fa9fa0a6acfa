"""Documents sent to a service and followed to their end, a bounded number at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.output.result_json import result_from_json
from extractor.values.result import Issue, ResultStatus
from extractor.wording.catalogue import Language, find_text
from extractor.wording.said import Said, say, tell_os_error
from workers.batch.earlier import fail_document
from workers.batch.inputs import Input
from workers.files.storage import OutputError, prepare_folder, write_bytes
from workers.remote.calls import GoneError, RefusedError
from workers.remote.client import ServiceClient
from workers.shown.interrupts import held_interrupts
from workers.shown.outcomes import Outcome, lack_of
from workers.shown.progress import Display, Snapshot
from workers.shown.speech import PAGES

#: Seconds between two rounds of asking.
_POLL = 0.5
#: Documents sent, and jobs asked about, in one round.
_ASKED = 25


@dataclass(slots=True)
class Submission:
    """Sends documents and follows them. window: jobs not yet ended at a time, which is the back-pressure.

    output: folder for the result JSONs, None to leave them at the service. tell: called with every job that is
    known now, and whether it was there before and is read once more.
    release: is told of each document that is sent, or cannot be: nobody opens it again.
    """

    client: ServiceClient
    display: Display
    window: int = 1000
    output: Path | None = None
    tell: Callable[[Input, dict[str, Any], bool], None] = lambda item, job, is_again: None
    release: Callable[[Input], None] = lambda item: None
    started: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)
    #: By job; the same document under several names is one job.
    _pending: dict[str, list[Input]] = field(default_factory=dict)
    #: Of the stream: what could not be sent as the service was away, and whether nothing is left of it.
    _in_hand: Input | None = None
    _is_sent: bool = False
    _pages: int = 0
    _lacking: int = 0

    def send(self, items: Iterable[Input], total: Callable[[], int | None]) -> None:
        """Sends every document, without waiting for any to be read. total: how many there are, as far as is known."""
        for item in items:
            job = self._submit(item)
            if job is not None:
                self.outcomes.append(Outcome(item.name, item.output, ResultStatus.COMPLETE))
            self._show(total())

    def send_and_follow(self, items: Iterable[Input], total: Callable[[], int | None]) -> None:
        """Sends every document and returns when all have ended."""
        stream: Iterator[Input] = iter(items)
        while not self.is_over:
            if not self.advance(stream):
                time.sleep(_POLL)
            self._show(total())

    @property
    def is_over(self) -> bool:
        """Whether the stream has come to its end, and all that was sent has ended."""
        return self._is_sent and not self._pending

    def advance(self, stream: Iterator[Input]) -> bool:
        """Sends some of a stream, as far as the window allows, and asks about some; whether one has ended.

        Raises:
            ServiceError: the service is away; nothing is lost, and the next call goes on where this one stopped.
        """
        for _ in range(min(_ASKED, self.window - len(self._pending))):
            if self._in_hand is None:
                self._in_hand = next(stream, None)
            if self._in_hand is None:
                self._is_sent = True
                break
            job = self._submit(self._in_hand)
            if job is not None:
                self._pending.setdefault(job["id"], []).append(self._in_hand)
            self._in_hand = None
        return self._ask()

    def _submit(self, item: Input) -> dict[str, Any] | None:
        job = self._post(item)
        self.release(item)
        return job

    def _post(self, item: Input) -> dict[str, Any] | None:
        if item.problem:
            # As for `run`: an archive that is there is an input, however little of it can be read.
            if item.archive:
                self._fail(item, item.problem_code, item.problem)
            else:
                self._finish(Outcome(item.name, None, ResultStatus.FAILED, item.problem_code, item.problem))
            return None
        try:
            job, is_new = self.client.submit(item.path, item.name)
        except RefusedError as error:
            self._fail(item, error.code, str(error))
            return None
        except OSError as error:
            reason = say("documents.process.unreadable", why=tell_os_error(error))
            self._finish(Outcome(item.name, None, ResultStatus.FAILED, "storage", reason))
            return None
        # One that was cancelled, or lost by the store, is the job it was and waits once more.
        self.tell(item, job, is_new and job["state"] == "queued" and job["created"] < job["updated"])
        return job

    def _ask(self) -> bool:
        """Asks about the jobs that wait longest; whether one of them has ended."""
        ended = False
        for identifier in list(self._pending)[:_ASKED]:
            try:
                job = self.client.job(identifier)
            except GoneError as error:
                self._forget(identifier, error)
                ended = True
                continue
            if job["state"] in {"done", "failed"}:
                # Whose result is written must be in the summary, whenever an interrupt comes.
                with held_interrupts():
                    self._end(identifier, job)
                ended = True
            else:
                # Asked again after the others.
                self._pending[identifier] = self._pending.pop(identifier)
        return ended

    def _end(self, identifier: str, job: dict[str, Any]) -> None:
        if job["state"] == "failed":
            self._fail_all(identifier, job["error"]["code"], say_job_error(job["error"]))
            return
        try:
            content = self.client.result(identifier) if self.output is not None else b""
        except GoneError as error:
            self._forget(identifier, error)
            return
        for item in self._pending.pop(identifier):
            self._keep(item, job, content)

    def _forget(self, identifier: str, error: GoneError) -> None:
        self._fail_all(identifier, error.code, say("messages.client.gone", why=error))

    def _fail_all(self, identifier: str, code: str, reason: str) -> None:
        for item in self._pending.pop(identifier):
            self._fail(item, code, reason)

    def _fail(self, item: Input, code: str, reason: str) -> None:
        """Keeps the failure of a document, as its result too where results are written."""
        outcome = Outcome(item.name, item.output, ResultStatus.FAILED, code, reason)
        if self.output is not None:
            try:
                outcome = fail_document(item, self.output / item.output, code, reason)
            except OutputError as error:
                outcome = self._unwritten(item, error)
        self._finish(outcome)

    def _unwritten(self, item: Input, error: OutputError) -> Outcome:
        """One result that cannot be written is its document's failure; a folder that cannot is everybody's."""
        assert self.output is not None
        prepare_folder(self.output)
        return Outcome(item.name, None, ResultStatus.FAILED, error.code, str(error))

    def _keep(self, item: Input, job: dict[str, Any], content: bytes) -> None:
        target = None
        if self.output is not None:
            target = self.output / item.output
            try:
                write_bytes(target, content)
            except OutputError as error:
                self._finish(self._unwritten(item, error))
                return
        summary = job["result"]
        lack = _lack_of(content)
        self._finish(
            Outcome(
                item.name,
                str(target) if target else item.output,
                ResultStatus(summary["status"]),
                code=lack.code if lack else "",
                reason=lack.message if lack else "",
                pages=job["pages"]["total"],
                accepted=summary["accepted"],
                review=summary["review"],
                findings=summary["findings"],
            )
        )

    def _finish(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._pages += outcome.pages
        self._lacking += outcome.is_lacking

    def _show(self, total: int | None) -> None:
        seconds = time.monotonic() - self.started
        count = len(self.outcomes)
        self.display.show(Snapshot(total, count, count, self._pages, seconds, lacking=self._lacking))


def say_job_error(error: dict[str, Any]) -> Said:
    """Why a job failed: what the service says, and for readers of other languages what its code means."""
    key = f"{PAGES}.code_{error['code']}"
    if find_text(key, Language.ENGLISH) is None:
        return say("messages.client.told", why=error["message"])
    return say("messages.client.job", summary=say(key), why=error["message"])


def _lack_of(content: bytes) -> Issue | None:
    """What a result says is missing of its document; None for one that was not fetched, or is of another version."""
    try:
        return lack_of(result_from_json(json.loads(content))) if content else None
    except ValueError:
        return None
