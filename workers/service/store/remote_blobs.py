"""Blobs in any store fsspec can reach, such as S3: the one place where anything of fsspec or botocore is known."""

from __future__ import annotations

import logging
import os
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

from extractor.seams.errors import ExtractorError, StorageError, UsageError
from extractor.wording.said import say, tell_os_error
from workers.service.store.blobs import (
    MARK,
    AwayError,
    Blob,
    LostBlobError,
    copy_stream,
    digest_file,
)
from workers.shown.addresses import mask_url

#: Seconds until a store that says nothing has not answered, at its door and in the middle of a transfer.
_CONNECT, _READ = 5, 20
#: Times s3fs makes a request before the store has not answered; workers give signs of life meanwhile.
_TRIES = 3
_HASH = re.compile(r"[0-9a-f]{64}")
#: What names of objects begin with that are written to see whether the store can be.
_PROBE = "probe-"
#: Loggers that tell of every retry with a traceback.
_NOISY = ("s3fs", "aiobotocore", "botocore", "fsspec")


class RemoteBlobs:
    """Blobs as objects of a bucket; an object appears whole when its upload ends.

    Whatever goes wrong between here and there is an AwayError: each kind of store has errors of its own, most of
    them no OSError, and a new version brings new ones.
    """

    def __init__(self, url: str) -> None:
        """Does not connect yet.

        Raises:
            UsageError: the URL is of a kind that cannot be used.
        """
        scheme, _, root = url.partition("://")
        self._url, self._root = mask_url(url), root.rstrip("/")
        for name in _NOISY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self._files = fsspec.filesystem(scheme, **_options(scheme))
            # A few seconds' trouble is gone by then; what lasts longer, whoever asked is told of.
            self._files.retries = _TRIES
        except (ImportError, ValueError) as error:
            raise UsageError(say("messages.service.no_store_url", url=self._url, why=error)) from error

    def put(self, stream: BinaryIO, limit: int | None = None) -> Blob:
        folder = Path(tempfile.gettempdir())
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix="extractor-") as spool:
                blob = copy_stream(stream, spool, limit, folder)
                spool.flush()
                with self._remote():
                    self._files.put_file(spool.name, self._path(blob.sha256))
        except OSError as error:
            raise StorageError(say("system.of_file", path=folder, why=tell_os_error(error))) from error
        return blob

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="extractor-") as folder:
            path = Path(folder) / sha256
            self._fetch(sha256, path)
            found = digest_file(path)
            if found != sha256:
                # What a broken connection made of it is not what the store holds.
                self._fetch(sha256, path)
                if digest_file(path) not in {sha256, found}:
                    raise AwayError(say("messages.service.comes_broken", url=self._url, sha256=sha256))
            yield path

    def exists(self, sha256: str) -> bool:
        try:
            with self._remote():
                self._files.info(self._path(sha256))
        except FileNotFoundError:
            return False
        return True

    def delete(self, sha256: str) -> None:
        with suppress(FileNotFoundError), self._remote():
            self._files.rm_file(self._path(sha256))

    def list(self, digits: str) -> Iterator[tuple[str, float]]:
        return ((name, put) for name, put in self._times(digits) if _HASH.fullmatch(name))

    def unfinished(self) -> Iterator[tuple[str, float]]:
        # A blob appears whole; only who looks whether the store can be written leaves anything.
        return ((name, put) for name, put in self._times("") if name.startswith(_PROBE))

    def discard(self, name: str) -> None:
        with suppress(FileNotFoundError), self._remote():
            self._files.rm_file(f"{self._root}/{name}")

    def read_mark(self) -> str:
        try:
            with self._remote():
                return bytes(self._files.cat_file(f"{self._root}/{MARK}")).decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""

    def leave_mark(self, mark: str) -> None:
        self._write(f"{self._root}/{MARK}", f"{mark}\n".encode())

    def probe(self) -> None:
        path, content = f"{self._root}/{_PROBE}{uuid.uuid4().hex}", os.urandom(1024)
        self._write(path, content)
        try:
            with self._remote():
                found = bytes(self._files.cat_file(path))
        except FileNotFoundError as error:
            raise StorageError(say("messages.service.not_kept", url=self._url)) from error
        if found != content:
            raise StorageError(say("messages.service.kept_otherwise", url=self._url))
        with self._remote():
            self._files.rm_file(path)

    def _write(self, path: str, content: bytes) -> None:
        try:
            with self._remote():
                self._files.pipe_file(path, content)
        except FileNotFoundError as error:
            raise AwayError(say("messages.service.no_bucket", url=self._url)) from error

    def _fetch(self, sha256: str, path: Path) -> None:
        try:
            with self._remote():
                self._files.get_file(self._path(sha256), str(path))
        except FileNotFoundError as error:
            raise LostBlobError(say("messages.service.lost", sha256=sha256)) from error

    def _times(self, folder: str) -> Iterator[tuple[str, float]]:
        """Names of the objects right below a folder of the store, and when they were written."""
        found: list[Mapping[str, Any]] = []
        with suppress(FileNotFoundError), self._remote():
            found = self._files.ls(f"{self._root}/{folder}".rstrip("/"), detail=True)
        for facts in found:
            if facts["type"] == "file":
                modified: Any = facts.get("LastModified") or facts.get("mtime") or facts.get("created")
                seconds = modified.timestamp() if hasattr(modified, "timestamp") else float(modified or 0.0)
                yield str(facts["name"]).rpartition("/")[2], seconds

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    @contextmanager
    def _remote(self) -> Iterator[None]:
        """Has every error told as AwayError, but that the object, or its bucket, is not there."""
        try:
            yield
        except (FileNotFoundError, ExtractorError):
            raise
        except Exception as error:
            told = " ".join(str(error).split()) or type(error).__name__
            raise AwayError(say("messages.service.store_silent", url=self._url, why=told)) from error


def _options(scheme: str) -> dict[str, Any]:
    """How a kind of store is spoken to. What was listed before is no answer to what is there now."""
    common: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
    if scheme not in {"s3", "s3a"}:
        return common
    waiting = {"connect_timeout": _CONNECT, "read_timeout": _READ}
    # It retries by itself what s3fs does not: the two would be multiplied.
    return common | {"config_kwargs": {**waiting, "retries": {"total_max_attempts": 1}}}
