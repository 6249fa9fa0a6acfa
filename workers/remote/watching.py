"""A folder whose documents go to a service by themselves once they have stopped growing."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.scan.foreign import tell_ending
from extractor.scan.office import OFFICE_ENDINGS
from extractor.scan.pictures import PICTURE_ENDINGS
from extractor.seams.errors import DocumentError, ServiceError, StorageError
from extractor.values.result import ResultStatus
from extractor.wording.said import say, tell_os_error
from workers.batch.archives import archive_ending, is_archive
from workers.batch.binding import bind
from workers.batch.grouping import natural_key
from workers.batch.inputs import LeftOut, may_be_document
from workers.files.storage import write_bytes
from workers.remote.calls import GoneError
from workers.remote.client import ServiceClient
from workers.remote.submitting import say_job_error
from workers.remote.watched_archives import WatchedArchive, open_archive
from workers.shown.left_out import tell_left_out
from workers.shown.outcomes import Outcome, describe_failure, say_status
from workers.shown.speech import in_words, tell
from workers.shown.terminal import printable

_LOG = logging.getLogger(__name__)
#: Folders inside the watched one: where documents go when they are read, and when they are not.
DONE, FAILED = "done", "failed"
#: Jobs asked about in one round.
_ASKED = 50
#: Seconds after which a file is taken that stayed empty, for a scanner may make it long before it writes to it, or
#: whose name is that of a transfer that goes on, for its writer will rename it.
_LONG_SETTLE = 60.0
_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp")
#: Names, lower case, that Windows hides as others hide what begins with a dot; it writes them anew when they go.
_HIDDEN = frozenset({"thumbs.db", "desktop.ini"})
#: Endings of documents whose results have the same name: without an ending it is a folder of pictures.
_SHARED = frozenset(
    {"", *(form for each in (".pdf", *PICTURE_ENDINGS, *OFFICE_ENDINGS) for form in (each, each.upper()))}
)


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


@dataclass(frozen=True, slots=True)
class _Opened:
    """An archive that is read through. name: that it is put away under. look: as it was opened."""

    archive: WatchedArchive
    name: str
    look: _Look


@dataclass(slots=True)
class Watch:
    """Watches one folder. settle: seconds a file must not have changed. output: folder for results, or None.

    tell: is told what became of every document. by_folder: pictures of a folder in it are a document.
    is_once: a service that stays away ends the watch, and a file that cannot be opened is put aside.

    A document that was read moves to `done`, one that was not to `failed` with the reason in a text file beside it.
    An archive moves to `failed` where one of its documents was not read, and so does whatever is neither.
    What is under way stays where it is: whoever starts again sends it again, and it is the same job. A file that
    changed since it was sent is a document of its own, and is sent as well.
    """

    client: ServiceClient
    folder: Path
    output: Path | None = None
    settle: float = 3.0
    tell: Callable[[Outcome], None] = lambda outcome: None
    by_folder: bool = False
    is_once: bool = False
    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[_Look, float]] = field(default_factory=dict)
    _pending: dict[Path, _Sent] = field(default_factory=dict)
    _archives: dict[Path, _Opened] = field(default_factory=dict)
    _told: set[tuple[Path, str]] = field(default_factory=set)

    def round(self) -> None:
        """Looks once at the folder and at what is under way.

        Raises:
            StorageError: a file cannot be moved or written.
            ServiceError: the service stays away, and the watch is for once.
        """
        for path in self._settled():
            self._take_up(path)
        for path in list(self._pending)[:_ASKED]:
            self._ask(path, self._pending.pop(path))
        for path, opened in list(self._archives.items()):
            self._go_on(path, opened)

    def close(self) -> None:
        """Lets go of the archives that are under way."""
        for opened in self._archives.values():
            opened.archive.close()
        self._archives.clear()

    @property
    def is_idle(self) -> bool:
        """Whether no file waits to be taken and no job is under way."""
        return not (self._seen or self._pending or self._archives)

    def _settled(self) -> list[Path]:
        now, found = self.clock(), {}
        for path in sorted(self.folder.iterdir()):
            if self._is_ours(path) and path not in self._pending and path not in self._archives:
                look = _look_at(path)
                if look is not None:
                    before = self._seen.get(path)
                    found[path] = before if before and before[0] == look else (look, now)
        self._seen = found
        return [path for path, (look, since) in found.items() if now - since >= self._patience(path, look)]

    def _is_ours(self, path: Path) -> bool:
        """Whether it is a document, or something that has to be put aside with a word."""
        if _is_hidden(path.name):
            return False
        if not path.is_dir():
            return True
        if path.name in {DONE, FAILED}:
            return False
        is_taken = self.by_folder and bool(_pictures(path))
        if not is_taken:
            self._tell_once(path, "folder")
        return is_taken

    def _patience(self, path: Path, look: _Look) -> float:
        is_begun = look.size and not path.name.lower().endswith(_UNFINISHED)
        return self.settle if is_begun else max(self.settle, _LONG_SETTLE)

    def _take_up(self, path: Path) -> None:
        if path.is_dir() or may_be_document(path.name):
            self._send(path)
            return
        look, _ = self._seen.pop(path)
        if is_archive(path.name):
            name = self._free_name(path, DONE, FAILED)
            self._archives[path] = _Opened(open_archive(self.client, path, name, self.output), name, look)
        else:
            told = tell_ending(path.suffix.lower()) or say("messages.watch.unread", name=path.name)
            self._put_aside(path, "unread_kind", told)

    def _send(self, path: Path) -> None:
        look = self._seen[path][0]
        try:
            job = self._submit(path)
        except DocumentError as error:
            self._seen.pop(path, None)
            self._put_aside(path, error.code, str(error))
        except ServiceError as error:
            self._wait(path, "later", error)
        except OSError as error:
            if self.is_once and path.exists():
                self._seen.pop(path, None)
                why = say("documents.process.unreadable", why=tell_os_error(error))
                self._put_aside(path, StorageError.code, why)
            else:
                self._tell_once(path, "again", tell_os_error(error))
        else:
            self._seen.pop(path, None)
            self._pending[path] = _Sent(job["id"], look)
            if path.is_dir():
                self._tell_left_out(path, _others(path))
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

    def _tell_left_out(self, path: Path, found: Mapping[str, int]) -> None:
        for line in tell_left_out(found):
            _LOG.warning("%s", printable(tell("messages.watch.left_out", name=path.name, why=line)))

    def _wait(self, path: Path, key: str, error: ServiceError) -> None:
        """Nothing is done until the service is there again, which it has been given time for."""
        if self.is_once:
            raise error
        self._tell_once(path, key, str(error))

    def _tell_once(self, path: Path, key: str, why: str = "") -> None:
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
            self._pending[path] = sent
            self._wait(path, "asked_later", error)

    def _go_on(self, path: Path, opened: _Opened) -> None:
        """Reads some more of an archive, and puts it away when it is through."""
        archive = opened.archive
        try:
            outcomes = archive.advance()
        except ServiceError as error:
            self._wait(path, "later", error)
            return
        for outcome in outcomes:
            if outcome.is_lacking:
                _LOG.warning("%s", outcome.failure)
            else:
                self._tell_read(outcome.name, outcome.status, outcome.review)
        if archive.is_over:
            del self._archives[path]
            archive.close()
            self._end_archive(path, opened)

    def _end_archive(self, path: Path, opened: _Opened) -> None:
        archive = opened.archive
        if _look_at(path) not in {None, opened.look}:
            _LOG.warning("%s", tell("messages.watch.changed", name=printable(path.name)))
            return
        for outcome in archive.outcomes:
            self.tell(outcome)
        self._tell_left_out(path, archive.left_out)
        left_out = tell_left_out(archive.left_out)
        if not archive.outcomes:
            self._put_aside(path, "no_document", say("messages.watch.no_document", name=path.name), left_out)
            return
        failures = [outcome.failure for outcome in archive.outcomes if outcome.failed]
        target = self._prepare(FAILED if failures else DONE) / opened.name
        if failures:
            self._write_reason(path, target, "\n".join([*failures, *left_out]))
        self._move(path, target)

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
        status = ResultStatus(result["status"])
        self._tell_read(target.name, status, result["review"])
        self.tell(Outcome(target.name, target.name, status))

    def _tell_read(self, name: str, status: ResultStatus, review: int) -> None:
        told = tell("messages.watch.read", name=printable(name), status=say_status(status), review=review)
        _LOG.info("%s", told)

    def _put_aside(self, path: Path, code: str, reason: str, more: Sequence[str] = ()) -> None:
        """more: lines that the text file beside it has, too."""
        target = self._place(path, FAILED)
        self._write_reason(path, target, "\n".join([in_words(reason), *more]))
        self._move(path, target)
        _LOG.warning("%s", describe_failure(path.name, reason))
        self.tell(Outcome(path.name, target.name, ResultStatus.FAILED, code, reason))

    def _write_reason(self, path: Path, target: Path, told: str) -> None:
        """Before the file moves: one without a reason is nothing anybody can act on."""
        if path.exists():
            write_bytes(target.with_name(f"{target.name}.reason.txt"), f"{told}\n".encode())

    def _place(self, path: Path, where: str) -> Path:
        """A free place for the file in one of the folders."""
        return self._prepare(where) / self._free_name(path, where)

    def _prepare(self, where: str) -> Path:
        folder = self.folder / where
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(
                say("messages.watch.cannot_use", path=folder, why=tell_os_error(error))
            ) from error
        return folder

    def _free_name(self, path: Path, *where: str) -> str:
        """A name for the file that nothing in those folders has; `a.pdf`, `a.PDF`, `a.png` have the same result."""
        own = _suffix_of(path)
        has_result = path.is_dir() or may_be_document(path.name)
        suffixes = {own, *_SHARED} if has_result else {own}
        first = stem = path.name.removesuffix(own)
        number = 1
        while any((self.folder / folder / f"{stem}{each}").exists() for folder in where for each in suffixes):
            number += 1
            stem = f"{first}-{number}"
        return f"{stem}{own}"

    def _move(self, path: Path, target: Path) -> None:
        """Moves a file aside, unless somebody took it away meanwhile."""
        try:
            with suppress(FileNotFoundError):
                path.rename(target)
        except OSError as error:
            raise StorageError(
                say("messages.watch.cannot_move", path=path, target=target, why=tell_os_error(error))
            ) from error


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower() in _HIDDEN


def _suffix_of(path: Path) -> str:
    """The ending of a file's name; a folder has none."""
    return "" if path.is_dir() else archive_ending(path.name) or path.suffix


def _look_at(path: Path) -> _Look | None:
    try:
        found = [each.stat() for each in (path, *(path.rglob("*") if path.is_dir() else ()))]
    except OSError:
        return None
    return _Look(sum(each.st_size for each in found), max(each.st_mtime_ns for each in found))


def _others(folder: Path) -> dict[str, int]:
    """How many things in a folder are none of its pictures, by the ending of their names."""
    others = LeftOut()
    for path in {*folder.iterdir()} - {*_pictures(folder)}:
        if not _is_hidden(path.name):
            others.add(path.name)
    return others.counts


def _pictures(folder: Path) -> list[Path]:
    """Pictures of a folder, in natural order."""
    return [
        folder / name
        for name in sorted((path.name for path in folder.iterdir()), key=natural_key)
        if name.lower().endswith(PICTURE_ENDINGS) and not name.startswith(".")
    ]
