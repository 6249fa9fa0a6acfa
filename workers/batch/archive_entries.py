"""What zip and tar files hold, within limits: entries with decoded names, never more of a directory than memory."""

from __future__ import annotations

import gzip
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from extractor.seams.errors import DocumentError
from extractor.wording.said import say
from workers.batch import foreign_archives
from workers.shown.extras import say_missing

#: Bytes of an entry of a zip's directory, generously, and of a tar's header with its extensions at most.
_ENTRY_BYTES, _HEADER_BYTES = 512, 1 << 20
#: Bytes that an archive may unpack to whatever its ratio: small ones compress well.
_FREE_BYTES = 100_000_000
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_CHUNK = 1 << 20


class ArchiveError(DocumentError):
    """An archive, or a member of it, that cannot be read. is_final: nothing further of the archive can be."""

    code = "archive"

    def __init__(self, message: str, *, code: str | None = None, is_final: bool = True) -> None:
        super().__init__(message, code=code)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one archive. members: files of any kind. bytes are of what is unpacked. ratio: unpacked to packed."""

    members: int = 250_000
    member_bytes: int = 1 << 29
    total_bytes: int = 1 << 40
    ratio: int = 200


@dataclass(slots=True)
class Meter:
    """Counts what comes out of an archive. packed: its size in bytes. unpacked: bytes so far."""

    packed: int
    limits: Limits
    unpacked: int = 0
    members: int = 0

    def count_member(self) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise _limit(say("messages.archives.many_files", most=self.limits.members))

    def count(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.total_bytes:
            raise _limit(say("messages.archives.many_bytes", most=self.limits.total_bytes))
        if self.unpacked > max(_FREE_BYTES, self.packed * self.limits.ratio):
            raise _limit(say("messages.archives.many_times", most=self.limits.ratio))

    def check_member(self, size: int) -> None:
        if size > self.limits.member_bytes:
            told = say("messages.archives.large_member", most=self.limits.member_bytes)
            raise ArchiveError(told, is_final=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive, to be opened before the next one is asked for. problem: why it cannot be; or empty."""

    name: str
    open: Callable[[], IO[bytes]]
    is_locked: bool = False
    problem: str = ""


def zip_entries(path: Path, meter: Meter) -> Iterator[Entry]:
    """Files of a zip in the order of its directory."""
    with path.open("rb") as stream:
        if _directory_bytes(stream) > meter.limits.members * _ENTRY_BYTES:
            raise _limit(say("messages.archives.large_directory"))
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                meter.count_member()
                if not info.is_dir():
                    yield _zip_entry(archive, info, meter)


def _zip_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Entry:
    def open_member() -> IO[bytes]:
        return cast(IO[bytes], _Counted(archive.open(info), meter))

    # Others need memory that the file itself may ask for, or are not known.
    is_known = info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    problem = "" if is_known else say("messages.archives.method", name=info.filename)
    if stat.S_ISLNK(info.external_attr >> 16):
        problem = say("messages.archives.link", name=info.filename)
    return Entry(_zip_name(info), open_member, bool(info.flag_bits & _ENCRYPTED_FLAG), problem)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; one not marked as UTF-8 is that all the same, or what Windows writes in China."""
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    # Without the mark zipfile takes every byte for a character of code page 437.
    return _decode(info.filename.encode("cp437", "replace"))


def _decode(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _directory_bytes(stream: IO[bytes]) -> int:
    """Size of a zip's directory as its end says, which zipfile would take into memory at once."""
    size = stream.seek(0, 2)
    start = max(0, size - 65_557 - 20)
    stream.seek(start)
    tail = stream.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) - end < 22:
        raise zipfile.BadZipFile("it has no directory at its end")
    (told,) = struct.unpack_from("<I", tail, end + 12)
    locator = end - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\6\7":
        (offset,) = struct.unpack_from("<Q", tail, locator + 8)
        stream.seek(min(offset, size))
        record = stream.read(56)
        if len(record) == 56 and record[:4] == b"PK\6\6":
            (told,) = struct.unpack_from("<Q", record, 40)
    stream.seek(0)
    return int(told)


def tar_entries(path: Path, meter: Meter, *, is_listing: bool = False) -> Iterator[Entry]:
    """Files of a tar, plain or compressed, or of what is read as one, in its order, once from front to back.

    is_listing: nothing of them will be opened.
    """
    with ExitStack() as stack:
        source = _Metered(stack.enter_context(_open_tar(path, is_listing=is_listing)), meter)
        source.allow(_HEADER_BYTES)
        archive = stack.enter_context(
            tarfile.open(fileobj=cast(IO[bytes], source), mode="r|", tarinfo=_Header)
        )
        while True:
            member = archive.next()
            if member is None:
                # Only at its very end a compressed stream says whether all of it was right.
                source.allow(meter.limits.total_bytes)
                while source.read(_CHUNK):
                    pass
                return
            # It would remember every member; a stream goes back to none.
            archive.members.clear()  # type: ignore[attr-defined]
            meter.count_member()
            source.allow(member.size + _HEADER_BYTES)
            name = _decode(member.name.encode("utf-8", "surrogateescape"))
            if member.issparse():
                # A header of a hundred bytes makes gigabytes of it, none of which come out of the archive.
                problem = say("messages.archives.sparse", name=name)
                yield Entry(name, _opener(archive, member), problem=problem)
            elif member.isreg():
                yield Entry(name, _opener(archive, member))
            elif member.issym() or member.islnk():
                yield Entry(name, _opener(archive, member), problem=say("messages.archives.link", name=name))


def _opener(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def open_member() -> IO[bytes]:
        opened = archive.extractfile(member)
        if opened is None:
            raise ArchiveError(say("messages.archives.no_file"), is_final=False)
        return opened

    return open_member


def _open_tar(path: Path, *, is_listing: bool) -> Any:
    name = path.name.lower()
    if name.endswith(foreign_archives.ENDINGS):
        return foreign_archives.open_as_tar(path, is_listing=is_listing)
    if name.endswith((".gz", ".tgz")):
        return gzip.open(path)
    if name.endswith((".zst", ".tzst")):
        # Imported here: few archives need it.
        try:
            import pyarrow
        except ImportError as error:
            raise ArchiveError(say_missing(error) or str(error)) from error

        return pyarrow.input_stream(str(path), compression="zstd")
    return path.open("rb")


class _Header(tarfile.TarInfo):
    """A header that is damaged or not there is an error; tarfile would take it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> _Header:
        """The next header."""
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise ArchiveError(say("messages.archives.cut_off")) from error


class _Metered:
    """A stream whose bytes are counted, and which gives no more than was allowed before it is allowed more."""

    def __init__(self, source: Any, meter: Meter) -> None:
        self._source, self._meter = source, meter
        self._left = 0

    def allow(self, size: int) -> None:
        self._left = size

    def read(self, size: int) -> bytes:
        chunk: bytes = self._source.read(size)
        self._meter.count(len(chunk))
        self._left -= len(chunk)
        if self._left < 0:
            raise _limit(say("messages.archives.large_header"))
        return chunk


class _Counted:
    """A member of a zip whose bytes are counted."""

    def __init__(self, source: IO[bytes], meter: Meter) -> None:
        self._source, self._meter = source, meter

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *exception: object) -> None:
        self._source.close()

    def read(self, size: int) -> bytes:
        chunk = self._source.read(size)
        self._meter.count(len(chunk))
        return chunk


def _limit(what: str) -> ArchiveError:
    return ArchiveError(
        say("messages.archives.limit", what=what),
        code="archive_limit",
    )
