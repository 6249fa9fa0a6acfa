"""Files as answers: streamed from disk, never whole in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from workers.service.store.blobs import BlobStore

_CHUNK = 1 << 18


class FileStream(StreamingResponse):
    """What an open file holds, from its beginning; closed when it is sent, or nobody takes it any more."""

    def __init__(self, stream: BinaryIO, media_type: str, headers: dict[str, str]) -> None:
        self._stream = stream
        size = os.fstat(stream.fileno()).st_size
        super().__init__(
            _read(stream), headers={**headers, "Content-Length": str(size)}, media_type=media_type
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.close()


class BlobResponse(FileStream):
    """The content of a blob. Raises StorageError when it is made, not later, should the blob be gone."""

    def __init__(self, blobs: BlobStore, sha256: str, media_type: str, headers: dict[str, str]) -> None:
        with blobs.local(sha256) as path:
            # Once it is open the file may be deleted: what is open can still be read.
            stream = path.open("rb")
        super().__init__(stream, media_type, headers)


def _read(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk
