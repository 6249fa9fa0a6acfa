"""Documents and results by the SHA-256 of their content: in a folder, or in any store fsspec can reach."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import fsspec

from extractor.seams.errors import StorageError, UsageError
from workers.files.room import Room
from workers.service.store.records import LOST
from workers.shown.addresses import mask_url

_CHUNK = 1 << 20


class TooLargeError(StorageError):
    """More bytes came than may be kept."""

    code = "too_large"
    retryable = False


class LostBlobError(StorageError):
    """The store is there, and the blob is not, or is no longer what it was."""

    code = LOST


@dataclass(frozen=True, slots=True)
class Blob:
    """sha256 in hexadecimal; size in bytes."""

    sha256: str
    size: int


class BlobStore(Protocol):
    """Content under its own hash: put twice it is there once, and what is there is whole.

    All methods raise StorageError when the store cannot be read or written, and those that read LostBlobError when
    it can, but holds no such blob.
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

    def list(self) -> Iterator[tuple[str, float]]:
        """Hash of everything there and when it was last put (seconds since 1970), in no order."""
        ...


def open_blobs(url: str) -> BlobStore:
    """The blob store at a folder or URL.

    Raises:
        UsageError: the URL is of a kind that cannot be used.
        StorageError: the folder cannot be written.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        return FolderBlobs(Path(rest if separator else url))
    try:
        return RemoteBlobs(fsspec.filesystem(scheme), rest.rstrip("/"))
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"EXTRACTOR_STORE {mask_url(url)}: {error}; a folder or s3://bucket/prefix"
        ) from error


def probe_blobs(url: str) -> None:
    """Whether blobs could be kept at a folder or URL; makes and keeps nothing.

    Raises:
        UsageError: the URL is of a kind that cannot be used.
        StorageError: it does not answer, or is a folder that is not there or may not be written.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "file":
        folder = Path(rest if separator else url)
        with _storage(folder), tempfile.TemporaryFile(dir=folder):
            return
    try:
        fsspec.filesystem(scheme).exists(rest.partition("/")[0])
    except (ImportError, ValueError) as error:
        raise UsageError(f"{mask_url(url)}: {error}; a folder or s3://bucket/prefix") from error
    except Exception as error:  # every kind of store has errors of its own
        raise StorageError(f"{mask_url(url)} does not answer: {error}") from error


class FolderBlobs:
    """Blobs as files of a folder, which several machines may share."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        with _storage(root):
            self._incoming.mkdir(parents=True, exist_ok=True)

    def put(self, stream: BinaryIO, limit: int | None = None) -> Blob:
        temporary = self._incoming / uuid.uuid4().hex
        with _storage(self._root):
            try:
                with temporary.open("xb") as target:
                    blob = _copy(stream, target, limit, self._incoming)
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
        path = self._path(sha256)
        if not path.is_file():
            # A folder of another machine that is not mounted looks empty, and has not lost anything.
            if not self._incoming.is_dir():
                raise StorageError(f"{self._root}: no store is there; is it mounted?")
            raise LostBlobError(f"the store has lost {sha256}: run `extractor fsck`")
        yield path

    def exists(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        with _storage(self._root):
            self._path(sha256).unlink(missing_ok=True)

    def list(self) -> Iterator[tuple[str, float]]:
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError), _storage(self._root):
                yield path.name, path.stat().st_mtime

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256


class RemoteBlobs:
    """Blobs as objects of a bucket; an object appears whole when its upload ends."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._files, self._root = filesystem, root

    def put(self, stream: BinaryIO, limit: int | None = None) -> Blob:
        with _storage(self._root), tempfile.TemporaryFile() as spool:
            blob = _copy(stream, spool, limit, Path(tempfile.gettempdir()))
            spool.seek(0)
            with self._files.open(self._path(blob.sha256), "wb") as target:
                shutil.copyfileobj(spool, target, _CHUNK)
        return blob

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="extractor-") as folder:
            path = Path(folder) / sha256
            try:
                with _storage(self._root):
                    self._files.get_file(self._path(sha256), str(path))
            except StorageError as error:
                if isinstance(error.__cause__, FileNotFoundError):
                    raise LostBlobError(f"the store has lost {sha256}: run `extractor fsck`") from error
                raise
            yield path

    def exists(self, sha256: str) -> bool:
        with _storage(self._root):
            return bool(self._files.exists(self._path(sha256)))

    def delete(self, sha256: str) -> None:
        with _storage(self._root), suppress(FileNotFoundError):
            self._files.rm_file(self._path(sha256))

    def list(self) -> Iterator[tuple[str, float]]:
        with _storage(self._root):
            found = self._files.find(self._root, detail=True) if self._files.exists(self._root) else {}
        for path, facts in found.items():
            modified = facts.get("LastModified") or facts.get("mtime") or facts.get("created")
            seconds = modified.timestamp() if hasattr(modified, "timestamp") else float(modified or 0.0)
            yield str(path).rpartition("/")[2], seconds

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"


def digest_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with _storage(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _copy(source: BinaryIO, target: Any, limit: int | None, disk: Path) -> Blob:
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
        raise StorageError(f"{where}: {error.strerror or error}") from error
