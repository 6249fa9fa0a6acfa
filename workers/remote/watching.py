"""A folder whose documents go to a service by themselves once they have stopped growing."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.scan.foreign import tell_ending
from extractor.scan.pictures import PICTURE_ENDINGS
from extractor.seams.errors import DocumentError, ServiceError, StorageError
from extractor.values.result import ResultStatus
from extractor.wording.said import say, tell_os_error
from workers.batch.binding import bind
from workers.batch.grouping import natural_key
from workers.batch.inputs import may_be_document
from workers.files.storage import write_bytes
from workers.remote.calls import GoneError
from workers.remote.client import ServiceClient
from workers.remote.submitting import say_job_error
from workers.shown.outcomes import Outcome, describe_failure, say_status
from workers.shown.speech import in_words, tell
from workers.shown.terminal import printable

_LOG = logging.getLogger(__name__)
#: Folders inside the watched one: where documents go when they are read, and when they are not.
DONE, FAILED = "done", "failed"
#: Jobs asked about in one round.
_ASKED = 50
#: Seconds after which a file that stayed empty is taken: a scanner may make it long before it writes to it.
_EMPTY_SETTLE = 60.0


@dataclass(frozen=True, slots=True)
class _Look:
    """Size in bytes and time of the last change in nanoseconds, as a file had them."""

    size: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Sent:
    """A job, and how its file looked when it was sent."""

    job: str
    look: _Look


@dataclass(slots=True)
class Watch:
    """Watches one folder. settle: seconds a file must not have changed. output: folder for results, or None.

    tell: is told what became of every file that is put away. by_folder: pictures of a folder in it are a document.

    A document that was read moves to `done`, one that was not to `failed` with the reason in a text file beside it.
    What is under way stays where it is: whoever starts again sends it again, and it is the same job. A file that
    changed since it was sent is a document of its own, and is sent as well.
    """

    client: ServiceClient
    folder: Path
    output: Path | None = None
    settle: float = 3.0
    tell: Callable[[Outcome], None] = lambda outcome: None
    by_folder: bool = False
    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[_Look, float]] = field(default_factory=dict)
    _pending: dict[Path, _Sent] = field(default_factory=dict)
    _told: set[tuple[Path, str]] = field(default_factory=set)

    def round(self) -> None:
        """Looks once at the folder and at what is under way.

        Raises:
            StorageError: a file cannot be moved or written.
        """
        for path in self._settled():
            self._send(path)
        for path in list(self._pending)[:_ASKED]:
            self._ask(path, self._pending.pop(path))

    @property
    def is_idle(self) -> bool:
        """Whether no file waits to be taken and no job is under way."""
        return not self._seen and not self._pending

    def _settled(self) -> list[Path]:
        now, found = self.clock(), {}
        for path in sorted(self.folder.iterdir()):
            if self._is_ours(path) and path not in self._pending:
                look = _look_at(path)
                if look is not None:
                    before = self._seen.get(path)
                    found[path] = before if before and before[0] == look else (look, now)
        self._seen = found
        return [path for path, (look, since) in found.items() if now - since >= self._patience(look)]

    def _is_ours(self, path: Path) -> bool:
        """Whether it is a document, or something that has to be put aside with a word."""
        if path.name.startswith((".", "~")):
            return False
        if path.is_dir():
            return self.by_folder and path.name not in {DONE, FAILED} and bool(_pictures(path))
        return may_be_document(path.name) or tell_ending(path.suffix.lower()) is not None

    def _patience(self, look: _Look) -> float:
        return self.settle if look.size else max(self.settle, _EMPTY_SETTLE)

    def _send(self, path: Path) -> None:
        look = self._seen[path][0]
        is_sent = path.is_dir() or may_be_document(path.name)
        unread = None if is_sent else tell_ending(path.suffix.lower())
        if unread is not None:
            self._seen.pop(path, None)
            self._put_aside(path, "unread_kind", unread)
            return
        try:
            job = self._submit(path)
        except DocumentError as error:
            self._seen.pop(path, None)
            self._put_aside(path, error.code, str(error))
        except ServiceError as error:
            self._tell_once(path, "later", str(error))
        except OSError as error:
            self._tell_once(path, "again", tell_os_error(error))
        else:
            self._seen.pop(path, None)
            self._pending[path] = _Sent(job["id"], look)
            _LOG.info("%s", tell("messages.watch.sent", name=printable(path.name), job=job["id"]))

    def _submit(self, path: Path) -> dict[str, Any]:
        """Sends a file, or the pictures of a folder bound into one.

        Raises:
            DocumentError: the service does not take it, or a picture is damaged.
        """
        if not path.is_dir():
            return self.client.submit(path, path.name)[0]
        with tempfile.TemporaryDirectory() as folder:
            bound = Path(folder) / "bound.pdf"
            failure = bind(_pictures(path), bound)
            if failure is not None:
                raise DocumentError(failure.message, code=failure.code)
            return self.client.submit(bound, path.name)[0]

    def _tell_once(self, path: Path, key: str, why: str) -> None:
        """Every round finds the same problem; it is told again when another one came between."""
        problem = printable(tell(f"messages.watch.{key}", name=path.name, why=why))
        if (path, problem) not in self._told:
            self._told = {told for told in self._told if told[0] != path} | {(path, problem)}
            _LOG.warning("%s", problem)

    def _ask(self, path: Path, sent: _Sent) -> None:
        try:
            job = self.client.job(sent.job)
            if job["state"] in {"done", "failed"}:
                self._end(path, sent, job)
            else:
                self._pending[path] = sent
        except GoneError as error:
            self._put_aside(path, error.code, say("messages.watch.deleted", why=error))
        except ServiceError as error:
            self._tell_once(path, "asked_later", str(error))
            self._pending[path] = sent

    def _end(self, path: Path, sent: _Sent, job: dict[str, Any]) -> None:
        if _look_at(path) not in {None, sent.look}:
            _LOG.warning("%s", tell("messages.watch.changed", name=printable(path.name)))
        elif job["state"] == "done":
            self._take(path, job)
        else:
            self._put_aside(path, job["error"]["code"], say_job_error(job["error"]))

    def _take(self, path: Path, job: dict[str, Any]) -> None:
        target = self._place(path, DONE)
        if self.output is not None:
            # First the result: whoever is ended between the two does both again, under the same name.
            write_bytes(
                self.output / f"{target.name.removesuffix(_suffix_of(path))}.json",
                self.client.result(job["id"]),
            )
        self._move(path, target)
        result = job["result"]
        status = say_status(ResultStatus(result["status"]))
        told = tell(
            "messages.watch.read", name=printable(target.name), status=status, review=result["review"]
        )
        _LOG.info("%s", told)
        self.tell(Outcome(target.name, target.name, ResultStatus(result["status"])))

    def _put_aside(self, path: Path, code: str, reason: str) -> None:
        target = self._place(path, FAILED)
        if path.exists():
            # First the reason: a document without one is nothing anybody can act on.
            write_bytes(target.with_name(f"{target.name}.reason.txt"), f"{in_words(reason)}\n".encode())
            self._move(path, target)
        _LOG.warning("%s", describe_failure(path.name, reason))
        self.tell(Outcome(path.name, target.name, ResultStatus.FAILED, code, reason))

    def _place(self, path: Path, where: str) -> Path:
        """A free name for the file in one of the folders; `a.pdf` and `a.PDF` have results of one name."""
        folder = self.folder / where
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(
                say("messages.watch.cannot_use", path=folder, why=tell_os_error(error))
            ) from error
        stem, number = (path.name if path.is_dir() else path.stem), 1
        while any((folder / f"{stem}{suffix}").exists() for suffix in {_suffix_of(path), ".pdf", ".PDF"}):
            number += 1
            stem = f"{path.stem}-{number}"
        return folder / f"{stem}{_suffix_of(path)}"

    def _move(self, path: Path, target: Path) -> None:
        """Moves a file aside, unless somebody took it away meanwhile."""
        try:
            with suppress(FileNotFoundError):
                path.rename(target)
        except OSError as error:
            raise StorageError(
                say("messages.watch.cannot_move", path=path, target=target, why=tell_os_error(error))
            ) from error


def _suffix_of(path: Path) -> str:
    """The ending of a file's name; a folder has none."""
    return "" if path.is_dir() else path.suffix


def _look_at(path: Path) -> _Look | None:
    try:
        found = [each.stat() for each in (path, *(path.rglob("*") if path.is_dir() else ()))]
    except OSError:
        return None
    return _Look(sum(each.st_size for each in found), max(each.st_mtime_ns for each in found))


def _pictures(folder: Path) -> list[Path]:
    """Pictures of a folder, in natural order."""
    return [
        folder / name
        for name in sorted((path.name for path in folder.iterdir()), key=natural_key)
        if name.lower().endswith(PICTURE_ENDINGS) and not name.startswith(".")
    ]
