"""Documents and results by the SHA-256 of their content: what every such store does, and how a folder does it."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from extractor.seams.errors import ExitCode, StorageError
from extractor.wording.said import say, tell_os_error
from workers.files.room import Room
from workers.files.storage import write_bytes
from workers.service.store.records import LOST

_CHUNK = 1 << 20
#: Bytes that are written to see whether a store can be: more than fits beside an inode.
_PROBE = 1 << 16
#: Name of what a store is known by, beside the blobs.
MARK = "identity"
#: What a file system says that has gone, or whose server has.
_GONE = {
    errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ETIMEDOUT,
    errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.ECONNRESET, errno.EREMOTEIO,
}  # fmt: skip


class TooLargeError(StorageError):
    """More bytes came than may be kept."""

    code = "too_large"
    retryable = False


class LostBlobError(StorageError):
    """The store is there, and the blob is not, or is no longer what it was."""

    code = LOST


class AwayError(StorageError):
    """The store does not answer, is not there, or is not the one it should be: nothing can be said of its blobs."""

    code = "store_away"
    exit_code = ExitCode.SERVICE


@dataclass(frozen=True, slots=True)
class Blob:
    """sha256 in hexadecimal; size in bytes."""

    sha256: str
    size: int


class BlobStore(Protocol):
    """Content under its own hash: put twice it is there once, and what is there is whole.

    All methods raise AwayError when the store does not answer and StorageError when it cannot be read or written;
    those that read raise LostBlobError when it can, but holds no such blob.
    """

    def put(self, stream: BinaryIO, limit: int | None = None) -> Blob:
        """Keeps what the stream holds; TooLargeError once it is longer than `limit` bytes."""
        ...

    def local(self, sha256: str) -> Any:
        """Context manager giving the path of a local file with the content, not to be written."""
        ...

    def exists(self, sha256: str) -> bool: ...

    def delete(self, sha256: str) -> None:
        """Deletes the blob, if it is there."""
        ...

    def list(self, digits: str) -> Iterator[tuple[str, float]]:
        """Hash of everything whose hash has these first two digits, and when it was last put, in no order.

        Times are in seconds since 1970.
        """
        ...

    def unfinished(self) -> Iterator[tuple[str, float]]:
        """Names of what is being written, or was left by a writer that was killed, and when it last grew."""
        ...

    def discard(self, name: str) -> None:
        """Deletes what is unfinished, if it is there."""
        ...

    def read_mark(self) -> str:
        """What was left here to know the store by; empty where nothing was."""
        ...

    def leave_mark(self, mark: str) -> None:
        """Makes this a store, known by a mark."""
        ...

    def probe(self) -> None:
        """Writes something, reads it and deletes it."""
        ...


class FolderBlobs:
    """Blobs as files of a folder, which several machines may share."""

    def __init__(self, root: Path) -> None:
        # Nothing is made here: where a folder of another machine is not mounted, what is made looks like a store.
        self._root = root
        self._incoming = root / "incoming"

    def put(self, stream: BinaryIO, limit: int | None = None) -> Blob:
        temporary = self._incoming / uuid.uuid4().hex
        with _storage(self._root):
            try:
                with temporary.open("xb") as target:
                    blob = copy_stream(stream, target, limit, self._incoming)
                    target.flush()
                    os.fsync(target.fileno())
                place = self._path(blob.sha256)
                place.parent.mkdir(parents=True, exist_ok=True)
                # Also when it is there: the new time keeps it from being swept away as an orphan.
                temporary.replace(place)
                _sync_folder(place.parent)
            finally:
                temporary.unlink(missing_ok=True)
        return blob

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        if not self.exists(sha256):
            raise LostBlobError(say("messages.service.lost", sha256=sha256))
        yield self._path(sha256)

    def exists(self, sha256: str) -> bool:
        with _storage(self._root):
            return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        with _storage(self._root):
            self._path(sha256).unlink(missing_ok=True)

    def list(self, digits: str) -> Iterator[tuple[str, float]]:
        return self._times(self._root / digits)

    def unfinished(self) -> Iterator[tuple[str, float]]:
        return self._times(self._incoming)

    def discard(self, name: str) -> None:
        with _storage(self._root):
            (self._incoming / name).unlink(missing_ok=True)

    def read_mark(self) -> str:
        with _storage(self._root):
            try:
                return (self._root / MARK).read_text(encoding="ascii", errors="replace").strip()
            except FileNotFoundError:
                return ""

    def leave_mark(self, mark: str) -> None:
        with _storage(self._root):
            self._incoming.mkdir(parents=True, exist_ok=True)
        write_bytes(self._root / MARK, f"{mark}\n".encode())

    def probe(self) -> None:
        content = os.urandom(_PROBE)
        with _storage(self._root), tempfile.TemporaryFile(dir=self._root) as probe:
            probe.write(content)
            probe.flush()
            probe.seek(0)
            if probe.read() != content:
                raise StorageError(say("messages.service.kept_otherwise", url=self._root))

    def _times(self, folder: Path) -> Iterator[tuple[str, float]]:
        with _storage(self._root):
            for path in folder.iterdir() if folder.is_dir() else ():
                with suppress(FileNotFoundError):
                    yield path.name, path.stat().st_mtime

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


def digest_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with _storage(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_stream(source: BinaryIO, target: Any, limit: int | None, disk: Path) -> Blob:
    """Copies to a file on the disk of a folder. Raises TooLargeError and OSError."""
    # What has a limit comes from outside; the room that it leaves is for our own.
    room = Room(disk) if limit is not None else None
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLargeError(f"the file is larger than the {limit / 1e6:,.0f} MB allowed")
        digest.update(chunk)
        if room is not None:
            room.take(len(chunk))
        target.write(chunk)
    return Blob(digest.hexdigest(), size)


def _sync_folder(folder: Path) -> None:
    # A rename is on the disk only once its folder is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storage(where: object) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _GONE:
            told = say("messages.service.nothing_there", path=where, why=tell_os_error(error))
            raise AwayError(told) from error
        raise StorageError(say("system.of_file", path=where, why=tell_os_error(error))) from error
