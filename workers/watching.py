"""A folder whose PDFs go to a service by themselves once they have stopped growing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.errors import ServiceError, StorageError
from workers.client import RefusedError, ServiceClient
from workers.storage import write_bytes

_LOG = logging.getLogger(__name__)
#: Folders inside the watched one: where documents go when they are read, and when they are not.
DONE, FAILED = "done", "failed"
#: Jobs asked about in one round.
_ASKED = 50


@dataclass(frozen=True, slots=True)
class _Look:
    """Size in bytes and time of the last change in nanoseconds, as a file had them."""

    size: int
    changed: int


@dataclass(slots=True)
class Watch:
    """Watches one folder. settle: seconds a file must not have changed. output: folder for results, or None.

    A document that was read moves to `done`, one that was not to `failed` with the reason in a text file beside it.
    What is under way stays where it is: whoever starts again sends it again, and it is the same job.
    """

    client: ServiceClient
    folder: Path
    output: Path | None = None
    settle: float = 3.0
    clock: Callable[[], float] = time.monotonic
    _seen: dict[Path, tuple[_Look, float]] = field(default_factory=dict)
    _pending: dict[Path, str] = field(default_factory=dict)

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
            if (
                path.suffix.lower() == ".pdf"
                and not path.name.startswith((".", "~"))
                and path not in self._pending
            ):
                look = _look_at(path)
                if look is not None:
                    before = self._seen.get(path)
                    found[path] = before if before and before[0] == look else (look, now)
        self._seen = found
        return [path for path, (look, since) in found.items() if look.size and now - since >= self.settle]

    def _send(self, path: Path) -> None:
        try:
            job, _ = self.client.submit(path, path.name)
        except RefusedError as error:
            self._put_aside(path, str(error))
        except ServiceError as error:
            _LOG.warning("%s; %s is sent later", error, path.name)
        except OSError as error:
            _LOG.warning("%s: %s; tried again later", path, error.strerror or error)
        else:
            self._seen.pop(path, None)
            self._pending[path] = job["id"]
            _LOG.info("sent %s as job %s", path.name, job["id"])

    def _ask(self, path: Path, identifier: str) -> None:
        try:
            job = self.client.job(identifier)
        except ServiceError as error:
            _LOG.warning("%s; asked again later", error)
            self._pending[path] = identifier
            return
        if job["state"] == "done":
            self._take(path, job)
        elif job["state"] == "failed":
            self._put_aside(path, job["error"]["message"])
        else:
            self._pending[path] = identifier

    def _take(self, path: Path, job: dict[str, Any]) -> None:
        if self.output is not None:
            write_bytes(self.output / f"{path.stem}.json", self.client.result(job["id"]))
        self._move(path, DONE)
        result = job["result"]
        _LOG.info("%s: %s, %d in review", path.name, result["status"], result["review"])

    def _put_aside(self, path: Path, reason: str) -> None:
        moved = self._move(path, FAILED)
        if moved is not None:
            write_bytes(moved.with_name(f"{moved.name}.reason.txt"), f"{reason}\n".encode())
        _LOG.warning("failed: %s: %s", path.name, reason)

    def _move(self, path: Path, where: str) -> Path | None:
        """Moves a file aside under a free name; None when somebody took it away meanwhile."""
        folder = self.folder / where
        try:
            folder.mkdir(exist_ok=True)
            target, number = folder / path.name, 1
            while target.exists():
                number += 1
                target = folder / f"{path.stem}-{number}{path.suffix}"
            path.rename(target)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"cannot move {path} to {folder}: {error.strerror or error}") from error
        return target


def _look_at(path: Path) -> _Look | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Look(found.st_size, found.st_mtime_ns)
